# SPDX-License-Identifier: BSD-2-Clause
"""What a boot did, held against an Outcome of runner_model.py."""

from dataclasses import dataclass, field

import runner_chains
from runner_model import ANY, Run

CALLED = ("done", "absent", "failed")


@dataclass
class Observed:
    """What a boot did. Times are any numbers that grow."""

    runs: dict = field(default_factory=dict)  # (phase, CPU that ran it): Run; undone ones as well
    calls: dict = field(default_factory=dict)  # by CPU: (phase, start, end), in order
    undos: dict = field(default_factory=dict)  # by CPU that undid: (phase, start, end), in order
    well: dict = field(default_factory=dict)  # by CPU: whether it went on to the guest
    failure: str = None
    stopped: float = None  # when "stepping back" was logged


def complaints(outcome, seen):
    """What cannot be of what was observed, as a list of texts; at best, none."""
    return Check(outcome, seen).complaints()


class Check:
    def __init__(self, outcome, seen):
        self.outcome, self.seen = outcome, seen
        self.phases, self.runs, self.cpus = outcome.phases, outcome.runs, outcome.cpus

    def complaints(self):
        found = [self.end_complaint()]
        for cpu in self.cpus:
            found += self.cpu_complaints(cpu)
        found += self.any_complaints()
        found += self.stage_complaints()
        found += self.undo_complaints()
        return [text for text in found if text]

    def end_complaint(self):
        if set(self.seen.well.values()) != {not self.outcome.ends}:
            return f"went well: {self.seen.well}, but ends: {self.outcome.ends}"
        texts = set().union(*(runner_chains.texts(self.outcome, end) for end in self.outcome.ends))
        if self.seen.failure not in (texts or {None}):
            return f"ended with {self.seen.failure!r}, not one of {sorted(texts)}"
        return None

    def seen_at(self, name, cpu):
        """How a phase went: on this CPU, or, for ANY, on whichever had it."""
        if cpu is not ANY:
            return self.seen.runs.get((name, cpu))
        had = [self.seen.runs[name, one] for one in self.cpus if (name, one) in self.seen.runs]
        return had[0] if had else None

    def matches(self, at):
        """Done and then undone is done; whether that was right is looked at elsewhere."""
        how, should = self.seen_at(*at), self.runs[at]
        if how.result == "skipped" and how.need is None and self.phases[at[0]]["vital"]:
            return should.result == "skipped"  # another one has stopped the bring-up: not logged
        return how == should or (should.result == "done" and how.result == "undone")

    def cpu_complaints(self, cpu):
        sequence = self.outcome.sequence(cpu)
        had = [name for name in sequence if (name, cpu) in self.seen.runs]
        if had != sequence[: len(had)]:
            yield f"CPU {cpu} ran {had}, which is not how {sequence} begins"
        for name in had:
            if not self.matches((name, cpu)):
                how = self.seen.runs[name, cpu]
                yield f"{name} on CPU {cpu}: {how}, not {self.runs[name, cpu]}"
            if name != had[-1] and (name, cpu) in self.outcome.ends:
                yield f"CPU {cpu} went on behind {name}"
        if not self.outcome.ends and had != sequence:
            yield f"CPU {cpu} ran {had} only, not {sequence}"
        stopped = self.seen.stopped
        late = [name for name, start, _ in self.seen.calls[cpu] if stopped and start > stopped]
        if len(late) > 1:
            yield f"CPU {cpu} began {late} when the bring-up had stopped"
        called = [name for name, _, _ in self.seen.calls[cpu] if (name, cpu) in self.runs]
        if called != [name for name in had if self.runs[name, cpu].result in CALLED]:
            yield f"CPU {cpu} called {called}, and had {had}"

    def any_complaints(self):
        """Each once, by one CPU, and behind what comes before it."""
        calls = {}
        for cpu in self.cpus:
            for name, start, end in self.seen.calls[cpu]:
                if (name, ANY) in self.runs:
                    calls.setdefault(name, []).append((start, end))
        for name in (name for name, cpu in self.runs if cpu is ANY):
            had = [cpu for cpu in self.cpus if (name, cpu) in self.seen.runs]
            if len(had) > 1 or (not had and not self.outcome.ends):
                yield f"{name} was run by the CPUs {had}"
            if had and not self.matches((name, ANY)):
                yield f"{name}: {self.seen.runs[name, had[0]]}, not {self.runs[name, ANY]}"
            times = len(calls.get(name, []))
            if times != bool(had and self.runs[name, ANY].result in CALLED):
                yield f"{name} was called {times} times, by {had}"
            if had and self.outcome.alone and had != [0]:
                yield f"{name} was run by CPU {had[0]}"
            for other in self.outcome.predecessors(name) if had else ():
                if not self.seen_at(other, ANY) or (other, ANY) in self.outcome.ends:
                    yield f"{name} was begun, but {other} before it was not finished"
                if name in calls and other in calls and calls[other][0][1] > calls[name][0][0]:
                    yield f"{name} began before {other} had ended"

    def stage_complaints(self):
        """A stage begins when those that it follows are over, on every CPU."""
        times = {name: [] for name in self.outcome.stages}
        for calls in self.seen.calls.values():
            for name, start, end in calls:
                times[self.phases[name]["stage"]].append((start, end))
        had = {self.phases[name]["stage"] for name, _ in self.seen.runs}
        for stage in had:
            start = min((start for start, _ in times[stage]), default=None)
            for other in self.outcome.follows[stage]:
                if start is not None and any(end > start for _, end in times[other]):
                    yield f"stage {stage} began before {other} was over"
                for at in self.runs:
                    if self.phases[at[0]]["stage"] == other and not self.seen_at(*at):
                        yield f"stage {stage} began without {at[0]} of stage {other}"

    def undone(self):
        """By CPU: what it has to undo, in order, of what was done."""
        done = ("done", "undone")
        undone = {}
        for cpu in self.cpus:
            own, rest = [], []
            for name in reversed(self.outcome.order):
                phase = self.phases[name]
                per_cpu = phase["stage"] not in self.outcome.once
                how = self.seen_at(name, cpu if per_cpu else self.outcome.places(phase["stage"])[0])
                if phase["undo"] and how and how.result in done:
                    (own if per_cpu else rest).append(name)
            undone[cpu] = own + (rest if cpu == 0 else [])
        return undone

    def undo_complaints(self):
        expected = self.undone() if self.outcome.ends else {cpu: [] for cpu in self.cpus}
        for cpu in self.cpus:
            undos = [name for name, _, _ in self.seen.undos[cpu]]
            if undos != expected[cpu]:
                yield f"CPU {cpu} undid {undos}, not {expected[cpu]}"
        should = {(name, cpu) for cpu in self.cpus for name in expected[cpu]}
        for (name, cpu), how in self.seen.runs.items():
            per_cpu = self.phases[name]["stage"] not in self.outcome.once
            if (how.result == "undone") != ((name, cpu if per_cpu else 0) in should):
                yield f"{name} on CPU {cpu} is {how.result}"
        yield from self.undo_order_complaints()

    def undo_order_complaints(self):
        """Nobody is in a phase any more; what was done once for all is undone behind the rest."""
        undos = [undo for cpu in self.cpus for undo in self.seen.undos[cpu]]
        once = [name for name, _ in self.runs if self.phases[name]["stage"] in self.outcome.once]
        for name, start, _ in undos:
            before = [call for cpu in self.cpus for call in self.seen.calls[cpu]]
            before += [undo for undo in undos if name in once and undo[0] not in once]
            for other, _, end in before:
                if end > start:
                    yield f"{name} was undone when a CPU was in {other}"
