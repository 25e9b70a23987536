# SPDX-License-Identifier: BSD-2-Clause
"""The C of every configuration, read by clang-tidy (.clang-tidy) and cppcheck (.cppcheck)."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import product
from common import ROOT

DEFCONFIGS = sorted(
    path.name.removesuffix("_defconfig") for path in (ROOT / "configs").glob("*_defconfig")
)
PROCESSORS = len(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def sources(build, tmp_path_factory):
    """Each C file that a defconfig or a test builds: the compilation database that has it."""
    found = {}
    for_tests = tmp_path_factory.mktemp("config") / "for_tests.config"
    for_tests.write_text("CONFIG_FAULT_INJECTION=y\n")
    product.configure_file(for_tests, "test-lint")
    for name in (*DEFCONFIGS, "build/test-lint"):
        folder = build(name)
        for entry in json.loads((folder / "compile_commands.json").read_text()):
            file = (folder / entry["file"]).resolve()
            if file.suffix == ".c" and file.is_relative_to(ROOT):
                found.setdefault(file, folder)
    # Generated files are in a build's folder; that of one is enough.
    return {file: folder for file, folder in found.items() if not file.is_relative_to(ROOT / "build")}


def test_all_of_the_product_is_looked_at(sources):
    there = {
        file
        for folder in ("phases", "arch", "boot", "devices")
        for file in (ROOT / folder).rglob("*.c")
    }
    assert there == set(sources) | {ROOT / "arch/x86/offsets.c"}


def clang_tidy(file, folder):
    command = ["clang-tidy", "--quiet", "-p", folder, file]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    # On stderr it counts what it has not reported.
    return result.stdout + (result.stderr if result.returncode and not result.stdout else "")


def test_clang_tidy(sources):
    with ThreadPoolExecutor(PROCESSORS) as pool:
        findings = "".join(pool.map(clang_tidy, sources.keys(), sources.values()))
    assert not findings, findings


def cppcheck(project, *files):
    command = [
        *("cppcheck", "--quiet", "--std=c11", "--platform=unix64", f"-j{PROCESSORS}"),
        *("--enable=warning,style,performance,portability", "--error-exitcode=1"),
        *(f"--suppressions-list={ROOT / '.cppcheck'}", f"--project={project}"),
        *(f"--file-filter={file}" for file in files),
    ]
    result = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return result.returncode, result.stdout


def test_cppcheck(sources):
    for folder in dict.fromkeys(sources.values()):
        status, findings = cppcheck(folder / "compile_commands.json")
        assert status == 0 and not findings, findings


MISTAKES = """
int last(int *values, unsigned count);
int last(int *values, unsigned count)
{
	int result;

	for (unsigned i = 0; i < count; i++) {
		if (values[i] = 3) {
			result = values[i];
		}
	}
	return result / 0;
}
"""


def test_they_find_mistakes(tmp_path):
    """Both are at work, with the settings of this tree."""
    file = tmp_path / "wrong.c"
    file.write_text(MISTAKES)
    (tmp_path / ".clang-tidy").write_bytes((ROOT / ".clang-tidy").read_bytes())
    entry = {"directory": str(tmp_path), "file": "wrong.c", "command": "gcc -c wrong.c"}
    database = tmp_path / "compile_commands.json"
    database.write_text(json.dumps([entry]))
    findings = clang_tidy(file, tmp_path)
    assert "clang-analyzer-core" in findings and "error:" in findings
    status, findings = cppcheck(database)
    assert status == 1 and "[zerodiv]" in findings
