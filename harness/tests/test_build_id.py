# SPDX-License-Identifier: BSD-2-Clause
"""The build id: what it depends on, where it is found, and that a machine prints it."""

import re
import shutil
import subprocess

import pytest
from build_tree import BuildTree
from graph_tree import PHASEGRAPH

import product


def read(image):
    result = subprocess.run(
        [PHASEGRAPH, "build-id", image], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert re.fullmatch(r"[0-9a-f]{16}\n", result.stdout) and result.stdout.strip("0\n")
    return result.stdout.strip()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    tree = BuildTree(tmp_path_factory.mktemp("built"))
    tree.build()
    return tree


@pytest.fixture
def tree(built, tmp_path):
    return built.copy(tmp_path / "tree")


def made(tree):
    """The id after a change."""
    result = tree.ninja("phasevisor.elf")
    assert result.returncode == 0, result.stdout + result.stderr
    return read(tree.root / "build" / "small" / "phasevisor.elf")


def test_equal_builds_have_one_id(built, tmp_path):
    folder = BuildTree(tmp_path / "a folder with blanks").build("other", source="small")
    assert read(folder / "phasevisor.elf") == made(built)


def test_a_comment_changes_nothing(built, tree):
    tree.edit("phases/main.c", "int the_answer(void)\n{", "/* A comment. */ int the_answer(void)\n{")
    config = tree.root / "build" / "small" / ".config"
    config.write_text("# Mine.\n" + config.read_text())
    assert made(tree) == made(built)


def test_a_byte_of_code(built, tree):
    tree.edit("phases/main.c", "return CONFIG_GADGET;", "return CONFIG_GADGET + 1;")
    assert made(tree) != made(built)


def test_a_symbol_that_no_code_reads(built, tree):
    before = (tree.root / "build/small/phasevisor.linked").read_bytes()
    tree.edit("build/small/.config", "CONFIG_GADGET_PORT=0x3f8", "CONFIG_GADGET_PORT=0x2f8")
    assert made(tree) != made(built)
    assert (tree.root / "build/small/phasevisor.linked").read_bytes() == before


def test_another_version_of_the_compiler_that_makes_the_same_code(built, tree):
    tree.compiler("gcc (Debian 99.1-1) 99.1")
    assert made(tree) != made(built)
    assert "99.1" in (tree.root / "build/small/toolchain.txt").read_text()


def test_an_image_without_a_place_for_it(built, tmp_path):
    shutil.copy(built.root / "build/small/phasevisor.elf", tmp_path / "image")
    content = (tmp_path / "image").read_bytes()
    for changed, text in (
        (content.replace(b"-build-id=", b"-build-ID="), "0 places for a build id"),
        (b"nonsense", "not an image that can be read"),
        (b"", "not an image that can be read"),
    ):
        (tmp_path / "image").write_bytes(changed)
        result = built.run(tmp_path, PHASEGRAPH, "build-id", "image")
        assert result.returncode == 1 and text in result.stderr, result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("config", ["appliance", "minimal"])
def test_the_machine_prints_it_first(build, start, config):
    """Minimal has no symbols; and what is booted has been stripped."""
    folder = build(config)
    expected = read(folder / product.SYMBOLS)
    assert read(folder / product.IMAGE) == expected
    machine = start(kernel=folder / product.IMAGE, cpus=1)
    line = machine.serial.wait_for(r"phasevisor: ([^\r\n]*)\r?\n", 30)[1]
    assert line.startswith(f"build {expected};")
