# SPDX-License-Identifier: BSD-2-Clause
"""The locks of another apt at work, held until somebody is seen waiting for them, and a while longer."""

import fcntl
import threading
from pathlib import Path
from typing import IO

# Held all at once and released in this order: what one says who waits, and the files.
STEPS = [
    ("another apt is at work", ["var/lib/apt/lists/lock"]),
    ("Waiting for cache lock", ["var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock"]),
    ("another apt is at work", ["var/cache/apt/archives/lock"]),
]


class Locks:
    def __init__(self, root: Path, seconds: float = 20) -> None:
        self._seconds = seconds
        self._held = [(phrase, [self._hold(root / name) for name in names]) for phrase, names in STEPS]
        self._timer: threading.Timer | None = None

    @staticmethod
    def _hold(path: Path) -> IO[bytes]:
        file = path.open("ab")
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def __enter__(self) -> "Locks":
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer.join()
        for _, files in self._held:
            for file in files:
                file.close()

    def heard(self, line: str) -> None:
        if self._held and not self._timer and self._held[0][0] in line:
            self._timer = threading.Timer(self._seconds, self._release)
            self._timer.start()

    def _release(self) -> None:
        _, files = self._held.pop(0)
        for file in files:
            file.close()
        self._timer = None

    def problems(self) -> list[str]:
        return [f"nobody waited for {files[0].name}" for _, files in self._held]
