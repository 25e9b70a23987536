# SPDX-License-Identifier: BSD-2-Clause
"""The options of harness/boot. Whatever is wrong with them is one line and exit status 2."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from common import ROOT, Refused, say

DESCRIPTION = """\
Builds the appliance (GRUB2, phasevisor, Debian's kernel, a small initrd), boots it in an emulator
and gives you the guest's shell on this terminal; leaving that shell powers off. Installs what it
needs with apt-get (harness/packages says what and why)."""

EPILOG = """\
In the guest's shell, Ctrl-A X ends the emulator and Ctrl-A Ctrl-A types a Ctrl-A.
Exit status: 0 all went well, 1 something failed, 2 the request was wrong."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        say(f"{message} (harness/boot --help lists the options)")
        sys.exit(2)


def _number(low: int, high: int):  # noqa: ANN202
    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return convert


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    if not os.access(path, os.R_OK):
        raise argparse.ArgumentTypeError(f"{text} cannot be read")
    return path.resolve()


def _disk(text: str) -> Path:
    path = Path(text)
    if not (path.is_file() or path.is_block_device()):
        raise argparse.ArgumentTypeError(f"there is no file or block device {text}")
    if not os.access(path, os.R_OK | os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} cannot be read and written")
    return path.resolve()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


def _line(text: str) -> str:
    if not text.isprintable():
        raise argparse.ArgumentTypeError("a command line is one line of printable text")
    if set(text) & set("'\\") or text.count('"') % 2:
        raise argparse.ArgumentTypeError("GRUB cannot pass on ' or \\ or a single \"")
    return text


def _parser() -> Parser:
    parser = Parser(
        prog="harness/boot",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--check", action="store_true", help="no terminal: the guest tests itself and powers off")
    add(
        "--config",
        metavar="NAME",
        default="appliance",
        help="a configuration in configs/ (appliance), or build/NAME: that build as it stands",
    )
    add("--cpus", metavar="N", type=_number(1, 255), default=2, help="CPUs of the machine (2)")
    add("--memory", metavar="MIB", type=_number(64, 1 << 20), default=1024, help="its memory (1024)")
    add(
        "--machine",
        choices=["qemu", "bochs", "kvm", "auto"],
        default="auto",
        help="what plays the machine; auto is qemu, kvm is experimental",
    )
    add("--firmware", choices=["bios", "uefi"], default="bios", help="its firmware (bios)")
    add("--kernel", metavar="FILE", type=_file, help="your Linux kernel instead of Debian's")
    add("--initrd", metavar="FILE", type=_file, help="your initrd instead of ours")
    add("--append", metavar="WORDS", type=_line, default="", help="more for the kernel's command line")
    add("--disk", metavar="FILE", type=_disk, help="a disk image for the guest (it may write to it)")
    add("--gdb", action="store_true", help="stop before the first instruction until gdb attaches")
    add("--bare", action="store_true", help="the same guest with no hypervisor, for comparison")
    add(
        "--emulator-args",
        metavar="WORDS",
        type=_words,
        default=[],
        help="passed on to the emulator as they are (--emulator-args='-d int')",
    )
    add(
        "--timeout",
        metavar="S",
        type=_number(1, 1 << 20),
        help="give up after so many seconds (300 with --check, else never)",
    )
    return parser


def _check_machine(options: argparse.Namespace) -> None:
    if options.machine == "bochs":
        raise Refused("--machine bochs is not supported yet; qemu is")
    if options.firmware == "uefi":
        raise Refused("--firmware uefi is not supported yet; bios is")
    if options.machine != "kvm":
        return
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise Refused("--machine kvm: there is no /dev/kvm that you can use; --machine qemu needs none")
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    if not options.bare and "svm" not in flags and "vmx" not in flags:
        raise Refused("--machine kvm: this machine's CPU offers no nested virtualisation; use qemu")


def _check_config(name: str) -> None:
    """A defconfig's name or file, or the folder of a build."""
    if (ROOT / name / "build.ninja").is_file() or (Path(name) / "build.ninja").is_file():
        return
    known = sorted(path.name.removesuffix("_defconfig") for path in ROOT.glob("configs/*_defconfig"))
    if name.removeprefix("configs/").removesuffix("_defconfig") not in known:
        raise Refused(f"no configuration {name!r}; there are: {', '.join(known) or 'none'}, or build/NAME")


def parse(arguments: list[str]) -> argparse.Namespace:
    options = _parser().parse_args(arguments)
    _check_machine(options)
    if not options.bare:
        _check_config(options.config)
    if options.timeout is None and options.check:
        options.timeout = 300
    return options
