# SPDX-License-Identifier: BSD-2-Clause
"""Reviewed orders belong to defconfigs: what a build that equals none is told, and how often."""

import pytest
from build_tree import BuildTree
from graph_tree import phase

NOTE = "note: the order of this configuration is not a reviewed one"


@pytest.fixture
def tree(tmp_path):
    """With LOUD, `x3` stands between `x2` and `x1`, which else come as their names do."""
    tree = BuildTree(tmp_path)
    header = '#include "phases/phase.h"\n'
    tree.write("devices/loud.c", header + phase("x3", needs=["x2"]))
    tree.write("devices/Sources", "GADGET: gadget.c\nLOUD: loud.c\n")
    tree.write("phases/more.c", header + phase("x1", wants=["x3"]) + phase("x2"))
    tree.write("phases/Sources", "CORE: stages.c main.c base.c more.c\n")
    tree.build("small")
    return tree


def make(tree, name="small"):
    result = tree.ninja(name=name)
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_pairs_are_told_once(tree):
    tree.edit("build/small/.config", "# CONFIG_LOUD is not set", "CONFIG_LOUD=y")
    told = make(tree)
    assert f"{NOTE}; 1 pair of phases is ordered otherwise than in small.order:\n" \
           "    x2 now comes before x1\n" in told
    assert NOTE not in make(tree)
    tree.edit("phases/main.c", "int the_answer(void);\n", "int the_answer(void);\n/* */\n")
    assert NOTE not in make(tree)
    tree.edit("devices/loud.c", "does x3", "does other things")  # another order.txt, the same pairs
    assert NOTE not in make(tree)
    tree.edit("devices/gadget.c", '"gadget uses base");\n', '"gadget uses base");\n'
              'PHASE_WANTS(gadget, x3, "so that there is another pair");\n')
    assert "2 pairs of phases are ordered otherwise" in make(tree)


def test_a_custom_build_without_other_pairs(tree):
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    assert f"{NOTE}; no pair of phases is ordered otherwise than in small.order\n" in make(tree)
    assert NOTE not in make(tree)


def test_it_is_compared_only_where_the_configuration_is_the_defconfigs(tree):
    tree.edit("configs/small.order", "does x1", "does what nobody reviewed")
    assert "error: this build's order is not the reviewed one" in tree.ninja().stdout
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    make(tree)
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=6", "CONFIG_GADGET_SPEED=5")
    assert "error: this build's order is not the reviewed one" in tree.ninja().stdout


def test_a_defconfig_that_says_more_than_it_must(tree):
    """It counts what a configuration gives, not what stands in the file."""
    tree.write("configs/small_defconfig", "# all on\nCONFIG_GADGET=y\n")
    make(tree)
    tree.edit("configs/small.order", "does x1", "does what nobody reviewed")
    assert "error: this build's order is not the reviewed one" in tree.ninja().stdout


def test_ninja_order_in_a_custom_build(tree):
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    before = tree.files()
    result = tree.ninja("order")
    assert result.returncode == 1
    said = [line for line in result.stdout.splitlines() if "A reviewed order belongs" in line]
    assert len(said) == 1 and "`ninja savedefconfig`, copy ./defconfig to configs/NAME" in said[0]
    assert tree.files() == before


def test_a_custom_build_becomes_a_defconfig(tree):
    """By the words of that message."""
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6")
    assert tree.ninja("savedefconfig").returncode == 0
    folder = tree.root / "build/small"
    tree.write("configs/six_defconfig", (folder / "defconfig").read_text())
    assert tree.configure("six").returncode == 0
    assert tree.ninja("order", name="six").returncode == 0
    assert (tree.root / "configs/six.order").exists() and NOTE not in make(tree, "six")
