#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The house's rules that can be read off the files: who leans on whom, headers, scripts, languages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from common import HARNESS, ROOT

# What may stand at the top of the tree.
TOP = set(
    """Kconfig configure.py build.ninja.in phases arch boot devices configs harness README.md LICENSE
    build""".split()
)

# Which folders the sources in a folder may include from, besides themselves: the longest name
# that fits counts. Nothing in arch/x86 may name a backend but the backend itself.
MAY_INCLUDE = {
    "phases": ["phases"],
    "arch/x86": ["phases", "arch/x86"],
    "arch/x86/svm": ["phases", "arch/x86"],
    "arch/x86/vmx": ["phases", "arch/x86"],
    "devices": ["phases", "arch/x86"],
    "boot": ["phases", "arch/x86", "boot"],
}
BACKENDS = ["arch/x86/svm", "arch/x86/vmx"]
# The one file that reads every backend's structures: their offsets, for assembly. It makes no code.
ALL_BACKENDS = Path("arch/x86/offsets.c")
# Headers that the compiler itself has, in a freestanding program too.
COMPILERS = "stdarg stdbool stddef stdint stdalign stdnoreturn limits float iso646".split()

C_FLAGS = """-std=gnu11 -ffreestanding -O2 -Wall -Wextra -Werror -Wmissing-prototypes
-Wstrict-prototypes -Wshadow -Wundef -Wvla -mno-red-zone -mgeneral-regs-only -mcmodel=kernel
-fno-pic -fno-stack-protector -fsyntax-only -x c""".split()


def files(*patterns: str) -> list[Path]:
    """Files of the tree (not what a build made) that fit a pattern, by their path from the root."""
    found = {path.relative_to(ROOT) for pattern in patterns for path in ROOT.rglob(pattern)}
    made = {"build", ".git", "__pycache__"}
    return sorted(path for path in found if not made & set(path.parts) and (ROOT / path).is_file())


def product(*patterns: str) -> list[Path]:
    return [path for path in files(*patterns) if path.parts[0] in ("phases", "arch", "boot", "devices")]


def inside(path: Path, folder: str) -> bool:
    return path.is_relative_to(folder)


def owner(path: Path) -> str:
    return max((folder for folder in MAY_INCLUDE if inside(path, folder)), key=len)


def wrong_include(path: Path, included: str, angled: bool) -> str | None:
    """Why a file may not include another, or None."""
    if angled:
        return None if included.removesuffix(".h") in COMPILERS else "the C library is not there"
    target = Path(included)
    if target.parts[0] == "config":
        return None
    if not any(inside(target, folder) for folder in MAY_INCLUDE[owner(path)]):
        return f"{owner(path)} leans on {', '.join(MAY_INCLUDE[owner(path)])} only"
    for backend in BACKENDS:
        if inside(target, backend) and not inside(path, backend) and path != ALL_BACKENDS:
            return f"{backend} is not for others to name"
    return None


def wrong_includes(path: Path, text: str) -> list[str]:
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
            if why := wrong_include(path, match[2], match[1] == "<"):
                problems.append(f"{path}:{number}: includes {match[2]}: {why}")
    return problems


def test_who_leans_on_whom():
    problems = []
    for path in product("*.c", "*.h", "*.S"):
        problems += wrong_includes(path, (ROOT / path).read_text(encoding="utf-8"))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "path, line, allowed",
    [
        ("phases/runner.c", '#include "phases/runner.h"', True),
        ("phases/runner.c", '#include "config/MAX_CPUS.h"', True),
        ("phases/runner.c", "#include <stdint.h>", True),
        ("phases/runner.c", "#include <stdio.h>", False),
        ("phases/runner.c", '#include "arch/x86/cpu/msr.h"', False),
        ("phases/runner.c", '# include "devices/uart.h"', False),
        ("devices/uart.c", '#include "arch/x86/cpu/io.h"', True),
        ("devices/uart.c", '#include "boot/linux/place.h"', False),
        ("devices/uart.c", '#include "devices/other.h"', False),
        ("arch/x86/cpu/msr.c", '#include "boot/linux/place.h"', False),
        ("arch/x86/vcpu/loop.c", '#include "arch/x86/svm/vmcb.h"', False),
        ("arch/x86/svm/run.c", '#include "arch/x86/svm/vmcb.h"', True),
        ("arch/x86/svm/run.c", '#include "arch/x86/vmx/vmcs.h"', False),
        ("boot/multiboot/parse.c", '#include "arch/x86/cpu/msr.h"', True),
    ],
)
def test_the_rule_itself(path, line, allowed):
    assert (wrong_includes(Path(path), line) == []) == allowed


def test_nothing_else_at_the_top():
    there = {path.parts[0] for path in files("*")}
    there |= {path.name for path in ROOT.iterdir()}
    assert {name for name in there if not name.startswith(".")} <= TOP


DEFCONFIGS = [path.name.removesuffix("_defconfig") for path in sorted(ROOT.glob("configs/*_defconfig"))]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("config", DEFCONFIGS)
def test_every_header_compiles_alone(build, compiler, config):
    includes = build(config) / "include"
    problems = []
    for header in product("*.h"):
        text = f'#include "{header}"\n#include "{header}"\n'
        command = [compiler, *C_FLAGS, "-I", str(ROOT), "-I", str(includes), "-"]
        result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            problems.append(f"{header}:\n{result.stderr}")
    assert not problems, "\n".join(problems)


def first_line(path: Path) -> str:
    with (ROOT / path).open("rb") as file:
        return file.readline(200).decode(errors="replace").rstrip("\n")


def shell_scripts() -> list[Path]:
    return [path for path in files("*") if first_line(path) == "#!/bin/sh"]


def test_every_script_is_sh_or_debians_python():
    problems = []
    for path in files("*"):
        line = first_line(path)
        if line.startswith("#!") and line not in ("#!/bin/sh", "#!/usr/bin/python3"):
            problems.append(f"{path}: {line}")
        executable = os.access(ROOT / path, os.X_OK)
        if executable and not line.startswith("#!"):
            problems.append(f"{path}: executable, but no script")
    assert not problems, "\n".join(problems)


def test_shell_scripts_are_posix():
    scripts = shell_scripts()
    assert Path("harness/setup") in scripts and Path("harness/guests/init") in scripts
    problems = []
    for path in scripts:
        for command in ["dash", "-n"], ["shellcheck", "-x"]:
            result = subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True, check=False)
            if result.returncode != 0:
                problems.append(f"{path}: {' '.join(command)}:\n{result.stdout}{result.stderr}")
    assert not problems, "\n".join(problems)


def test_python_comes_from_debian():
    """Nothing is imported that neither Python has nor harness/packages names."""
    names = {"elftools", "kconfiglib", "menuconfig", "pytest", "pexpect"}
    ours = {path.stem for path in files("*.py")} | {"guests", "machines", "measure", "fresh", "graph", "phases"}
    problems = []
    for path in files("*.py"):
        text = (ROOT / path).read_text(encoding="utf-8")
        for module in re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE):
            if module not in names | ours | sys.stdlib_module_names:
                problems.append(f"{path}: imports {module}")
    assert not problems, "\n".join(problems)


def test_every_source_names_its_licence():
    endings = ("*.c", "*.h", "*.S", "*.py", "*.lds", "Sources", "Kconfig")
    problems = []
    for path in files(*endings):
        with (ROOT / path).open(encoding="utf-8") as file:
            if not any("SPDX-License-Identifier: BSD-2-Clause" in file.readline() for _ in range(3)):
                problems.append(str(path))
    assert not problems, "\n".join(problems)


def test_harness_knows_the_product_by_its_artefacts():
    """No Python of the harness imports the product's; the tests of the graph's own modules do."""
    problems = []
    for path in files("*.py"):
        if path.parts[0] == "harness" and path.parts[1] != "tests":
            if re.search(r"^(import|from) (phases|graph)\b", (ROOT / path).read_text(), re.MULTILINE):
                problems.append(str(path))
    assert not problems and HARNESS.is_dir()
