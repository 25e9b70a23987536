# SPDX-License-Identifier: BSD-2-Clause
"""What README.md tells people to type works as it stands there."""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from common import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.split("\n## Add a phase\n")[1].split("\n## ")[0]
SKIPPED = shutil.ignore_patterns("build", ".git", "__pycache__")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "tree", ignore=SKIPPED))


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def add_the_example(tree: Path) -> None:
    """Follows the section: the file, its line in Sources, its symbol in Kconfig."""
    code = re.search(r"```c\n(.*?)```", SECTION, re.DOTALL)[1]
    blocks = [textwrap.dedent(b) for b in re.findall(r"(?:^    .*\n|^\n)+", SECTION, re.MULTILINE) if b.strip()]
    sources = next(b for b in blocks if b.lstrip().startswith("HELLO:"))
    kconfig = next(b for b in blocks if b.lstrip().startswith("config HELLO"))
    (tree / "devices/hello.c").write_text(code, encoding="utf-8")
    for name, text in ("Sources", sources), ("Kconfig", kconfig):
        with (tree / "devices" / name).open("a", encoding="utf-8") as file:
            file.write("\n" + text.strip("\n") + "\n")


def test_add_a_phase(tree: Path) -> None:
    add_the_example(tree)
    run("./configure.py", "appliance", folder=tree)
    build = tree / "build/appliance"
    refused = subprocess.run(["ninja"], cwd=build, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "ninja order" in refused.stdout
    run("ninja", "order", folder=build)
    run("ninja", folder=build)
    assert "hello: greets whoever reads the log" in (tree / "configs/appliance.order").read_text()
    assert (build / "phasevisor.elf").exists()


def test_build_by_hand(tree: Path) -> None:
    """The menu has its own tests."""
    run("./configure.py", "appliance", "--build", "mine", folder=tree)
    build = tree / "build/mine"
    run("ninja", folder=build)
    run("ninja", "graph", folder=build)
    run("ninja", "savedefconfig", folder=build)
    for name in "phasevisor.elf", "graph.json", "order.txt", "compile_commands.json", "graph.svg":
        assert (build / name).stat().st_size > 0
    before = set(p for p in tree.rglob("*") if "build" not in p.relative_to(tree).parts[:1])
    run("ninja", "iso", folder=build)
    assert (build / "phasevisor.iso").stat().st_size > 0
    after = set(p for p in tree.rglob("*") if "build" not in p.relative_to(tree).parts[:1])
    assert before == after


def test_the_other_commands_of_that_section(tree: Path) -> None:
    section = README.split("\n## Build by hand\n")[1].split("\n## ")[0]
    lines = re.findall(r"`(CONFIG_\S+|# CONFIG_\w+ is not set)`", section)
    assert len(lines) == 2
    (tree / "my.config").write_text("\n".join(lines) + "\n")
    run("./configure.py", "minimal", "--build", "tiny", folder=tree)
    commands = re.findall(r"^\| `(\./configure\.py [^`]+)`", section, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        if "--menuconfig" not in command:
            run(*command.split(), folder=tree)
    for name in "minimal", "minimal-my", "tiny", "seven":
        assert (tree / "build" / name / "build.ninja").exists()


def test_every_file_that_readme_names_is_there() -> None:
    for name in re.findall(r"`((?:configs|arch|phases|harness|devices|boot)/[\w./]+)`", README):
        assert name == "devices/hello.c" or "NAME" in name or (ROOT / name).exists(), name
