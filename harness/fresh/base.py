# SPDX-License-Identifier: BSD-2-Clause
"""Debian's base system, made with debootstrap from the mirror that this machine uses."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from common import BUILD, Broken, Refused, say

BASES = BUILD / "prove" / "base"
SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}

# What runs in namespaces of its own leaves no mount behind, and no process.
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]

# Those of this machine's settings without which a mirror may not be reached or believed here.
_SETTING = re.compile(r"Acquire::(https?::Proxy|Check-Valid-Until|Check-Date)\b")


@dataclass(frozen=True)
class Mirror:
    main: str
    security: str | None = None

    def sources(self, suite: str) -> str:
        """What /etc/apt/sources.list says of it."""
        lines = [f"deb {self.main} {suite} main", f"deb {self.main} {suite}-updates main"]
        if self.security:
            lines.append(f"deb {self.security} {suite}-security main")
        return "\n".join(lines) + "\n"


def mirror_of(targets: str, main: str | None = None) -> Mirror:
    """The mirror that lines of `LABEL URI` name; main: the one to use instead for all but security."""
    known: dict[str, str] = {}
    for line in targets.splitlines():
        label, _, uri = line.rpartition(" ")
        known.setdefault(label, uri)
    main = main or known.get("Debian")
    if not main:
        raise Refused("this machine's apt names no mirror of Debian: run apt-get update, or use --mirror URL")
    return Mirror(main, known.get("Debian-Security"))


def mirror(main: str | None) -> Mirror:
    """The mirror of Debian that this machine's apt uses."""
    command = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return mirror_of(result.stdout, main)


def settings_of(dump: str) -> str:
    """Those lines of `apt-config dump` that a fresh system needs here."""
    return "".join(line + "\n" for line in dump.splitlines() if _SETTING.match(line))


def settings() -> str:
    dump = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True)
    lines = settings_of(dump.stdout)
    if os.environ.get("http_proxy"):
        lines += f'Acquire::http::Proxy "{os.environ["http_proxy"]}";\n'
    return lines


def why_not(suite: str, log: str) -> Exception:
    """What to tell the user of a debootstrap that failed."""
    if "unknown key" in log or "eyring" in log:
        return Refused(
            f"this machine's keys do not verify {suite}: install a newer debian-archive-keyring, "
            "or use --keyring FILE"
        )
    if "No such script" in log:
        return Refused(f"this machine's debootstrap does not know {suite}: install a newer one")
    return Broken(f"debootstrap failed for {suite}:\n" + "\n".join(log.splitlines()[-10:]))


def archive(suite: str, source: Mirror, keyring: Path | None) -> Path:
    """The tar of a base system; made once and kept."""
    made = BASES / f"{suite}.tar"
    if made.exists():
        return made
    say(f"making a base system of {SUITES[suite]} with debootstrap (a minute or two; kept in {BASES})")
    folder = BASES / "unfinished"
    unfinished = BASES / "unfinished.tar"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [*UNSHARE, "--mount-proc", "debootstrap", "--variant=minbase", "--arch=amd64"]
    command += ["--force-check-gpg"]
    command += [f"--keyring={keyring}"] if keyring else []
    command += ["--include=ca-certificates"] if source.main.startswith("https:") else []
    result = subprocess.run(
        [*command, suite, folder, source.main], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise why_not(suite, result.stdout + result.stderr)
    subprocess.run(["tar", "--numeric-owner", "-cf", unfinished, "-C", folder, "."], check=True)
    shutil.rmtree(folder)
    return unfinished.rename(made)
