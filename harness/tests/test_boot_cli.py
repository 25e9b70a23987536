#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""harness/boot as a user meets it: help, mistakes, exit statuses, the shell on a terminal."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

from common import HARNESS, ROOT
from terminal import Keys

BOOT = HARNESS / "boot"
PROMPT = r"guest # "
OPTIONS = """--check --config --cpus --memory --machine --firmware --kernel --initrd --append --disk
--gdb --bare --emulator-args --timeout --help""".split()


def boot(*arguments: str, timeout: float = 400, **more) -> subprocess.CompletedProcess[str]:
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [BOOT, *arguments], capture_output=True, text=True, check=False, timeout=timeout, **more
    )


def test_help_names_every_option():
    result = boot("--help")
    assert result.returncode == 0
    for option in OPTIONS:
        assert option in result.stdout


WRONG = {
    "unknown option": (["--foo"], "--foo"),
    "abbreviated option": (["--che"], "--che"),
    "stray word": (["fast"], "fast"),
    "missing value": (["--cpus"], "--cpus"),
    "no number": (["--cpus", "two"], "'two' is not a number from 1 to 255"),
    "no CPU": (["--cpus", "0"], "'0' is not a number from 1 to 255"),
    "negative": (["--memory", "-5"], "--memory"),
    "other digits": (["--memory", "\u0661\u0660\u0662\u0664"], "is not a number"),
    "time limit": (["--timeout", "soon"], "'soon' is not a number"),
    "configuration": (["--config", "nope"], "no configuration 'nope'; there are: appliance"),
    "build that is none": (["--config", "build/nope"], "no configuration 'build/nope'"),
    "kernel": (["--kernel", "/nope"], "there is no file /nope"),
    "initrd that is a folder": (["--initrd", "/tmp"], "there is no file /tmp"),
    "disk": (["--disk", "/nope"], "no file or block device /nope"),
    "command line of two lines": (["--append", "a\nb"], "one line of printable text"),
    "what GRUB would change": (["--append", "a='b'"], "GRUB cannot pass on"),
    "quotes": (["--emulator-args", "-d 'int"], "No closing quotation"),
    "machine": (["--machine", "vax"], "'vax'"),
    "later machine": (["--machine", "bochs"], "--machine bochs is not supported yet"),
    "later firmware": (["--firmware", "uefi"], "--firmware uefi is not supported yet"),
}


@pytest.mark.parametrize("arguments, says", WRONG.values(), ids=WRONG.keys())
def test_a_mistake_gets_one_line_and_status_2(arguments, says):
    result = boot(*arguments, timeout=30)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stdout == ""


@pytest.mark.skipif(os.access("/dev/kvm", os.R_OK | os.W_OK), reason="/dev/kvm is there")
def test_kvm_that_is_not_there():
    result = boot("--machine", "kvm")
    assert result.returncode == 2 and "/dev/kvm" in result.stderr


def test_file_that_is_no_kernel(tmp_path):
    """GRUB refuses it; the run ends at its time limit and says so."""
    file = tmp_path / "kernel"
    file.write_bytes(b"no kernel" * 100)
    result = boot("--bare", "--check", "--kernel", str(file), "--timeout", "15")
    assert result.returncode == 1
    assert "not powered off after 15 s" in result.stderr
    assert "invalid magic number" in result.stderr


def test_emulator_that_does_not_start():
    result = boot("--bare", "--check", "--emulator-args", "-device nonsense")
    assert result.returncode == 1
    assert "nonsense" in result.stderr


def test_check_passes_from_any_folder(tmp_path):
    result = boot("--bare", "--check", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    for what in "cpus", "memory", "interrupts", "disk", "hypervisor":
        assert len(re.findall(rf"check: {what}: ok: ", result.stderr)) == 1, result.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_fails_when_one_thing_is_not_as_it_should_be():
    result = boot("--bare", "--check", "--append", "expect_cpus=3")
    assert result.returncode == 1
    assert "missing: cpus: 2 of 3 online" in result.stderr
    log = re.search(r"what the machine said is in (\S+)", result.stderr)
    assert log and "check: not passed: cpus" in Path(log[1]).read_text(errors="replace")


def test_check_fails_when_the_guest_does_not_come_up():
    result = boot("--bare", "--check", "--append", "init=/nope rdinit=/nope panic=-1")
    assert result.returncode == 1
    assert "missing: cpus: the guest said nothing of it" in result.stderr


def test_appended_words_reach_the_kernel_as_they_are():
    words = 'a=$root b=c;d,e f={g} h="i j"'
    machine = pexpect.spawn(str(BOOT), ["--bare", "--append", words], timeout=120, encoding="utf-8")
    machine.expect(PROMPT)
    machine.sendline("cat /proc/cmdline")
    machine.expect_exact('console=tty0 console=ttyS0 a=$root b=c;d,e f={g} "h=i j"')  # GRUB's quotes
    machine.sendline("exit")
    machine.expect(pexpect.EOF)


def play_the_user(arguments: list[str]) -> str:
    """Boots to the guest's shell, uses it, leaves it; gives back what was on the terminal."""
    machine = pexpect.spawn(str(BOOT), arguments, timeout=180, encoding="utf-8")
    machine.expect("leaving it .* powers the machine off")
    seen = machine.before + machine.after
    machine.expect(PROMPT)
    machine.sendline("echo $((6 * 7))$(nproc)")
    machine.expect(r"\n422\r")
    machine.expect(PROMPT)
    # One process says 49 and sleeps: from then on, Ctrl-C is for it and no longer for the shell.
    machine.sendline("sh -c 'echo $((7 * 7)); exec sleep 600'")
    machine.expect(r"\n49\r")
    machine.sendcontrol("c")  # goes to the guest
    machine.expect(PROMPT)
    machine.sendline("exit")
    machine.expect(pexpect.EOF)
    machine.close()
    assert machine.exitstatus == 0, machine.before
    return seen


def test_shell_bare():
    assert "phasevisor.iso" not in play_the_user(["--bare"])


def test_shell():
    seen = play_the_user([])
    assert "phasevisor.iso" in seen
    assert (ROOT / "build/appliance/phasevisor.iso").stat().st_size > 1 << 20


def test_ctrl_a_x_ends_the_emulator():
    machine = pexpect.spawn(str(BOOT), ["--bare"], timeout=120, encoding="utf-8")
    machine.expect(PROMPT)
    machine.send("\x01x")
    machine.expect("ended before the guest powered off")
    machine.expect(pexpect.EOF)
    machine.close()
    assert machine.exitstatus == 0


def emulators(folder: str) -> list[str]:
    """Processes of the emulator that have a file in a folder open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if command[0] == b"qemu-system-x86_64" and any(folder.encode() in word for word in command):
            found.append(process.name)
    return found


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_no_emulator_outlives_us(ending):
    machine = pexpect.spawn(str(BOOT), ["--bare"], timeout=120, encoding="utf-8")
    machine.expect("SeaBIOS|Linux version|GRUB")
    folder = f"build/boot/{machine.pid}/"
    assert len(emulators(folder)) == 1
    machine.kill(ending)
    machine.expect(pexpect.EOF)
    machine.close()
    for _ in range(100):
        if not emulators(folder):
            return
        time.sleep(0.1)
    assert not emulators(folder)


def test_keys():
    keys = Keys()
    assert keys.typed(b"ab") == (b"ab", False)
    assert keys.typed(b"\x01") == (b"", False)
    assert keys.typed(b"\x01c") == (b"\x01c", False)
    assert keys.typed(b"\x01d") == (b"\x01d", False)
    assert keys.typed(b"e\x01Xf") == (b"e", True)


def test_a_build_boots_as_it_stands(build):
    folder = build("minimal")
    config = (folder / ".config").read_bytes()
    result = boot("--check", "--config", f"build/{folder.name}")
    assert result.returncode == 0, result.stderr
    assert (folder / ".config").read_bytes() == config
    assert "configured" not in result.stderr
