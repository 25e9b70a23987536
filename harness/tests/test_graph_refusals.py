# SPDX-License-Identifier: BSD-2-Clause
"""Each thing that the generator refuses is put into a small tree, and the message is read."""

import pytest
from graph_tree import STAGES, Tree, phase


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_cycle_is_shown_edge_by_edge_and_is_a_shortest_one(tree):
    tree.add("a.c", phase("a", needs=[("b", "a reads b")]) + phase("x", needs=["a"]))
    tree.add("b.c", phase("b", needs=[("c", "b reads c")], wants=[("long1", "the long way")]))
    tree.add("c.c", phase("c", wants=[("gift", "c likes gifts")]))
    tree.add("g.c", phase("giver", needs=[("a", "it gives a's")], provides=["gift"]))
    tree.add("l.c", phase("long1", needs=["long2"]) + phase("long2", needs=["long3"]))
    tree.add("m.c", phase("long3", needs=["long4"]) + phase("long4", needs=["b"]))
    text = tree.refused(
        "a.c:2: error: a cycle of 4 phases",
        'a.c:3: `a` needs `b`: "a reads b"',
        'b.c:3: `b` needs `c`: "b reads c"',
        'c.c:3: `c` wants `gift`, which `giver` provides: "c likes gifts"',
        'g.c:3: `giver` needs `a`: "it gives a\'s"',
    )
    assert "long" not in text and "`x`" not in text


def test_cycle_of_stages(tree):
    tree.add(
        "phases/stages.c",
        'STAGE(one, bsp, .does = "x");\nSTAGE_FOLLOWS(one, two, "forth");\n'
        'STAGE(two, bsp, .does = "x");\nSTAGE_FOLLOWS(two, one, "back");\n',
    )
    tree.refused("a cycle of 2 stages", '`one` follows `two`: "forth"', '`two` follows `one`')


def test_phase_that_needs_itself(tree):
    tree.add("a.c", phase("a", needs=["gift"], provides=["gift"]))
    tree.refused("a.c:3: error: `a` needs itself: it provides `gift`")


def test_need_outside_of_this_build_names_file_and_symbol_and_who_suffers(tree):
    tree.add("a.c", phase("a", needs=[("b", "a reads b")]))
    tree.add("c.c", phase("c", needs=[("a", "c reads a")]))
    tree.add("devices/b.c", phase("b"), symbol="GADGET")
    tree.refused(
        "a.c:3: error: phase `a` needs `b`, which is not in this build",
        'why: "a reads b"',
        "devices/b.c:2: `b` is it; CONFIG_GADGET=y would bring it in",
        'c.c:3: and `c` needs `a`: "c reads a"',
    )


def test_capability_without_provider_in_this_build(tree):
    tree.add("a.c", phase("a", needs=["console"]))
    tree.add("b.c", phase("b", provides=["console"]), symbol="UART")
    tree.add("c.c", phase("c", provides=["console"]), symbol="SCREEN")
    tree.refused(
        "a.c:3: error: phase `a` needs the capability `console`, which no phase of this build",
        "b.c:3: `b` provides it; CONFIG_UART=y would bring it in",
        "c.c:3: `c` provides it; CONFIG_SCREEN=y would bring it in",
    )


@pytest.mark.parametrize("kind", ["needs", "wants"])
def test_typo_in_an_edge(tree, kind):
    tree.add("a.c", phase("a", **{kind: ["console", "acpi_tabels"]}))
    tree.add("b.c", phase("acpi_tables", provides=["console"]))
    text = tree.refused(
        f"a.c:4: error: `a` {kind} `acpi_tabels`: no phase or capability of the name",
        "b.c:2: did you mean `acpi_tables`?",
    )
    assert "console" not in text


def test_typo_in_a_file_that_is_not_built(tree):
    tree.add("a.c", phase("a", wants=["heep"]), symbol="NOT_BUILT")
    tree.add("b.c", phase("heap"))
    tree.refused("a.c:3: error: `a` wants `heep`", "did you mean `heap`?")


def test_typo_in_a_capability_that_is_needed(tree):
    tree.add("a.c", phase("a", needs=["console"]))
    tree.add("b.c", phase("b", provides=["consle"]))
    tree.refused("`a` needs `console`: no phase or capability", "b.c:3: did you mean `consle`?")


def test_typo_in_a_capability_that_others_provide(tree):
    tree.add("a.c", phase("a", needs=["console"]) + phase("c", provides=["console"]))
    tree.add("b.c", phase("b", provides=["consle"]))
    tree.refused(
        "b.c:3: error: `b` provides `consle`, which nothing in the tree needs",
        "did you mean `console`?",
    )


def test_capability_that_nobody_needs_is_fine(tree):
    assert tree.add("a.c", phase("a", provides=["anything"])).order() == ["a"]


def test_typo_in_a_stage(tree):
    tree.add("a.c", phase("a", stage="erly"))
    tree.refused("a.c:2: error: phase `a`: no stage of the name `erly`", "did you mean `early`?")


def test_typo_in_what_a_stage_follows(tree):
    tree.add("phases/stages.c", 'STAGE(one, bsp, .does = "x");\nSTAGE_FOLLOWS(one, tow, "y");')
    tree.refused("phases/stages.c:3: error: stage `one` follows `tow`: no stage of the name `tow`")


def test_typo_in_the_phase_that_an_edge_belongs_to(tree):
    tree.add("a.c", phase("alpha") + phase("b") + 'PHASE_NEEDS(alhpa, b, "why");\n')
    tree.refused("no phase of the name `alhpa` exists", "did you mean `alpha`?")


def test_two_phases_of_one_name_even_if_one_is_not_built(tree):
    tree.add("a.c", phase("same"))
    tree.add("b.c", phase("same"), symbol="OTHER")
    tree.refused("b.c:2: error: two phases of one name: `same`", "a.c:2: phase `same`")


def test_phase_and_step_of_one_name(tree):
    tree.add("a.c", phase("same") + 'STEP(same, bsp, "m", "s", "d");\n')
    tree.refused("a phase and a step of one name: `same`")


def test_phase_and_capability_of_one_name(tree):
    tree.add("a.c", phase("heap") + phase("b", provides=["heap"]))
    tree.refused("`b` provides the capability `heap`, which is the name of a node", "a.c:2: phase")


def test_edge_to_a_later_stage(tree):
    tree.add("a.c", phase("a", needs=[("b", "a reads b")]))
    tree.add("b.c", phase("b", stage="late"))
    tree.refused(
        "a.c:3: error: `a` (stage early) needs `b` (stage late), and late comes later",
        'why: "a reads b"',
        'phases/stages.c:9: late follows cpus: "no processor stays outside"',
        'phases/stages.c:5: cpus follows early: "all share it"',
    )


def test_edge_to_an_unordered_stage_by_a_capability(tree):
    tree.add("a.c", phase("a", stage="cpus", wants=["gift"]))
    tree.add("b.c", phase("b", stage="others", provides=["gift"]))
    tree.refused(
        "`a` (stage cpus) wants `b` (stage others), and neither of the stages cpus and others",
        "`b` provides `gift`",
    )


@pytest.mark.parametrize("reason", ["", "  "])
@pytest.mark.parametrize("kind", ["needs", "wants"])
def test_empty_reason(tree, kind, reason):
    tree.add("a.c", phase("a", **{kind: [("b", reason)]}) + phase("b"))
    tree.refused(f"a.c:3: error: `a` {kind} `b` for an empty reason: it must be")


def test_reason_that_is_no_literal(tree):
    tree.add("a.c", '#define WHY "x"\n' + phase("a") + phase("b") + "PHASE_NEEDS(a, b, WHY);\n")
    tree.refused("`a` needs `b` for a reason that is no string literal: it must be a string literal")


def test_missing_and_empty_does(tree):
    code = "static enum phase_result {0}(void)\n{{\n\treturn PHASE_DONE;\n}}\n"
    tree.add("a.c", "PHASE(a, early, fa, .vital = true);\n" + code.format("fa"))
    tree.add("b.c", 'PHASE(b, early, fb, .does = "");\n' + code.format("fb"))
    tree.refused("a.c:2: error: phase `a` has no .does", "b.c:2: error: phase `b` has an empty .does")


def test_step_that_does_nothing(tree):
    tree.add("a.S", 'STEP(a, bsp, "32-bit", "none", "")\n')
    tree.refused("a.S:2: error: step `a` has an empty does")


def test_empty_reason_of_a_stage(tree):
    tree.add(
        "phases/stages.c",
        'STAGE(a, bsp, .does = "x");\nSTAGE(b, bsp, .does = "x");\nSTAGE_FOLLOWS(b, a, "");',
    )
    tree.refused("stage `b` follows `a` for an empty reason")


def test_phase_inside_a_condition(tree):
    tree.add("a.c", "#if 1\n" + phase("a") + "#endif\n")
    tree.refused("a.c:3: error: phase `a` stands inside the #if of line 2", "a file of its own")


def test_stage_outside_of_its_file(tree):
    tree.add("a.c", 'STAGE(mine, bsp, .does = "x");\n')
    tree.refused("a.c:2: error: a misplaced record: stages are declared in phases/stages.c")


def test_edge_outside_of_its_phases_file(tree):
    tree.add("a.c", phase("a"))
    tree.add("b.c", phase("b") + 'PHASE_NEEDS(a, b, "why");\n')
    tree.refused("a misplaced record: needs of phase `a` in another file", "a.c:2: phase `a` is")


def test_phase_in_a_header(tree):
    tree.add("a.h", phase("a"))
    tree.add("a.c", '#include "a.h"\n')
    tree.refused("a.h:1: error: a misplaced record", "not in a header or a macro")


def test_phase_behind_a_macro(tree):
    tree.add("a.c", '#define MINE(n) PHASE(n, early, f, .does = "x")\nMINE(a);\n' + FUNCTION)
    tree.refused("a.c:3: error: a misplaced record")


FUNCTION = "static enum phase_result f(void)\n{\n\treturn PHASE_DONE;\n}\n"


def test_file_that_no_sources_lists(tree):
    tree.add("devices/a.c", phase("a"), symbol=None)
    tree.refused("phase `a` is never built: no Sources lists its file", "devices/Sources")


def test_record_of_another_format(tree):
    tree.add("a.c", RECORD % "phase 9")
    tree.refused("a.c:7: error:", "a record of format 9; this generator reads format 1")


def test_record_of_an_unknown_kind(tree):
    tree.add("a.c", RECORD % "phrase 1")
    tree.refused("a.c:7: error:", "a record of an unknown kind: `record=phrase 1`")


def test_record_that_is_not_whole(tree):
    tree.add("a.c", RECORD % "phase 1")
    tree.refused("a record `phase` that is not whole")


def test_record_that_breaks_off(tree):
    tree.add("a.c", '__asm__(".pushsection .phase,\\"\\"\\n.ascii \\"rec\\"\\n.popsection");\n')
    tree.refused("section .phase ends in the middle of a record")


RECORD = """__asm__(".pushsection .phase,\\"\\"\\n.asciz \\"record=%s\\", \\"name=x\\""
\t", \\"file=a.c\\", \\"line=7\\", \\"\\"\\n.popsection");
"""


def test_table_that_somebody_else_writes_to(tree):
    tree.add(
        "a.c",
        phase("a") + "static const struct phase *const mine\n"
        '\t__attribute__((used, section(".initcall.early"))) = &phase_a;\n',
    )
    tree.refused("it puts something into .initcall.early")


def test_phase_that_needs_a_step(tree):
    tree.add("a.c", phase("a", needs=["entry"]) + 'STEP(entry, bsp, "m", "s", "d");\n')
    tree.refused("`a` needs `entry`, which is a step: steps come before every phase")


def test_step_that_needs_a_phase_or_a_typo(tree):
    tree.add("a.c", phase("a"))
    tree.add("a.S", 'STEP(b, bsp, "m", "s", "d")\nSTEP_NEEDS(b, a, "why")\n')
    tree.refused("a.S:3: error: step `b` needs `a`: no step of the name `a`")


def test_cycle_of_steps(tree):
    step = 'STEP(%s, bsp, "m", "s", "d")\nSTEP_NEEDS(%s, %s, "why %s")\n'
    tree.add("a.S", step % ("a", "a", "b", "one") + step % ("b", "b", "a", "two"))
    tree.refused("a cycle of 2 steps", 'a.S:3: `a` needs `b`: "why one"')


def test_step_of_the_boot_processor_that_needs_one_of_the_others(tree):
    tree.add("a.S", 'STEP(a, bsp, "m", "s", "d")\nSTEP(b, aps, "m", "s", "d")\n')
    tree.add("a.S", (tree.root / "a.S").read_text() + 'STEP_NEEDS(a, b, "why")\n')
    tree.refused("step `a` (bsp) needs `b`, which runs on the other processors only")


def test_unknown_cpus(tree):
    tree.add("a.S", 'STEP(a, every, "m", "s", "d")\n')
    tree.refused("a.S:2: error: step `a` runs on `every`, which is none of bsp")


def test_two_edges_between_two_phases(tree):
    tree.add("a.c", phase("a", needs=["b"], wants=["b"]) + phase("b"))
    tree.refused("error: two edges from `a` to `b`")


def test_all_independent_mistakes_are_told_at_once(tree):
    tree.add("a.c", phase("a", needs=["nobody"]))
    tree.add("b.c", phase("b", stage="nowhere"))
    tree.refused("`nobody`", "`nowhere`")


def test_wrong_use_has_status_2(tree):
    assert tree.phasegraph("generate").returncode == 2
    assert tree.phasegraph("no-such-command").returncode == 2
    assert tree.phasegraph("draw", "no-such-file.json", "x.dot").returncode == 2


def alone(text):
    """A refusal that is one message."""
    assert text.count("error:") == 1, text
    return text


HELLO = """#include "phases/phase.h"

PHASE(hello, early, hello_init,
      .does = "says hello"%s);

static enum phase_result %s(void)
{
\treturn PHASE_DONE;
}
"""


def test_newcomer_names_another_function(tree):
    tree.add("hello.c", HELLO % ("", "helo_init"))
    text = alone(tree.refusal("hello.c:3: error: phase `hello` runs `hello_init`, but the file has no"))
    assert "hello.c:6: did you mean `helo_init`?" in text
    tree.add("hello.c", HELLO % ("", "start"))
    assert "write `static enum phase_result hello_init(void)` below PHASE" in alone(tree.refusal())


@pytest.mark.parametrize("head", [
    "static void hello_init(void)", "static int hello_init(void)", "enum phase_result hello_init(void)",
    "static enum phase_result hello_init()", "static enum phase_result hello_init(int a, int b)",
    "static enum phase_result\nhello_init(int a)",
])
def test_newcomer_writes_a_function_of_another_type(tree, head):
    right = "static enum phase_result hello_init(void)"
    tree.add("hello.c", (HELLO % ("", "hello_init")).replace(right, head))
    line = 6 + head.count("\n")
    assert alone(tree.refusal()) == f"hello.c:{line}: error: `hello_init` must be `{right}`"


@pytest.mark.parametrize("head", [
    "INIT_TEXT static enum phase_result hello_init(void)",
    "static enum phase_result\nhello_init(void)", "static inline enum  phase_result hello_init( void )",
])
def test_functions_of_the_right_type(tree, head):
    right = "static enum phase_result hello_init(void)"
    tree.add("hello.c", (HELLO % ("", "hello_init")).replace(right, head))
    tree.model()


@pytest.mark.parametrize("text, form", [
    ("PHASE_NEEDS(hello, log)", 'PHASE_NEEDS(hello, log, "why")'),
    ("PHASE_NEEDS(hello)", 'PHASE_NEEDS(hello, other, "why")'),
    ("PHASE_WANTS()", 'PHASE_WANTS(name, other, "why")'),
    ("PHASE_PROVIDES(hello)", "PHASE_PROVIDES(hello, capability)"),
    ("PHASE(other, early)", 'PHASE(other, early, function, .does = "what")'),
])
def test_newcomer_leaves_something_out(tree, text, form):
    tree.add("log.c", phase("log"))
    tree.add("hello.c", HELLO % ("", "hello_init") + text + ";\n")
    assert f"hello.c:10: error: {text.partition('(')[0]} is not complete: write {form}" == alone(
        tree.refusal())


def test_newcomer_writes_two_declarations_in_a_line(tree):
    tree.add("log.c", phase("log") + phase("ring"))
    needs = 'PHASE_NEEDS(hello, log, "it prints"); PHASE_NEEDS(hello, ring, "it keeps");\n'
    tree.add("hello.c", HELLO % ("", "hello_init") + needs)
    text = alone(tree.refusal("hello.c:10: error: two declarations in one line"))
    assert "one declaration on each line" in text


def test_newcomer_copies_a_file(tree):
    tree.add("log.c", phase("log"))
    text = HELLO % ("", "hello_init") + 'PHASE_NEEDS(hello, log, "it prints");\n'
    tree.add("hello.c", text).add("hello2.c", text)
    alone(tree.refusal("hello2.c:3: error: two phases of one name: `hello`"))


def test_newcomer_makes_up_a_stage(tree):
    tree.add("hello.c", (HELLO % ("", "hello_init")).replace("early", "drivers"))
    text = alone(tree.refusal("phase `hello`: no stage of the name `drivers`"))
    assert "    the stages are, in order: early, cpus, others, late" in text


def test_newcomer_declares_undo_nowhere_or_below(tree):
    tree.add("hello.c", HELLO % (", .undo = bye", "hello_init"))
    text = alone(tree.refusal("phase `hello` is undone by `bye`, which is not declared above it"))
    assert "write `static void bye(void)` above PHASE" in text
    tree.add("hello.c", HELLO % (", .undo = bye", "hello_init") + "static void bye(void)\n{\n}\n")
    assert "move `bye` above PHASE, or declare it there" in alone(tree.refusal())


def test_undo_above_or_in_a_header_or_none(tree):
    hello = HELLO % (", .undo = bye", "hello_init")
    tree.add("hello.c", "static void bye(void)\n{\n}\n" + hello)
    tree.model()
    tree.add("hello.h", "void bye(void);\n")
    tree.add("hello.c", '#include "hello.h"\n' + hello)
    tree.model()
    tree.add("hello.c", HELLO % (", .undo = NULL", "hello_init"))
    tree.model()


def test_newcomer_forgets_what_it_does(tree):
    tree.add("hello.c", (HELLO % ("", "hello_init")).replace('.does = "says hello"', ".vital = true"))
    alone(tree.refusal("hello.c:3: error: phase `hello` has no .does: it must be a string literal"))


def test_newcomer_mistypes_the_stage(tree):
    tree.add("hello.c", (HELLO % ("", "hello_init")).replace("early", "erly"))
    alone(tree.refusal("phase `hello`: no stage of the name `erly`", "did you mean `early`?"))


def test_newcomer_mistypes_a_need(tree):
    tree.add("log.c", phase("log"))
    tree.add("hello.c", HELLO % ("", "hello_init") + 'PHASE_NEEDS(hello, lgo, "it prints");\n')
    alone(tree.refusal("hello.c:10: error: `hello` needs `lgo`: no phase", "did you mean `log`?"))


def test_newcomer_needs_something_later(tree):
    tree.add("log.c", phase("log", "late"))
    tree.add("hello.c", HELLO % ("", "hello_init") + 'PHASE_NEEDS(hello, log, "it prints");\n')
    alone(tree.refusal("`hello` (stage early) needs `log` (stage late), and late comes later",
                       "    move `hello` to stage late or later, or drop the need"))


def test_newcomer_writes_into_a_header(tree):
    tree.add("hello.h", HELLO % ("", "hello_init") + 'PHASE_NEEDS(hello, lgo, "it prints");\n')
    tree.add("hello.c", '#include "hello.h"\n')
    alone(tree.refusal("hello.h:3: error: a misplaced record: PHASE in a header", "in a .c or .S"))


def test_newcomer_forgets_the_header(tree):
    tree.add("hello.c", HELLO % ("", "hello_init"))
    path = tree.root / "hello.c"
    path.write_text(path.read_text().replace('#include "phases/phase.h"', ""))
    alone(tree.refusal('hello.c:3: error: PHASE is not known here: add #include "phases/phase.h"'))


def test_a_name_that_is_too_long(tree):
    name = "a" * 23
    tree.add("a.c", phase(name))
    tree.model()
    tree.add("a.c", phase(name + "a"))
    alone(tree.refusal("has a name of 24 characters; there is room for 23"))


def test_words_of_comments_and_strings_are_no_functions(tree):
    text = HELLO % ("", "other") + "/* hello_init (void) */\n"
    tree.add("hello.c", text)
    alone(tree.refusal("runs `hello_init`, but the file has no function"))


def test_stage_of_any_cpu_that_is_repeated(tree):
    extra = 'STAGE(shared, any, .does = "shares work", .again = true);\n'
    tree.add("phases/stages.c", STAGES + extra + 'STAGE_FOLLOWS(shared, early, "later");\n')
    tree.refused("stage `shared` is run once, by whichever CPU comes first: it cannot be repeated")
