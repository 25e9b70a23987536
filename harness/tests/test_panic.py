#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Faults inside the hypervisor, made from outside by a debugger while the tiny guest runs: what the
panic says, what becomes of the other CPUs, and that the page tables hold what they should.
"""

import re

import pytest

import product
from guests import tiny
from machines import gdb
from machines.line import NotSeen

MIB = 1 << 20
PAGE = 4096
STACK_PAGES = 2  # of the stack that exits are handled on
GUARDS_PER_CPU = 4  # below that, and below those for double fault, NMI and machine check
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
PASS = 0x10 << 1 | 1
NON_CANONICAL = 1 << 63
INT3 = b"\xcc"
# An interrupt message to CPU 0 as a device sends it, for an NMI (SDM volume 3, 11.11).
NMI_MESSAGE_ADDRESS, NMI_MESSAGE = 0xFEE00000, (0x400).to_bytes(4, "little")


@pytest.fixture
def debugged(start, build, tmp_path):
    """debugged(TEST): the tiny guest above phasevisor, and a debugger before the first instruction."""

    def run(test, config="appliance", cpus=1):
        folder = build(config)
        machine = start(
            kernel=folder / product.IMAGE,
            initrd=f"{tiny.build()} hv=1 test={test}",
            cpus=cpus,
            memory=256,
            debugcon=True,
            monitor=True,
            arguments=[*DEBUG_EXIT, *gdb.arguments(tmp_path / "gdb")],
        )
        return machine, gdb.Debugger(tmp_path / "gdb", folder / product.SYMBOLS)

    return run


def panic_text(machine, end="the machine is halted"):
    """What the panic says: the same on both consoles, and only once."""
    try:
        machine.serial.wait_for(f"^phasevisor: panic: {end}\n", 30)
    except NotSeen as problem:
        pytest.fail(f"{problem}\n{machine.errors}", pytrace=False)
    texts = [machine.serial.text, (machine.folder / "debugcon.log").read_text().replace("\r", "")]
    texts = [re.search(rf"^phasevisor: panic: on CPU(.*\n)*.*{end}$", t, re.M)[0] for t in texts]
    assert texts[0] == texts[1]
    assert texts[0].count("panic: on CPU") == 1
    return texts[0]


def backtrace(text):
    return re.findall(r"^phasevisor:   #\d+ +[0-9a-f]{16} (\w+)\+0x[0-9a-f]+$", text, re.M)


def registers(text):
    found = re.findall(r"\b(r\w+|cr\d) +([0-9a-f]{16})\b", text)
    return {name: int(value, 16) for name, value in found}


def stack_top(debugger):
    """Where the stack begins that the CPU handles an exit on; the exit has used less than a page."""
    return (debugger.register("rsp") | (PAGE - 1)) + 1


def test_exit_stack_overflows(debugged):
    """The push meets the guard page, where the fault's own frame has no room either."""
    machine, debugger = debugged("msr")
    debugger.run_to("msr_exit")
    bottom = stack_top(debugger) - STACK_PAGES * PAGE
    debugger.write(bottom + 8, debugger.read(debugger.register("rsp"), 8))  # the return address
    debugger.set_register("rsp", bottom + 8)
    debugger.resume()
    text = panic_text(machine)
    assert "#DF double fault in the hypervisor" in text
    assert backtrace(text)[:2] == ["msr_exit", "svm_exit"]
    assert registers(text)["rsp"] == bottom
    assert bottom - PAGE <= registers(text)["cr2"] < bottom


def test_general_protection_in_an_exit_handler(debugged):
    machine, debugger = debugged("msr")
    debugger.run_to("msr_exit")
    r15 = debugger.register("r15")
    debugger.set_register("rsi", NON_CANONICAL)
    debugger.resume()
    text = panic_text(machine)
    assert "#GP general protection in the hypervisor, error code 0, CPU 0\n" in text
    assert backtrace(text)[:2] == ["msr_exit", "svm_exit"]
    shown = registers(text)
    assert shown["rsi"] == NON_CANONICAL and shown["r15"] == r15
    assert debugger.symbol(shown["rip"]) == "msr_exit"
    assert set(shown) == {*gdb.NAMES, "rflags", "cr0", "cr2", "cr3", "cr4"}
    assert "\nphasevisor: no CPU is in a phase\n" in text
    assert re.search(r"CPU 0: \d+ exits, the last: code 0x7c at guest rip 0x[0-9a-f]+\n", text)


def test_fault_in_a_phase(debugged):
    """During the bring-up the panic names the phase, and what it does."""
    machine, debugger = debugged("msr")
    debugger.run_to("madt_parse")
    debugger.set_register("rdi", NON_CANONICAL)
    debugger.resume()
    text = panic_text(machine)
    assert "#GP general protection in the hypervisor, error code 0, CPU 0\n" in text
    assert backtrace(text)[:2] == ["madt_parse", "madt_init"]
    assert "\nphasevisor: CPU 0 is in phase madt: lists the CPUs of the machine" in text
    assert "\nphasevisor: CPU 0: no exit yet\n" in text


def is_in_guest(debugger, cpu):
    debugger.look_at(cpu)
    return MIB <= debugger.register("rip") < debugger.address("image_start")


def test_panic_stops_the_other_cpu(debugged):
    """CPU 1 is in the guest, in a loop without exits, when CPU 0 panics: the kick reaches it."""
    machine, debugger = debugged("nmi n=200", cpus=2)
    # CPU 0 exits for each start-up IPI and NMI that it sends to CPU 1.
    while not (debugger.run_to("memory_fault") == 0 and is_in_guest(debugger, 1)):
        debugger.step()
    debugger.look_at(0)
    debugger.set_register("rsi", NON_CANONICAL)
    debugger.resume()
    text = panic_text(machine)
    assert "#GP general protection in the hypervisor, error code 0, CPU 0\n" in text
    assert re.search(r"CPU 0: \d+ exits, the last: code 0x400 at guest rip 0x[0-9a-f]+\n", text)
    # An NMI: the kick.
    assert re.search(r"CPU 1: \d+ exits, the last: code 0x61 at guest rip 0x[0-9a-f]+\n", text)
    debugger.interrupt()
    for cpu in 0, 1:
        debugger.look_at(cpu)
        assert debugger.symbol(debugger.register("rip")) == "machine_halt"


def test_nmi_inside_an_exit_handler(debugged):
    """It waits for the handler's end, comes to the guest once, and disturbs neither."""
    machine, debugger = debugged("msr")
    debugger.run_to("msr_exit")
    debugger.write_physical(NMI_MESSAGE_ADDRESS, NMI_MESSAGE)
    debugger.run_to("guest_nmi_returns")  # the guest's handler has come to its end
    debugger.step()
    with pytest.raises(NotSeen, match="ended"):
        debugger.run_to("guest_nmi_returns")
    assert machine.wait_end(30) == PASS, machine.serial.tail(30)
    assert "panic" not in machine.serial.text


@pytest.fixture(scope="session")
def rebooting(tmp_path_factory):
    """The name of a configuration that resets the machine after a panic."""
    source = tmp_path_factory.mktemp("config") / "reboot.config"
    source.write_text("CONFIG_PANIC_REBOOT=y\n")
    product.configure_file(source, "test-panic-reboot")
    return "build/test-panic-reboot"


def test_panic_reboots(debugged, rebooting):
    """QEMU is told to end where the machine would start again."""
    machine, debugger = debugged("msr", config=rebooting)
    debugger.run_to("msr_exit")
    debugger.set_register("rsi", NON_CANONICAL)
    debugger.resume()
    assert machine.wait_end(30) == 0
    text = panic_text(machine, "the machine is reset")
    assert "#GP" in text and backtrace(text)


def mapped_pages(machine):
    """The hypervisor's page tables: {virtual address: (physical address, the letters QEMU gives)}."""
    table = machine.command("human-monitor-command", **{"command-line": "info tlb"})
    lines = re.findall(r"^([0-9a-f]+): ([0-9a-f]+) (\S+)", table.replace("\r", ""), re.M)
    return {int(virtual, 16): (int(physical, 16), flags) for virtual, physical, flags in lines}


def init_pages(debugger):
    """The pages of what ran once."""
    return {
        page
        for part in ("text", "rodata", "data")
        for page in range(
            debugger.address(f"init_{part}_begin"), debugger.address(f"init_{part}_end"), PAGE
        )
    }


def test_permissions_of_the_hypervisors_pages(debugged):
    """While the guest runs: nothing is writable and executable, nothing of the guest's is mapped."""
    machine, debugger = debugged("msr", cpus=2)
    debugger.run_to("msr_exit")
    pages = mapped_pages(machine)
    executable = {page for page, (_, flags) in pages.items() if "X" not in flags}  # X: it is not
    writable = {page for page, (_, flags) in pages.items() if "W" in flags}
    start, text_end, rodata_end = map(debugger.address, ("image_start", "text_end", "rodata_end"))
    gone = init_pages(debugger)
    text = set(range(start, text_end, PAGE)) - gone
    read_only = set(range(start, rodata_end, PAGE)) - gone
    low = {page for page in pages if page < start}
    assert len(low) == 1, "the trampoline's page, and no other"
    assert executable == low | text
    assert read_only <= set(pages)
    assert not writable & (executable | read_only)


def test_guard_pages(debugged):
    """Of the hypervisor's block, without what ran once, only the page below each stack is absent."""
    cpus = 2
    machine, debugger = debugged("msr", cpus=cpus)
    debugger.run_to("msr_exit")
    pages, start = mapped_pages(machine), debugger.address("init_text_end")
    block = {page for page, (physical, _) in pages.items() if page - physical == start - pages[start][0]}
    absent = set(range(start, max(block), PAGE)) - block - init_pages(debugger)
    assert stack_top(debugger) - (STACK_PAGES + 1) * PAGE in absent
    assert len(absent) == cpus * GUARDS_PER_CPU
    for guard in absent:
        assert "W" in pages[guard + PAGE][1]


def test_what_ran_once_is_gone(debugged):
    """While the guest runs its pages are absent and filled, and a jump there is a fault."""
    machine, debugger = debugged("msr", cpus=2)
    debugger.run_to("msr_exit")
    pages, gone, start = mapped_pages(machine), init_pages(debugger), debugger.address("init_text_end")
    assert not gone & set(pages)
    for page in gone - {debugger.address("boot_stack_guard")}:
        assert debugger.read_physical(pages[start][0] + page - start, PAGE) == INT3 * PAGE
    phase = debugger.address("linux_plan_init")
    debugger.set_register("rip", phase)
    debugger.resume()
    text = panic_text(machine)
    assert "#PF" in text and registers(text)["cr2"] == phase
