# SPDX-License-Identifier: BSD-2-Clause
"""Nothing that stays in the image refers to what goes when the guest runs: on small images."""

import json
import subprocess
import sys

import pytest
from graph_tree import FLAGS, ROOT, Tree, phase
from test_graph_image import SCRIPT, Image

sys.path.insert(0, str(ROOT / "phases"))
from graph import linked  # noqa: E402

INIT_SCRIPT = (
    SCRIPT.replace(
        "*(.text .text.*) *(.phase.text.*) }",
        """*(.text .text.*) *(.phase.text.cpus) }
	.itext : {
		init_text_begin = .; *(.phase.text.*) *(.init.text) init_text_end = .; }""",
    )
    .replace(
        "*(.rodata .rodata.*) *(.phase.rodata.*)",
        """*(.rodata .rodata.*) *(.phase.rodata.cpus)
		init_rodata_begin = .; *(.phase.rodata.*) *(.init.rodata) init_rodata_end = .;""",
    )
    .replace(
        "*(.data .data.* .bss .bss.*) }",
        """*(.data .data.* .bss .bss.[!i]*)
		init_data_begin = .; *(.init.data .bss.init) init_data_end = .; }""",
    )
)

HELPERS = """
int run_time(int);
INIT_TEXT __attribute__((noinline)) void helper(void);
INIT_TEXT static __attribute__((noinline)) void hidden(void)
{
	__asm__ volatile("");
}
INIT_TEXT void helper(void)
{
	hidden();
}
INIT_BSS int first;
INIT_DATA __attribute__((used)) static volatile char second = 2;
INIT_RODATA const int fixed = 3;
"""
CALLER = "void caller(void);\nvoid caller(void)\n{\n\t%s\n}\n"


BOTH = pytest.mark.parametrize("image", ["gcc", "clang"], indirect=True)


@pytest.fixture
def image(tmp_path, request):
    """Makes an image of a tree with one more file, `text`; `script` is edited with `change`."""

    def make(text, change=lambda script: script):
        tree = Tree(tmp_path)
        tree.add("a.c", phase("a") + phase("c", "cpus", needs=["a"]))
        tree.add("b.c", HELPERS + text)
        made = Image(tree, getattr(request, "param", "gcc"))
        (tree.output / "script.lds").write_text(change(INIT_SCRIPT))
        made.link()
        return made

    return make


def accepted(image):
    result = image.check()
    assert result.returncode == 0, result.stderr


@BOTH
def test_what_goes_may_refer_to_anything(image):
    accepted(image("INIT_TEXT void f(void);\nINIT_TEXT void f(void)\n"
                   "{\n\tsecond = fixed + first;\n\thelper();\n}\n"))


@BOTH
@pytest.mark.parametrize("code, target, mark", [
    ("helper();", "`helper`", "INIT_TEXT"),
    ("hidden();", "`hidden`", "INIT_TEXT"),
    ("first = 4;", "`first`", "INIT_TEXT"),
    ("second = 5;", "`second` (b.c)", "INIT_TEXT"),
    ('__asm__ volatile("" : : "r"(&fixed));', "`fixed`", "INIT_TEXT"),
])
def test_a_function_that_stays(image, code, target, mark):
    made = image(CALLER % code)
    made.refused("`caller`, which stays, refers to " + target)
    made.refused(f"if nothing uses `caller` by then, mark it {mark}")


def test_an_object_that_stays(image):
    made = image("void (*pointer)(void) = helper;\n")
    made.refused("image.elf: error: `pointer`, which stays, refers to `helper`, which goes")
    made.refused("mark it INIT_RODATA, INIT_DATA or INIT_BSS")


@BOTH
def test_the_line_of_who_stays(image, monkeypatch):
    """Static or not; without debug information, the file of what is static."""
    text = (
        "#define KEPT __attribute__((used))\nextern void (*const shown)(void);\n"
        "void (*const shown)(void) = helper;\nKEPT static void (*const own)(void) = helper;\n"
        "static KEPT __attribute__((noinline)) void inner(void)\n{\n\thelper();\n}\n"
    )
    places = {"shown": "b.c:18", "own` (b.c)": "b.c:19", "inner` (b.c)": "b.c:20", "caller": "b.c:25"}
    monkeypatch.setattr("graph_tree.FLAGS", [*FLAGS, "-g"])
    result = image(text + CALLER % "helper();").check().stderr
    for name, place in places.items():
        assert f"{place}: error: `{name.rstrip('`')}" in result, result
    monkeypatch.undo()
    result = image(text + CALLER % "helper();").check().stderr
    assert "b.c: error: `inner` (b.c), which stays" in result
    assert "image.elf: error: `caller`, which stays" in result


def test_a_label_that_stays(image):
    made = image("")
    made.tree.add("e.S", "\t.data\nfirst_word:\n\t.quad 0\nlabel:\n\t.quad helper\n")
    made = Image(made.tree, "gcc")
    (made.tree.output / "script.lds").write_text(INIT_SCRIPT)
    made.link()
    new = made.elf.with_name("image.elf.new")
    made.elf.rename(new)
    made.elf = new
    assert made.check().stderr.startswith("e.S:5: error: `label`")
    made.refused("which stays, refers to `helper`, which goes")


@pytest.mark.parametrize("own, text", [
    ("init", CALLER % ""), ("undo", "static void d_undo(void)\n{\n\thelper();\n}\n"),
])
def test_a_phase_of_a_repeated_stage(image, own, text):
    code = phase("d", "cpus", extra=", .undo = d_undo" if own == "undo" else "")
    if own == "init":
        code = code.replace("return", "helper();\n\treturn")
    made = image(text + code)
    made.refused("`d_%s` (b.c), which stays, refers to `helper`" % own)
    made.refused("    `d` is in the repeated stage cpus: do not call what runs once there, or move"
                 " the phase to a stage that runs once\n")
    assert "INIT_TEXT" not in made.check().stderr


def test_each_pair_is_told_once(image):
    made = image(CALLER % "helper(); first = 1; __asm__ volatile(\"\"); helper(); first++;")
    assert made.check().stderr.count("which stays") == 2


@BOTH
def test_a_reference_with_a_reason(image):
    reason = 'INIT_REFERENCE(caller, helper, "called before the guest runs only");\n'
    accepted(image(reason + CALLER % "helper();"))


def test_a_reason_for_another_reference(image):
    made = image('INIT_REFERENCE(caller, helper, "why");\n' + CALLER % "first = 1;")
    made.refused("b.c:16: error: INIT_REFERENCE of `caller` to `helper`, but no such reference")
    made.refused("`caller`, which stays, refers to `first`")


@BOTH
def test_a_jump_table_of_what_goes(image):
    cases = "".join(f"\tcase {n}: return f({n * n % 7});\n" for n in range(9))
    made = image(
        "int f(int);\nint f(int x)\n{\n\treturn x;\n}\n"
        'INIT_TEXT int g(int);\nINIT_TEXT int g(int x)\n{\n\t__asm__ volatile("");\n'
        "\tswitch (x) {\n" + cases.replace("return", '__asm__ volatile("nop"); return')
        + "\t}\n\treturn 0;\n}\n"
    )
    with open(made.elf, "rb") as file:
        found = list(linked.Image(str(made.elf), file).references())
    inside = [r for r in found if r.target and r.target.name == "g" and r.address != r.target.address]
    assert len(inside) >= 9
    accepted(made)


def test_the_bounds_themselves(image):
    accepted(image("extern char init_text_begin[], init_data_end[];\n"
                   "char *const bounds[] = { init_text_begin, init_data_end };\n"))


def test_a_phase_that_runs_again_stays(image):
    made = image("", lambda text: text.replace(" *(.phase.text.cpus)", ""))
    made.refused("`c_init` of phase `c` goes when the guest runs, but stage cpus is repeated")


def test_a_phase_that_runs_once_goes(image):
    made = image("", lambda text: text.replace("text.cpus", "text.cpus .phase.text.early"))
    made.refused("`a_init` of phase `a` stays, but stage early is not repeated")


def test_undo_of_a_phase_that_runs_once_goes(image):
    made = image("static void d_undo(void)\n{\n}\n" + phase("d", extra=", .undo = d_undo"))
    made.refused("`d_undo` of phase `d` stays, but stage early is not repeated\n"
                 "    mark it INIT_TEXT")


def test_a_script_with_a_part_of_the_bounds(image):
    image("", lambda text: text.replace("init_data_end = .;", "")).refused(
        "the linker script defines no init_data_end")


def test_an_image_without_relocations(image):
    made = image("")
    subprocess.run(["strip", "--strip-debug", "-R", ".rela*", made.elf], check=True)
    made.refused("it has no relocations: link it with --emit-relocs")


def report(made):
    result = made.tree.phasegraph("init-report", made.elf)
    assert result.returncode == 0, result.stderr
    *lines, total = result.stdout.splitlines()
    names = {line.split()[3].strip("`") for line in lines}
    assert total.split()[0] == str(sum(int(line.split()[0]) for line in lines))
    return names


LONELY = """
#define FUNCTION(name, code) \\
	__attribute__((noinline)) void name(void); void name(void) { code; __asm__ volatile(""); }
int counter, shared;
FUNCTION(deep, counter++)
FUNCTION(deeper, deep(); shared++)
FUNCTION(kept, shared++)
FUNCTION(unused, kept())
FUNCTION(handler, )
INIT_TEXT __attribute__((noinline)) void g(void (**)(void));
INIT_TEXT void g(void (**p)(void))
{
	deeper();
	kept();
	*p = handler;
}
"""


@BOTH
@pytest.mark.parametrize("script", [INIT_SCRIPT, SCRIPT], ids=["ranges", "none"])
def test_report(image, script):
    made = image(LONELY + phase("p").replace("return", "g((void *)0x1000);\n\treturn"),
                 lambda _: script)
    names = report(made) - {"g"}
    assert names == {"deep", "deeper", "counter"} | ({"helper", "hidden"} & names)


@pytest.mark.parametrize("code, expected", [
    ("c705 00000000 11223344", 4), ("48c705 00000000 11223344", 4),
    ("66c705 00000000 1122", 2), ("c605 00000000 11", 1), ("833d 00000000 05", 1),
    ("f605 00000000 01", 1), ("f61d 00000000", 0), ("f71d 00000000", 0), ("8905 00000000", 0),
    ("480fba25 00000000 01", 1), ("4869c0 00000000", 0), ("e8 00000000", 0),
    ("0fb605 00000000", 0), ("909090e9 00000000", 0),
])
def test_constants_behind_an_address(code, expected):
    before, _, _ = code.partition(" 00000000")
    text = b"\x90\x90" + bytes.fromhex(code.replace(" ", ""))
    assert linked.constant_behind(text, 2 + len(bytes.fromhex(before))) == expected


def test_graph_json_is_beside_the_image(image):
    made = image("")
    assert json.loads(made.json.read_text())["stages"]
    assert report(made) is not None
