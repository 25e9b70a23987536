#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Where the guest cannot be started, one line on every console says what is wrong and what would
help, and the machine stands still. And what looks as if it could not, but can.
"""

import re
from dataclasses import dataclass, field, replace

import pytest

import iso
import product
from guests import tiny
from machines import gdb
from machines.line import NotSeen

MIB = 1 << 20
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
PASS = 0x10 << 1 | 1
REFUSAL = "^phasevisor: the guest was not started: (.*)$"


def refusal(machine):
    """The one line, the same on both consoles. A triple fault would have ended the machine."""
    try:
        machine.serial.wait_for(REFUSAL.replace("$", "\n"), 30)
    except NotSeen as problem:
        pytest.fail(f"{problem}\n{machine.errors}", pytrace=False)
    assert machine.wait_end(0.1) is None, "the machine ended"
    debugcon = (machine.folder / "debugcon.log").read_text().replace("\r", "")
    for text in machine.serial.text, debugcon:
        assert "the guest starts" not in text and text.endswith("\n")
    lines, same = (re.findall(REFUSAL, text, re.M) for text in (machine.serial.text, debugcon))
    assert len(lines) == 1 and lines == same
    return lines[0]


@dataclass
class Files:
    """Modules that a boot loader may bring."""

    folder: object
    kernel: object

    def __post_init__(self):
        self.tiny = tiny.build()
        content = self.kernel.read_bytes()
        self.half = self._file("half", content[: len(content) // 2])
        self.header = self._file("header", content[:1024])
        self.short = self._file("short", content[:512])
        self.text = self._file("text", b"This is no kernel.\n" * 100)

    def _file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def empty(self, mib):
        path = self.folder / f"{mib}.img"
        with path.open("wb") as file:
            file.truncate(mib * MIB)
        return path

    def modules(self, names):
        """QEMU's -initrd for names like "kernel" and, of an empty initrd, "90 MiB"."""
        paths = [
            self.empty(int(name.split()[0])) if name.endswith(" MiB") else getattr(self, name)
            for name in names
        ]
        return ",".join(map(str, paths))


@pytest.fixture
def files(tmp_path, guest):
    return Files(tmp_path, guest.kernel)


@pytest.fixture
def run(start, build, files):
    """run(MODULES, ...): a machine in which QEMU starts phasevisor with modules."""

    def run_it(*modules, words="", config="appliance", **parts):
        folder = build(config)
        initrd = files.modules(modules) + words.replace(",", ",,")
        parts = {"cpus": 2, "memory": 128, "debugcon": True, **parts}
        return start(kernel=folder / product.IMAGE, initrd=initrd, **parts)

    return run_it


@dataclass
class Case:
    name: str
    says: str  # how the line begins, and what would help
    helps: str
    modules: tuple = ("tiny",)
    parts: dict = field(default_factory=dict)


TRUNCATED = "linux_kernel: the kernel is truncated: the file is shorter than its header says"
NO_KERNEL = "linux_kernel: the first module is no Linux kernel"
OLD_CPU = "this processor has no 64-bit mode with no-execute"
OUTSIDE = "boot_info: a module of the loader does not lie in usable memory"
CASES = [
    Case("no modules", "linux_kernel: no kernel: the loader gives no modules", "module2", ()),
    Case("text", NO_KERNEL, "put the bzImage (vmlinuz) first", ("text",)),
    Case("half a kernel", TRUNCATED, "copy it anew", ("half",)),
    Case("a kernel's header", TRUNCATED, "copy it anew", ("header",)),
    Case("a kernel's first sector", "linux_kernel: the first module is too short", "first", ("short",)),
    Case("large initrd", "linux_plan: the initrd does not fit", "more memory", ("kernel", "90 MiB")),
    Case("initrd larger than memory", OUTSIDE, "more memory", ("kernel", "200 MiB")),
    Case("little memory", "linux_plan: the kernel does not fit", "more memory", parts={"memory": 16}),
    Case("no memory", "reserved_block: too little memory", "more memory", parts={"memory": 4}),
    Case("no kernel's room", OUTSIDE, "more memory", ("kernel",), {"memory": 8}),
    Case(
        "no ACPI",
        "acpi_tables: no ACPI tables: no RSDP",
        "enable ACPI",
        parts={"arguments": ["-machine", "acpi=off"]},
    ),
    Case("no SVM", "svm_features: the processor has no SVM", "use a", parts={"cpu": "EPYC,-svm"}),
    Case("no NPT", "svm_features: the processor's SVM has no nested", "use a", parts={"cpu": "EPYC,-npt"}),
    Case("32-bit processor", OLD_CPU, "use another machine", parts={"cpu": "qemu32"}),
    Case("no NX", OLD_CPU, "use another machine", parts={"cpu": "EPYC,-nx"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_refusal(run, case):
    line = refusal(run(*case.modules, **case.parts))
    assert line.startswith(case.says) and case.helps in line, line


def test_no_modules_from_grub(start, build, tmp_path):
    menu = "set timeout=0\nmenuentry phasevisor {\n\tmultiboot2 /boot/phasevisor.elf\n}\n"
    cd = tmp_path / "no-modules.iso"
    iso.write(cd, menu, {"boot/phasevisor.elf": build("appliance") / product.IMAGE})
    assert "no modules" in refusal(start(cdrom=cd, memory=128, debugcon=True))


@pytest.fixture(scope="session")
def one_cpu(tmp_path_factory):
    """The name of a configuration for machines of one CPU."""
    source = tmp_path_factory.mktemp("config") / "one-cpu.config"
    source.write_text("CONFIG_MAX_CPUS=1\n")
    product.configure_file(source, "test-one-cpu")
    return "build/test-one-cpu"


def test_more_cpus_than_configured(run, one_cpu):
    line = refusal(run("tiny", config=one_cpu, cpus=2))
    assert line == "madt: the machine has more CPUs than this build is for; raise MAX_CPUS"


def test_as_many_cpus_as_configured(run, one_cpu):
    passes(run("tiny", words=" hv=1 test=hello", config=one_cpu, cpus=1, arguments=DEBUG_EXIT))


# What the firmware and the loader say, changed by a debugger before phasevisor reads it.


@pytest.fixture
def debugged(run, build, tmp_path):
    """debugged(FUNCTION, ...): a machine that is about to call it, and the debugger."""

    def run_to(function, *modules, **parts):
        arguments = [*DEBUG_EXIT, *gdb.arguments(tmp_path / "gdb")]
        machine = run(*modules, arguments=arguments, **parts)
        debugger = gdb.Debugger(tmp_path / "gdb", build("appliance") / product.SYMBOLS)
        debugger.run_to(function)
        return machine, debugger

    return run_to


def find_rsdp(debugger):
    at = 0xE0000
    return at + debugger.read(at, 0x20000).index(b"RSD PTR ")


def find_madt(debugger):
    rsdt = debugger.number(find_rsdp(debugger) + 16, 4)
    tables = range(rsdt + 36, rsdt + debugger.number(rsdt + 4, 4), 4)
    addresses = [debugger.number(table, 4) for table in tables]
    return next(address for address in addresses if debugger.read(address, 4) == b"APIC")


def change_madt(debugger, offset, value, keep_sum=True):
    """Changes a byte; the checksum (byte 9) makes good for it."""
    madt = find_madt(debugger)
    old = debugger.number(madt + offset, 1)
    debugger.write(madt + offset, bytes([value]))
    if keep_sum:
        checksum = debugger.number(madt + 9, 1) + old - value
        debugger.write(madt + 9, bytes([checksum & 0xFF]))


DAMAGE = {
    "no RSDP": (
        lambda debugger: debugger.write(find_rsdp(debugger), b"X"),
        "acpi_tables: no ACPI tables: no RSDP from the BIOS nor from the loader",
    ),
    "MADT with a wrong sum": (
        lambda debugger: change_madt(debugger, 36, 0x55, keep_sum=False),
        "madt: an ACPI table has a wrong checksum",
    ),
    "MADT with a long length": (
        lambda debugger: change_madt(debugger, 7, 0x80),
        "madt: an ACPI table has an impossible length",
    ),
    "MADT entry of no length": (
        lambda debugger: change_madt(debugger, 44 + 1, 0),
        "madt: the MADT has an entry of an impossible length",
    ),
}


@pytest.mark.parametrize("damage, says", DAMAGE.values(), ids=(key.replace(" ", "-") for key in DAMAGE))
def test_damaged_acpi_tables(debugged, damage, says):
    machine, debugger = debugged("acpi_tables_init", "tiny")
    damage(debugger)
    debugger.resume()
    assert refusal(machine).startswith(says)


# Offsets in the multiboot 1 information (specification, section 3.3).
MODS_COUNT, MODS_ADDR, MMAP_LENGTH, MMAP_ADDR = 20, 24, 44, 48
IMPOSSIBLE = {
    "long map": (MMAP_LENGTH, 0xFFFFFFF0, "the loader's memory map has an impossible length"),
    "map at the end of 4 GiB": (MMAP_ADDR, 0xFFFFFFF0, "the loader's memory map does not lie below"),
    "modules at the end of 4 GiB": (MODS_ADDR, 0xFFFFFFF8, "the loader's list of modules does not"),
    "many modules": (MODS_COUNT, 0xFFFFFFFF, "a module of the loader|the loader gives more than 8"),
}


@pytest.mark.parametrize(
    "offset, value, says", IMPOSSIBLE.values(), ids=(key.replace(" ", "-") for key in IMPOSSIBLE)
)
def test_impossible_multiboot_information(debugged, offset, value, says):
    machine, debugger = debugged("boot_info_init", "tiny")
    info = debugger.number(debugger.address("multiboot_info_address"), 4)
    debugger.write(info + offset, value.to_bytes(4, "little"))
    debugger.resume()
    assert re.match(f"boot_info: ({says})", refusal(machine))


# What can be started after all.


def passes(machine):
    status = machine.wait_end(60)
    assert status == PASS, f"status {status}\n{machine.errors}\n{machine.serial.tail(30)}"
    assert re.search("^PASS ", machine.serial.text, re.M)


@pytest.mark.parametrize("bits", [36, 48, 52])
def test_physical_address_bits(run, bits):
    cpu = f"EPYC,phys-bits={bits}"
    passes(run("tiny", words=" hv=1 test=memory", cpu=cpu, memory=512, arguments=DEBUG_EXIT))


def test_modules_where_the_block_would_go(debugged):
    """The kernel and a second module lie at the end of memory below 4 GiB: the block goes elsewhere."""
    machine, debugger = debugged("boot_info_init", "tiny", "text", memory=256)
    best = 254 * MIB - 2 * MIB
    info = debugger.number(debugger.address("multiboot_info_address"), 4)
    list_of_modules = debugger.number(info + MODS_ADDR, 4)
    contents = []
    for number, to in enumerate((best, best + MIB)):
        module = list_of_modules + number * 16
        start, end = debugger.number(module, 4), debugger.number(module + 4, 4)
        contents.append(debugger.read(start, end - start))
        debugger.write(to, contents[-1])
        debugger.write(start, bytes(end - start))
        debugger.write(module, to.to_bytes(4, "little") + (to + end - start).to_bytes(4, "little"))
    debugger.run_to("identity_map_drop")
    assert debugger.read(best + MIB, len(contents[1])) == contents[1]
    debugger.resume()
    passes(machine)


def large_initrd(path, guest, mib, before=b""):
    """The usual initrd, zeros, which the kernel skips, and it again; before it what is not its own."""
    content = guest.initrd.read_bytes()
    content += bytes(-len(content) % 4)
    with path.open("wb") as file:
        file.write(before + content)
        file.seek(len(before) + mib * MIB - len(content))
        file.write(content)
    return path


def unpacks(machine, mib):
    """The guest comes up with all of its initrd."""
    try:
        machine.serial.wait_for("guest: ready$", 150)
    except NotSeen as problem:
        pytest.fail(f"{problem}\n{machine.errors}", pytrace=False)
    assert f"Freeing initrd memory: {mib * 1024}K" in machine.serial.text
    assert "Initramfs unpacking failed" not in machine.serial.text


@pytest.fixture
def loaded(start, build, guest, tmp_path):
    """
    loaded(MIB, BEFORE, ...): a machine that is about to read what the loader says, with a large
    initrd as the second module, and the debugger.
    """

    def run_to(mib, before=b"", **parts):
        initrd = large_initrd(tmp_path / "initrd.img", guest, mib, before)
        words = f"{guest.cmdline} scenario=idle".replace(",", ",,")
        machine = start(
            kernel=build("appliance") / product.IMAGE,
            initrd=f"{guest.kernel} {words},{initrd}",
            arguments=gdb.arguments(tmp_path / "gdb"),
            **parts,
        )
        debugger = gdb.Debugger(tmp_path / "gdb", build("appliance") / product.SYMBOLS)
        debugger.run_to("boot_info_init")
        return machine, debugger

    return run_to


def moves(debugger):
    """How many moves the plan has for linux_kernel_move, linux_initrd_move and linux_kernel_half."""
    debugger.run_to("linux_state_init")
    first = debugger.address("linux_plan") + 3 * 8
    return [debugger.number(first + number * (8 + 3 * 24), 4) for number in range(3)]


@pytest.mark.parametrize("cpus", [1, 4])
def test_initrd_that_stays(loaded, cpus):
    machine, debugger = loaded(64, memory=256, cpus=cpus)
    assert moves(debugger) == [1, 0, 1]
    debugger.resume()
    unpacks(machine, 64)


@pytest.mark.parametrize("cpus", [1, 4])
def test_initrd_that_moves_beside_the_kernel(loaded, cpus):
    """It does not begin at a page, as the loader's list is made to say."""
    machine, debugger = loaded(64, before=b"no page.", memory=256, cpus=cpus)
    info = debugger.number(debugger.address("multiboot_info_address"), 4)
    initrd = debugger.number(info + MODS_ADDR, 4) + 16
    debugger.write(initrd, (debugger.number(initrd, 4) + len("no page.")).to_bytes(4, "little"))
    assert moves(debugger) == [1, 1, 1]
    debugger.resume()
    unpacks(machine, 64)


RELOCATABLE_KERNEL = 0x234  # a byte of the kernel's header (Linux: boot.rst)


@pytest.mark.parametrize("cpus", [1, 4])
def test_initrd_in_the_kernels_way(loaded, cpus):
    """The kernel can be in one place only, where the initrd lies: one phase moves both."""
    machine, debugger = loaded(64, memory=256, cpus=cpus)
    info = debugger.number(debugger.address("multiboot_info_address"), 4)
    kernel = debugger.number(debugger.number(info + MODS_ADDR, 4), 4)
    debugger.write(kernel + RELOCATABLE_KERNEL, bytes(1))
    assert moves(debugger) == [2, 0, 0]
    debugger.resume()
    unpacks(machine, 64)


@pytest.mark.parametrize("cpus", [1, 4])
def test_initrd_in_tight_memory(loaded, guest, tmp_path, cpus):
    """The kernel steps aside, the initrd moves, the kernel comes back. Too tight for Linux to run."""
    _, debugger = loaded(64, memory=128, cpus=cpus)
    assert moves(debugger) == [3, 0, 0]
    plan = debugger.address("linux_plan")
    kernel, initrd = guest.kernel.read_bytes(), (tmp_path / "initrd.img").read_bytes()
    kernel = kernel[(kernel[0x1F1] + 1) * 512 :]
    for place, content in (plan, kernel), (plan + 8, initrd):
        begin, end = debugger.number(place), debugger.number(place) + len(content)
        assert debugger.read(begin, 4096) == content[:4096]
        assert debugger.read(end - 4096, 4096) == content[-4096:]


@pytest.fixture(scope="module")
def large(guest, build, tmp_path_factory):
    """A CD with an initrd of 200 MiB."""
    folder = tmp_path_factory.mktemp("large")
    cd = folder / "large.iso"
    initrd = large_initrd(folder / "initrd.img", guest, 200)
    cmdline = f"{guest.cmdline} scenario=idle"
    replace(guest, initrd=initrd, cmdline=cmdline).cd(cd, build("appliance") / product.IMAGE)
    initrd.unlink()
    yield cd
    cd.unlink()


@pytest.mark.parametrize("memory", [512, 6144])
def test_large_initrd(start, large, memory):
    """From a disk, as the BIOS reads CDs much slower."""
    machine = start(disks=[large], cpus=1, memory=memory)
    unpacks(machine, 200)
