# SPDX-License-Identifier: BSD-2-Clause
"""A phase that calls what another makes work, and does not say that it comes after it, is refused."""

import pytest
from graph_tree import FACTS, Tree, phase
from test_graph_image import Image

HEADER = """
void *reserved_take(int);
void panic(const char *);
"""
BLOCK = '#include "block.h"\n' + phase("reserved_block") + """
PHASE_GIVES(reserved_block, reserved_take);
void *reserved_take(int count)
{
	__asm__ volatile("");
	return (void *)(long)count;
}
void panic(const char *text)
{
	reserved_take(text[0]);
	for (;;) {
	}
}
"""
# A helper that is static and in its caller's section: the assembler resolves that call.
HELPER = """
static __attribute__((unused, noinline, section(".text.phase.%(stage)s"))) void *take_page(int n)
{
	return (char *)reserved_take(n + 1) + 1;
}
"""


def hello(stage="early", code="take_page(4)", **edges):
    text = phase("hello", stage, **edges)
    head, brace, body = text.partition("\n{\n")
    body = f"\t__asm__ volatile(\"\" : : \"r\"({code}));\n" + body
    return '#include "block.h"\n' + HELPER % {"stage": stage} + head + brace + body


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path)
    tree.add("block.h", HEADER)
    tree.add("block.c", BLOCK)
    return tree


def check(tree, cc="gcc"):
    image = Image(tree, cc)
    image.link()
    return image.check()


def accepted(tree, cc="gcc"):
    result = check(tree, cc)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_a_forgotten_need(tree, cc):
    tree.add("hello.c", hello())
    result = check(tree, cc)
    assert result.returncode == 1 and result.stderr.count("error:") == 1
    assert (
        "hello.c:8: error: `hello` calls reserved_take (hello_init -> take_page -> reserved_take),"
        " which works once `reserved_block` is done\n"
        '    add PHASE_NEEDS(hello, reserved_block, "why")\n'
    ) in result.stderr
    tree.add("hello.c", hello(needs=["reserved_block"]))
    accepted(tree, cc)


def test_of_two_that_are_missing_the_later_one_is_told(tree):
    more = phase("more", needs=["reserved_block"]) + """PHASE_GIVES(more, take_more);
void *take_more(int count)
{
\treturn (char *)reserved_take(count) + 2;
}
"""
    tree.add("block.h", HEADER + "void *take_more(int);\n")
    tree.add("more.c", '#include "block.h"\n' + more)
    tree.add("hello.c", hello(code="(char *)take_more(1) + (long)reserved_take(2)"))
    text = check(tree).stderr
    assert text.count("error:") == 1 and "works once `more` is done" in text


def test_what_comes_after_in_every_build(tree):
    """By a need or a want of its own, and by needs of what it needs."""
    tree.add("hello.c", hello(wants=["reserved_block"]))
    accepted(tree)
    tree.add("hello.c", hello(needs=["between"]))
    tree.add("between.c", phase("between", needs=["more"]) + phase("more", needs=["reserved_block"]))
    accepted(tree)
    tree.add("between.c", phase("between", needs=["more"]) + phase("more", wants=["reserved_block"]))
    assert check(tree).returncode == 1


@pytest.mark.parametrize("kind, on", [("wants", "between"), ("wants", "memory"), ("needs", "memory")])
def test_what_may_be_absent_or_another(tree, kind, on):
    tree.add("hello.c", hello(**{kind: [on]}))
    tree.add("between.c", phase("between", needs=["reserved_block"], provides=["memory"]))
    assert 'add PHASE_NEEDS(hello, reserved_block, "why")' in check(tree).stderr


def test_an_earlier_stage_is_enough_and_another_is_not(tree):
    tree.add("hello.c", hello("cpus"))
    accepted(tree)
    tree.add("block.c", BLOCK.replace("reserved_block, early", "reserved_block, others"))
    result = check(tree)
    assert "but `reserved_block` is of stage others, which stage cpus does not follow" in result.stderr


def test_the_address_of_what_is_given(tree):
    tree.add("hello.c", hello(code="reserved_take"))
    assert "`hello` calls reserved_take (hello_init -> reserved_take)" in check(tree).stderr


def test_the_way_to_a_panic_does_not_count(tree):
    tree.add("hello.c", hello(code='panic("x"), 0'))
    accepted(tree)


def test_a_function_that_is_not_in_the_image(tree):
    tree.add("block.c", BLOCK.replace("GIVES(reserved_block, reserved_take", "GIVES(reserved_block, take"))
    result = check(tree)
    assert "phase `reserved_block` gives `take`, but the image has no function" in result.stderr


def test_each_journey_has_a_giver_of_its_own(tree):
    """On each journey another phase makes it work, and each is done before."""
    tree.add("phases/facts.c", FACTS)
    tree.add("entry.S", 'STEP(a, bsp, "m", "s", "d")\nSTEP_SETS(a, boot_bios)\n'
             'STEP(b, bsp, "m", "s", "d")\nSTEP_SETS(b, boot_uefi)\n')
    other = phase("other_block", only=["boot_uefi"], provides=["block"])
    other += "PHASE_GIVES(other_block, reserved_take);\n"
    tree.add("other.c", other)
    block = BLOCK.replace("PHASE_GIVES", "PHASE_ONLY(reserved_block, boot_bios);\n"
                          "PHASE_PROVIDES(reserved_block, block);\nPHASE_GIVES")
    tree.add("block.c", block)
    tree.add("hello.c", hello(needs=["block"]))
    accepted(tree)
    tree.add("hello.c", hello(wants=["other_block"]))
    assert "which works once `reserved_block` is done" in check(tree).stderr
