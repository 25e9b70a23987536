#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Each phase of each defconfig fails, or is absent, on each CPU that runs it: what comes of it on the
machine is what the graph says (runner_model.py): who runs, who is skipped and why, what is undone,
whether the guest starts, and the last line on the console.
"""

import json
import re
import struct
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

import product
import runner_chains
import runner_model
from common import ROOT
from guests import tiny
from machines import gdb
from machines.line import NotSeen
from runner_model import ANY, Run
from runner_observed import Check, Observed

CPUS = 2
SHARDS = 6  # of a defconfig's phases, for workers to share
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
# enum phase_result, as a test build is told it and as it keeps it (phases/phase.h).
RESULTS = "not_run running done absent failed skipped elsewhere undone".split()
RUN = struct.Struct("<I4xQQ")  # struct runner_run (phases/runner.h)
FAULT = struct.Struct("<HHI")  # struct fault (phases/fault_injection.c)
EVERY_CPU = 0xFFFF
FRAGMENT = "CONFIG_FAULT_INJECTION=y\nCONFIG_LOG_LEVEL_INFO=y\nCONFIG_PANIC_REBOOT=y\n"


class Build:
    """A test build of a defconfig."""

    def __init__(self, defconfig, folder):
        source = folder / f"{defconfig}.config"
        source.write_text((ROOT / "configs" / f"{defconfig}_defconfig").read_text() + FRAGMENT)
        product.configure_file(source, f"test-faults-{defconfig}")
        self.folder = product.build(f"build/test-faults-{defconfig}")
        self.graph = json.loads((self.folder / "graph.json").read_text())
        self.phases = {phase["name"]: phase for phase in self.graph["phases"]}
        self.stages = {stage["name"]: stage["cpus"] for stage in self.graph["stages"]}
        self.parallel = "CONFIG_PARALLEL=y" in (self.folder / ".config").read_text()

    def places(self, phase):
        """The CPUs that run a phase."""
        cpus = self.stages[self.phases[phase]["stage"]]
        return {"bsp": [0], "aps": range(1, CPUS), "all": range(CPUS), "any": [ANY]}[cpus]

    def image(self, path, faults):
        """Writes the image with these faults: (phase, CPU): result."""
        data = bytearray((self.folder / product.IMAGE).read_bytes())
        with open(self.folder / product.SYMBOLS, "rb") as file:
            elf = ELFFile(file)
            symbol = elf.get_section_by_name(".symtab").get_symbol_by_name("fault_injection")[0]
        with open(self.folder / product.IMAGE, "rb") as file:
            at = next(
                segment["p_offset"] + symbol["st_value"] - segment["p_vaddr"]
                for segment in ELFFile(file).iter_segments("PT_LOAD")
                if 0 <= symbol["st_value"] - segment["p_vaddr"] < segment["p_filesz"]
            )
        for (phase, cpu), result in faults.items():
            number = EVERY_CPU if cpu is ANY else cpu
            FAULT.pack_into(
                data, at, self.phases[phase]["position"], number, RESULTS.index(result)
            )
            at += FAULT.size
        path.write_bytes(data)


@pytest.fixture(scope="module")
def builds():
    """builds(DEFCONFIG), made once for each worker."""
    made = {}

    def make(defconfig):
        if defconfig not in made:
            with tempfile.TemporaryDirectory() as folder:
                made[defconfig] = Build(defconfig, Path(folder))
        return made[defconfig]

    return make


def read_runs(build, debugger):
    """By CPU: what the runner keeps of it, as (phase, result, start, end)."""
    records = debugger.address("runner_records")
    kept = {}
    for cpu in range(CPUS):
        at = debugger.number(records + 8 * cpu)
        size = RUN.size * len(build.phases)
        data = debugger.read(debugger.number(at), size) if at else bytes(size)
        runs = zip(build.phases, RUN.iter_unpack(data))
        kept[cpu] = [(name, RESULTS[result], *times) for name, (result, *times) in runs]
    return kept


def said(machine):
    """What the consoles show: the one that opened first has it all."""
    log = machine.folder / "debugcon.log"
    texts = [machine.serial.text, log.read_text(errors="replace") if log.exists() else ""]
    return max((text.replace("\r", "") for text in texts), key=len)


def observed(build, kept, text, started):
    seen = Observed(calls=defaultdict(list), undos=defaultdict(list))
    for cpu, runs in kept.items():
        seen.well[cpu] = started
        seen.undos[cpu] = []
        for name, result, *_ in runs:
            if result != "not_run":
                seen.runs[name, cpu] = Run(result, need_of(build, name, cpu, result, text))
        called = [run for run in runs if run[1] in ("done", "absent", "failed", "undone")]
        called.sort(key=lambda run: run[2])
        seen.calls[cpu] = [(name, start, end) for name, _, start, end in called]
    for number, match in enumerate(re.finditer(r"phase (\w+)(?: \(CPU (\d+)\))? is undone\n", text)):
        time = 1 << 62 | number
        seen.undos[int(match[2] or 0)].append((match[1], time, time))
    end = re.search(r"phasevisor: the guest was not started: (.*)\n*\Z", text)
    seen.failure = end and end[1]
    return seen


def need_of(build, name, cpu, result, text):
    """What a phase was skipped for, as the log has it."""
    per_cpu = build.stages[build.phases[name]["stage"]] in ("aps", "all")
    where = rf" \(CPU {cpu}\)" if per_cpu else ""
    need = re.search(rf"phase {name}{where} skipped: needs (\w+) ", text)
    return need[1] if need and result == "skipped" else None


def boot(build, start, tmp_path, faults):
    """Boots with these faults; gives back what was observed, and what was said."""
    image, socket = tmp_path / "image", tmp_path / "gdb"
    build.image(image, faults)
    socket.unlink(missing_ok=True)
    machine = start(
        kernel=image,
        initrd=f"{tiny.build()} hv=1 test=cpus",
        cpus=CPUS,
        memory=256,
        debugcon=True,
        # A machine that resets itself stops, and can be looked at.
        arguments=[*DEBUG_EXIT, "-no-shutdown", *gdb.arguments(socket)],
    )
    debugger = gdb.Debugger(socket, build.folder / product.SYMBOLS)
    debugger.run_to("vcpu_run_boot", 60)
    started = debugger.symbol(debugger.register("rip")) == "vcpu_run_boot"
    debugger.look_at(0)
    kept = read_runs(build, debugger)
    if started:
        debugger.resume()
        machine.serial.wait_for("^PASS cpus\n", 60)  # newer QEMUs stop at its exit, too
    machine.stop()
    text = said(machine)
    return observed(build, kept, text, started), text


def natural(build, start, tmp_path):
    """What is absent or fails on this machine by itself, with its reason: (phase, CPU): text."""
    seen, text = boot(build, start, tmp_path, {})
    assert set(seen.well.values()) == {True}, text
    return {
        (name, cpu): re.search(rf"phase {name} is {run.result}: (.*)\n", text)[1]
        for (name, cpu), run in seen.runs.items()
        if run.result in ("absent", "failed")
    }


def complaints(build, faults, absent, seen, text):
    """What is not as the graph says; `absent`: what is so by itself."""
    facts = {fact["name"] for fact in build.graph["facts"] if fact["setter"]}
    facts -= {fact["name"] for fact in build.graph["facts"] if (fact["setter"], 0) in faults}
    reasons = {name: reason for (name, cpu), reason in absent.items() if (name, cpu) not in faults}
    outcome = runner_model.run(
        build.graph, dict.fromkeys(absent, "absent") | faults, CPUS, facts, build.parallel,
        lambda name, cpu: reasons.get(name, "injected"),
    )
    if "phasevisor: " not in text:  # no console: nobody can have been told
        if seen.failure is None and outcome.ends:
            seen.failure = min(runner_chains.texts(outcome, outcome.ends[0]))
        names = Check(outcome, seen).undone() if outcome.ends else {}
        seen.undos = {cpu: [(name, 1, 1) for name in names.get(cpu, [])] for cpu in range(CPUS)}
    for (name, cpu), run in seen.runs.items():
        if run.result == "skipped" and run.need is None:
            expected = outcome.runs.get((name, cpu)) or outcome.runs.get((name, ANY))
            if "phasevisor: " not in text and expected:
                seen.runs[name, cpu] = expected
    return Check(outcome, seen).complaints()


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("defconfig", ["appliance", "minimal"])
def test_a_phase_that_is_not_done(builds, start, tmp_path, defconfig, shard):
    build, wrong = builds(defconfig), []
    absent = natural(build, start, tmp_path)
    for phase in list(build.phases)[shard::SHARDS]:
        for cpu in build.places(phase):
            for result in "failed", "absent":
                faults = {(phase, cpu): result}
                try:
                    seen, text = boot(build, start, tmp_path, faults)
                    found = complaints(build, faults, absent, seen, text)
                except (NotSeen, AssertionError) as problem:
                    found, text = [str(problem)], ""
                if found:
                    wrong += [f"{phase} {result} on CPU {cpu}:", *found, text[-3000:]]
    assert not wrong, "\n".join(wrong)
