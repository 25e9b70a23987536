#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The harness's own parts, without an emulator."""

import gzip
import json
import os
import re
import socket
import subprocess

import pytest

import check
import iso
import product
from common import HARNESS, Refused
from guests import cpio, debian
from machines.line import NotSeen, SerialLine
from measure import exits, sizes
from measure.figure import Figure, rows

PASSED = """\
check: cpus: ok: 2 of 2 online
[    2.384761] check: memory: ok: 1048063 KiB
check: interrupts: ok: 26[    3.571670] check: interrupts: ok: 266 267
6 267
check: disk: ok: wrote and read back 1 MiB on /dev/vda, md5 DIGEST
check: hypervisor: ok: every CPU is under it
check: all passed
""".replace("DIGEST", "b6d81b360a5672d80c27430f39153e2c")  # of a MiB of zeros


@pytest.fixture
def disk(tmp_path):
    return check.scratch_disk(tmp_path / "disk")


def test_a_check_that_passed(disk):
    assert check.missing(PASSED, disk) == []


@pytest.mark.parametrize("what", check.CHECKS)
def test_a_check_that_the_guest_did_not_make(disk, what):
    text = re.sub(rf"check: {what}: .*", "", PASSED)
    assert check.missing(text, disk)[0] == f"{what}: the guest said nothing of it"


def test_a_check_that_failed(disk):
    text = PASSED.replace("cpus: ok: 2", "cpus: FAILED: 1")
    assert check.missing(text, disk) == ["cpus: 1 of 2 online"]


def test_no_last_word(disk):
    assert len(check.missing(PASSED.replace("check: all passed", ""), disk)) == 1


def test_a_disk_that_holds_something_else(disk):
    with disk.open("r+b") as file:
        file.seek(check.PATTERN_OFFSET + 5)
        file.write(b"x")
    assert check.missing(PASSED, disk)[0].startswith("disk: what the guest says that it wrote")


def test_lines_of_a_check_are_shown_once():
    shown = []
    reporter = check.Reporter(shown.append)
    for number in range(0, len(PASSED), 7):
        reporter(PASSED[number : number + 7].encode())
    assert [line.split(":")[1] for line in shown] == [f" {name}" for name in check.CHECKS]
    assert "check: interrupts: ok: 266 267" in shown


def test_serial_line(tmp_path):
    ours, theirs = socket.socketpair()
    line = SerialLine(ours, tmp_path / "log")
    theirs.sendall(b"one\r\ntw")
    assert line.wait_for("^one$", 10)
    with pytest.raises(NotSeen, match="0.1 s passed without 'two'"):
        line.wait_for("two", 0.1)
    theirs.sendall(b"o\r\n")
    assert line.wait_for("^two$", 10)
    line.send("input")
    assert theirs.recv(10) == b"input"
    theirs.sendall(b"last words")
    theirs.close()
    with pytest.raises(NotSeen, match="the machine ended without 'three'.*\n.*\n.*\nlast words"):
        line.wait_for("three", 10)
    line.finish()
    assert (tmp_path / "log").read_bytes() == b"one\r\ntwo\r\nlast words"


def archive() -> cpio.Archive:
    made = cpio.Archive()
    made.file("init", b"#!/bin/sh\n", executable=True)
    made.file("lib/modules/a.ko", b"12345")
    made.link("bin/sh", "busybox")
    made.character_device("dev/console", 5, 1)
    return made


def test_initrd_is_an_archive_that_cpio_reads(tmp_path):
    made = gzip.decompress(archive().packed())
    listing = subprocess.run(
        ["busybox", "cpio", "-itv"], input=made, capture_output=True, check=True, cwd=tmp_path
    )
    lines = [line.split() for line in listing.stdout.decode().splitlines()]
    seen = {(line[0], line[-1]) for line in lines}
    assert ("-rwxr-xr-x", "init") in seen
    assert ("drwxr-xr-x", "lib/modules") in seen
    assert ("-rw-r--r--", "lib/modules/a.ko") in seen
    assert any(line[0][0] == "c" for line in lines)


def test_initrd_is_the_same_bytes_each_time():
    other = cpio.Archive()
    other.character_device("dev/console", 5, 1)
    other.link("bin/sh", "busybox")
    other.file("lib/modules/a.ko", b"12345")
    other.file("init", b"#!/bin/sh\n", executable=True)
    assert archive().packed() == other.packed()


def test_cd_is_the_same_bytes_each_time(tmp_path):
    (tmp_path / "kernel").write_bytes(b"kernel" * 1000)
    files = {"boot/vmlinuz": tmp_path / "kernel", "boot/initrd": b"initrd"}
    iso.write(tmp_path / "a.iso", iso.menu("quiet", True), files)
    os.utime(tmp_path / "kernel", (1, 1))
    iso.write(tmp_path / "b.iso", iso.menu("quiet", True), files)
    assert (tmp_path / "a.iso").read_bytes() == (tmp_path / "b.iso").read_bytes()
    assert (tmp_path / "a.iso").stat().st_size < 2 << 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.iso", "b.iso", "kernel"]


def test_words_for_grub():
    assert iso.grub_words("quiet a=$b c;d") == "'quiet' 'a=$b' 'c;d'"
    assert iso.grub_words('x="a b" y') == "'x=a b' 'y'"


def test_modules_stand_behind_what_they_need():
    def module(depends: str) -> tuple[str, bytes]:
        return "x.ko", b"\0license=GPL\0depends=" + depends.encode() + b"\0name=x\0"

    modules = {
        "sr_mod": module("cdrom,scsi-mod"),
        "cdrom": module(""),
        "scsi_mod": module("scsi-common"),
        "scsi_common": module(""),
        "unwanted": module(""),
    }
    assert [name for name, _ in debian._load_order(modules)] == [
        "cdrom",
        "scsi_common",
        "scsi_mod",
        "sr_mod",
    ]


LOG = """\
vmrun! 000000003fc92000
start 0 7728254
vmexit(0000007c, 0000000000000000, 0000000000000000, ffffffff86a00115)!
host 0 461
vmexit(0000007c, 0000000000000001, 0000000000000000, ffffffff86a00136)!
host 0 532
vmexit(00000400, 0000000100000004, 00000000fee00020, ffffffff86a6ab12)!
host 0 253
vmexit(00000041, 0000000000000000, 0000000000000000, ffffffff86a6ab18)!
host 0 190
vmexit(00000400, 0000000100000007, 0000000000000469, ffffffff86a61f8d)!
vmexit(00000061, 0000000000000000, 0000000000000000, ffffffff86adb740)!
host 1 9000
host 0 345
vmexit(00000041, 0000000000000000, 0000000000000000, ffffffff86a6ab18)!
vmexit(00000064, 0000000000000000, 0000000000000000, ffffffff86adb740)!
""".splitlines()


def test_exits_are_counted_by_kind():
    assert exits.kinds(LOG) == {
        "RDMSR": 1,
        "WRMSR": 1,
        exits.APIC: 1,
        exits.STEP: 1,
        "#DB": 1,
        "#NPF page 0": 1,
        "NMI": 1,
        "VINTR": 1,
    }
    assert exits.others(exits.kinds(LOG)) == 6


def test_costs_of_exits():
    """Two exits that wait at once may be either's: they are not counted."""
    assert list(exits.costs([*LOG[:-1], "host 0 7"])) == [
        ("RDMSR", 461),
        ("WRMSR", 532),
        (exits.APIC, 253),
        ("#DB", 190),
        ("#DB", 7),
    ]
    assert exits.instructions_to_guest(LOG) == 7728254
    assert exits.instructions_to_guest(LOG[2:]) is None


def test_lines_of_code():
    text = '/* one\n * two */\n\nint a; /* three */\n// four\nchar *b = "/* five */";\n\t/* six */ int c;\n'
    assert sizes.code_lines(text) == 3


def test_a_figure_over_its_limit_is_marked():
    lines = rows([Figure("a", 5, "exits", 5), Figure("b", 6, "exits", 5, "why"), Figure("c", 7, "x")])
    marked = [line for line in lines.splitlines() if line.endswith("OVER")]
    assert len(marked) == 1 and marked[0].startswith("b, exits")
    assert "    why" in lines


@pytest.mark.parametrize("arguments", [["everything"], ["--nope"]])
def test_wrong_usage_of_bench(arguments):
    result = subprocess.run([HARNESS / "bench", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert arguments[0] in result.stderr


def test_bench_prints_json(build):
    build("minimal")
    result = subprocess.run(
        [HARNESS / "bench", "--json", "image"], capture_output=True, text=True, check=False
    )
    figures = json.loads(result.stdout)
    assert {"what", "value", "unit", "limit", "within"} <= set(figures[0])
    assert result.returncode == (0 if all(figure["within"] for figure in figures) else 1)


def test_a_build_that_configure_refuses_to_overwrite(tmp_path, monkeypatch):
    """Somebody has used `ninja menuconfig` in build/appliance, and then boots."""
    def refuse(*_):
        raise Refused("configure.py small refused (see above)")

    monkeypatch.setattr(product, "BUILD", tmp_path)
    monkeypatch.setattr(product, "_run", refuse)
    with pytest.raises(Refused, match=r"refused \(see above\)$"):
        product.configure("small")
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "build.ninja").write_text("")
    with pytest.raises(Refused, match="--config build/small takes that build as it stands"):
        product.configure("small")
