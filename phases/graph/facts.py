# SPDX-License-Identifier: BSD-2-Clause
"""
Facts: what is true or not of how this machine came up. Of each group one is true in a run, so a
build has as many kinds of journeys as there are combinations of one fact of each group.
"""

from itertools import product

from .model import NEEDS, Step


def check_and_join(graph, index, problems):
    """Finds who sets what; fills Graph.combinations, and Edge.of of the edges to who sets a fact."""
    for fact in graph.facts.values():
        check_setters(graph, fact, problems)
    for phase in graph.phases.values():
        check_only(graph, phase, index, problems)
    graph.combinations = combinations(graph)
    if problems.messages:
        return
    for phase in graph.phases.values():
        if phase.only and not active_in(graph, phase.facts):
            never = "is never true" if len(phase.facts) == 1 else "are never true together"
            problems.add(
                phase.only[0].place,
                f"phase `{phase.name}` can never run: {text(phase.facts)} {never}",
                *((edge.place, f"only when {edge.on}") for edge in phase.only),
            )


def check_setters(graph, fact, problems):
    if len(fact.setters) > 1:
        (first, place), (second, other) = fact.setters[:2]
        problems.add(
            other,
            f"`{second.name}` sets `{fact.name}`, and so does `{first.name}`: one of a build does",
            (place, f"`{first.name}` sets it"),
        )
    for setter, place in fact.setters:
        if isinstance(setter, Step):
            cpus = setter.cpus
        else:
            cpus = graph.stages[setter.stage].cpus if setter.stage in graph.stages else "bsp"
        if cpus not in ("bsp", "any"):
            problems.add(
                place,
                f"`{setter.name}` ({cpus}) sets `{fact.name}`: only the boot processor can, once",
                (setter.place, f"`{setter.name}`"),
            )


def check_only(graph, phase, index, problems):
    groups = {}
    for edge in phase.only:
        fact = graph.facts.get(edge.on)
        if fact is None:
            continue  # told by the tree's checks
        if fact.setter is None:
            refuse_unset(phase, edge, index, problems)
        elif fact.setter is phase:
            problems.add(edge.place, f"`{phase.name}` is only for `{fact.name}`, which it sets itself")
        elif not isinstance(fact.setter, Step):
            edge.of = [fact.setter.name]
        other = groups.setdefault(fact.group, edge)
        if other.on == edge.on and other is not edge:
            problems.add(
                edge.place,
                f"`{phase.name}` is only for `{edge.on}` twice",
                (other.place, "the first time"),
            )
        elif other is not edge:
            problems.add(
                edge.place,
                f"`{phase.name}` is only for `{other.on}` and only for `{edge.on}`, of which one at"
                f" most is true: both are of the group {fact.group}",
                (other.place, f"only when {other.on}"),
            )


def refuse_unset(phase, edge, index, problems):
    notes = [
        (d.place, f"`{d.name}` sets it; CONFIG_{d.symbol}=y would bring it in")
        for d in index.find("sets", edge.on) + index.find("step_sets", edge.on)
    ]
    problems.add(
        edge.place,
        f"phase `{phase.name}` is only for `{edge.on}`, which nothing in "
        + ("this build" if notes else "the tree")
        + " sets",
        *(notes or [(None, "a step or a phase has to: STEP_SETS or PHASE_SETS, see phases/phase.h")]),
    )


def combinations(graph):
    """
    Sets of facts, each of which is true in some run. A fact is not true where the phase that would
    set it does not run; where all facts of a group are so, none of the group is in the set.
    """
    groups = {}
    for fact in graph.facts.values():
        if fact.setter:
            groups.setdefault(fact.group, []).append(fact)
    found = []
    for chosen in product(*(groups[group] for group in sorted(groups))):
        true = {fact.name: getattr(fact.setter, "facts", frozenset()) for fact in chosen}
        while unset := [name for name, needed in true.items() if not needed <= set(true)]:
            for name in unset:
                del true[name]
        if frozenset(true) not in found:
            found.append(frozenset(true))
    return found


def active_in(graph, facts):
    """The combinations in which all of `facts` are true."""
    return [true for true in graph.combinations if facts <= true]


def part_edges(graph):
    """Where two phases never run in one journey, an edge between them means nothing."""
    for phase in graph.phases.values():
        for edge in phase.edges:
            others = [graph.phases[name] for name in edge.of]
            if any(other.only for other in others):
                edge.apart = [
                    other.name for other in others if not active_in(graph, phase.facts | other.facts)
                ]
                edge.of = [name for name in edge.of if name not in edge.apart]


def check_needs(graph, problems):
    """In each combination, what a phase needs is there."""
    for phase in graph.phases.values():
        for edge in phase.edges:
            others = [graph.phases[name] for name in edge.of + edge.apart]
            if edge.kind != NEEDS or not all(other.only for other in others):
                continue
            for true in active_in(graph, phase.facts):
                if not any(other.facts <= true for other in others):
                    refuse_need(phase, edge, others, true, problems)
                    break


def refuse_need(phase, edge, others, true, problems):
    notes = [(edge.place, f'why: "{edge.why}"')]
    for other in others:
        verb = "is it" if other.name == edge.on else "provides it"
        notes.append((other.only[0].place, f"`{other.name}` {verb}, only when {text(other.facts)}"))
    missing = sorted(others[0].facts - phase.facts)
    if edge.of and len(others) == 1 and missing[0] not in phase.sets:
        notes.append((None, f"add PHASE_ONLY({phase.name}, {missing[0]}), or make it a want"))
    problems.add(
        edge.place,
        f"when {text(true)}: phase `{phase.name}` needs `{edge.on}`, which does not run then",
        *notes,
    )


def text(facts):
    return " and ".join(sorted(facts)) or "no fact holds"
