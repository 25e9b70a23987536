#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The runner against its model: random graphs of phases with random results, on 1 to 8 CPUs that are
threads, under sanitizers. host/runner_cases.c runs them, runner_model.py says what has to come,
runner_observed.py compares.
"""

import os
import random
import re
import subprocess

import pytest

import runner_model
import runner_observed
from runner_model import Run
from runner_observed import Observed
from test_host import ROOT, command, config_headers  # pylint: disable=unused-import

SOURCE = ROOT / "harness/tests/host/runner_cases.c"
GRAPHS = 10000  # for each of the sanitizers
SHARDS = 4
KINDS = ["bsp", "aps", "all", "any"]
RESULTS = ["not run", "running", "done", "absent", "failed", "skipped", "elsewhere", "undone"]
FACTS = ["f0", "f1", "f2"]
OF_MAX, EDGES_MAX = 3, 4

# The stages of the product.
USUAL = [
    ("bsp", []), ("bsp", [0]), ("bsp", [1]), ("aps", [1]), ("any", [2, 3]), ("all", [4]),
    ("bsp", [5]),
]


def random_stages(rng):
    if rng.random() < 0.5:
        return USUAL
    return [
        (rng.choice([*KINDS, "any"]), [other for other in range(n) if rng.random() < 0.5])
        for n in range(rng.randint(1, 6))
    ]


def random_edges(rng, allowed):
    """Needs and wants, of one phase or of a capability with some providers."""
    edges = {"needs": [], "wants": []}
    order = []
    for number in range(rng.choice([0, 0, 1, 1, 2, 3, EDGES_MAX]) if allowed else 0):
        of = [rng.choice(allowed)]
        if rng.random() < 0.3:
            of = sorted(rng.sample(allowed, min(len(allowed), rng.randint(1, OF_MAX))), key=place)
            on = f"c{number}"
        else:
            on = of[0]
        if all(edge["on"] != on for edge in order):
            order.append({"on": on, "why": "why", "of": of})
            edges[rng.choice(["needs", "needs", "wants"])].append(order[-1])
    return edges


def place(name):
    return int(name[1:])


def random_graph(rng):
    """In the form of graph.json, as far as the model looks into it."""
    stages, phases, members = [], [], {}
    after = {}
    vital, bad = rng.choice([0, 0.1, 0.3, 0.6]), rng.choice([0, 0.03, 0.1, 0.2])
    results = {}
    cpus = rng.choice([1, 1, 2, 2, 3, 4, 5, 6, 7, 8])
    for kind, follows in random_stages(rng):
        stage = f"s{len(stages)}"
        names = [f"s{other}" for other in follows]
        after[stage] = set(names).union(*(after[name] for name in names))
        stages.append({"name": stage, "cpus": kind, "follows": [{"on": name} for name in names]})
        members[stage] = []
        for _ in range(rng.randint(2, 7) if kind == "any" else rng.randint(0, 4)):
            name = f"p{len(phases)}"
            allowed = [other for before in after[stage] for other in members[before]]
            allowed = sorted(allowed, key=place) + 2 * members[stage]
            allowed = rng.sample(allowed, len(allowed))
            phases.append(
                {"name": name, "stage": stage, "vital": rng.random() < vital}
                | {"undo": "undo" if rng.random() < 0.6 else None}
                | {"only": rng.sample(FACTS, rng.choice([0] * 9 + [1, 2]))}
                | random_edges(rng, sorted(set(allowed), key=allowed.index))
            )
            members[stage].append(name)
            for cpu in [None] if kind == "any" else range(cpus):
                if rng.random() < bad:
                    results[name, cpu] = rng.choice(["absent", "failed"])
    facts = [fact for fact in FACTS if rng.random() < 0.7]
    return {"stages": stages, "phases": phases}, results, cpus, facts


def case_text(seed, graph, results, cpus, facts):
    """For runner_cases.c: numbers, in the order in which it reads them."""
    stages, phases = graph["stages"], graph["phases"]
    out = [seed, cpus, len(stages), len(phases), sum(1 << FACTS.index(fact) for fact in facts)]
    after = {}
    for stage in stages:
        direct = {place(edge["on"]) for edge in stage["follows"]}
        after[place(stage["name"])] = direct.union(*(after[other] for other in direct))
        out += [KINDS.index(stage["cpus"]), sum(1 << n for n in after[place(stage["name"])])]
        out.append(sum(phase["stage"] == stage["name"] for phase in phases))
    for phase in phases:
        out += [int(phase["vital"]), int(bool(phase["undo"]))]
        out.append(sum(1 << FACTS.index(fact) for fact in phase["only"]))
        out.append(len(phase["needs"]) + len(phase["wants"]))
        for kind, edge in [(0, e) for e in phase["needs"]] + [(1, e) for e in phase["wants"]]:
            out += [kind, int(edge["on"][0] == "c"), place(edge["on"])]
            out += [len(edge["of"]), *map(place, edge["of"])]
    says = [
        (each, place(name), RESULTS.index(result))
        for (name, cpu), result in results.items()
        for each in (range(cpus) if cpu is None else [cpu])
    ]
    return " ".join(map(str, [*out, len(says), *(n for say in says for n in say)])) + "\n"


SKIPPED = re.compile(r"(?:phase )?(p\d+)(?: \(CPU \d+\))?(?: skipped)?: needs (\w+) \(")
UNDONE = re.compile(r"phase (p\d+)(?: \(CPU (\d+)\))? is undone")
STOPS = "stepping back: "


def parse(lines, cpus):
    """What runner_cases.c printed of one case. Also gives back all lines of the log, by CPU."""
    seen = Observed(*({cpu: [] for cpu in range(cpus)} if n in (1, 2) else {} for n in range(4)))
    needs, log = {}, {cpu: [] for cpu in range(cpus)}
    for line in lines:
        kind, _, rest = line.partition(" ")
        words = rest.split(" ")
        if kind == "f":
            seen.failure = rest or None
        elif kind == "l":
            cpu, time, text = rest.split(" ", 2)
            log[int(cpu)].append(text)
            if text.startswith(STOPS):
                seen.stopped = int(time)
            skipped = SKIPPED.match(text.removeprefix(STOPS))
            if skipped:
                needs[skipped[1], int(cpu)] = skipped[2]
        elif kind == "w":
            seen.well[int(words[0])] = words[1] == "1"
        elif kind == "p":
            at = f"p{words[1]}", int(words[0])
            seen.runs[at] = Run(RESULTS[int(words[2])], needs.get(at))
        else:
            calls = seen.calls if kind == "r" else seen.undos
            calls[int(words[0])].append((f"p{words[1]}", int(words[2]), int(words[3])))
    return seen, log


def log_complaints(outcome, seen, log):
    """One line that it stops, by one CPU; and in order one for each undo, by the CPU that undoes."""
    stops = [text for lines in log.values() for text in lines if text.startswith(STOPS)]
    if stops != ([STOPS + seen.failure] if seen.failure else []):
        yield f"the log says {stops}"
    for cpu, lines in log.items():
        undone = [match for match in map(UNDONE.fullmatch, lines) if match]
        if [match[1] for match in undone] != [name for name, _, _ in seen.undos[cpu]]:
            yield f"CPU {cpu} says {lines}, and undid {seen.undos[cpu]}"
        for name, of in (match.groups() for match in undone):
            per_cpu = outcome.phases[name]["stage"] not in outcome.once
            if of != (str(cpu) if per_cpu else None):
                yield f"{name}, undone by CPU {cpu}, is said to be of CPU {of}"


def together(outcome, seen):
    """Pairs of phases that two CPUs were in at the same moment, in a stage of CPUs `any`."""
    calls = [
        (*call, cpu)
        for cpu in outcome.cpus
        for call in seen.calls[cpu]
        if (call[0], runner_model.ANY) in outcome.runs
    ]
    return sum(
        one[3] < other[3] and one[1] < other[2] and other[1] < one[2]
        for one in calls
        for other in calls
        if outcome.phases[one[0]]["stage"] == outcome.phases[other[0]]["stage"]
    )


def shard_of(tmp_path, headers, flags, sanitizers, seeds, parallel=True):
    """Runs the graphs of some seeds; gives back how many stepped back, and how many met."""
    program = tmp_path / "runner_cases"
    compiler = command(SOURCE, headers, program, sanitizers)
    compiler[1:1] = flags
    subprocess.run(compiler, check=True, timeout=120)
    cases = [(seed, *random_graph(random.Random(seed))) for seed in seeds]
    (tmp_path / "in").write_text("".join(case_text(*case) for case in cases), encoding="ascii")
    with open(tmp_path / "in", "rb") as source, open(tmp_path / "out", "wb") as target:
        result = subprocess.run(
            [program], stdin=source, stdout=target, stderr=subprocess.PIPE, timeout=280,
            check=False, env=os.environ | {"TSAN_OPTIONS": "halt_on_error=1"},
        )
    chunks = (tmp_path / "out").read_text(encoding="ascii").split("\n.\n")[:-1]
    if result.returncode or len(chunks) != len(cases):
        text = result.stderr.decode(errors="replace")[:6000]
        pytest.fail(f"seed {seeds[len(chunks)]}: status {result.returncode}\n{text}", pytrace=False)
    stopped = met = 0
    for (seed, graph, results, cpus, facts), chunk in zip(cases, chunks):
        outcome = runner_model.run(
            graph, results, cpus, facts, parallel, lambda phase, cpu: f"{phase} on CPU {cpu}"
        )
        seen, log = parse(chunk.split("\n"), cpus)
        complaints = runner_observed.complaints(outcome, seen)
        complaints += log_complaints(outcome, seen, log)
        if complaints:
            pytest.fail(f"seed {seed}:\n" + "\n".join(complaints) + f"\n{chunk}", pytrace=False)
        stopped += seen.failure is not None
        met += together(outcome, seen)
    return stopped, met


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("sanitizers", ["address,undefined", "thread"])
def test_random_graphs(config_headers, tmp_path, sanitizers, shard):
    count = GRAPHS // SHARDS
    seeds = range(shard * count, (shard + 1) * count)
    stopped, met = shard_of(tmp_path, config_headers, ["-pthread"], sanitizers, seeds)
    print(f"{count} graphs: {stopped} stepped back, {met} pairs of phases met")
    assert count / 10 < stopped < count * 9 / 10
    assert met > count / 10


def test_without_parallel(config_headers, tmp_path):
    """CONFIG_PARALLEL=n: the boot processor runs such stages alone, in order."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/PARALLEL.h").write_text("#define CONFIG_PARALLEL 0\n", encoding="ascii")
    flags = ["-pthread", f"-I{tmp_path}"]
    _, met = shard_of(tmp_path, config_headers, flags, "thread", range(500), parallel=False)
    assert met == 0
