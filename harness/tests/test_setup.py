#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""harness/setup, with stand-ins for apt and dpkg: what it says, what it calls, how it ends."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from common import HARNESS

TOOLS = ["sh", "dirname", "sed", "tr", "grep", "cat", "env", "sleep"]

# The stand-ins keep the installed packages in $STATE/installed and log their calls in $STATE/calls.
FAKES = {
    "id": "echo ${FAKE_UID:-0}",
    "dpkg-query": """
        shift 3
        for name; do
            grep -qx "$name" "$STATE/installed" && printf '%s=installed ' "$name"
        done
        true""",
    "apt-cache": """
        if grep -qx "$2" "$STATE/known"; then
            echo "  Candidate: 1.0"
        else
            echo "  Candidate: (none)"
        fi""",
    "apt-get": """
        echo "$DEBIAN_FRONTEND apt-get $*" >>"$STATE/calls"
        command=
        names=
        while [ $# -gt 0 ]; do
            case $1 in
            -o) shift ;;
            -*) ;;
            *) if [ -z "$command" ]; then command=$1; else names="$names $1"; fi ;;
            esac
            shift
        done
        if [ -s "$STATE/${command}_errors" ]; then
            sed 1q "$STATE/${command}_errors"
            sed -i 1d "$STATE/${command}_errors"
            exit 100
        fi
        if [ $command = update ]; then
            cat "$STATE/archive" >"$STATE/known"
            exit 0
        fi
        [ -e "$STATE/broken" ] && exit 100
        for name in $names; do
            grep -qx "$name" "$STATE/known" || exit 100
            if [ -e "$STATE/stale" ] && [ ! -e "$STATE/tried" ]; then
                : >"$STATE/tried"
                exit 100
            fi
            echo "$name" >>"$STATE/installed"
        done""",
    "sudo": 'echo "sudo $*" >>"$STATE/calls"; exec "$@"',
}

# Two ways to say which compiler-rt: Debian 12's comes first in the list.
ALTERNATIVES = ("libclang-rt-14-dev", "libclang-rt-19-dev")


def listed(*purposes: str) -> list[str]:
    """The packages that harness/packages names for any of the purposes (all: no purpose given)."""
    names = []
    for line in (HARNESS / "packages").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            who, package, _ = line.split(None, 2)
            if not purposes or set(who.split(",")) & set(purposes):
                names.append(package)
    return names


class Debian:
    """A pretended Debian with its own PATH."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        for name, text in FAKES.items():
            self.fake(name, text)
        self.state = folder
        every = [name for package in listed() for name in package.split("|")]
        self.write("archive", every)
        self.write("known", every)
        self.write("installed", [])
        self.write("calls", [])
        self.write("update_errors", [])
        self.write("install_errors", [])

    def fake(self, name: str, text: str) -> None:
        (self.bin / name).unlink(missing_ok=True)  # it may be a link to the real tool
        (self.bin / name).write_text(f"#!{shutil.which('sh')}\n{text}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def write(self, file: str, lines: list[str]) -> None:
        (self.state / file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def lines(self, file: str) -> list[str]:
        return (self.state / file).read_text(encoding="utf-8").splitlines()

    def setup(self, *arguments: str, uid: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "STATE": str(self.state), "FAKE_UID": str(uid)}
        command = [shutil.which("dash") or "/bin/sh", HARNESS / "setup", *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )


@pytest.fixture
def debian(tmp_path):
    return Debian(tmp_path)


def test_every_line_of_the_list_has_a_reason():
    for line in (HARNESS / "packages").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            who, _, why = line.split(None, 2)
            assert set(who.split(",")) <= {"build", "boot", "test", "docs", "prove"}, line
            assert len(why.split()) >= 3, line


def test_nothing_missing_is_silent_and_quick():
    start = time.monotonic()
    result = subprocess.run(
        [HARNESS / "setup", "build", "boot", "test", "docs"], capture_output=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert time.monotonic() - start < 2  # 0.05 s on a machine that does nothing else


def test_says_what_and_why_before_it_installs(debian):
    result = debian.setup("build")
    assert result.returncode == 0
    for package in listed("build"):
        assert package in debian.lines("installed")
        assert f"    {package} " in result.stderr
    assert "compiles the hypervisor" in result.stderr
    assert not set(listed("boot")) & set(debian.lines("installed"))
    (call,) = debian.lines("calls")
    assert call.startswith("noninteractive apt-get")
    for option in "-y", "install", "--no-install-recommends", "DPkg::Lock::Timeout=300":
        assert option in call.split()


def test_only_what_is_missing(debian):
    debian.write("installed", [name for name in listed("build") if name != "gcc"])
    result = debian.setup("build")
    assert result.returncode == 0
    assert debian.lines("calls")[0].endswith("--no-install-recommends gcc")
    assert "binutils" not in result.stderr


def test_boot_needs_what_build_needs(debian):
    assert debian.setup("boot").returncode == 0
    assert set(listed("boot", "build")) == set(debian.lines("installed"))


@pytest.mark.parametrize("have", ALTERNATIVES)
def test_either_alternative_will_do(debian, have):
    debian.write("installed", [*(name for name in listed() if "|" not in name), have])
    result = debian.setup("build", "boot", "test", "docs")
    assert (result.returncode, result.stderr, debian.lines("calls")) == (0, "", [])


@pytest.mark.parametrize("has", ALTERNATIVES)
def test_takes_the_alternative_that_this_debian_has(debian, has):
    for file in "known", "archive":
        other = set(ALTERNATIVES) - {has}
        debian.write(file, [name for name in debian.lines(file) if name not in other])
    assert debian.setup("test").returncode == 0
    assert has in debian.lines("installed")
    assert not any("update" in call for call in debian.lines("calls"))


def test_gets_missing_package_lists_first(debian):
    debian.write("known", [])
    assert debian.setup("build").returncode == 0
    update, install = debian.lines("calls")
    assert update.endswith(" update")
    assert " install " in install


@pytest.mark.parametrize(
    "command, lock", [("update", "/var/lib/apt/lists/lock"), ("install", "/var/cache/apt/archives/lock")]
)
def test_waits_for_another_apt(debian, command, lock):
    """For those of its locks for which apt-get does not wait by itself."""
    debian.write("known", [])
    debian.fake("sleep", "true")
    error = f"E: Could not get lock {lock}. It is held by process 1"
    debian.write(f"{command}_errors", [error, error])
    result = debian.setup("build")
    assert result.returncode == 0
    assert result.stderr.count("another apt is at work") == 2
    kinds = ["update" if call.endswith(" update") else "install" for call in debian.lines("calls")]
    assert kinds.count(command) == 3 and len(kinds) == 4


def test_does_not_wait_for_ever(debian):
    debian.fake("sleep", "true")
    error = "E: Could not get lock /var/cache/apt/archives/lock. It is held by process 1"
    debian.write("install_errors", [error] * 200)
    assert debian.setup("build").returncode == 1


def test_does_not_wait_where_apt_has_waited(debian):
    error = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1"
    debian.write("install_errors", [error] * 2)
    result = debian.setup("build")
    assert result.returncode == 1
    assert "another apt" not in result.stderr and result.stderr.count(error) == 2


def test_renews_old_lists_when_the_installation_fails(debian):
    (debian.state / "stale").touch()
    assert debian.setup("build").returncode == 0
    calls = debian.lines("calls")
    kinds = ["update" if call.endswith(" update") else "install" for call in calls]
    assert kinds == ["install", "update", "install"]


def test_gives_up_after_the_second_failure(debian):
    (debian.state / "broken").touch()
    result = debian.setup("build")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("setup: apt-get could not install")


def test_without_apt_prints_the_list(debian):
    (debian.bin / "apt-get").unlink()
    (debian.bin / "dpkg-query").unlink()
    result = debian.setup("build")
    assert result.returncode == 2
    assert "there is no apt-get here" in result.stderr
    for package in listed("build"):
        assert f"    {package} " in result.stderr


def test_through_sudo_when_not_root(debian):
    assert debian.setup("build", uid=1000).returncode == 0
    assert debian.lines("calls")[0].startswith("sudo env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get")


def test_without_root_and_sudo_says_what_to_run(debian):
    (debian.bin / "sudo").unlink()
    result = debian.setup("build", uid=1000)
    assert result.returncode == 2
    assert "as root, run: apt-get install python3 " in result.stderr
    assert debian.lines("calls") == []


def test_update(debian):
    debian.write("known", [])
    assert debian.setup("--update").returncode == 0
    assert debian.lines("known") == debian.lines("archive")
    debian.write("update_errors", ["E: no network"])
    assert debian.setup("--update").returncode == 1


@pytest.mark.parametrize("arguments", [(), ("everything",), ("build", "--update"), ("-h",)])
def test_wrong_usage(debian, arguments):
    result = debian.setup(*arguments)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "usage:" in result.stderr
    assert debian.lines("calls") == []


def test_this_machines_python_does_not_matter(tmp_path):
    """Another python3 first on PATH is never started."""
    trap = tmp_path / "python3"
    trap.write_text("#!/bin/sh\necho the wrong python3 >&2\nexit 99\n", encoding="utf-8")
    trap.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for command in "boot", "make-iso", "bench":
        result = subprocess.run(
            [HARNESS / command, "--help"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        assert "usage:" in result.stdout
