#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The tiny guest (harness/guests/tiny/) checks the machine from the inside: bare, which shows that a
test is fair, and above phasevisor with each way to watch start-up IPIs.
"""

import functools
import re
import subprocess
from dataclasses import dataclass, field

import pytest

import product
from common import BUILD, ROOT, locked
from guests import tiny
from machines.line import NotSeen

PASS, FAIL, SKIP = 0x10 << 1 | 1, 0x11 << 1 | 1, 0x12 << 1 | 1  # isa-debug-exit's statuses
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
MIB = 1 << 20
TAKEN_MAX = 2 * MIB + 4096  # the reserved block and the low page
TIMEOUT = 120
ENDED = "^(PASS|FAIL|SKIP) |panic: the machine is"  # no more will come

BARE, UNTIL_UP, ALWAYS = "bare", "appliance", "guests-always"
EVERYWHERE = [BARE, UNTIL_UP, ALWAYS]
HYPERVISORS = [UNTIL_UP, ALWAYS]


@dataclass
class Case:
    test: str
    cpus: int = 2
    words: str = ""
    memory: int = 256
    where: list[str] = field(default_factory=lambda: [BARE, UNTIL_UP])

    @property
    def name(self) -> str:
        return "-".join([self.test, f"{self.cpus}cpu", *self.words.split()])


CASES = [
    Case("hello", cpus=1),
    Case("cpus", cpus=2, words="cpus=2", where=EVERYWHERE),
    Case("cpus", cpus=4, words="cpus=4"),
    Case("cpus", words="sign=0", where=[BARE, ALWAYS]),
    Case("cpus", words="apic=x2"),
    Case("twice", cpus=4, where=EVERYWHERE),
    Case("broadcast", cpus=2, where=EVERYWHERE),
    Case("broadcast", cpus=4),
    Case("logical", cpus=4, where=EVERYWHERE),
    Case("restart", words="n=200"),
    Case("restart", words="n=50 sign=0", where=[BARE, ALWAYS]),
    Case("restart", cpus=4, words="n=20"),
    Case("sipi_running"),
    Case("init_twice", cpus=3, where=EVERYWHERE),
    Case("stop", where=EVERYWHERE),
    Case("linux_like", cpus=4, words="n=5"),
    Case("late", where=EVERYWHERE),
    Case("late", words="wait=12000"),  # longer than any announcement keeps the watch on
    Case("late", words="sign=0", where=[BARE, ALWAYS]),
    Case("ipi"),
    Case("nmi", words="n=2500"),  # of each of four kinds
    Case("nmi", words="n=200", where=[ALWAYS]),
    Case("nmi", cpus=4, words="n=100"),
    Case("nmi_nested"),
    Case("nmi_self", cpus=1),
    Case("efer", cpus=1),
    Case("msr", cpus=1),
    Case("msr_step", cpus=1),
    Case("x2apic_icr", cpus=1, where=[BARE, ALWAYS]),
    Case("svm", cpus=1),
    Case("apic_forms", cpus=1, where=EVERYWHERE),
    Case("apic_steps", cpus=1, where=EVERYWHERE),
    Case("apic_timer", cpus=1, words="n=10000", where=EVERYWHERE),
    Case("apic_all_cpus", where=EVERYWHERE),
    Case("block", cpus=1, where=HYPERVISORS),
    Case("block_all_cpus", where=HYPERVISORS),
    Case("memory", cpus=1, memory=512),
    Case("modes", cpus=1),
    Case("ticks", cpus=1),
]

RESETS = [
    # the bare emulator restarts CPU 0 alone, as no processor's board does
    Case("reset_init", where=HYPERVISORS),
    Case("reset_triple", where=EVERYWHERE),
    Case("reset_keyboard"),
    Case("reset_cf9"),
]


def everywhere(cases):
    """A parameter for each case and each place where it makes sense."""
    return pytest.mark.parametrize(
        "where, case",
        [pytest.param(w, c, id=f"{c.name}-{w}".replace(" ", "-")) for c in cases for w in c.where],
    )


def configure_always():
    """build/guests-always: the appliance with the other way to watch."""
    source = BUILD / f".{ALWAYS}.config"
    with locked(BUILD / f".{ALWAYS}.configure"):
        source.write_text("CONFIG_SVM_SIPI_WATCH_ALWAYS=y\n")
        command = [product.PYTHON, ROOT / "configure.py", source, "--build", ALWAYS, "--force"]
        subprocess.run(command, check=True)
    return f"build/{ALWAYS}"


@pytest.fixture(scope="session")
def hypervisor(build):
    """hypervisor(NAME): its image."""

    @functools.cache
    def image(name):
        return build(configure_always() if name == ALWAYS else name) / product.IMAGE

    return image


@pytest.fixture
def run(start, hypervisor):
    """run(where, case): a machine in which the guest runs the case's test."""

    def run_case(where, case, *arguments):
        guest = tiny.build()
        words = f"test={case.test} {case.words}".strip()
        parts = {"cpus": case.cpus, "memory": case.memory, "arguments": [*DEBUG_EXIT, *arguments]}
        if where == BARE:
            return start(kernel=guest, append=words, **parts)
        return start(kernel=hypervisor(where), initrd=f"{guest} hv=1 {words}", **parts)

    return run_case


def result(machine, test):
    """The text of a run that passed; skips or fails with the guest's reason otherwise."""
    try:
        machine.serial.wait_for(ENDED, TIMEOUT)
    except NotSeen:
        pass  # what there is on the line says why
    status = machine.wait_end(5)
    text = machine.serial.text
    if status == SKIP:
        pytest.skip(re.search("^SKIP (.*)", text, re.MULTILINE)[1])
    if status != PASS or not re.search(f"^PASS {test}$", text, re.MULTILINE):
        what = "did not end" if status is None else f"status {status}"
        pytest.fail(f"{what}\n{machine.errors}\n{machine.serial.tail(30)}", pytrace=False)
    return text


def number(text, name):
    return int(re.search(rf"^{name}=(\d+)$", text, re.MULTILINE)[1])


@everywhere(CASES)
def test_guest(run, where, case):
    result(run(where, case), case.test)


@everywhere(RESETS)
def test_reset(run, where, case):
    """The guest's last line, and the machine's end: QEMU's status for a reset is 0."""
    machine = run(where, case)
    try:
        machine.serial.wait_for("^RESET expected$", TIMEOUT)
    except NotSeen as problem:
        pytest.fail(f"{problem}\n{machine.errors}", pytrace=False)
    status = machine.wait_end(TIMEOUT)
    assert status == 0, f"status {status}\n{machine.errors}\n{machine.serial.tail(30)}"
    assert f"FAIL {case.test}" not in machine.serial.text


@pytest.mark.parametrize("cpus, memory", [(1, 512), (4, 1024), (1, 6144)])
def test_memory_taken(run, cpus, memory):
    """What the guest lacks above phasevisor is the block and the low page, nothing else."""
    case = Case("memory", cpus=cpus, memory=memory)
    bare, above = (number(result(run(w, case), "memory"), "MEMORY usable") for w in (BARE, UNTIL_UP))
    assert 0 < bare - above <= TAKEN_MAX, f"bare {bare}, above {above}"


def test_unknown_msr(run):
    """An MSR that no permission map can name does what it does on the bare machine."""
    case = Case("msr", cpus=1)
    lines = [
        re.search("^MSR .*$", result(run(where, case), "msr"), re.MULTILINE)[0]
        for where in (BARE, UNTIL_UP)
    ]
    assert lines[0] == lines[1]


def test_block_writes_are_logged_once(start, hypervisor):
    """The log has the first write to each page of the block, and to the low page, and no other."""
    initrd = f"{tiny.build()} hv=1 test=block"
    machine = start(
        kernel=hypervisor(UNTIL_UP), initrd=initrd, cpus=1, debugcon=True, arguments=DEBUG_EXIT
    )
    said = re.search(r"^block=(\w+) size=(\w+) low=(\w+)$", result(machine, "block"), re.MULTILINE)
    block, size, low = (int(word, 16) for word in said.groups())
    log = (machine.folder / "debugcon.log").read_text()  # a slow serial line loses lines
    pages = [int(n, 16) for n in re.findall(r"wrote to the hypervisor's page 0x(\w+)", log)]
    assert sorted(pages) == [low, *range(block, block + size, 4096)]


def test_costs_are_instructions(run):
    """Under icount the TSC counts instructions: a plain one costs 1, so the other figures are true."""
    machine = run(BARE, Case("ticks", cpus=1), "-icount", "shift=0,sleep=off")
    text = result(machine, "ticks")
    for operation in "nop", "cpuid", "rdmsr_efer", "wrmsr_efer", "apic_read", "apic_eoi":
        assert number(text, f"COST {operation}") == 1


def test_a_failure_is_seen(run):
    """A test that does not hold ends the run with its name and reason."""
    machine = run(BARE, Case("cpus", words="cpus=7"))
    assert machine.wait_end(TIMEOUT) == FAIL
    assert "FAIL cpus: CPUs is 2, not 7" in machine.serial.text


def test_an_unknown_name_is_no_pass(run):
    machine = run(BARE, Case("no_such_test"))
    assert machine.wait_end(TIMEOUT) == FAIL
    assert "there is no test no_such_test" in machine.serial.text
