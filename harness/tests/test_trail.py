#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The trail of steps that each CPU leaves, read by a debugger, and what is said of one that stops."""

import json
import re

import pytest

import product
from guests import tiny
from machines import gdb
from test_panic import DEBUG_EXIT, NON_CANONICAL, PASS, panic_text
from test_refusals import refusal

STAYS_HERE = b"\xf4\xeb\xfd"  # hlt; jmp to it


class Trails:
    def __init__(self, folder, debugger):
        offsets = (folder / "include/arch/x86/offsets.h").read_text()
        self._offset = int(re.search(r"#define CPU_TRAIL (\d+)", offsets)[1])
        self._debugger = debugger
        self._steps = json.loads((folder / "graph.json").read_text())["steps"]

    def declared(self, cpus):
        """The names of the steps on the boot processor or on the others, in order."""
        steps = sorted(self._steps, key=lambda step: step["position"])
        return [step["name"] for step in steps if step["cpus"] == cpus]

    def _name(self, number):
        pointer = self._debugger.number(self._debugger.address("runner_step_names") + 8 * number)
        return self._debugger.read(pointer, 64).split(b"\0")[0].decode()

    def of(self, record):
        """What stands in the CPU's record."""
        count, *steps = self._debugger.read(record + self._offset, 16)
        return [self._name(step) for step in steps[:count]]


@pytest.fixture
def debugged(start, build, tmp_path):
    """debugged(TEST): the tiny guest on 2 CPUs, a debugger, and the trails."""

    def run(test, **parts):
        folder = build("appliance")
        machine = start(
            kernel=folder / product.IMAGE,
            initrd=f"{tiny.build()} hv=1 test={test}",
            **{"cpus": 2, "memory": 256, "debugcon": True, **parts},
            arguments=[*DEBUG_EXIT, *gdb.arguments(tmp_path / "gdb")],
        )
        debugger = gdb.Debugger(tmp_path / "gdb", folder / product.SYMBOLS)
        return machine, debugger, Trails(folder, debugger)

    return run


def test_every_step_is_in_the_trail(debugged):
    """Of the boot processor; of the other one at its first start, and anew at each later one."""
    machine, debugger, trails = debugged("restart n=3")
    boot, other = trails.declared("bsp"), trails.declared("aps")
    assert boot[-1] == "guest_entry_bsp" and other[-2:] == ["ap_tables", "guest_entry_ap"]
    assert debugger.run_to("journey_bsp") == 0
    assert trails.of(debugger.address("boot_cpu")) == boot[:-1]
    assert debugger.run_to("journey_ap") == 1
    record = debugger.register("rdi")
    assert trails.of(record) == other[:-2]
    debugger.run_to("vcpu_hold")
    assert trails.of(record) == other[:-1]
    assert debugger.run_to("svm_run") == 0
    assert trails.of(debugger.address("boot_cpu")) == boot
    for _ in range(2):
        assert debugger.run_to("journey_ap") == 1
        assert trails.of(record) == other[:-2]
        assert debugger.run_to("svm_run") == 1
        assert trails.of(record) == other
        debugger.step()
    debugger.resume()
    assert machine.wait_end(60) == PASS, machine.serial.tail(30)


def test_steps_in_a_panic(debugged):
    machine, debugger, trails = debugged("msr", cpus=1)
    debugger.run_to("msr_exit")
    debugger.set_register("rsi", NON_CANONICAL)
    debugger.resume()
    line = f"\nphasevisor: CPU 0 has taken the steps {' '.join(trails.declared('bsp'))}\n"
    assert line in panic_text(machine)


# Where a CPU that starts is made to stay, and the last step that it has taken then.
STOPS = {
    "trampoline_code": "it took no step",
    "trampoline32": "its last step was trampoline_real",
    "trampoline64": "its last step was trampoline_long",
    "restart_entry": "its last step was trampoline_jump",
    "restart_stranger": "its last step was trampoline_jump",
    "journey_ap": "its last step was percpu_stack",
    "descriptors_load": "its last step was ap_tables",
}


@pytest.mark.parametrize("place, says", STOPS.items(), ids=STOPS)
def test_cpu_that_stops_on_the_way(debugged, place, says):
    """The second of three: nobody takes the first one's steps for its own."""
    machine, debugger, _ = debugged("hello", cpus=3)
    debugger.run_to("ap_start_init")
    low_page = debugger.number(debugger.address("reserved_memory") + 16)
    assert debugger.run_to("journey_ap") == 1
    assert debugger.run_to("cpu_start") == 0
    address = debugger.address(place)
    if place.startswith("trampoline"):
        address += low_page - debugger.address("trampoline_code")
    if place == "restart_stranger":
        debugger.write(debugger.address("cpu_count"), bytes([2, 0, 0, 0]))  # it is in no table
    else:
        debugger.write(address, STAYS_HERE)
    debugger.resume()
    line = refusal(machine)
    assert line.startswith(f"ap_start: CPU 2 (APIC id 2) does not start, {says}; no guest may run"), line
