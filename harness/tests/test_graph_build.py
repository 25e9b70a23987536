# SPDX-License-Identifier: BSD-2-Clause
"""A newcomer's mistakes in a build: one message, before the compiler has anything to say."""

import pytest
from build_tree import BuildTree


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = BuildTree(tmp_path_factory.mktemp("tree"))
    tree.build()
    return tree


@pytest.mark.parametrize("old, new, message", [
    ("gadget_init(void)", "gadget_inti(void)", "did you mean `gadget_inti`?"),
    ('"does gadget"', '"does gadget", .undo = gadget_undo', "`gadget_undo`, which is not declared"),
    ("PHASE(gadget, early", "PHASE(gadget, erly", "did you mean `early`?"),
    ('#include "phases/phase.h"', "", 'add #include "phases/phase.h"'),
    ("PHASE_WANTS(gadget, base", "PHASE_WANTS(gadget, bass", "did you mean `base`?"),
    ('.does = "does gadget"', ".vital = true", "phase of `gadget` has no .does"),
])
def test_one_message_and_nothing_compiled(tree, old, new, message):
    text = (tree.root / "devices/gadget.c").read_text()
    tree.edit("devices/gadget.c", old, new)
    result = tree.ninja()
    tree.write("devices/gadget.c", text)
    output = result.stdout + result.stderr
    assert result.returncode == 1 and message in output
    assert output.count("error:") == 1 and "] cc " not in output, output


def test_it_goes_on_when_the_mistake_is_away(tree):
    result = tree.ninja()
    assert result.returncode == 0, result.stdout
    assert tree.ninja().stdout == "ninja: no work to do.\n"
