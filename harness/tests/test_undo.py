#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the processors hold when the bring-up has stepped back: nothing of the hypervisor's."""

import re
import time

import pytest

import product
from guests import tiny
from machines import gdb
from test_panic import NMI_MESSAGE, NMI_MESSAGE_ADDRESS
from test_refusals import refusal

EFER_SVME = 0x1000


def fail_in(debugger, function):
    """The phase's function is not run; what comes back is no phase's result, which is a failure."""
    cpu = debugger.run_to(function)
    debugger.set_register("rip", debugger.address("machine_cpu"))
    return cpu


def registers(machine, name):
    """Of every CPU: QEMU's number for one register."""
    text = machine.command("human-monitor-command", **{"command-line": "info registers -a"})
    return [int(value, 16) for value in re.findall(rf"\b{name} *=([0-9a-f]+)", text)]


@pytest.fixture
def stepped_back(start, build, tmp_path):
    """stepped_back(FUNCTION, CPUS): the machine after a phase failed, on which CPU, what it says."""

    def run(function, cpus):
        folder = build("appliance")
        machine = start(
            kernel=folder / product.IMAGE,
            initrd=f"{tiny.build()} hv=1 test=hello",
            cpus=cpus,
            memory=256,
            debugcon=True,
            monitor=True,
            arguments=gdb.arguments(tmp_path / "gdb"),
        )
        debugger = gdb.Debugger(tmp_path / "gdb", folder / product.SYMBOLS)
        cpu = fail_in(debugger, function)
        debugger.resume()
        line = refusal(machine)
        debugger.interrupt()
        return machine, debugger, cpu, line

    return run


def wake(debugger, cpu):
    """By an NMI as a device sends it: QEMU leaves a CPU that halts as it is until then, despite INIT."""
    debugger.write_physical(NMI_MESSAGE_ADDRESS + (cpu << 12), NMI_MESSAGE)


def test_every_cpu_is_given_back(stepped_back):
    """The last phase but one fails: SVM is off again, the other CPUs wait as after INIT."""
    machine, debugger, cpu, line = stepped_back("linux_state_init", 3)
    assert cpu == 0 and line == "linux_state: it gives no reason"
    assert not any(efer & EFER_SVME for efer in registers(machine, "EFER"))
    for cpu in 1, 2:
        wake(debugger, cpu)
    debugger.resume()
    time.sleep(0.5)
    assert registers(machine, "EFER")[1:] == [0, 0]
    assert registers(machine, "[ER]IP")[1:] == [0xFFF0, 0xFFF0]


def test_one_cpu_fails(stepped_back):
    """On whichever CPU comes first; the other may have come as far, or not."""
    machine, _, cpu, line = stepped_back("svm_vmcb_init", 2)
    assert line == f"svm_vmcb (CPU {cpu}): it gives no reason"
    assert not any(efer & EFER_SVME for efer in registers(machine, "EFER"))
