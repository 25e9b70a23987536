# SPDX-License-Identifier: BSD-2-Clause
"""
What has to come of a graph of phases (in the form of graph.json) with given results, said once more
in another way than the runner's: who runs, who is skipped for which need, how it may end, and what
is undone.

    outcome = runner_model.run(graph, {("serial", None): "absent", ("vmx", 1): "failed"}, cpus=4)
    outcome.ends  # (phase, CPU), of which each can be the one that stops the bring-up; or none
    runner_chains.texts(outcome, outcome.ends[0])  # what "stepping back: " may go on with
    runner_observed.complaints(outcome, observed)  # what of an Observed cannot be

CPUs are numbers, 0 is the boot processor. ANY stands in a CPU's place for phases of stages of CPUs
`any`, which whoever comes first runs.
"""

from dataclasses import dataclass

ANY = None


@dataclass(frozen=True)
class Run:
    """How a phase goes; `need`: what it is skipped for."""

    result: str
    need: str = None


def run(graph, results, cpus, facts=(), parallel=True, reason=lambda phase, cpu: "injected"):
    """
    `results`: "absent" or "failed" by (phase, CPU), or (phase, ANY) for each CPU; the rest is done.
    `facts`: the true ones. `parallel`: as CONFIG_PARALLEL. `reason`: what a phase says then.
    """
    return Outcome(graph, results, cpus, set(facts), parallel, reason)


class Outcome:
    def __init__(self, graph, results, cpus, facts, parallel, reason):
        self.stages = {stage["name"]: stage for stage in graph["stages"]}
        self.phases = {phase["name"]: phase for phase in graph["phases"]}
        self.order = list(self.phases)
        self.cpus = range(cpus)
        self.alone = cpus == 1 or not parallel  # stages of CPUs `any` are the boot processor's
        self.reason = reason
        self.once = {name for name in self.stages if self.kind(name) in ("bsp", "any")}
        self.follows = {}
        for name, stage in self.stages.items():
            direct = {edge["on"] for edge in stage["follows"]}
            self.follows[name] = direct.union(*(self.follows[other] for other in direct))
        # How each phase goes if nothing stops the bring-up: by (phase, CPU or ANY).
        self.runs = {}
        for name, phase in self.phases.items():
            for cpu in self.places(phase["stage"]):
                said = results.get((name, cpu), results.get((name, ANY), "done"))
                self.runs[name, cpu] = self.how(phase, cpu, said, facts)
        bad = [at for at in self.runs if self.phases[at[0]]["vital"] and self.is_bad(at)]
        # (phase, CPU) of which each can be the first that stops the bring-up.
        self.ends = [at for at in bad if not any(self.precedes(other, at) for other in bad)]

    def kind(self, stage):
        return self.stages[stage]["cpus"]

    def places(self, stage):
        """Where phases of a stage are run: CPUs, or [ANY]."""
        places = {"bsp": [0], "aps": self.cpus[1:], "all": self.cpus, "any": [ANY]}
        return places[self.kind(stage)]

    def through(self, stage):
        """CPUs that have to come through a stage."""
        if self.kind(stage) == "any":
            return self.cpus[:1] if self.alone else self.cpus
        return self.places(stage)

    def how(self, phase, cpu, said, facts):
        if not facts.issuperset(phase.get("only", ())):
            return Run("elsewhere")
        for need in phase["needs"]:
            if not any(self.done_for(other, phase["stage"], cpu) for other in need["of"]):
                return Run("skipped", need["on"])
        return Run(said)

    def done_for(self, name, stage, cpu):
        other = self.phases[name]["stage"]
        per_cpu = not {stage, other} & self.once
        places = self.places(other)
        if per_cpu and cpu in places:
            places = [cpu]
        return all(self.runs[name, place].result == "done" for place in places)

    def is_bad(self, at):
        return self.runs[at].result in ("absent", "failed", "skipped")

    def sequence(self, cpu):
        """The phases that a CPU runs in order, those of stages of CPUs `any` not among them."""
        return [name for name in self.order if (name, cpu) in self.runs]

    def predecessors(self, name):
        """Needed or wanted by a phase in its stage."""
        phase = self.phases[name]
        of = {other for edge in phase["needs"] + phase["wants"] for other in edge["of"]}
        return {other for other in of if self.phases[other]["stage"] == phase["stage"]}

    def parts_before(self, stage, cpu):
        """(Stage, CPU) that are over when this CPU begins this stage."""
        before, parts = set(), [(stage, cpu)]
        names = list(self.stages)
        for stage, cpu in parts:
            of_cpu = [name for name in names[: names.index(stage)] if cpu in self.through(name)]
            direct = {(name, cpu) for name in of_cpu[-1:]}
            direct |= {(name, one) for name in self.follows[stage] for one in self.through(name)}
            parts += direct - before
            before |= direct
        return before

    def precedes(self, first, second):
        """Whether what happens at `first` must have happened when `second` begins."""
        (name, cpu), (later, later_cpu) = first, second
        stage, later_stage = self.phases[name]["stage"], self.phases[later]["stage"]
        if stage == later_stage:
            if cpu is ANY and not self.alone:
                return self.is_behind(later, name)
            return cpu == later_cpu and self.order.index(name) < self.order.index(later)
        by = self.through(later_stage) if later_cpu is ANY else [later_cpu]
        over = set.intersection(*(self.parts_before(later_stage, one) for one in by))
        of = self.through(stage) if cpu is ANY else [cpu]
        return all((stage, one) in over for one in of)

    def is_behind(self, name, other):
        predecessors = self.predecessors(name)
        return other in predecessors or any(self.is_behind(each, other) for each in predecessors)
