# SPDX-License-Identifier: BSD-2-Clause
"""Joins the edges of a build's graph, refuses what cannot work, and puts the nodes in order."""

from . import facts, order
from .model import NEEDS, ONLY, WANTS

MAX_STAGES = 32  # bits of struct runner_cpu.stages_done


def check_and_sort(graph, index, problems):
    """Leaves the graph's dictionaries in order, with positions. Raises Refused."""
    for kind, nodes in graph.groups.items():
        for node in nodes.values():
            join_edges(graph, kind, node, index, problems)
    for phase in graph.phases.values():
        if phase.stage not in graph.stages:
            problems.add(phase.place, f"stage `{phase.stage}` is not in this build")
    for stage in graph.stages.values():
        if stage.again and stage.cpus == "any":
            text = f"stage `{stage.name}` is run once, by whichever CPU comes first: it cannot be repeated"
            problems.add(stage.place, text)
    facts.check_and_join(graph, index, problems)
    problems.stop_if_any()
    facts.part_edges(graph)
    facts.check_needs(graph, problems)
    sort_group(graph, "stage", problems)
    problems.stop_if_any()
    if len(graph.stages) > MAX_STAGES:
        problems.add(next(iter(graph.stages.values())).place, f"over {MAX_STAGES} stages")
    before = {name: {e.on for e in stage.edges} for name, stage in graph.stages.items()}
    for name, earlier in order.closure(before, list(graph.stages)).items():
        graph.stages[name].after = earlier
    for phase in graph.phases.values():
        check_stages(graph, phase, problems)
    for step in graph.steps.values():
        check_cpus(graph, step, problems)
    problems.stop_if_any()
    sort_group(graph, "step", problems)
    sort_phases(graph, problems)
    problems.stop_if_any()


def join_edges(graph, kind, node, index, problems):
    """Fills Edge.of."""
    group = graph.groups[kind]
    seen = {}
    for edge in node.edges:
        first = seen.setdefault(edge.on, edge)
        if first is not edge:
            problems.add(
                edge.place,
                f"two edges from `{node.name}` to `{edge.on}`",
                (first.place, f'{first.kind}: "{first.why}"'),
            )
        if edge.on in group:
            edge.of = [edge.on]
        elif kind == "phase":
            edge.of = sorted(graph.providers.get(edge.on, []))
        if not edge.of and (edge.kind == NEEDS or kind == "stage"):
            refuse_unmet(graph, kind, node, edge, index, problems)
        if node.name in edge.of:
            problems.add(
                edge.place,
                f"`{node.name}` {edge.kind} itself"
                + ("" if edge.on == node.name else f": it provides `{edge.on}`"),
                (None, f'why: "{edge.why}"'),
            )


def refuse_unmet(graph, kind, node, edge, index, problems):
    notes = [(edge.place, f'why: "{edge.why}"')]
    provided, declared = index.find("provides", edge.on), index.find(kind, edge.on)
    for item in provided or declared:
        verb = "provides it" if provided else "is it"
        notes.append(
            (item.place, f"`{item.name}` {verb}; CONFIG_{item.symbol}=y would bring it in")
        )
    notes += dependents(graph, node.name)
    what = f"the capability `{edge.on}`" if provided else f"`{edge.on}`"
    problems.add(
        edge.place,
        f"{kind} `{node.name}` {edge.kind} {what}, which "
        + ("no phase of this build provides" if provided else "is not in this build"),
        *notes,
    )


def dependents(graph, name, limit=5):
    """Notes on who needs a phase, directly or not: what could not run without it."""
    notes, reached = [], [name]
    for other in reached:
        phase = graph.phases.get(other)
        for on in [other, *(phase.provides if phase else [])]:
            for edge in graph.edges_on(on):
                if edge.kind == NEEDS and edge.owner not in reached:
                    if len(notes) == limit:
                        return notes + [(None, "and so on")]
                    reached.append(edge.owner)
                    notes.append((edge.place, f'and `{edge.owner}` needs `{on}`: "{edge.why}"'))
    return notes


def check_stages(graph, phase, problems):
    """An edge points to a phase of the same stage or of an earlier one."""
    stage = graph.stages[phase.stage]
    for edge in phase.all_edges:
        for other in (graph.phases[name] for name in edge.of):
            if other.stage == stage.name or other.stage in stage.after:
                continue
            later = stage.name in graph.stages[other.stage].after
            notes = [(edge.place, f'why: "{edge.why}"')]
            if edge.kind == ONLY:
                notes = [(other.place, f"`{other.name}` sets it")]
            elif other.name != edge.on:
                notes.append((other.place, f"`{other.name}` provides `{edge.on}`"))
            if later:
                notes += stage_chain(graph, other.stage, stage.name)
                drop = {NEEDS: "need", WANTS: "want"}.get(edge.kind, "PHASE_ONLY")
                move = f"move `{phase.name}` to stage {other.stage} or later, or drop the {drop}"
                notes.append((None, move))
            problems.add(
                edge.place,
                f"`{phase.name}` (stage {stage.name}) {verb(edge)} `{other.name}` (stage"
                f" {other.stage}), and "
                + (
                    f"{other.stage} comes later"
                    if later
                    else f"neither of the stages {stage.name} and {other.stage} follows the other"
                ),
                *notes,
            )


def verb(edge):
    return f"is only for {edge.on}, set by" if edge.kind == ONLY else edge.kind


def stage_chain(graph, late, early):
    """Notes on why stage `late` comes after stage `early`."""
    notes = []
    while late != early:
        for edge in graph.stages[late].edges:
            if edge.on == early or early in graph.stages[edge.on].after:
                notes.append((edge.place, f'{late} follows {edge.on}: "{edge.why}"'))
                late = edge.on
                break
    return notes


def check_cpus(graph, step, problems):
    """The boot processor's steps cannot wait for those of the others, which start later."""
    for edge in step.edges:
        other = graph.steps[edge.of[0]]
        if other.cpus == "aps" and step.cpus != "aps":
            problems.add(
                edge.place,
                f"step `{step.name}` ({step.cpus}) needs `{other.name}`, which runs on the other"
                " processors only, and they start later",
                (other.place, f"step `{other.name}`"),
            )


def sort_group(graph, kind, problems):
    nodes = graph.groups[kind]
    before = {name: [o for e in node.edges for o in e.of] for name, node in nodes.items()}
    names, rest = order.sort(before)
    if rest:
        refuse_cycle(nodes, kind, order.shortest_cycle(before, rest), problems)
    in_order = {name: nodes[name] for name in names}
    nodes.clear()
    nodes.update(in_order)
    for position, node in enumerate(nodes.values()):
        node.position = position


def sort_phases(graph, problems):
    """Stage by stage; edges to earlier stages are met by the order of stages."""
    in_order = {}
    members_of = {name: {} for name in graph.stages}
    for name, phase in graph.phases.items():
        members_of[phase.stage][name] = phase
    for stage in graph.stages.values():
        members = members_of[stage.name]
        before = {
            name: [o for edge in phase.all_edges for o in edge.of if o in members]
            for name, phase in members.items()
        }
        stage.phases, rest = order.sort(before)
        if rest:
            refuse_cycle(members, "phase", order.shortest_cycle(before, rest), problems)
        in_order.update((name, members[name]) for name in stage.phases)
    graph.phases.clear()
    graph.phases.update(in_order)
    for position, phase in enumerate(graph.phases.values()):
        phase.position = position


def refuse_cycle(nodes, kind, cycle, problems):
    notes = []
    for name, other in zip(cycle, cycle[1:] + cycle[:1]):
        edges = nodes[name].all_edges if kind == "phase" else nodes[name].edges
        edge = next(edge for edge in edges if other in edge.of)
        by = "" if edge.on == other else f", which `{other}` provides"
        if edge.kind == ONLY:
            by = f", which `{other}` sets"
        does = "is only for" if edge.kind == ONLY else edge.kind
        notes.append((edge.place, f'`{name}` {does} `{edge.on}`{by}: "{edge.why}"'))
    count = f"{len(cycle)} {kind}s"
    problems.add(nodes[cycle[0]].place, f"a cycle of {count}, none of which can be first", *notes)
