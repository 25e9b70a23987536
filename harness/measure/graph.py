# SPDX-License-Identifier: BSD-2-Clause
"""How long the generator takes over graphs that are far larger than ours."""

import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

from common import BUILD, ROOT, Broken
from measure.figure import Figure

PHASEGRAPH = ROOT / "phases/phasegraph"
STAGES = ["global", "start_aps", "ap", "bsp", "pcpu", "guest"]
NOT_AFTER = {("ap", "bsp"), ("bsp", "ap")}
FACTS = {"boot_multiboot": "way_a", "boot_uefi": "way_b", "cpu_svm": "kind_a", "cpu_vmx": "kind_b"}
PER_FILE = 10
EDGES = 3
LIMITS = {10_000: 2.0, 100_000: 20.0}
EXAMPLE = ["stages.c", "facts.c"]

def generator() -> list[Figure]:
    figures = []
    for count, limit in LIMITS.items():
        folder = BUILD / "bench" / f"graph-{count}"
        what = f"generator: {count:,} phases, {count * EDGES:,} edges: "
        more = f"processor time; a file and an object for every {PER_FILE} phases"
        make_tree(folder, count, cycle=False)
        figures.append(Figure(what + "read, check, sort, write", run(folder, 0, ""), "s", limit, more))
        make_tree(folder, count, cycle=True)
        refused = run(folder, 1, ": error: a cycle of ")
        figures.append(Figure(what + "refuse a cycle", refused, "s", 2 * limit))
        shutil.rmtree(folder)
    return figures


def run(folder: Path, expected: int, text: str) -> float:
    """Seconds of processor time, from the command's start to its end."""
    build = folder / "build"
    command = [PHASEGRAPH, "--root", folder, "generate", "--output", build, f"@{build}/objects.list"]
    before = os.times()
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    after = os.times()
    if result.returncode != expected or text not in result.stderr:
        raise Broken(f"{PHASEGRAPH} has given {result.returncode}: {result.stderr[:2000]}")
    times = zip(after[2:4], before[2:4])  # of children: in user and in system mode
    return round(sum(late - early for late, early in times), 2)


def make_tree(folder: Path, count: int, cycle: bool) -> None:
    """A tree with a file of text and an object for every ten phases; the same for each seed."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "phases").mkdir(parents=True)
    (folder / "build").mkdir()
    objects = []
    for name in EXAMPLE:
        shutil.copy(ROOT / "phases" / name, folder / "phases" / name)
        objects.append(folder / "build" / f"{name}.o")
        subprocess.run(
            ["gcc", "-ffreestanding", f"-I{ROOT}", f"-ffile-prefix-map={folder}/="]
            + ["-c", folder / "phases" / name, "-o", objects[-1]],
            check=True,
        )
    (folder / "phases/Sources").write_text(f"CORE: {' '.join(EXAMPLE)}\n", encoding="utf-8")
    phases = random_phases(random.Random(count), count, cycle)
    names = []
    for number in range(0, count, PER_FILE):
        file = f"f{number // PER_FILE:05}.c"
        path = folder / f"d{number // 1000:03}" / file
        path.parent.mkdir(exist_ok=True)
        lines, records = ['#include "phases/phase.h"'], []
        for phase in phases[number:number + PER_FILE]:
            for macro, values in phase:
                lines.append(declaration(macro, values))
                place = {"file": f"{path.parent.name}/{file}", "line": str(len(lines))}
                records.append(record(macro, values | place))
            init = phase[0][1]["init"]
            lines += [f"static enum phase_result {init}(void)", "{", "\treturn PHASE_DONE;", "}"]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        objects.append(folder / "build" / f"{file}.o")
        own = [phase[0][1] for phase in phases[number:number + PER_FILE]]
        objects[-1].write_bytes(make_object(b"".join(records), own))
        names.append(path)
    for place in {path.parent for path in names}:
        files = sorted(path.name for path in names if path.parent == place)
        (place / "Sources").write_text(f"CORE: {' '.join(files)}\n", encoding="utf-8")
    listing = "\n".join(map(str, objects))
    (folder / "build/objects.list").write_text(listing, encoding="utf-8")


def random_phases(chance: random.Random, count: int, cycle: bool) -> list[list]:
    """
    Each phase's declarations. Edges lead back in a random order of all, to the same stage or an
    earlier one; every tenth is to one of 50 capabilities. Of the last phases each is for a fact; or
    else, with `cycle`, those of the last stage are in cycles.
    """
    names = [f"phase_{number:06}" for number in range(count)]
    chance.shuffle(names)
    names[:len(FACTS)] = FACTS.values()
    stage_of, phases = {}, []
    for place, name in enumerate(names):
        stage = STAGES[min(place * 2 * len(STAGES) // count, len(STAGES) - 1)] if place > 50 else STAGES[0]
        stage_of[name] = stage
        does = f'.does = "does what {name} has to do"'
        values = {"name": name, "stage": stage, "init": f"{name}_init", "args": does}
        declarations = [("PHASE", values)]
        if 4 <= place < 54:
            declarations.append(("PHASE_PROVIDES", {"name": name, "capability": f"gift_{place}"}))
        for fact in (fact for fact, setter in FACTS.items() if setter == name):
            declarations.append(("PHASE_SETS", {"name": name, "fact": fact}))
        others = set()
        while place > 100 and len(others) < EDGES:
            other = names[chance.randrange(4, min(place, count - count // 100))]
            if (stage, stage_of[other]) not in NOT_AFTER:
                others.add(other if chance.random() > 0.1 else f"gift_{chance.randrange(4, 54)}")
        for other in sorted(others):
            macro = "PHASE_NEEDS" if chance.random() > 0.2 else "PHASE_WANTS"
            why = f"{name} uses what {other} made"
            declarations.append((macro, {"name": name, "on": other, "why": why}))
        phases.append(declarations)
    if cycle:
        close_cycle(phases, [n for n, name in enumerate(names) if stage_of[name] == "guest"])
        return phases
    for declarations in phases[-count // 100:]:
        name = declarations[0][1]["name"]
        declarations.append(("PHASE_ONLY", {"name": name, "fact": chance.choice(list(FACTS))}))
    return phases


def close_cycle(phases: list[list], members: list[int]) -> None:
    """One after the other, and the first after the last."""
    for one, other in zip(members[-1:] + members, members):
        on, name = phases[one][0][1]["name"], phases[other][0][1]["name"]
        if all(values.get("on") != on for _, values in phases[other]):
            why = "one after the other, round and round"
            phases[other].append(("PHASE_WANTS", {"name": name, "on": on, "why": why}))


def declaration(macro: str, values: dict[str, str]) -> str:
    quoted = ('"' + value + '"' if key == "why" else value for key, value in values.items())
    return f"{macro}({', '.join(quoted)});"


def record(macro: str, values: dict[str, str]) -> bytes:
    """As phases/phase.h leaves it."""
    kind = macro.lower().removeprefix("phase_")
    pairs = (f"{k}={chr(34) + v + chr(34) if k == 'why' else v}" for k, v in values.items())
    return "\0".join([f"record={kind} 1", *pairs, "\0"]).encode()


def make_object(records: bytes, phases: list[dict[str, str]]) -> bytes:
    """An ELF object with the records, and an empty function for each phase in its section."""
    names = [".phase", *sorted({f".phase.text.{p['stage']}" for p in phases})]
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    strings += b".symtab\0.strtab\0"
    labels, table = b"\0", b"\0" * 24
    for phase in phases:
        section = 1 + names.index(f".phase.text.{phase['stage']}")
        table += struct.pack("<IBBHQQ", len(labels), 2, 0, section, 0, 0)
        labels += phase["init"].encode() + b"\0"
    labels += strings
    base = len(labels) - len(strings)
    body, headers = b"", b"\0" * 64
    for number, (name, data) in enumerate(
        [(names[0], records), *((n, b"") for n in names[1:]), (".symtab", table), (".strtab", labels)]
    ):
        kind = {".symtab": 2, ".strtab": 3}.get(name, 1)
        link, entry = (len(names) + 2, 24) if kind == 2 else (0, 0)
        at = base + strings.index(name.encode() + b"\0")
        headers += struct.pack(
            "<IIQQQQIIQQ", at, kind, 6 if ".text." in name else 0, 0, 64 + len(body), len(data),
            link, len(table) // 24 if kind == 2 else 0, 1, entry,
        )
        body += data
    count = len(headers) // 64
    head = b"\x7fELF\2\1\1" + b"\0" * 9
    head += struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, count, count - 1)
    return head + body + headers
