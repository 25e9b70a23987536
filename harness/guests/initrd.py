# SPDX-License-Identifier: BSD-2-Clause
"""The guest's initrd: busybox, /init (the file beside this one), and a kernel's modules."""

import hashlib
import subprocess
from pathlib import Path

from common import HARNESS, Broken, locked
from guests.cpio import Archive
from guests.debian import Kernel

BUSYBOX = Path("/bin/busybox")
SOURCES = HARNESS / "guests"
# What it is made of besides a kernel's modules and the programs that make it.
PARTS = [SOURCES / "init", SOURCES / "kexec.c", BUSYBOX]


def _kexec_tool(cache: Path) -> Path:
    """Compiles kexec.c for the guest."""
    tool = cache / "kexec"
    command = ["gcc", "-O2", "-static", "-o", tool, SOURCES / "kexec.c"]
    if subprocess.run(command, check=False).returncode != 0:
        raise Broken("cannot compile harness/guests/kexec.c")
    return tool


def _content(kernel: Kernel, cache: Path) -> bytes:
    archive = Archive()
    for folder in "bin", "dev", "proc", "sys", "tmp", "lib/modules":
        archive.folder(folder)
    archive.file("init", (SOURCES / "init").read_bytes(), executable=True)
    archive.file("bin/busybox", BUSYBOX.read_bytes(), executable=True)
    archive.link("bin/sh", "busybox")
    archive.file("bin/kexec", _kexec_tool(cache).read_bytes(), executable=True)
    archive.character_device("dev/console", 5, 1)
    for module in kernel.modules:
        archive.file(f"lib/modules/{module.name}", module.read_bytes())
    order = "".join(f"{module.name}\n" for module in kernel.modules)
    archive.file("lib/modules/order", order.encode())
    return archive.packed()


def initrd(kernel: Kernel, cache: Path) -> Path:
    """The initrd for a kernel: from the cache, unless something that it is made of has changed."""
    makers = [SOURCES / "initrd.py", SOURCES / "cpio.py"]
    digest = hashlib.sha256(kernel.version.encode())
    for part in [*PARTS, *makers, *kernel.modules]:
        digest.update(part.read_bytes())
    file = cache / f"initrd-{digest.hexdigest()[:16]}.gz"
    with locked(cache / "lock"):
        if not file.exists():
            for old in cache.glob("initrd-*.gz"):
                old.unlink()
            unfinished = cache / "initrd.unfinished"
            unfinished.write_bytes(_content(kernel, cache))
            unfinished.rename(file)
    return file
