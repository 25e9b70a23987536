# SPDX-License-Identifier: BSD-2-Clause
"""
What runs once is unmapped before the guest runs: nothing that stays may refer to it. The linker
script says where it is, by the symbols init_text_begin, init_text_end and so on.
"""

import re

from elftools.elf.constants import SH_FLAGS

from . import records
from .problems import Refused

PARTS = ("text", "rodata", "data")
BOUNDS = [f"init_{part}_{end}" for part in PARTS for end in ("begin", "end")]
# The table names every phase; who starts again follows it to the stages that are repeated only.
TABLE = ("runner_stages", "initcall_")
MARKS = {"STT_FUNC": "INIT_TEXT", "STT_OBJECT": "INIT_RODATA, INIT_DATA or INIT_BSS"}


def check(image, graph, declared, problems):
    ranges = find_ranges(image)
    if not ranges:
        return
    check_phases(image, graph, ranges, problems)
    check_references(image, graph, ranges, declared, problems)


def find_ranges(image):
    """[(begin, end)], none where the linker script knows no such memory at all."""
    missing = [name for name in BOUNDS if name not in image.symbols]
    if len(missing) == len(BOUNDS):
        return []
    if missing:
        raise Refused(f"{image.shown}: error: the linker script defines no {missing[0]}")
    bounds = [image.address(name) for name in BOUNDS]
    return list(zip(bounds[::2], bounds[1::2]))


def goes(ranges, address):
    return any(begin <= address < end for begin, end in ranges)


def check_phases(image, graph, ranges, problems):
    """What belongs to a phase stays where its stage is repeated, and goes where it is not."""
    again = {stage["name"]: stage["again"] for stage in graph["stages"]}
    for phase in graph["phases"]:
        name, stage = phase["name"], phase["stage"]
        owned = [phase["init"], phase["undo"], f"phase_{name}", f"phase_links_{name}"]
        for symbol in filter(None, owned):
            addresses = image.symbols.get(symbol, [])
            if not addresses or any(goes(ranges, a) != again[stage] for a in addresses):
                continue
            problems.add(
                f"{phase['file']}:{phase['line']}",
                f"`{symbol}` of phase `{name}` "
                + (
                    f"goes when the guest runs, but stage {stage} is repeated"
                    if again[stage]
                    else f"stays, but stage {stage} is not repeated"
                ),
                (None, how_to_place(symbol == phase["undo"], again[stage], stage)),
            )


def how_to_place(is_undo, again, stage):
    if is_undo:
        return "take INIT_TEXT away from it" if again else "mark it INIT_TEXT"
    side = "outside" if again else "inside"
    return f"arch/x86/phasevisor.lds puts .phase.text.{stage} and .phase.rodata.{stage} {side}"


def check_references(image, graph, ranges, declared, problems):
    """Nothing that stays refers to what goes, but for the table and what has a reason."""
    allowed = {
        (record["name"], record["on"]): record
        for record in read_records(image)
        if record.kind == "init_reference"
    }
    used = set()
    for reference in image.references():
        if not goes(ranges, reference.address) or goes(ranges, reference.place):
            continue
        if is_bound(reference) or is_table(reference) or is_inside(image, reference):
            continue
        pair = plain_names(reference)
        if pair in allowed:
            used.add(pair)
        else:
            refuse(image, graph, reference, declared, problems)
    for pair in sorted(set(allowed) - used):
        problems.add(
            allowed[pair].place,
            f"INIT_REFERENCE of `{pair[0]}` to `{pair[1]}`, but no such reference is in the image",
            (None, "take it away; or the compiler has put the one into another function"),
        )


def read_records(image):
    section = image.elf.get_section_by_name(records.SECTION)
    return records.parse(image.shown, section.data())


def is_bound(reference):
    """A symbol of the linker script: it says where the memory is."""
    name = reference.target.name if reference.target else ""
    return name in BOUNDS or (
        reference.target and reference.target.section is None and name.endswith(("_begin", "_start", "_end"))
    )


def is_table(reference):
    return reference.holder and reference.holder.name.startswith(TABLE)


def is_inside(image, reference):
    """
    From a constant of the compiler's, without name, to the middle of a function: a jump table, or
    a place that may fault and where to go on. Only the function itself goes that way.
    """
    holder, target = reference.holder, reference.target
    flags = image.section(reference.place)["sh_flags"]
    return (
        not flags & (SH_FLAGS.SHF_WRITE | SH_FLAGS.SHF_EXECINSTR)
        and (holder is None or holder.kind == "STT_NOTYPE")
        and target is not None
        and target.kind == "STT_FUNC"
        and target.address < reference.address < target.address + target.size
    )


def plain_names(reference):
    return tuple(s.plain_name if s else None for s in (reference.holder, reference.target))


def refuse(image, graph, reference, declared, problems):
    holder, target = reference.holder, reference.target
    where = f"something without name in {image.section(reference.place).name}"
    what = f"something without name in {image.section(reference.address).name}"
    one, other = (s.plain_name if s else "it" for s in (holder, target))
    problems.add(
        declared.place(holder),
        f"{holder or where}, which stays, refers to {target or what}, which goes when the guest"
        " runs",
        (None, how_to_go(graph, holder, one)),
        (None, f"if something uses `{other}` then, it must stay: take its mark away"),
        (None, f'if the reference is not followed then: INIT_REFERENCE({one}, {other}, "why");'),
    )


def how_to_go(graph, holder, name):
    """What is a phase's own goes or stays with its stage."""
    for phase in graph["phases"]:
        if holder and name in (phase["init"], phase["undo"]):
            return (
                f"`{phase['name']}` is in the repeated stage {phase['stage']}: do not call what runs"
                " once there, or move the phase to a stage that runs once"
            )
    marks = MARKS.get(holder.kind if holder else None, "one of INIT_TEXT, INIT_DATA and their like")
    return f"if nothing uses `{name}` by then, mark it {marks}"


def report(image, graph):
    """Lines on what could go as well: only what goes refers to it."""
    candidates = sorted(used_once(image, graph), key=lambda s: (-s.size, s.name))
    for symbol in candidates:
        kind = "function" if symbol.kind == "STT_FUNC" else "object"
        yield f"{symbol.size:7}  {kind:8}  {image.section(symbol.address).name:10}  {symbol}"
    yield f"{sum(symbol.size for symbol in candidates):7}  bytes in all, of {len(candidates)}"


def used_once(image, graph):
    """
    Named functions and objects that stay though only what goes refers to them, directly or not.
    Where the linker script knows no INIT memory, what goes is what belongs to a phase of a stage
    that is not repeated. What nothing refers to is taken as an entry to the image, and so is a
    function whose address is kept anywhere.
    """
    from . import calls  # it starts another program

    ranges, once = find_ranges(image), names_that_go(graph)
    going = {s for s in image.starts if goes(ranges, s.address) or once.fullmatch(s.name)}
    edges = [edge for edge in calls.edges(image) if edge[1] and edge[0] != edge[1]]
    refers, branches = {}, set()
    for holder, target, branch in edges:
        refers.setdefault(holder, set()).add(target)
        if branch:
            branches.add((holder, target))
    pointers = {t for h, t, _ in edges if is_code(image, t) and (h, t) not in branches}
    referred = set().union(*refers.values())
    entries = {s for s in image.starts if s not in referred} | pointers | {None}
    later = reached(refers, entries - going, going)
    return {s for s in reached(refers, going, later) - going if s.kind in MARKS}


def is_code(image, symbol):
    return image.elf.get_section(symbol.section)["sh_flags"] & SH_FLAGS.SHF_EXECINSTR


def reached(refers, start, barrier):
    found, waiting = set(start), list(start)
    while waiting:
        for target in refers.get(waiting.pop(), ()):
            if target not in found and target not in barrier:
                found.add(target)
                waiting.append(target)
    return found


def names_that_go(graph):
    """A pattern for the names of what belongs to phases that run once."""
    again = {stage["name"] for stage in graph["stages"] if stage["again"]}
    once = [phase for phase in graph["phases"] if phase["stage"] not in again]
    names = [phase[key] for phase in once for key in ("init", "undo") if phase[key]]
    names += [f"initcall_{stage['name']}" for stage in graph["stages"] if not stage["again"]]
    phases = "|".join(phase["name"] for phase in once)
    owned = rf"phase_({phases})|(phase_links|only|edges|of|on|why)_({phases})(_\d+)?"
    return re.compile("|".join([*names, owned]))
