# SPDX-License-Identifier: BSD-2-Clause
"""A fresh Debian in a folder: a copy of a base system in which commands run, in namespaces of its own."""

import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from common import HARNESS, ROOT, Broken
from fresh.base import UNSHARE, Mirror, settings

ENTER = HARNESS / "fresh" / "enter"
USER = "somebody"
NAME = "phasevisor"


def home(user: str) -> str:
    return "/root" if user == "root" else f"/home/{user}"


class System:
    def __init__(self, folder: Path, base: Path, suite: str, mirror: Mirror, log: Path) -> None:
        self.folder = folder
        self._log = log
        self._remove()
        folder.mkdir(parents=True)
        log.write_bytes(b"")
        subprocess.run(["tar", "--numeric-owner", "-xpf", base, "-C", folder], check=True)
        # What lets it reach the mirror from here, and its own name.
        for name in "resolv.conf", "hosts":
            if (Path("/etc") / name).exists():
                shutil.copyfile(Path("/etc") / name, folder / "etc" / name)
        (folder / "etc/apt/sources.list").write_text(mirror.sources(suite), encoding="utf-8")
        (folder / "etc/apt/apt.conf.d/90prove").write_text(settings(), encoding="utf-8")

    def __enter__(self) -> "System":
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _remove(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def run(
        self,
        line: str,
        user: str = "root",
        timeout: float = 600,
        heard: Callable[[str], None] = lambda line: None,
    ) -> int | None:
        """Runs a line of shell; `heard` gets each line that it says. Its status; None: out of time."""
        process = subprocess.Popen(
            [*UNSHARE, ENTER, self.folder, user, line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who end it
        )
        late = threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), process.kill()))
        timer.start()
        try:
            with self._log.open("ab", buffering=0) as log:
                for said in process.stdout:
                    log.write(said)
                    heard(said.decode(errors="replace").rstrip())
            status = process.wait()
            return None if late.is_set() else status
        finally:
            timer.cancel()
            process.kill()  # with it, all in its namespaces
            process.wait()

    def prepare(self, line: str) -> None:
        """Makes the system what a case needs, as root."""
        if self.run(line) != 0:
            raise Broken(f"preparing the system failed: {line}")

    def file(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def check_out(self, user: str) -> None:
        """Puts what is committed here into the home of a user."""
        place = f"{home(user)}/{NAME}"
        command = ["git", "clone", "-q", "--depth", "1", f"file://{ROOT}", f"{self.folder}{place}"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Broken(f"git cannot clone this tree: {result.stderr.strip()}")
        self.prepare(f"chown -R {user}: {place}")

    def left_behind(self, user: str) -> list[str]:
        """What a run wrote into the checkout outside build/."""
        command = ["git", "-c", "safe.directory=*", "-C", f"{self.folder}{home(user)}/{NAME}"]
        command += ["status", "--porcelain", "--ignored"]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        return [line for line in result.stdout.splitlines() if line != "!! build/"]
