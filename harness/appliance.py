# SPDX-License-Identifier: BSD-2-Clause
"""The appliance's CD, and the guest that it holds."""

from dataclasses import dataclass
from pathlib import Path

import iso
from common import BUILD
from guests import debian, initrd

CACHE = BUILD / "guest"


@dataclass(frozen=True)
class Guest:
    kernel: Path
    initrd: Path
    cmdline: str = iso.DEFAULT_CMDLINE

    def cd(self, output: Path, hypervisor: Path | None) -> Path:
        """Writes the CD that starts this guest above a hypervisor image, or bare."""
        iso.write_linux(output, self.kernel, self.initrd, self.cmdline, hypervisor)
        return output


def guest(kernel: Path | None = None, ramdisk: Path | None = None, *words: str) -> Guest:
    """Debian's kernel and our initrd, where none are given; words are added to the command line."""
    if not kernel or not ramdisk:
        newest = debian.kernel(CACHE)
        kernel = kernel or newest.image
        ramdisk = ramdisk or initrd.initrd(newest, CACHE)
    return Guest(kernel, ramdisk, " ".join([iso.DEFAULT_CMDLINE, *words]).strip())
