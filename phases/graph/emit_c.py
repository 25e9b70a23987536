# SPDX-License-Identifier: BSD-2-Clause
"""The table of phases as C, made to be read from top to bottom as the boot sequence."""

from . import layout
from .ctext import comment_text, encode_string
from .model import CPUS, NEEDS

HEAD = """\
/* Written by phases/phasegraph from the records of this build's objects; not to be edited. */
/*
 * What runs, in this order. A phase's comment gives where it is declared and why it comes after
 * others; behind the sequence come the same edges for the runner, the stages, and the numbers that
 * steps leave in the trail.
 */
#include "phases/runner.h"
"""
STAGE_CPUS = {"bsp": "STAGE_BSP", "aps": "STAGE_APS", "all": "STAGE_ALL", "any": "STAGE_ANY"}


def table(graph):
    parts = [HEAD, declarations(graph)]
    parts += [sequence(graph, stage) for stage in graph.stages.values() if stage.phases]
    parts += [links(graph, phase) for phase in graph.phases.values()]
    parts += [stages(graph), steps(graph), layout_asserts()]
    return "\n".join(parts)


def declarations(graph):
    lines = [f"extern const struct phase phase_{name};\n" for name in sorted(graph.phases)]
    facts = {edge.on for phase in graph.phases.values() for edge in phase.only}
    return "".join(lines + [f"extern bool fact_{name};\n" for name in sorted(facts)])


def sequence(graph, stage):
    again = ", again when one of them starts again" if stage.again else ""
    lines = [
        f"/* Stage {stage.name}, on {CPUS[stage.cpus]}{again}: {comment_text(stage.does)}. */",
        f"static const struct phase *const initcall_{stage.name}[]",
        f'\t__attribute__((used, section(".initcall.{stage.name}"))) = {{',
    ]
    for phase in (graph.phases[name] for name in stage.phases):
        does = comment_text(phase.does)
        lines.append(f"\t&phase_{phase.name}, /* {phase.place}: {does} */")
        for edge in phase.only:
            setter = graph.facts[edge.on].setter.name
            lines.append(f"\t/*   only when {edge.on}, which {setter} sets */")
        for edge in phase.edges:
            lines.append(f"\t/*   {edge.kind} {edge.on}: {comment_text(edge.why)} */")
    return "\n".join(lines + ["};", ""])


def links(graph, phase):
    """Edges whose object is in this build; a want's may not be."""
    edges = [edge for edge in phase.edges if edge.of]
    # An alignment that is given is not raised by the compiler, which would leave gaps.
    section = f'__attribute__((section(".phase.rodata.{phase.stage}"), aligned(%d)))'
    texts, numbers, structs = (section % size for size in (1, 2, 8))
    lines, table = [], []
    for number, edge in enumerate(edges):
        mine = f"{phase.name}_{number}"
        of = ", ".join(str(graph.phases[name].position) for name in edge.of)
        kind = "PHASE_EDGE_NEEDS" if edge.kind == NEEDS else "PHASE_EDGE_WANTS"
        capability = str(edge.on not in graph.phases).lower()
        lines += [
            f'static const char on_{mine}[] {texts} = "{edge.on}";',
            f"static const char why_{mine}[] {texts} = {encode_string(edge.why)};",
            f"static const uint16_t of_{mine}[] {numbers} = {{ {of} }};",
        ]
        table.append(
            f"\t{{ {kind}, {capability}, {len(edge.of)}, of_{mine}, on_{mine}, why_{mine} }},"
        )
    if edges:
        lines += [f"static const struct phase_link edges_{phase.name}[] {structs} = {{", *table]
        lines += ["};"]
    if phase.only:
        facts = "".join(f"&fact_{edge.on}, " for edge in phase.only)
        lines.append(f"static const bool *const only_{phase.name}[] {structs} = {{ {facts}NULL }};")
    lines += [
        f"const struct phase_links phase_links_{phase.name} {structs} = {{",
        f"\t.index = {phase.position},",
    ]
    if edges:
        lines += [f"\t.count = {len(edges)},", f"\t.links = edges_{phase.name},"]
    if phase.only:
        lines += [f"\t.only = only_{phase.name},"]
    return "\n".join(lines + ["};", ""])


def stages(graph):
    lines = ["const struct stage runner_stages[] = {"]
    for stage in graph.stages.values():
        follows = sum(1 << graph.stages[name].position for name in stage.after)
        lines.append(f'\t{{ .name = "{stage.name}", .cpus = {STAGE_CPUS[stage.cpus]},')
        lines.append(f"\t  .again = {str(stage.again).lower()}, .follows = {follows:#x},")
        if stage.phases:
            array = f"initcall_{stage.name}"
            lines.append(f"\t  .begin = {array}, .end = {array} + {len(stage.phases)} }},")
        else:
            lines.append("\t  .begin = NULL, .end = NULL },")
    lines += [
        "};",
        f"const unsigned runner_stage_count = {len(graph.stages)};",
        f"const unsigned runner_phase_count = {len(graph.phases)};",
        f'_Static_assert({len(graph.phases)} <= RUNNER_PHASES, "phases/runner.h has the limit");',
        "",
    ]
    return "\n".join(lines)


def steps(graph):
    """Numbers as symbols: assembly and C, which were compiled before, take them at the link."""
    lines = [
        f'__asm__(".globl step_number_{name}\\n.set step_number_{name}, {number}");'
        for number, name in enumerate(graph.steps, 1)
    ]
    lines += ["", "const char *const runner_step_names[] = {", '\t"nothing",']
    lines += [f'\t"{name}",' for name in graph.steps]
    lines += ["};", f"const unsigned runner_step_count = {len(graph.steps)};", ""]
    return "\n".join(lines)


def layout_asserts():
    """What `phasegraph check` reads from the image is where it looks for it."""
    return "".join(
        f'_Static_assert({expression} == {value}, "phases/graph/layout.py");\n'
        for expression, value in layout.ASSERTED.items()
    )
