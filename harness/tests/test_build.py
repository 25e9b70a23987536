# SPDX-License-Identifier: BSD-2-Clause
"""The build of a small tree with the real rules: what is made, and what a change makes again."""

import json
import os

import pexpect
import pytest
from build_tree import BuildTree
from graph_tree import phase


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    tree = BuildTree(tmp_path_factory.mktemp("built"))
    tree.build()
    return tree


@pytest.fixture
def tree(built, tmp_path):
    """A built tree to change, in which nothing is to do."""
    return built.copy(tmp_path / "tree")


def made(result):
    """The descriptions of what ninja ran."""
    assert result.returncode == 0, result.stdout + result.stderr
    return [line.split("] ", 1)[1] for line in result.stdout.splitlines() if line[0] == "["]


def test_a_build_makes_what_others_rely_on(built):
    folder = built.root / "build" / "small"
    for name in ("phasevisor.elf", "graph.json", "order.txt", "compile_commands.json"):
        assert (folder / name).stat().st_size, name
    graph = json.loads((folder / "graph.json").read_text())
    assert [node["name"] for node in graph["phases"]] == ["base", "gadget"]
    commands = json.loads((folder / "compile_commands.json").read_text())
    assert {"../../phases/main.c", "../../arch/x86/entry.S"} <= {c["file"] for c in commands}
    offsets = (folder / "include/arch/x86/offsets.h").read_text()
    assert offsets == "#define SIZE 16\n#define LOWER -4\n"


def test_nothing_to_do(built):
    result = built.ninja("-d", "explain")
    assert "no work to do" in result.stdout, result.stderr


def test_clean_leaves_what_configure_has_written(tree):
    folder = tree.root / "build" / "small"
    assert tree.ninja("iso", "graph").returncode == 0
    shown = tree.ninja("-n", "-t", "clean")
    assert shown.returncode == 0 and (folder / "phasevisor.elf").exists()
    assert tree.ninja("-t", "clean").returncode == 0
    left = {path.name for path in folder.rglob("*") if path.is_file() and path.parent.name != "config"}
    written = {".config", ".source", "config.txt", "toolchain.txt", "build.ninja", "build.ninja.d"}
    assert left - {".config.old", ".ninja_log", ".ninja_deps"} == written
    would_run = made(tree.ninja("-n"))
    assert not (folder / "phasevisor.elf").exists()
    assert sorted(would_run) == sorted(made(tree.ninja()))
    assert max(map(len, would_run)) < 80


def test_targets(tree):
    folder = tree.root / "build" / "small"
    for target, file in (("iso", "phasevisor.iso"), ("graph", "graph.svg"),
                         ("savedefconfig", "defconfig")):
        result = tree.ninja(target)
        assert result.returncode == 0 and (folder / file).exists(), result.stdout
    iso, elf = (folder / "phasevisor.iso").read_bytes(), (folder / "phasevisor.elf").read_bytes()
    assert b"initcall_early" in elf and b"record=phase" in elf
    assert b"initcall_early" not in iso and b"record=phase" not in iso


def test_a_comment_in_a_file_rebuilds_that_file(tree):
    tree.edit("phases/main.c", "int the_answer(void);\n", "int the_answer(void);\n/* */\n")
    lines = made(tree.ninja())
    assert "cc ../../phases/main.c" in lines
    assert not [line for line in lines if line[:2] in ("cc", "as") and "main.c" not in line]


def test_a_symbol_rebuilds_what_reads_it(tree):
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    lines = made(tree.ninja())
    assert lines[0] == "configure"
    compiled = [line for line in lines if line.startswith(("cc", "as"))]
    assert compiled == ["cc ../../devices/gadget.c"]


def test_a_symbol_that_brings_in_a_file(tree):
    folder = tree.root / "build" / "small"
    tree.edit("build/small/.config", "CONFIG_GADGET=y", "# CONFIG_GADGET is not set")
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5\n", "")
    result = tree.ninja()
    assert result.returncode == 1  # the order of `bare` has not been reviewed
    assert "bare.order: error: this configuration has no reviewed order yet" in result.stdout
    assert "gadget" not in (folder / "order.txt").read_text()
    assert "cc ../../phases/main.c" in made(tree.ninja("order", "phasevisor.elf")) + result.stdout.\
        replace("] ", "\n").splitlines()
    assert tree.ninja().returncode == 0


def test_a_file_that_comes_goes_or_is_renamed(tree):
    folder = tree.root / "build" / "small"
    tree.write("devices/new.c", '#include "phases/phase.h"\n' + phase("brand_new"))
    result = tree.ninja()
    assert result.returncode == 1
    assert "devices/new.c: error: no Sources lists this file: add `SYMBOL: new.c`" in result.stdout
    tree.write("devices/Sources", "GADGET: gadget.c new.c\n")
    assert tree.ninja("order").returncode == 0
    assert "brand_new" in (folder / "order.txt").read_text()
    (tree.root / "devices/new.c").rename(tree.root / "devices/renamed.c")
    assert "devices/Sources:1: error: new.c does not exist" in tree.ninja().stdout
    tree.write("devices/Sources", "GADGET: gadget.c renamed.c\n")
    assert "cc ../../devices/renamed.c" in made(tree.ninja())
    (tree.root / "devices/renamed.c").unlink()
    tree.write("devices/Sources", "GADGET: gadget.c\n")
    assert tree.ninja("order").returncode == 0
    assert "brand_new" not in (folder / "order.txt").read_text()


def test_a_folder_of_its_own(tree):
    tree.write("devices/clock/Sources", "CORE: clock.c\n")
    tree.write("devices/clock/clock.c", '#include "phases/phase.h"\n' + phase("clock"))
    assert "cc ../../devices/clock/clock.c" in made(tree.ninja("order"))


def test_a_module_of_the_generator_and_the_linker_script(tree):
    tree.edit("phases/graph/emit_text.py", "# What this build runs", "# Just what this build runs")
    assert "sort the phases" in tree.ninja().stdout
    assert "renew" in tree.ninja("order").stdout
    tree.edit("arch/x86/phasevisor.lds", "SECTIONS {", "other = 1;\nSECTIONS {")
    lines = made(tree.ninja())
    assert "link phasevisor.linked" in lines and not [line for line in lines if line[:2] == "cc"]


def test_an_order_that_was_not_reviewed(tree):
    tree.edit("phases/base.c", "does base", "does other things")
    result = tree.ninja()
    assert result.returncode == 1
    assert "small.order: error: this build's order is not the reviewed one" in result.stdout
    assert "+    base: does other things" in result.stdout and "`ninja order`" in result.stdout
    assert tree.ninja("order").returncode == 0
    assert "base: does other things" in (tree.root / "configs/small.order").read_text()
    assert tree.ninja().returncode == 0


def test_a_custom_build_is_told_once(tree):
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    result = tree.ninja()
    assert result.returncode == 0, result.stdout
    assert "not a reviewed one; no pair of phases is ordered otherwise than in small" in result.stdout
    assert "reviewed" not in tree.ninja().stdout
    golden = (tree.root / "configs/small.order").read_bytes()
    result = tree.ninja("order")
    assert result.returncode == 1 and "savedefconfig" in result.stdout
    assert (tree.root / "configs/small.order").read_bytes() == golden


def test_a_mistake_in_a_config_keeps_the_build_as_it_was(tree):
    tree.edit("build/small/.config", "CONFIG_GADGET=y", "CONFIG_GADGTE=y")
    result = tree.ninja()
    assert result.returncode == 1 and "no Kconfig file defines GADGTE" in result.stdout
    tree.edit("build/small/.config", "CONFIG_GADGTE=y", "CONFIG_GADGET=y")
    assert tree.ninja().returncode == 0


def test_a_refused_graph_names_its_files_from_the_root(tree):
    tree.edit("devices/gadget.c", "PHASE_WANTS(gadget, base", "PHASE_WANTS(gadget, bsae")
    result = tree.ninja()
    assert result.returncode == 1
    assert "devices/gadget.c:5: error: `gadget` wants `bsae`" in result.stdout


def test_both_compilers_give_the_same_graph(built, tmp_path):
    tree = BuildTree(tmp_path)
    tree.configure("small", "--cc", "clang")
    assert tree.ninja("phasevisor.elf").returncode == 0
    for name in ("graph.json", "order.txt", "table.c"):
        ours = (tree.root / "build" / "small" / name).read_bytes()
        assert ours == (built.root / "build" / "small" / name).read_bytes()


def test_two_folders_the_same_bytes(built, tmp_path):
    tree = BuildTree(tmp_path / "a folder with blanks")
    folder = tree.build("other", source="small")
    for name in ("phasevisor.elf", "graph.json", "order.txt", "graph.svg"):
        expected = (built.root / "build" / "small" / name).read_bytes()
        assert (folder / name).read_bytes() == expected, name


def test_nothing_is_written_outside_of_build(tree):
    before = tree.files()
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    assert tree.ninja("phasevisor.elf", "graph", "iso", "savedefconfig").returncode == 0
    assert tree.files() == before


def menuconfig(tree, keys):
    """Runs `ninja menuconfig` in a terminal and types; gives back its exit status."""
    child = pexpect.spawn(
        "ninja", ["menuconfig"], cwd=str(tree.root / "build" / "small"), timeout=20,
        env=os.environ | {"TERM": "xterm", "LANG": "C.UTF-8"}, dimensions=(24, 80),
    )
    child.expect("A gadget")
    for key, answer in keys:
        child.send(key)
        child.expect(answer)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_menuconfig(tree):
    config = tree.root / "build" / "small" / ".config"
    before = config.read_bytes()
    leave = [(" ", "Its port"), ("q", "Save configuration")]
    assert menuconfig(tree, leave + [("n", "not saved")]) == 0
    assert config.read_bytes() == before
    assert menuconfig(tree, leave + [("y", "saved to")]) == 0
    assert "# CONFIG_GADGET is not set" in config.read_text()
    assert tree.ninja("order").returncode == 0
    assert "gadget" not in (tree.root / "build" / "small" / "order.txt").read_text()
