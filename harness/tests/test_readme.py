# SPDX-License-Identifier: BSD-2-Clause
"""What README.md tells people to type works as it stands there."""

import re
import shlex
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from common import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SKIPPED = shutil.ignore_patterns("build", ".git", "__pycache__")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "tree", ignore=SKIPPED))


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def blocks(section: str) -> list[str]:
    """What stands indented in a section, without the C."""
    text = re.sub(r"```.*?```", "", README.split(f"\n## {section}\n")[1].split("\n## ")[0], flags=re.DOTALL)
    found = re.findall(r"(?:^    .*\n|^\n)+", text, re.MULTILINE)
    return [textwrap.dedent(block).strip("\n") for block in found if block.strip()]


def follow(tree: Path, section: str, file: str) -> None:
    """The first steps of a section: the file, its line in Sources, its symbol in Kconfig."""
    code = re.search(rf"\n## {section}\n.*?```c\n(.*?)```", README, re.DOTALL)[1]
    sources = next(block for block in blocks(section) if block.endswith(f": {file}"))
    kconfig = next(block for block in blocks(section) if block.startswith("config "))
    devices = tree / "devices"
    (devices / file).write_text(code, encoding="utf-8")
    with (devices / "Sources").open("a", encoding="utf-8") as list_of_files:
        list_of_files.write(sources + "\n")
    menu = (devices / "Kconfig").read_text(encoding="utf-8")
    (devices / "Kconfig").write_text(menu.replace("\nendmenu", f"\n{kconfig}\n\nendmenu"), encoding="utf-8")


def test_add_a_phase(tree: Path) -> None:
    follow(tree, "Add a phase", "hello.c")
    run("./configure.py", "appliance", folder=tree)
    build = tree / "build/appliance"
    refused = subprocess.run(["ninja"], cwd=build, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "ninja order" in refused.stdout
    run("ninja", "order", folder=build)
    run("ninja", folder=build)
    assert "hello: greets whoever reads the log" in (tree / "configs/appliance.order").read_text()
    assert (build / "phasevisor.elf").exists()


def test_add_a_device(tree: Path) -> None:
    """Up to the guest's check of itself, with the log on the printer."""
    follow(tree, "Add a device", "lpt.c")
    (tree / "lpt.config").write_text(re.search(r"with the line `(CONFIG_LPT=y)`", README)[1] + "\n")
    commands = blocks("Add a device")[-1].splitlines()
    assert len(commands) == 2
    for command in commands:
        run(*shlex.split(command), folder=tree)
    printed = (tree / "lpt.txt").read_text(encoding="ascii")
    assert "phasevisor: build " in printed and "the guest starts" in printed
    run("git", "diff", "--no-index", "--quiet", ROOT / "configs", "configs", folder=tree)


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
        assert name in ("devices/hello.c", "devices/lpt.c") or "NAME" in name or (ROOT / name).exists(), name
