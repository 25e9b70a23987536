# SPDX-License-Identifier: BSD-2-Clause
"""The product as the harness knows it: configure.py, ninja, and the files that they make."""

import subprocess
import sys
from pathlib import Path

from common import BUILD, ROOT, Broken, Refused, locked, say

PYTHON = "/usr/bin/python3"
IMAGE = "phasevisor.stripped"  # what is booted
SYMBOLS = "phasevisor.elf"  # the same with symbols


def _run(command: list[str | Path], what: str) -> None:
    """Shows what the command says; its own message explains a failure."""
    sys.stderr.flush()
    result = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
    if result.returncode == 2:
        raise Refused(f"{what} refused (see above)")
    if result.returncode != 0:
        raise Broken(f"{what} failed (see above)")


def configure(name: str) -> Path:
    """The build folder for a defconfig's name or file, or for build/NAME, which stays as it is."""
    for folder in Path(name), ROOT / name:
        if (folder / "build.ninja").is_file():
            return folder.resolve()
    short = name.removeprefix("configs/").removesuffix("_defconfig")
    with locked(BUILD / f".{short}.lock"):
        try:
            _run([PYTHON, ROOT / "configure.py", short], f"configure.py {short}")
        except Refused as problem:
            if not (BUILD / short / "build.ninja").exists():
                raise
            raise Refused(f"{problem}; --config build/{short} takes that build as it stands") from None
    return BUILD / short


def configure_file(source: Path, name: str) -> None:
    """Configures build/NAME, whatever it was, from a file of assignments."""
    with locked(BUILD / f".{name}.lock"):
        command = [PYTHON, ROOT / "configure.py", source, "--build", name, "--force"]
        _run(command, f"configure.py {source}")


def build(name: str) -> Path:
    """Configures and builds; gives back the build's folder."""
    say(f"building {name}")
    folder = configure(name)
    with locked(BUILD / f".{folder.name}.lock"):
        _run(["ninja", "-C", folder], "the build")
        _run(["ninja", "-C", folder, "--quiet", IMAGE], "the build")
    return folder
