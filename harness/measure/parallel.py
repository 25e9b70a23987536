# SPDX-License-Identifier: BSD-2-Clause
"""What several processors in the stage `parallel` gain: the time of the bring-up with and without."""

import re
import statistics
from pathlib import Path

import appliance
import product
from common import Broken
from machines import gdb
from machines.qemu import Machine
from measure import elf
from measure.figure import Figure
from measure.subject import FOLDER, build_quiet

MIB = 1 << 20
INITRD = 64 * MIB
RUNS = 5
RING_SIZE = 16384  # of the log, in the appliance
NO_PAGE = 8  # bytes before an initrd that shall not begin at a page
STARTS = rb"the guest starts (\d+) us after our first instruction"


def _initrd() -> Path:
    """The usual one behind a few bytes that are not its own, and zeros, which a kernel skips."""
    path = FOLDER / "large.img"
    content = bytes(NO_PAGE) + appliance.guest().initrd.read_bytes()
    path.write_bytes(content + bytes(NO_PAGE + INITRD - len(content)))
    return path


def _cut_beginning(debugger: gdb.Debugger) -> None:
    """The loader's list of modules says that the initrd begins behind those bytes."""
    modules = debugger.number(debugger.register("rbx") + 24, 4)  # multiboot 1: mods_addr
    start = modules + 16
    debugger.write(start, (debugger.number(start, 4) + NO_PAGE).to_bytes(4, "little"))


def _microseconds(build: Path, initrd: Path, cpus: int, moves: bool) -> int:
    """From the first instruction to the guest's, as the log has it: nothing is printed meanwhile."""
    folder = FOLDER / "parallel"
    folder.mkdir(parents=True, exist_ok=True)
    line = folder / "gdb"
    line.unlink(missing_ok=True)
    guest = appliance.guest()
    machine = Machine(
        folder,
        cpus=cpus,
        memory=512,
        kernel=build / product.IMAGE,
        initrd=f"{guest.kernel} {guest.cmdline.replace(',', ',,')},{initrd}",
        arguments=gdb.arguments(line),
    )
    with machine.start():
        debugger = gdb.Debugger(line, build / product.SYMBOLS)
        debugger.run_to_address(elf.addresses(build / product.SYMBOLS).entry)
        if moves:
            _cut_beginning(debugger)
        debugger.run_to("vcpu_run_boot")
        found = re.search(STARTS, debugger.read(debugger.address("slots"), RING_SIZE))
    if not found:
        raise Broken("the log does not say when the guest starts")
    return int(found[1])


def gain() -> list[Figure]:
    """With and without in turn, so that whatever else the machine does meets both."""
    builds = [build_quiet("parallel", "PARALLEL=y"), build_quiet("in-order", "PARALLEL=n")]
    initrd = _initrd()
    figures = []
    for cpus in 1, 2, 4:
        for moves in False, True:
            runs = [[_microseconds(build, initrd, cpus, moves) for build in builds] for _ in range(RUNS)]
            parallel, in_order = zip(*runs)
            middle, other = (round(statistics.median(times)) for times in (parallel, in_order))
            what = f"the initrd {'moves' if moves else 'stays'}, {cpus} CPU{'s' * (cpus > 1)}"
            parts = f"with PARALLEL off {other}: {middle / other:.2f} times that; the shortest of {RUNS} "
            parts += f"runs {min(parallel)} and {min(in_order)}: {min(parallel) / min(in_order):.2f}"
            figures.append(Figure(f"bring-up (median), {what}", middle, "us", None, parts))
    initrd.unlink()
    return figures
