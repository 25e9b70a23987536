# SPDX-License-Identifier: BSD-2-Clause
"""What may be the matter with a Debian on which somebody types one of the two commands."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from common import Broken
from fresh.locks import Locks
from fresh.system import NAME, USER, System

BOOT = "./harness/boot --check"
TEST = "./harness/test"
TRAP = "the wrong python3 was started"


def _nothing(system: System) -> None:
    pass


def _sudo(system: System) -> None:
    system.prepare("apt-get -q update && apt-get -q -y install --no-install-recommends sudo && apt-get clean")
    system.prepare(f"useradd --create-home --shell /bin/bash {USER}")
    system.file(f"etc/sudoers.d/{USER}", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", 0o440)


def _other_python(system: System) -> None:
    system.file("usr/local/bin/python3", f"#!/bin/sh\necho '{TRAP}' >&2\nexit 99\n", 0o755)
    system.prepare('[ "$(command -v python3)" = /usr/local/bin/python3 ]')


def _no_lists(system: System) -> None:
    system.prepare("find /var/lib/apt/lists -type f -delete")


def _stale_lists(system: System) -> None:
    """Lists of long ago: the packages that they name are no longer where they say."""
    lists = "/var/lib/apt/lists"
    system.prepare(f"sed -i 's|^Filename: pool/|&gone/|' {lists}/*_Packages")
    old = r"-e 's/^ [0-9a-f]\{32,\} / 0000 /' -e 's/^Date: .*/Date: Sat, 01 Jan 2022 00:00:00 UTC/'"
    system.prepare(f"sed -i {old} {lists}/*Release && touch -d 2022-01-01 {lists}/*Release")


@dataclass(frozen=True)
class Case:
    name: str
    what: str
    command: str = BOOT
    user: str = "root"
    prepare: Callable[[System], None] = _nothing
    says: tuple[str, ...] = ()  # what the command has to say on the way
    locks: bool = False
    minutes: int = 30


CASES = [
    Case("root", "as root"),
    Case("sudo", "as a user, through sudo", user=USER, prepare=_sudo),
    Case("python", "another python3 first on PATH", prepare=_other_python),
    Case("no-lists", "no package lists", prepare=_no_lists, says=("getting them first",)),
    Case("stale-lists", "package lists of long ago", prepare=_stale_lists, says=("renewing them and trying",)),
    Case("locks", "dpkg and apt locked for a while", prepare=_no_lists, locks=True),
    Case("test", "as root", TEST, minutes=90),
    Case("test-sudo", "as a user, through sudo", TEST, user=USER, prepare=_sudo, minutes=90),
]


@dataclass(frozen=True)
class Result:
    suite: str
    case: Case
    problems: list[str]
    seconds: float
    log: Path


def wrong(case: Case, status: int | None, lines: list[str]) -> list[str]:
    """What keeps a run that ended so and said these lines from being a proof."""
    problems = []
    if status is None:
        problems.append(f"not done after {case.minutes} minutes")
    elif status != 0:
        problems.append(f"exit status {status}")
    text = "\n".join(lines)
    problems += [f"it did not say {phrase!r}" for phrase in case.says if phrase not in text]
    if case.command == BOOT and "check passed" not in text:
        problems.append("the guest's check was not seen to pass")
    if TRAP in text:
        problems.append(TRAP)
    return problems


def run(case: Case, system: System) -> list[str]:
    """What went wrong, nothing if the case is proved."""
    case.prepare(system)
    system.check_out(case.user)
    lines: list[str] = []
    with Locks(system.folder) if case.locks else nullcontext() as locks:

        def heard(line: str) -> None:
            lines.append(line)
            if locks:
                locks.heard(line)

        status = system.run(f"cd {NAME} && exec {case.command}", case.user, case.minutes * 60, heard)
        problems = wrong(case, status, lines) + (locks.problems() if locks else [])
    return problems + [f"written outside build/: {name}" for name in system.left_behind(case.user)]


def timed(case: Case, suite: str, system: System, log: Path) -> Result:
    start = time.monotonic()
    try:
        problems = run(case, system)
    except Broken as problem:
        problems = [str(problem)]
    return Result(suite, case, problems, time.monotonic() - start, log)
