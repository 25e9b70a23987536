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
    ('.does = "does gadget"', ".vital = true", "phase `gadget` has no .does"),
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


GIVES = """
PHASE_GIVES(base, base_take);
int base_take(void);
int base_take(void)
{
\treturn 1;
}
"""


def test_no_order_is_reviewed_of_an_image_that_is_refused(tree):
    folder, order = tree.root / "build/small", tree.root / "configs/small.order"
    before = [(folder / "phasevisor.elf").read_bytes(), order.read_text()]
    tree.write("phases/base.c", (tree.root / "phases/base.c").read_text() + GIVES)
    text = (tree.root / "devices/gadget.c").read_text().replace("return", "base_take();\n\treturn")
    text = "".join(line for line in text.splitlines(True) if "PHASE_WANTS" not in line)
    tree.write("devices/gadget.c", "int base_take(void);\n" + text)
    for target in ((), ("order",), ("-k0",)):
        output = tree.ninja(*target)
        assert output.returncode == 1 and "works once `base` is done" in output.stdout
        assert "reviewed" not in output.stdout, output.stdout
        assert not (folder / "phasevisor.elf.new").exists()
    assert [(folder / "phasevisor.elf").read_bytes(), order.read_text()] == before
