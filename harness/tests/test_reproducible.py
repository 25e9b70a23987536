# SPDX-License-Identifier: BSD-2-Clause
"""
Equal configurations give equal bytes, by whomever, wherever and whenever they are built. Each build
here has a copy of the tree, and makes Debian's initrd anew.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import appliance
from common import ROOT

MADE = ("phasevisor.elf", "phasevisor.iso", "order.txt", "graph.json", "graph.dot", "graph.svg")
NOBODY = 65534
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


@pytest.fixture(scope="module")
def places(guest):
    """A folder that other users can enter; the kernel's package has been unpacked."""
    with tempfile.TemporaryDirectory(prefix="phasevisor-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def tree(root, time=None):
    """A copy of the tree and of the guest's kernel."""
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    for package in appliance.CACHE.iterdir():
        if package.is_dir():
            shutil.copytree(package, root / "build" / "guest" / package.name)
    if time:
        for path in root.rglob("*"):
            os.utime(path, (time, time), follow_symlinks=False)
    return root


def build(root, *prefix, umask=0o022, **environment):
    """Builds everything; gives back the folder."""
    for folder, command in (
        (root, ["./configure.py", "appliance", "--build", "it"]),
        (root / "build" / "it", ["ninja", "phasevisor.elf", "graph", "iso"]),
    ):
        result = subprocess.run(
            [*prefix, *command],
            cwd=folder,
            env=ENVIRONMENT | environment,
            umask=umask,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout
    return root / "build" / "it"


@pytest.fixture(scope="module")
def first(places):
    return build(tree(places / "first"))


def differing(one, other):
    return [name for name in MADE if (one / name).read_bytes() != (other / name).read_bytes()]


def test_another_folder_time_and_surroundings(first, places):
    """Files as old as the hills, nothing readable for others, another zone and language."""
    root = tree(places / "the second, with blanks", time=1e9)
    second = build(root, umask=0o077, TZ="Asia/Tokyo", LANG="C.UTF-8", SOURCE_DATE_EPOCH="12345")
    assert not differing(first, second)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user(first, places):
    root = tree(places / "third")
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    third = build(root, *user, umask=0o002)
    assert (third / "phasevisor.iso").stat().st_uid == NOBODY
    assert not differing(first, third)
