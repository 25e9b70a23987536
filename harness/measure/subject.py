# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: builds of the product, and our guest above them or bare."""

import time
from dataclasses import replace
from pathlib import Path

import appliance
import check
import product
from common import BUILD, ROOT, Broken
from machines.line import NotSeen
from machines.qemu import Machine, Running

MARKER = "guest: ready"
FOLDER = BUILD / "bench"


def build_quiet(name: str = "quiet", *assignments: str) -> Path:
    """The appliance with a console that shows errors and warnings only, as build/bench-NAME."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    source = FOLDER / f"{name}.config"
    text = (ROOT / "configs/appliance_defconfig").read_text(encoding="utf-8")
    lines = [f"CONFIG_{assignment}\n" for assignment in ("LOG_LEVEL_QUIET=y", *assignments)]
    source.write_text(text + "".join(lines), encoding="utf-8")
    product.configure_file(source, f"bench-{name}")
    return product.build(f"build/bench-{name}")


def machine(build: Path | None, scenario: str, name: str, **parts: object) -> Machine:
    """A machine with our guest and a scratch disk; logs go to build/bench/NAME/."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    guest = appliance.guest()
    guest = replace(guest, cmdline=f"{guest.cmdline} scenario={scenario}")
    cd = guest.cd(folder / "guest.iso", build and build / product.IMAGE)
    disk = check.scratch_disk(folder / "scratch.img")
    return Machine(folder, cdrom=cd, disks=[disk], **parts)


def wait(running: Running, pattern: str, timeout: float = 300) -> float:
    """Waits for what the guest says; gives back how long it took."""
    start = time.monotonic()
    try:
        running.serial.wait_for(pattern, timeout)
    except NotSeen as problem:
        raise Broken(f"{problem}\n{running.errors}") from None
    return time.monotonic() - start
