# SPDX-License-Identifier: BSD-2-Clause
"""Facts: a build is right for each combination of them that can come up."""

import pytest
from graph_tree import FACTS, ROOT, Tree, phase
from test_graph_image import Image

STEPS = """
STEP(bios_entry, bsp, "32-bit", "none", "takes over from the BIOS")
STEP_SETS(bios_entry, boot_bios)
STEP(uefi_entry, bsp, "64-bit", "firmware's", "takes over from UEFI")
STEP_SETS(uefi_entry, boot_uefi)
"""


@pytest.fixture
def tree(tmp_path):
    """Two ways in, two kinds of processors."""
    tree = Tree(tmp_path)
    tree.add("phases/facts.c", FACTS)
    tree.add("entry.S", STEPS)
    tree.add("one.c", phase("find_one", sets=["cpu_one"]))
    tree.add("two.c", phase("find_two", sets=["cpu_two"]))
    return tree


def combinations(tree):
    return [" ".join(sorted(true)) for true in tree.model().combinations]


def test_combinations(tree):
    assert combinations(tree) == [
        "boot_bios cpu_one", "boot_bios cpu_two", "boot_uefi cpu_one", "boot_uefi cpu_two"
    ]


def test_facts_that_nothing_sets_and_groups_without_any(tree):
    tree.add("two.c", phase("find_two", sets=["cpu_two"]), symbol="TWO")
    assert combinations(tree) == ["boot_bios cpu_one", "boot_uefi cpu_one"]
    tree.add("entry.S", STEPS, symbol="ENTRY")
    assert combinations(tree) == ["cpu_one"]
    tree.add("one.c", phase("find_one", sets=["cpu_one"]), symbol="ONE")
    assert combinations(tree) == [""]


def test_a_setter_that_is_itself_only_for_a_fact(tree):
    tree.add("two.c", phase("find_two", sets=["cpu_two"], only=["boot_uefi"]))
    assert combinations(tree) == [
        "boot_bios cpu_one", "boot_bios", "boot_uefi cpu_one", "boot_uefi cpu_two"
    ]
    tree.add("a.c", phase("a", only=["cpu_two"]))
    tree.add("b.c", phase("b", only=["boot_bios"]) + phase("c", only=["cpu_one"]))
    tree.model()
    tree.add("d.c", phase("d", only=["boot_bios", "cpu_two"]))
    tree.refusal(
        "d.c:3: error: phase `d` can never run: boot_bios and cpu_two are never true together",
        "d.c:4: only when cpu_two",
    )


def test_the_setter_comes_first(tree):
    tree.add("a.c", phase("a_first_by_name", only=["cpu_two"]))
    assert list(tree.model().phases) == ["find_one", "find_two", "a_first_by_name"]


def test_a_need_that_one_combination_does_not_meet(tree):
    tree.add("a.c", phase("a", needs=[("map", "it is printed")]))
    tree.add("m.c", phase("map", only=["boot_uefi"]))
    tree.refusal(
        "a.c:3: error: when boot_bios and cpu_one: phase `a` needs `map`, which does not run then",
        'a.c:3: why: "it is printed"',
        "m.c:3: `map` is it, only when boot_uefi",
        "add PHASE_ONLY(a, boot_uefi), or make it a want",
    )
    tree.add("a.c", phase("a", needs=["map"], only=["boot_uefi"]))
    tree.model()
    tree.add("a.c", phase("a", wants=["map"]))
    tree.model()


def test_a_capability_that_each_journey_has_from_another(tree):
    tree.add("a.c", phase("a", needs=["map"]))
    tree.add("m.c", phase("m1", only=["boot_bios"], provides=["map"]))
    text = tree.refusal("when boot_uefi and cpu_one: phase `a` needs `map`", "m1` provides it")
    assert "make it a want" in text
    tree.add("n.c", phase("m2", only=["boot_uefi"], provides=["map"]))
    assert tree.model().phases["a"].edges[0].of == ["m1", "m2"]
    tree.add("n.c", phase("m2", only=["boot_uefi", "cpu_one"], provides=["map"]))
    tree.refusal("when boot_uefi and cpu_two: phase `a` needs `map`")


def test_phases_that_never_meet_are_not_ordered(tree):
    """The way in over UEFI prints with its own console, which needs its own map."""
    tree.add("u.c", phase("uefi_console", needs=["map"], only=["boot_uefi"], provides=["console"]))
    tree.add("m.c", phase("m1", wants=["console"], only=["boot_bios"], provides=["map"]))
    tree.add("n.c", phase("m2", only=["boot_uefi"], provides=["map"]))
    graph = tree.model()
    assert graph.phases["uefi_console"].edges[0].of == ["m2"]
    assert graph.phases["m1"].edges[0].apart == ["uefi_console"]
    tree.graph()
    assert "# wants console (never in one journey with it)" in (tree.output / "order.txt").read_text()


def test_a_cycle_over_who_sets_a_fact(tree):
    tree.add("one.c", phase("find_one", wants=["a"], sets=["cpu_one"]))
    tree.add("a.c", phase("a", only=["cpu_one"]))
    tree.refusal(
        "a cycle of 2 phases",
        'a.c:3: `a` is only for `cpu_one`, which `find_one` sets: "it finds out whether cpu_one holds"',
        "one.c:3: `find_one` wants `a`",
    )


def test_a_fact_that_is_set_later(tree):
    tree.add("one.c", phase("find_one", stage="late", sets=["cpu_one"]))
    tree.add("a.c", phase("a", only=["cpu_one"]))
    tree.refusal(
        "a.c:3: error: `a` (stage early) is only for cpu_one, set by `find_one` (stage late), and"
        " late comes later",
        "one.c:2: `find_one` sets it",
    )


def test_two_setters(tree):
    tree.add("three.c", phase("find_three", sets=["cpu_one"]))
    tree.refusal("`find_three` sets `cpu_one`, and so does `find_one`", "one.c:3: `find_one` sets it")
    tree.add("three.c", phase("find_three", sets=["cpu_one"]), symbol="OTHER")
    tree.model()


@pytest.mark.parametrize("stage, cpus", [("cpus", "all"), ("others", "aps")])
def test_a_setter_on_other_processors(tree, stage, cpus):
    tree.add("one.c", phase("find_one", stage, sets=["cpu_one"]))
    tree.refusal(f"one.c:3: error: `find_one` ({cpus}) sets `cpu_one`: only the boot processor can")


def test_a_step_of_other_processors_as_setter(tree):
    tree.add("entry.S", STEPS.replace("bios_entry, bsp", "bios_entry, aps"))
    tree.refusal("`bios_entry` (aps) sets `boot_bios`: only the boot processor can, once")


def test_a_fact_that_nothing_in_this_build_sets(tree):
    tree.add("two.c", phase("find_two", sets=["cpu_two"]), symbol="TWO")
    tree.add("a.c", phase("a", only=["cpu_two"]))
    tree.refusal(
        "a.c:3: error: phase `a` is only for `cpu_two`, which nothing in this build sets",
        "two.c:3: `find_two` sets it; CONFIG_TWO=y would bring it in",
    )
    tree.add("two.c", phase("find_two"))
    tree.refusal("`cpu_two`, which nothing in the tree sets", "STEP_SETS or PHASE_SETS")


def test_a_fact_that_exists_nowhere(tree):
    tree.add("a.c", phase("a", only=["boot_ueif"]))
    tree.add("b.c", phase("b", sets=["cpu_tow"]))
    tree.add("c.S", 'STEP(c, bsp, "m", "s", "d")\nSTEP_SETS(c, boot_boys)\n')
    tree.refusal(
        "a.c:3: error: `a` is only for `boot_ueif`: no fact of the name `boot_ueif` exists",
        "phases/facts.c:4: did you mean `boot_uefi`?",
        "b.c:3: error: `b` sets `cpu_tow`: no fact",
        "did you mean `cpu_two`?",
        "c.S:3: error: `c` sets `boot_boys`",
    )


def test_two_facts_of_one_group(tree):
    tree.add("a.c", phase("a", only=["boot_uefi", "boot_bios"]))
    tree.refusal("`a` is only for `boot_bios` and only for `boot_uefi`, of which one at most is true")
    tree.add("a.c", phase("a", only=["boot_uefi", "boot_uefi"]))
    tree.refusal("`a` is only for `boot_uefi` twice")


def test_a_phase_that_sets_what_it_is_only_for(tree):
    tree.add("one.c", phase("find_one", sets=["cpu_one"], only=["cpu_one"]))
    tree.refusal("`find_one` is only for `cpu_one`, which it sets itself")


def test_a_need_on_a_fact(tree):
    tree.add("a.c", phase("a", needs=["boot_uefi"]))
    tree.refusal("phase `a` needs `boot_uefi`, which is a fact: write PHASE_ONLY(a, boot_uefi)")


def test_facts_elsewhere_twice_and_without_words(tree):
    tree.add("a.c", 'FACT(mine, boot, "x");\n')
    tree.refusal("a.c:2: error: a misplaced record: facts are declared in phases/facts.c")
    tree.add("a.c", "")
    tree.add("phases/facts.c", FACTS + 'FACT(boot_uefi, boot, "again");\nFACT(x, boot, "");\n')
    tree.refusal("two facts of one name: `boot_uefi`", "fact `x` has an empty does")


def test_only_and_sets_stand_with_their_phase(tree):
    tree.add("a.c", phase("a"))
    tree.add("b.c", phase("b") + "PHASE_ONLY(a, boot_uefi);\nPHASE_SETS(find_one, cpu_two);\n")
    tree.refusal("only of phase `a` in another file", "sets of phase `find_one` in another file")


def test_texts_of_a_build(tree):
    tree.add("a.c", phase("a", only=["cpu_two", "boot_uefi"], extra=", .vital = true"))
    graph = tree.graph()
    assert graph["combinations"][0] == ["boot_bios", "cpu_one"]
    assert {fact["name"]: fact["setter"] for fact in graph["facts"]} == {
        "boot_bios": "bios_entry", "boot_uefi": "uefi_entry",
        "cpu_one": "find_one", "cpu_two": "find_two",
    }
    assert graph["facts"][0] == {
        "name": "boot_bios", "group": "boot", "does": "a BIOS started us", "setter": "bios_entry",
        "file": "phases/facts.c", "line": 3,
    }
    phases = {item["name"]: item for item in graph["phases"]}
    assert phases["a"]["only"] == ["boot_uefi", "cpu_two"] and phases["find_one"]["sets"] == ["cpu_one"]
    assert graph["steps"][0]["sets"] == ["boot_bios"]
    text = (tree.output / "order.txt").read_text()
    assert "    # only when cpu_two, which find_two sets: the processor is of the second kind\n" in text
    assert "    a: does a [only when boot_uefi and cpu_two; vital]\n" in text
    assert "    find_two: does find_two [sets cpu_two]\n" in text
    assert "[64-bit; stack: firmware's; sets boot_uefi]" in text
    tree.phasegraph("draw", tree.output / "graph.json", tree.output / "graph.dot")
    text = (tree.output / "graph.dot").read_text()
    assert '"find_two" -> "a" [style=dotted, tooltip="a only when cpu_two, which find_two' in text
    assert 'fillcolor="#fffbd0", label="a\\nonly when boot_uefi and cpu_two"' in text


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_table_of_a_build(tree, cc):
    tree.add("a.c", phase("a", only=["cpu_two", "boot_uefi"]))
    tree.add("set.S", "\t.text\n\tmovb $1, fact_boot_uefi(%rip)\n")
    image = Image(tree, cc)
    image.link()
    result = image.check()
    assert result.returncode == 0, result.stderr
    text = (tree.output / "table.c").read_text()
    assert "only_a[]" in text and "{ &fact_boot_uefi, &fact_cpu_two, NULL };" in text
    image.link(lambda text: text.replace("{ &fact_boot_uefi,", "{ &fact_cpu_two,"))
    image.refused("phase a: it does not depend on the facts that it should")


def test_the_products_own_facts():
    text = (ROOT / "phases" / "facts.c").read_text()
    assert all(f"FACT({name}," in text for name in ("boot_multiboot", "boot_uefi", "cpu_svm", "cpu_vmx"))
