#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Pure logic, built for the host: harness/tests/host/test_*.c and fuzz_*.c, under sanitizers.

Each program says in a line `/* with: FILE... */` which of the product's files it is linked with,
and may say `/* flags: FLAG... */`. Build one by hand: see `command` below.
"""

import fcntl
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST = ROOT / "harness/tests/host"
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "4"))


@pytest.fixture(scope="session")
def config_headers():
    """The folder to put on the include path for config/NAME.h; made once, whoever comes first."""
    build = ROOT / "build/test-host"
    build.mkdir(parents=True, exist_ok=True)
    with open(build.parent / "test-host.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            [sys.executable, ROOT / "configure.py", "appliance", "--build", build.name, "--force"],
            cwd=ROOT,
            check=True,
            timeout=60,
        )
    return build / "include"


def words(source, key):
    """The words of a line `/* key: ... */` in a test's source."""
    found = re.search(rf"^/\* {key}: (.*) \*/$", source.read_text(encoding="ascii"), re.MULTILINE)
    return shlex.split(found.group(1)) if found else []


def command(source, headers, output, sanitizers="address,undefined"):
    """The compiler's command line for one test."""
    return [
        "clang",
        *("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wundef"),
        f"-fsanitize={sanitizers}",
        "-fno-sanitize-recover=all",
        *(f"-I{ROOT}", f"-I{headers}"),
        *words(source, "flags"),
        *("-o", output, source),
        *(ROOT / name for name in words(source, "with")),
    ]


def run(arguments, timeout, **options):
    """Runs a program to its end; what it printed is shown where it fails."""
    result = subprocess.run(
        [str(argument) for argument in arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
        **options,
    )
    if result.returncode:
        pytest.fail(f"{shlex.join(map(str, arguments))}: status {result.returncode}\n"
                    + result.stdout[-6000:], pytrace=False)


def sources(pattern):
    """The sources of all programs of a kind, with their names as the tests' ids."""
    return [pytest.param(path, id=path.stem) for path in sorted(HOST.glob(pattern))]


@pytest.mark.parametrize("source", sources("test_*.c"))
def test_host(source, config_headers, tmp_path):
    program = tmp_path / source.stem
    run(command(source, config_headers, program), timeout=120)
    run([program], timeout=300, cwd=tmp_path)


@pytest.mark.parametrize("source", sources("fuzz_*.c"))
def test_fuzz(source, config_headers, tmp_path):
    """A fuzz target writes its own first inputs into the corpus folder (see fuzz.h)."""
    program = tmp_path / source.stem
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    run(command(source, config_headers, program, "address,undefined,fuzzer"), timeout=120)
    run(
        [program, f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-max_len=8192", "-seed=1",
         "-print_final_stats=1", corpus],
        timeout=FUZZ_SECONDS + 120,
        cwd=tmp_path,
    )
