# SPDX-License-Identifier: BSD-2-Clause
"""
The generator against definitions that are tried out one by one, on many small random graphs: what is
refused and why, for which combination of facts, and in which order the rest comes.
"""

import itertools
import random
import re
import sys
from collections import Counter
from types import SimpleNamespace

from graph_tree import ROOT

sys.path.insert(0, str(ROOT / "phases"))
from graph import checks, model, order, records  # noqa: E402
from graph.problems import Place, Problems, Refused  # noqa: E402

GRAPHS = 1500


class Random:
    """A graph: every part is a plain dictionary or list."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.chance = chance
        names = [chr(ord("a") + n) for n in range(chance.randint(1, 6))]
        self.follows = self.random_stages()  # of each stage
        self.stage = {name: chance.choice(list(self.follows)) for name in names}
        self.provides = {name: {"gift"} if chance.random() < 0.3 else set() for name in names}
        self.setter, self.sets = {}, {}
        for fact in ("f1", "f2", "g1", "g2"):  # of the groups f and g
            where = chance.choice(["nobody", "step", "phase"])
            free = [name for name in names if name not in self.sets]
            if where == "step":
                self.setter[fact] = None
            elif where == "phase" and free:
                self.setter[fact] = chance.choice(free)
                self.sets[self.setter[fact]] = fact
        self.only = {name: self.random_only(name) for name in names}
        density = chance.choice([0.1, 0.2, 0.35])
        self.edges = [  # (kind, phase, what it names)
            (chance.choice(["needs", "wants"]), name, on)
            for name in names
            for on in [*names, "gift", "nobody"]
            if on != name and chance.random() < (density if on != "nobody" else 0.02)
            and not (on == "gift" and "gift" in self.provides[name])
        ]

    def random_stages(self):
        names = [f"s{n}" for n in range(self.chance.randint(1, 3))]
        self.chance.shuffle(names)
        follows = {name: {o for o in names[:n] if self.chance.random() < 0.8}
                   for n, name in enumerate(names)}
        if self.chance.random() < 0.05:
            follows[names[0]] = set(names[-1:]) - {names[0]}
        return follows

    def random_only(self, name):
        facts = {fact for fact, setter in self.setter.items()
                 if setter != name and self.chance.random() < 0.2}
        return facts - ({"f2"} if "f1" in facts else set()) - ({"g2"} if "g1" in facts else set())

    def records(self):
        def record(kind, name, **values):
            place = Place(f"{name}.c", 1)
            return records.Record(kind, {"name": name, **values}, place, f"{name}.o")

        for name, on in self.follows.items():
            yield record("stage", name, cpus="bsp", args='.does = "x"')
            yield from (record("stage_follows", name, on=other, why="y") for other in on)
        for fact in ("f1", "f2", "g1", "g2"):
            yield record("fact", fact, group=fact[0], does="x")
        for fact, setter in self.setter.items():
            if setter is None:
                yield record("step", f"step_{fact}", cpus="bsp", mode="m", stack="s", does="x")
                yield record("step_sets", f"step_{fact}", fact=fact)
            else:
                yield record("sets", setter, fact=fact)
        for name, stage in self.stage.items():
            yield record("phase", name, stage=stage, init=name, args='.does = "x"')
            yield from (record("provides", name, capability=c) for c in self.provides[name])
            yield from (record("only", name, fact=fact) for fact in self.only[name])
        for kind, name, on in self.edges:
            yield record(kind, name, on=on, why="because")

    def run(self):
        """(the graph or None, the messages)."""
        made = list(self.records())
        self.chance.shuffle(made)
        index = SimpleNamespace(by_key={r.key: r for r in made}, find=lambda kind, name: [])
        problems = Problems()
        graph = model.build(made, index, problems)
        try:
            checks.check_and_sort(graph, index, problems)
            return graph, []
        except Refused as refused:
            return None, [m for m in re.split(r"\n(?! )", str(refused))]

    # What the graph means, by trying out.

    def combinations(self):
        """Of each choice, what is true when each fact needs its setter to run."""
        groups = [[f for f in self.setter if f[0] == group] for group in "fg"]
        found = set()
        for choice in itertools.product(*(group for group in groups if group)):
            sets = [set(part) for n in range(len(choice) + 1)
                    for part in itertools.combinations(choice, n)]
            stable = [true for true in sets if all(
                self.setter[f] is None or self.only[self.setter[f]] <= true for f in true)]
            found.add(frozenset(set().union(*stable)))
        return found

    def meet(self, *names):
        """Combinations in which all these phases run."""
        return [c for c in self.combinations() if all(self.only[name] <= c for name in names)]

    def targets(self, on):
        return [n for n in self.stage if n == on or on in self.provides[n]]

    def pairs(self):
        """(what is named, phase, one that comes before it)."""
        for _, name, on in self.edges:
            yield from ((on, name, o) for o in self.targets(on) if self.meet(name, o))
        for name, facts in self.only.items():
            yield from ((f, name, self.setter[f]) for f in facts if self.setter[f])

    def is_before(self, early, late, seen=()):
        return any(early == o or (o not in seen and self.is_before(early, o, (*seen, o)))
                   for o in self.follows[late])

    def unmet(self):
        """Needs that this build does not meet, and phases that never run."""
        for kind, name, on in self.edges:
            if kind == "needs" and not self.targets(on):
                yield "unmet", name, on
        if not [e for e in self.edges if e[0] == "needs" and not self.targets(e[2])]:
            yield from (("never", name, "") for name in self.stage if not self.meet(name))

    def unmet_when(self):
        """Needs that some combination does not meet."""
        for kind, name, on in self.edges:
            if kind == "needs" and any(
                not any(self.only[o] <= true for o in self.targets(on)) for true in self.meet(name)
            ):
                yield "when", name, on
        if any(self.is_before(stage, stage) for stage in self.follows):
            yield "cycle of stages", "", ""

    def wrong_stages(self):
        for on, name, other in set(self.pairs()):
            mine, its = self.stage[name], self.stage[other]
            if mine != its and not self.is_before(its, mine):
                yield "stage", name, other

    def all_orders(self, stage):
        members = sorted(name for name in self.stage if self.stage[name] == stage)
        pairs = [(a, b) for _, b, a in self.pairs() if {a, b} <= set(members)]
        for nodes in itertools.permutations(members):
            if all(nodes.index(a) < nodes.index(b) for a, b in pairs):
                yield nodes

    def cycles(self):
        """Of each stage that has cycles, the length of a shortest one."""
        for stage in self.follows:
            pairs = {(b, a) for _, b, a in self.pairs() if self.stage[a] == self.stage[b] == stage}
            members = [name for name in self.stage if self.stage[name] == stage]
            lengths = [n for n in range(1, len(members) + 1)
                       for nodes in itertools.permutations(members, n)
                       if all((nodes[i - 1], nodes[i]) in pairs for i in range(n))]
            if lengths:
                yield "cycle", str(min(lengths)), ""

    def expected_order(self):
        """Stage by stage; of all that are possible, the first by name."""
        stages = next(nodes for nodes in itertools.permutations(sorted(self.follows)) if all(
            nodes.index(o) < nodes.index(n) for n in nodes for o in self.follows[n]))
        return [name for stage in stages for name in next(self.all_orders(stage))]


MESSAGES = [
    (r"phase `(\w+)` needs (?:the capability )?`(\w+)`, which (?:is not in|no phase of) this", "unmet"),
    (r"phase `(\w+)` can never run()", "never"),
    (r"when [\w ]+: phase `(\w+)` needs `(\w+)`, which does not run then", "when"),
    (r"a cycle of \d+ stages()()", "cycle of stages"),
    (r"`(\w+)` \(stage \w+\) .*?`(\w+)` \(stage \w+\), and", "stage"),
    (r"a cycle of (\d+) phases()", "cycle"),
]


def read(message):
    first = message.splitlines()[0]
    for pattern, kind in MESSAGES:
        if match := re.search(pattern, first):
            return kind, *match.groups()
    raise AssertionError(message)


def test_random_graphs():
    """Refusals are told level by level: what comes first makes what comes later mean nothing."""
    seen = Counter()
    for seed in range(GRAPHS):
        made = Random(seed)
        graph, messages = made.run()
        levels = made.unmet, made.unmet_when, made.wrong_stages, made.cycles
        expected = next((found for level in levels if (found := sorted(level()))), [])
        assert sorted(map(read, messages)) == expected, (seed, messages)
        seen.update({kind for kind, _, _ in expected} or {"right"})
        if graph:
            assert list(graph.phases) == made.expected_order(), seed
            assert set(graph.combinations) == made.combinations(), seed
            seen["facts"] += any(made.only.values())
    kinds = ["unmet", "never", "when", "cycle of stages", "stage", "cycle", "right", "facts"]
    assert all(seen[kind] >= 20 for kind in kinds), seen


def test_cycles_of_nasty_graphs_are_found_soon():
    """A search from each node, or from each edge that leads back, would take minutes."""
    layers, nodes, chance = 2000, 4000, random.Random(3)
    ladder = {(n, side): [((n - 1) % layers, s) for s in (0, 1)] for n in range(layers) for side in (0, 1)}
    assert len(order.shortest_cycle(ladder, list(ladder))) == layers
    ring = {n: [(n - 1) % nodes] for n in range(nodes)}
    assert order.shortest_cycle(ring, list(ring)) == [0, *range(nodes - 1, 0, -1)]
    band = {n: [chance.randrange(max(0, n - 50), n) for _ in range(3)] if n else [] for n in range(nodes)}
    for _ in range(100):
        band[chance.randrange(100)].append(nodes - 1 - chance.randrange(100))
    cycle = order.shortest_cycle(band, list(band))
    assert all(other in band[node] for node, other in zip(cycle, cycle[1:] + cycle[:1]))
