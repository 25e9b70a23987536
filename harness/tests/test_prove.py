#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""harness/prove without a Debian: its options, its judgement, what it takes from this machine."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

import prove
from common import HARNESS, Broken, Refused
from fresh import base, cases
from fresh.cases import CASES, Result
from fresh.locks import STEPS, Locks

CASE = {case.name: case for case in CASES}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [HARNESS / "prove", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_case_and_option():
    result = run("--help")
    assert result.returncode == 0
    for word in [*CASE, "--suite", "--mirror", "--keyring", *base.SUITES]:
        assert word in result.stdout


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["everything"], "no case 'everything'; there are: root, sudo"),
        (["--suite", "sid"], "'sid'"),
        (["--nope"], "--nope"),
        (["--sui", "trixie"], "--sui"),
        (["--mirror"], "--mirror"),
        (["--mirror", "ftp://mirror"], "a URL starts with http"),
        (["--keyring", "/nope"], "there is no file /nope"),
    ],
)
def test_wrong_usage(arguments, word):
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == "" and result.stderr.count("\n") == 1 and word in result.stderr


def test_only_root_can(monkeypatch):
    monkeypatch.setattr(prove.os, "geteuid", lambda: 1000)
    with pytest.raises(Refused, match="run it as root or through sudo"):
        prove.check_here()


def test_one_at_a_time(monkeypatch, tmp_path):
    monkeypatch.setattr(prove, "BUILD", tmp_path / "build")
    monkeypatch.setattr(prove, "PLACE", tmp_path / "build/prove")
    with prove.hold_place():
        with pytest.raises(Refused, match="another harness/prove is at work"):
            prove.hold_place()
    prove.hold_place().close()


TARGETS = """\
Other http://other.example/
Debian http://one.example/debian/
Debian http://two.example/debian/
Debian-Security http://one.example/security/
"""


def test_mirror_is_the_machines():
    mirror = base.mirror_of(TARGETS)
    assert mirror == base.Mirror("http://one.example/debian/", "http://one.example/security/")
    assert mirror.sources("trixie").splitlines() == [
        "deb http://one.example/debian/ trixie main",
        "deb http://one.example/debian/ trixie-updates main",
        "deb http://one.example/security/ trixie-security main",
    ]


def test_mirror_of_the_user_goes_first():
    assert base.mirror_of(TARGETS, "http://mine.example/").main == "http://mine.example/"
    assert base.mirror_of("", "http://mine.example/") == base.Mirror("http://mine.example/")


@pytest.mark.parametrize("targets", ["", "Other http://other.example/\n", "$(LABEL) http://one.example/\n"])
def test_no_mirror(targets):
    with pytest.raises(Refused, match="--mirror URL"):
        base.mirror_of(targets)


def test_settings_without_which_the_mirror_is_out_of_reach():
    dump = """\
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3142/";
Acquire::https::Proxy::one.example "DIRECT";
Acquire::Check-Valid-Until "false";
Acquire::GzipIndexes "true";
"""
    kept = [line.split()[0] for line in base.settings_of(dump).splitlines()]
    assert kept == ["Acquire::http::Proxy", "Acquire::https::Proxy::one.example", "Acquire::Check-Valid-Until"]


@pytest.mark.parametrize(
    "log, kind, words",
    [
        ("E: Release signed by unknown key (key id 6ED0E7B82643E131)", Refused, "debian-archive-keyring"),
        ("E: No such script: /usr/share/debootstrap/scripts/trixie", Refused, "does not know trixie"),
        ("E: Couldn't download packages: dash", Broken, "Couldn't download packages: dash"),
    ],
)
def test_why_there_is_no_base_system(log, kind, words):
    problem = base.why_not("trixie", log)
    assert isinstance(problem, kind) and words in str(problem)


PASSED = ["harness: check passed"]


def test_proved():
    assert cases.wrong(CASE["root"], 0, PASSED) == []
    assert cases.wrong(CASE["test"], 0, ["200 passed"]) == []


@pytest.mark.parametrize(
    "name, status, lines, problem",
    [
        ("root", 1, PASSED, "exit status 1"),
        ("root", None, PASSED, "not done after 30 minutes"),
        ("root", 0, [], "the guest's check was not seen to pass"),
        ("python", 0, [*PASSED, f"x: {cases.TRAP}"], cases.TRAP),
        ("stale-lists", 0, PASSED, "it did not say 'renewing them and trying'"),
        ("no-lists", 0, PASSED, "it did not say 'getting them first'"),
    ],
)
def test_not_proved(name, status, lines, problem):
    assert cases.wrong(CASE[name], status, lines) == [problem]


def test_a_system_that_cannot_be_prepared_is_no_proof(monkeypatch):
    def prepare(system: None) -> None:
        raise Broken("no network")

    case = replace(CASE["root"], prepare=prepare)
    assert cases.timed(case, "trixie", None, Path("log")).problems == ["no network"]


def test_phrases_are_those_of_setup():
    """What proves that setup waited and renewed is what setup says."""
    text = (HARNESS / "setup").read_text(encoding="utf-8")
    phrases = [phrase for case in CASES for phrase in case.says]
    for phrase in [*phrases, STEPS[0][0], STEPS[2][0]]:
        assert phrase in text


def test_results(tmp_path, capsys):
    log = tmp_path / "log"
    log.write_text("one\nlast words\n", encoding="utf-8")
    good = Result("bookworm", CASE["root"], [], 61.7, log)
    bad = Result("trixie", CASE["root"], ["exit status 1"], 5, log)
    prove.show(good)
    assert capsys.readouterr().out.split()[-3:] == ["proved", "62", "s"]
    prove.show(bad)
    out = capsys.readouterr().out
    for words in "Debian 13", "FAILED", "exit status 1", "| last words", "/log":
        assert words in out
    heading, *rows = prove.table([good, bad]).splitlines()
    assert heading.split() == ["Debian", "12", "Debian", "13"]
    (row,) = rows
    assert row.startswith("./harness/boot --check, as root ")
    assert row.split()[-6:] == ["proved", "62", "s", "FAILED", "5", "s"]


TAKE = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'ab'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def free(path: Path) -> bool:
    """Whether another process gets the lock of a file."""
    command = ["/usr/bin/python3", "-c", TAKE, path]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.fixture
def root(tmp_path):
    for _, names in STEPS:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    return tmp_path


def test_locks_are_held_until_somebody_waits(root):
    files = [root / names[0] for _, names in STEPS]
    with Locks(root, seconds=0.1) as locks:
        locks.heard("Get:1 http://one.example")
        assert not any(free(file) for file in files)
        for number, (phrase, _) in enumerate(STEPS):
            assert [free(file) for file in files] == [index < number for index in range(3)]
            assert len(locks.problems()) == 3 - number
            locks.heard(f"setup: {phrase}; x")
            locks.heard(f"setup: {phrase}; x")
            deadline = time.monotonic() + 30
            while len(locks.problems()) == 3 - number and time.monotonic() < deadline:
                time.sleep(0.01)
        assert locks.problems() == []


def test_locks_that_nobody_waited_for_are_a_problem(root):
    with Locks(root) as locks:
        assert "lists/lock" in locks.problems()[0] and len(locks.problems()) == 3
    assert free(root / STEPS[0][1][0])
