# SPDX-License-Identifier: BSD-2-Clause
"""A guest's exits (SVM on QEMU's TCG), read from QEMU's own log."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

# QEMU logs its `vmexit` lines together with the code that it translates: this address is nobody's,
# so that nothing else is logged.
LOG_ARGUMENTS = ["-d", "in_asm", "-dfilter", "0xffffffffdead0000+1"]

APIC_PAGE = 0xFEE00000
APIC = "APIC page"
STEP = "step"  # the end of an access to the APIC page, which is let happen under the trap flag

NAMES = {
    0x40: "#DE",
    0x41: "#DB",
    0x61: "NMI",
    0x63: "INIT",
    0x64: "VINTR",
    0x72: "CPUID",
    0x74: "IRET",
    0x7B: "I/O",
    0x7F: "shutdown",
    0x80: "VMRUN",
    0x81: "VMMCALL",
    0x400: "#NPF",
}
VMEXIT = re.compile(r"^vmexit\((\w+), (\w+), (\w+), (\w+)\)!")
HOST = re.compile(r"^(start|host) (\d+) (\d+)")


def kind(code: int, info1: int, info2: int) -> str:
    if code == 0x7C:
        return "WRMSR" if info1 & 1 else "RDMSR"
    if code == 0x400 and info2 & ~0xFFF == APIC_PAGE:
        return APIC
    if code == 0x400 and info2 & ~0xFFF == 0:
        return "#NPF page 0"
    return NAMES.get(code, f"exit {code:#x}")


def kinds(lines: Iterable[str]) -> Counter[str]:
    """How many exits of each kind a log holds; an access to the APIC page and its step are one."""
    counts: Counter[str] = Counter()
    for line in lines:
        if match := VMEXIT.match(line):
            counts[kind(*(int(field, 16) for field in match.groups()[:3]))] += 1
    steps = min(counts["#DB"], counts[APIC])
    counts[STEP] += steps
    counts["#DB"] -= steps
    return +counts


def others(counts: Counter[str]) -> int:
    """Exits besides the accesses to the APIC page."""
    return sum(count for name, count in counts.items() if name not in (APIC, STEP))


def costs(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """
    The kind of each exit and the hypervisor's instructions for it, from the log of a run with
    count.c: an exit's line comes before the line that its CPU writes at its next VMRUN. Where
    another CPU's came between, which is whose is not known, and all that wait are left out.
    """
    waiting: list[str] = []
    mixed = False
    for line in lines:
        if match := VMEXIT.match(line):
            waiting.append(kind(*(int(field, 16) for field in match.groups()[:3])))
            mixed = mixed or len(waiting) > 1
        elif (match := HOST.match(line)) and match[1] == "host" and waiting:
            first = waiting.pop(0)
            if not mixed:
                yield first, int(match[3])
            mixed = mixed and bool(waiting)


def instructions_to_guest(lines: Iterable[str]) -> int | None:
    """From the hypervisor's first instruction to the guest's, from the log of a run with count.c."""
    for line in lines:
        if (match := HOST.match(line)) and match[1] == "start":
            return int(match[3])
    return None
