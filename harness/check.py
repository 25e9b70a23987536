# SPDX-License-Identifier: BSD-2-Clause
"""What the guest's /init (guests/init) says when it tests itself, and the disk that it writes to."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

CHECKS = ("cpus", "memory", "interrupts", "disk", "hypervisor")
ALL_PASSED = "check: all passed"
FINISHED = r"check: (all passed|not passed)"

SCRATCH_SIZE = 16 << 20
SCRATCH_MAGIC = b"phasevisor scratch disk\n"  # guests/init knows the disk by it
PATTERN_OFFSET, PATTERN_SIZE = 1 << 20, 1 << 20


def expectations(cpus: int, memory: int, hypervisor: bool) -> list[str]:
    """Words for the kernel's command line that say what the guest should see (memory in MiB)."""
    # Firmware keeps some 500 KiB, the hypervisor at most 2 MiB and a page.
    words = [f"expect_cpus={cpus}", f"expect_ram={(memory - 4) * 1024}-{memory * 1024}"]
    return words + (["expect_hypervisor=yes"] if hypervisor else [])


def scratch_disk(file: Path) -> Path:
    with file.open("wb") as disk:
        disk.write(SCRATCH_MAGIC)
        disk.truncate(SCRATCH_SIZE)
    return file


def _results(text: str, check: str = r"\w+") -> list[re.Match[str]]:
    """
    The lines of a check. Each comes twice: on the console, where a line of the kernel's may tear
    it, and from the kernel's log, whole, at the end of a line of the console's.
    """
    return list(re.finditer(rf".*(check: ({check}): (ok|FAILED): (.*))", text))


def missing(text: str, disk: Path) -> list[str]:
    """What keeps a run from having passed, a line each: the guest's words, and what the disk holds."""
    problems = []
    for check in CHECKS:
        results = _results(text, check)
        if not results:
            problems.append(f"{check}: the guest said nothing of it")
        elif results[-1][3] != "ok":
            problems.append(f"{check}: {results[-1][4].strip()}")
    if not problems and ALL_PASSED not in text:
        problems.append(f"the guest did not say {ALL_PASSED!r}")
    with disk.open("rb") as file:
        file.seek(PATTERN_OFFSET)
        digest = hashlib.md5(file.read(PATTERN_SIZE)).hexdigest()
    if digest not in text:
        problems.append("disk: what the guest says that it wrote is not in the disk's image")
    return problems


class Reporter:
    """Hands each line of the guest's checks to a function, once, as they come."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._rest = b""
        self._shown: set[str] = set()

    def __call__(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for result in _results(b"\n".join(lines).decode(errors="replace")):
            text = result[1].strip()
            if text not in self._shown:
                self._shown.add(text)
                self._show(text)
