# SPDX-License-Identifier: BSD-2-Clause
"""
order.txt: what runs, in order, with the reasons above each line. Nothing in it changes when a
line moves in a file, so that a difference is one of the boot sequence; golden orders are of this
form.
"""

from .model import CPUS

HEAD = """\
# What this build runs, from the first instruction to the guest, in this order; above each line
# why it stands there. Written by phases/phasegraph; `ninja order` renews the copy in configs/.
"""


NEVER = " (never in one journey with it)"


def order(graph):
    lines = [HEAD.rstrip()]
    for cpus, text in CPUS.items():
        steps = [step for step in graph.steps.values() if step.cpus == cpus]
        if steps:
            lines += ["", f"steps on {text}, in straight-line code"]
            for step in steps:
                lines += node(step, "; ".join([step.mode, f"stack: {step.stack}", *sets(step)]))
    for stage in graph.stages.values():
        lines += ["", f"stage {stage.name} on {text_of_cpus(stage)}: {stage.does}"]
        lines += [f"# follows {edge.on}: {edge.why}" for edge in stage.edges]
        for name in stage.phases:
            phase = graph.phases[name]
            lines += [f"    # {only(graph, edge)}" for edge in phase.only]
            lines += node(phase, "; ".join(marks(phase)))
    return "\n".join(lines) + "\n"


def text_of_cpus(stage):
    return CPUS[stage.cpus] + (", repeatable" if stage.again else "")


def only(graph, edge):
    fact = graph.facts[edge.on]
    return f"only when {fact.name}, which {fact.setter.name} sets: {fact.does}"


def sets(node):
    if node.sets:
        yield "sets " + ", ".join(node.sets)


def marks(phase):
    if phase.only:
        yield "only when " + " and ".join(edge.on for edge in phase.only)
    if phase.vital:
        yield "vital"
    if phase.undo:
        yield "can be undone"
    if phase.provides:
        yield "provides " + ", ".join(phase.provides)
    yield from sets(phase)


def node(item, note):
    lines = []
    for edge in item.edges:
        missing = "" if edge.of else NEVER if edge.apart else " (not in this build)"
        lines.append(f"    # {edge.kind} {edge.on}{missing}: {edge.why}")
    lines.append(f"    {item.name}: {item.does}" + (f" [{note}]" if note else ""))
    return lines


def sequence(text):
    """The names of an order's nodes, in order."""
    return [
        line.strip().partition(":")[0]
        for line in text.splitlines()
        if line.startswith("    ") and not line.startswith("    #")
    ]
