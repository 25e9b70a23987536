# SPDX-License-Identifier: BSD-2-Clause
"""What every part of the harness uses: the tree's places, messages, locks."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HARNESS = Path(__file__).resolve().parent
ROOT = HARNESS.parent
BUILD = ROOT / "build"


class Refused(Exception):
    """What the user asked for cannot be done: one line for the user, exit status 2."""


class Broken(Exception):
    """Something went wrong on the way (a build, an emulator): one line, exit status 1."""


def say(text: str) -> None:
    print(f"harness: {text}", file=sys.stderr, flush=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keeps other processes that use the same file out until the block is left."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
