# SPDX-License-Identifier: BSD-2-Clause
"""What is measured by booting our guest above phasevisor."""

import re
import statistics
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import product
from common import HARNESS, Broken
from machines.qemu import PROGRAM
from measure import elf, exits
from measure.figure import Figure
from measure.subject import FOLDER, MARKER, build_quiet, machine, wait

AFTER = 10  # seconds after the marker


def _exits_of(build: Path, scenario: str, cpus: int) -> tuple[list[str], list[str]]:
    """QEMU's log of a run: up to the guest's marker, and in the time after it."""
    log = FOLDER / "exits.log"
    arguments = [*exits.LOG_ARGUMENTS, "-D", str(log)]
    run = machine(build, f"{scenario} seconds={AFTER + 10}", "exits", cpus=cpus, arguments=arguments)
    with run.start() as running:
        wait(running, MARKER)
        marker = log.stat().st_size
        time.sleep(AFTER)
        end = log.stat().st_size
    data = log.read_bytes()
    return data[:marker].decode().splitlines(), data[marker:end].decode().splitlines()


def exits_of_a_run() -> list[Figure]:
    build = product.build("appliance")
    figures = []
    for cpus, most_apic in (1, 800), (2, 800), (4, 1600):
        name = f"{cpus} CPU{'s' if cpus > 1 else ''}"
        for scenario in "idle", "load":
            lines, lines_after = _exits_of(build, scenario, cpus)
            after = exits.kinds(lines_after)
            if scenario == "idle":
                until = exits.kinds(lines)
                parts = ", ".join(f"{kind} {count}" for kind, count in sorted(until.items()))
                figures += [
                    Figure(f"to the marker, {name}", exits.others(until), "exits", 15 + 10 * cpus, parts),
                    Figure(f"to the marker, {name}", until[exits.APIC], "APIC accesses", most_apic),
                ]
            parts = ", ".join(f"{kind} {count}" for kind, count in sorted(after.items()))
            what = f"in {AFTER} s after it, {scenario}, {name}"
            figures.append(Figure(what, sum(after.values()), "exits", 0, parts))
    return figures


def _counter() -> Path:
    """Compiles the plugin that counts instructions."""
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    major = re.search(r"version (\d+)", version)
    plugin_version = 1 if major and int(major[1]) < 9 else 2
    output = FOLDER / "count.so"
    command = ["gcc", "-O2", "-shared", "-fPIC", f"-DPLUGIN_VERSION={plugin_version}", "-o", output]
    if subprocess.run([*command, HARNESS / "measure/count.c"], check=False).returncode != 0:
        raise Broken("cannot compile harness/measure/count.c")
    return output


def _counted(
    build: Path, scenario: str, until: str, cpus: int, more: list[str], **parts: object
) -> list[str]:
    """QEMU's log of a run with exits and instruction counts, until the guest says something."""
    log = FOLDER / "instructions.log"
    at = elf.addresses(build / product.SYMBOLS)
    plugin = f"{_counter()},entry={at.entry:#x},begin={at.begin:#x},end={at.end:#x},vmrun={at.vmrun:#x}"
    arguments = [*exits.LOG_ARGUMENTS, "-D", str(log), "-plugin", plugin, *more]
    arguments[arguments.index("in_asm")] = "in_asm,plugin"
    run = machine(build, scenario, "instructions", cpus=cpus, arguments=arguments, **parts)
    with run.start() as running:
        wait(running, until)
    return log.read_text(encoding="ascii", errors="replace").splitlines()


def instructions() -> list[Figure]:
    build = build_quiet()
    # One tick of the clock for each instruction: waiting for a time costs what it would cost there.
    log = _counted(build, "idle", MARKER, 1, ["-icount", "shift=0,sleep=off"])
    first = exits.instructions_to_guest(log)
    if first is None:
        raise Broken("the hypervisor's first instruction was not seen")
    figures = [Figure("first instruction to the guest's first, 1 CPU", first, "instructions", 20_000_000)]
    log = _counted(build, "msr", "guest: msr done", 2, [], accelerator="tcg,thread=single")
    costs = defaultdict(list)
    for kind, cost in exits.costs(log):
        costs[kind].append(cost)
    if "RDMSR" not in costs or exits.APIC not in costs or "#DB" not in costs:
        raise Broken(f"exits seen are {', '.join(costs) or 'none'} only")
    typical = {kind: round(statistics.median(values)) for kind, values in costs.items()}
    parts = ", ".join(f"{kind} {cost} ({len(costs[kind])} seen, most {max(costs[kind])})" for kind, cost in sorted(typical.items()))
    figures += [
        Figure("an intercepted MSR read (median)", typical["RDMSR"], "instructions", 150, parts),
        Figure("an intercepted MSR read from a new place (most)", max(costs["RDMSR"]), "instructions"),
        Figure(
            "an access to the APIC page and its step (medians)",
            typical[exits.APIC] + typical["#DB"],
            "instructions",
            300,
        ),
    ]
    return figures


def _guest_memory(build: Path | None, cpu: str) -> tuple[int, int]:
    """KiB of RAM in the guest's memory map, and MemTotal."""
    run = machine(build, "check", "memory", cpus=4, cpu=cpu)
    with run.start() as running:
        wait(running, r"check: memory: ok: .*MemTotal \d+ KiB")
        seen = re.search(r"ok: (\d+) KiB .*MemTotal (\d+) KiB", running.serial.text)
    assert seen
    return int(seen[1]), int(seen[2])


def memory() -> list[Figure]:
    build = product.build("appliance")
    figures = []
    for bits in 40, 48:
        cpu = f"EPYC,phys-bits={bits}"
        bare, bare_total = _guest_memory(None, cpu)
        ours, total = _guest_memory(build, cpu)
        what = f"memory taken from the guest, 4 CPUs, {bits} address bits"
        parts = f"MemTotal {bare_total} KiB bare, {total} KiB above phasevisor"
        figures.append(Figure(what, bare - ours, "KiB", 2048 + 4, parts))
    return figures


def _time_to_marker(build: Path | None, cpus: int) -> float:
    """Seconds from the start of the emulator: the shortest of three runs."""
    run = machine(build, "idle", "time", cpus=cpus)
    times = []
    for _ in range(3):
        with run.start() as running:
            times.append(wait(running, MARKER))
    return min(times)


def boot_time() -> list[Figure]:
    build = product.build("appliance")
    figures = []
    for cpus in 1, 2:
        bare, ours = _time_to_marker(None, cpus), _time_to_marker(build, cpus)
        parts = f"{bare:.2f} s bare, {ours:.2f} s above phasevisor, firmware and GRUB2 included"
        figures.append(Figure(f"time to the marker, {cpus} CPUs", ours / bare, "times bare", None, parts))
    return figures
