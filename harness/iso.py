# SPDX-License-Identifier: BSD-2-Clause
"""Writes bootable CDs: GRUB2 for BIOS machines, a menu, and files."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from common import Broken

GRUB = Path("/usr/lib/grub/i386-pc")
# What the menus use: GRUB finds nothing but these on the CD.
GRUB_MODULES = "normal echo multiboot multiboot2 linux serial terminal vbe gfxterm reboot halt"

MENU = """\
set timeout=0
if serial --unit=0 --speed=115200; then
	terminal_input console serial
	terminal_output console serial
fi
menuentry "{title}" {{
{commands}}}
"""

DEFAULT_CMDLINE = "console=tty0 console=ttyS0"
# Everything on the CD has this time, so that equal files make equal CDs. Owners and permissions are
# made equal by grub-mkrescue (xorriso's -r).
TIME = "2001090901464000"


def grub_words(text: str) -> str:
    """
    A kernel's command line as GRUB has to read it: nothing expanded, `"` as Linux reads it. GRUB
    hands a word with spaces on as `"name=a b"`, which is the same to Linux as `name="a b"`.
    """
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', text)
    return " ".join("'" + word.replace('"', "") + "'" for word in words)


def menu(cmdline: str, hypervisor: bool) -> str:
    """A menu that starts the guest's kernel at once: above phasevisor, or bare."""
    words = grub_words(cmdline)
    if not hypervisor:
        commands = f"\tlinux /boot/vmlinuz {words}\n\tinitrd /boot/initrd\n"
        return MENU.format(title="Linux", commands=commands)
    commands = "\tmultiboot2 /boot/phasevisor.elf\n"
    commands += f"\tmodule2 /boot/vmlinuz {words}\n\tmodule2 /boot/initrd\n"
    return MENU.format(title="phasevisor", commands=commands)


def write(output: Path, grub_config: str, files: Mapping[str, Path | bytes]) -> None:
    """Makes the CD `output` with a GRUB menu and files (their path on the CD: where they are now)."""
    with tempfile.TemporaryDirectory(prefix=output.name, dir=output.parent) as name:
        tree = Path(name)
        for path, content in {**files, "boot/grub/grub.cfg": grub_config.encode()}.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                shutil.copyfile(content, target)
        unfinished = tree.with_suffix(".unfinished")
        try:
            _mkrescue(tree, unfinished)
            unfinished.replace(output)
        finally:
            unfinished.unlink(missing_ok=True)


def _mkrescue(tree: Path, output: Path) -> None:
    command = ["grub-mkrescue", "-o", output, "-d", GRUB, "--install-modules=" + GRUB_MODULES]
    command += ["--locales=", "--fonts=", "--themes=", tree]
    # The volume's times, of which its UUID is made (GRUB looks for it); then the files'.
    command += [f"--modification-date={TIME}", "--set_all_file_dates", TIME]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0 or not output.exists():
        raise Broken("grub-mkrescue failed:\n" + result.stderr.strip())


def write_linux(output: Path, kernel: Path, initrd: Path, cmdline: str, hypervisor: Path | None) -> None:
    """Makes the CD that starts a kernel and its initrd above a hypervisor image, or bare."""
    files: dict[str, Path | bytes] = {"boot/vmlinuz": kernel, "boot/initrd": initrd}
    if hypervisor:
        files["boot/phasevisor.elf"] = hypervisor
    write(output, menu(cmdline, hypervisor is not None), files)
