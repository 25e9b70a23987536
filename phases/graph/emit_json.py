# SPDX-License-Identifier: BSD-2-Clause
"""
graph.json: the whole graph of a build for other programs, in order, with a line for each node, the
same bytes each time.
"""

import json

FORMAT = 1


def graph_json(graph):
    document = {
        "format": FORMAT,
        "stages": [stage_json(stage) for stage in graph.stages.values()],
        "facts": [fact_json(fact) for fact in graph.facts.values()],
        "combinations": [sorted(true) for true in graph.combinations],
        "steps": [step_json(step) for step in graph.steps.values()],
        "phases": [phase_json(phase) for phase in graph.phases.values()],
        "capabilities": {name: sorted(of) for name, of in graph.providers.items()},
    }
    return "{" + ",".join(f'\n"{key}": {text(document[key])}' for key in sorted(document)) + "\n}\n"


def text(value):
    """A line for each node."""
    write = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
    if isinstance(value, list) and value:
        return "[" + ",".join("\n " + write(item) for item in value) + "\n]"
    return write(value)


def stage_json(stage):
    return common(stage) | {
        "cpus": stage.cpus,
        "again": stage.again,
        "follows": edges(stage, "follows"),
        "phases": list(stage.phases),
    }


def step_json(step):
    return common(step) | {
        "cpus": step.cpus,
        "mode": step.mode,
        "stack": step.stack,
        "needs": edges(step, "needs"),
        "sets": step.sets,
    }


def fact_json(fact):
    """`setter`: the step or phase of this build that finds out; none: the fact is always false."""
    return {
        "name": fact.name,
        "group": fact.group,
        "does": fact.does,
        "file": fact.place.file,
        "line": fact.place.line,
        "setter": fact.setter and fact.setter.name,
    }


def phase_json(phase):
    return common(phase) | {
        "stage": phase.stage,
        "init": phase.init,
        "undo": phase.undo,
        "vital": phase.vital,
        "needs": edges(phase, "needs"),
        "wants": edges(phase, "wants"),
        "provides": list(phase.provides),
        "only": [edge.on for edge in phase.only],
        "sets": phase.sets,
        "gives": phase.gives,
    }


def common(node):
    return {
        "name": node.name,
        "does": node.does,
        "file": node.place.file,
        "line": node.place.line,
        "position": node.position,
    }


def edges(node, kind):
    """`of`: the nodes of this build that are meant; none where a want's are not in it."""
    return [
        {"on": edge.on, "why": edge.why, "of": edge.of, "line": edge.place.line}
        for edge in node.edges
        if edge.kind == kind
    ]
