# SPDX-License-Identifier: BSD-2-Clause
"""The graph of one build: stages, phases, steps and their edges, made from records."""

from dataclasses import dataclass, field
from typing import Optional

from . import ctext
from .problems import Place

NEEDS, WANTS, FOLLOWS, ONLY = "needs", "wants", "follows", "only"
CPUS = {
    "bsp": "the boot processor",
    "aps": "the other processors",
    "all": "every processor",
    "any": "whichever processor comes first",
}


@dataclass
class Edge:
    kind: str  # NEEDS, WANTS, FOLLOWS or ONLY
    owner: str
    on: str  # a node, a capability, or for ONLY a fact
    why: str
    place: Place
    of: list = field(default_factory=list)  # names of nodes in this build; all providers' for a
    # capability; empty where a want's object is not in this build, and of ONLY, a step's fact
    apart: list = field(default_factory=list)  # those in this build, but never in one journey


@dataclass
class Phase:
    name: str
    stage: str
    init: str
    does: str
    undo: Optional[str]
    vital: bool
    place: Place
    provides: list = field(default_factory=list)
    edges: list = field(default_factory=list)
    only: list = field(default_factory=list)  # edges to who sets the facts that it belongs to
    sets: list = field(default_factory=list)  # names of facts
    gives: list = field(default_factory=list)  # names of functions
    position: int = 0

    @property
    def all_edges(self):
        """All that counts for the order."""
        return self.edges + self.only

    @property
    def facts(self):
        return frozenset(edge.on for edge in self.only)


@dataclass
class Step:
    name: str
    cpus: str
    mode: str
    stack: str
    does: str
    place: Place
    edges: list = field(default_factory=list)
    sets: list = field(default_factory=list)  # names of facts
    position: int = 0


@dataclass
class Stage:
    name: str
    cpus: str
    does: str
    again: bool
    place: Place
    edges: list = field(default_factory=list)
    after: set = field(default_factory=set)  # names of all stages before it, directly or not
    phases: list = field(default_factory=list)  # in order
    position: int = 0


@dataclass
class Fact:
    name: str
    group: str
    does: str
    place: Place
    setters: list = field(default_factory=list)  # (step or phase, place of the declaration)

    @property
    def setter(self):
        return self.setters[0][0] if self.setters else None


@dataclass
class Graph:
    """Dictionaries by name; once sorted, they are in order."""

    stages: dict = field(default_factory=dict)
    phases: dict = field(default_factory=dict)
    steps: dict = field(default_factory=dict)
    providers: dict = field(default_factory=dict)  # of each capability: names of phases
    facts: dict = field(default_factory=dict)
    combinations: list = field(default_factory=list)  # sets of facts that can be true together
    by_object: Optional[dict] = None  # of edges_on()

    def edges_on(self, name):
        """Edges of phases that name a phase or a capability."""
        if self.by_object is None:
            self.by_object = {}
            for phase in self.phases.values():
                for edge in phase.edges:
                    self.by_object.setdefault(edge.on, []).append(edge)
        return self.by_object.get(name, [])

    @property
    def groups(self):
        """The kinds of nodes; an edge connects nodes of one kind."""
        return {"stage": self.stages, "phase": self.phases, "step": self.steps}


def build(records, index, problems):
    """What the records say, without edges' ends; checks what a record can get wrong alone."""
    graph = Graph()
    makers = {"phase": make_phase, "stage": make_stage, "step": make_step}
    records = sorted(records, key=sorting_key)
    for record in records:
        if record.kind in makers:
            node = makers[record.kind](record, place_of(record, index, problems), problems)
            graph.groups[record.kind].setdefault(node.name, node)
        elif record.kind == "fact":
            fact = make_fact(record, place_of(record, index, problems))
            graph.facts.setdefault(fact.name, fact)
    for record in records:
        if record.kind in BELONGING:
            add_belonging(graph, record, place_of(record, index, problems))
    return graph


def sorting_key(record):
    _, kind, name, other = record.key
    return kind, name, other or ""


def place_of(record, index, problems):
    """Where the tree's text has the declaration: the same line for every compiler."""
    declaration = index.by_key.get(record.key)
    if declaration:
        return declaration.place
    problems.add(
        record.place,
        f"a misplaced record: the tree's text has no such declaration of `{record['name']}`",
        (None, "write PHASE and its like out in a .c or .S file, not in a header or a macro"),
    )
    return record.place


def make_phase(record, place, problems):
    values = arguments(record, place, {"does", "undo", "vital"}, problems)
    return Phase(
        name=record["name"],
        stage=record["stage"],
        init=record["init"],
        does=values["does"],
        undo=values.get("undo"),
        vital=values.get("vital") in ("true", "1"),
        place=place,
    )


def make_stage(record, place, problems):
    values = arguments(record, place, {"does", "again"}, problems)
    if record["cpus"] not in CPUS:
        unknown_cpus(record, place, problems)
    return Stage(
        name=record["name"],
        cpus=record["cpus"],
        does=values["does"],
        again=values.get("again") in ("true", "1"),
        place=place,
    )


def make_step(record, place, problems):
    if record["cpus"] not in CPUS:
        unknown_cpus(record, place, problems)
    return Step(
        **{key: record[key] for key in ("name", "cpus", "mode", "stack", "does")}, place=place
    )


def make_fact(record, place):
    return Fact(record["name"], record["group"], record["does"], place)


def unknown_cpus(record, place, problems):
    problems.add(
        place,
        f"{record.kind} `{record['name']}` runs on `{record['cpus']}`, which is none of "
        + ", ".join(f"{name} ({text})" for name, text in CPUS.items()),
    )


def arguments(record, place, known, problems):
    values = ctext.designated(ctext.split_arguments(record["args"])[0])
    if values is None or not set(values) <= known:
        problems.add(
            place,
            f"{record.kind} `{record['name']}` has arguments that are not understood:"
            f" `{record['args']}`; known are " + ", ".join(f".{name}" for name in sorted(known)),
        )
    values = dict(values or {})
    values["does"] = ctext.decode_string(values.get("does", "")) or ""
    return values


# What a record that belongs to a node belongs to.
BELONGING = {
    "stage_follows": "stage", "step_needs": "step", "step_sets": "step", "needs": "phase",
    "wants": "phase", "provides": "phase", "only": "phase", "sets": "phase",
    "gives": "phase",
}


def add_belonging(graph, record, place):
    """What belongs to a node that is not there has been refused by the tree's checks."""
    owner = graph.groups[BELONGING[record.kind]].get(record["name"])
    if not owner:
        return
    if record.kind == "provides":
        owner.provides.append(record["capability"])
        graph.providers.setdefault(record["capability"], []).append(owner.name)
    elif record.kind == "gives":
        owner.gives.append(record["function"])
    elif record.kind in ("sets", "step_sets"):
        owner.sets.append(record["fact"])
        if record["fact"] in graph.facts:
            graph.facts[record["fact"]].setters.append((owner, place))
    elif record.kind == "only":
        fact = record["fact"]
        why = f"it finds out whether {fact} holds"
        owner.only.append(Edge(ONLY, owner.name, fact, why, place))
    else:
        kind = {"stage_follows": FOLLOWS, "step_needs": NEEDS}.get(record.kind, record.kind)
        owner.edges.append(Edge(kind, owner.name, record["on"], record["why"], place))
