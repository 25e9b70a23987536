# SPDX-License-Identifier: BSD-2-Clause
"""configure.py: what it takes, what it refuses, what it writes."""

import sys

import kconfiglib
import pytest
from build_tree import BuildTree
from graph_tree import ROOT


@pytest.fixture
def tree(tmp_path):
    return BuildTree(tmp_path)


def refused(tree, *arguments, text, lines=1):
    """One clear line on stderr, exit status 2, and nothing written."""
    before = tree.files()
    result = tree.configure(*arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert text in result.stderr and "Traceback" not in result.stderr, result.stderr
    assert result.stderr.count("\n") == lines, result.stderr
    assert tree.files() == before
    assert not [path for path in (tree.root / "build").glob("*") if path.name != ".python"]


def test_without_a_source_it_lists_what_there_is(tree):
    there = "In configs/ there are:\n    bare\n    small  all on\n"
    refused(tree, text="configure.py: which configuration?\n" + there, lines=5)
    assert tree.configure("small", "--build", "mine").returncode == 0
    result = tree.configure()
    assert result.returncode == 2 and "In build/ there are: mine\n" in result.stderr


def test_source_that_does_not_exist(tree):
    refused(tree, "smal", text="configure.py: smal is neither a defconfig nor a file: did you mean"
            " small?\n", lines=5)
    refused(tree, "other", text="configure.py: other is neither a defconfig nor a file\n", lines=5)
    refused(tree, "bare", "small", text="one SOURCE only; to put small over it, write +small", lines=2)


def test_wrong_option(tree):
    result = tree.configure("small", "--no-such-option")
    assert result.returncode == 2 and "unrecognized arguments" in result.stderr


def test_wrong_name(tree):
    refused(tree, "small", "--build", "../x", text="`../x` is no name for a folder")
    refused(tree, "small", "--build", "", text="`` is no name for a folder in build/: --build NAME")


WRONG_LINES = (
    ("CONFIG_GADGTE=y", "mine.config:1: no Kconfig file defines GADGTE; did you mean GADGET?"),
    ("# CONFIG_GADGTE is not set", "mine.config:1: no Kconfig file defines GADGTE; did you"),
    ("CONFIG_GADGET=maybe", "mine.config:1: maybe is no value for the bool GADGET: y or n"),
    ("CONFIG_GADGET=m", "m is no value for the bool GADGET"),
    ("\nCONFIG_GADGET_SPEED=fast", "mine.config:2: fast is no value for the int GADGET_SPEED"),
    ("CONFIG_GADGET_SPEED=", "nothing is no value for the int GADGET_SPEED"),
    ("CONFIG_GADGET_PORT=-1", "-1 is no value for the hex GADGET_PORT"),
    ("CONFIG_GREETING=hello", 'hello is no value for the string GREETING: a text in "quotes"'),
    ("CONFIG_GADGET_SPEED=11",
     "mine.config:1: GADGET_SPEED is set to 11, but comes out as 5: its range is 1 to 10"),
    ("# CONFIG_CORE is not set", "CORE is set to n, but comes out as y: it follows from others"),
    ("# CONFIG_GADGET is not set\nCONFIG_GADGET_SPEED=2",
     "mine.config:2: GADGET_SPEED is set to 2, but comes out as nothing: it depends on GADGET"),
    ("CONFIG_GADGET=y\n# CONFIG_GADGET is not set",
     "mine.config:2: GADGET=n, but line 1 says GADGET=y"),
    ("# CONFIG_PANIC_HALT is not set",
     "PANIC_HALT is set to n, but comes out as y: of its choice, PANIC_HALT is taken"),
    ("CONFIG_PANIC_HALT=y\nCONFIG_PANIC_REBOOT=y",
     "mine.config:2: PANIC_REBOOT=y, but line 1 chooses PANIC_HALT"),
    ("# CONFIG_HELD is not set", "HELD is set to n, but comes out as y: it is selected by CORE"),
    ("# CONFIG_GADGET is not set\nCONFIG_LOUD=y",
     "LOUD is set to y, but comes out as n: it can be set only with GADGET"),
    ("# CONFIG_BACKEND_ONE is not set",
     "mine.config: no CPU backend is chosen; at least one of these is needed: BACKEND_ONE, BACKEND_TWO"),
    ("nonsense", "mine.config:1: `nonsense` is neither CONFIG_NAME=VALUE nor a comment"),
    ("CONFIG_GADGET = y", "mine.config:1: `CONFIG_GADGET = y` is neither CONFIG_NAME=VALUE"),
)


def test_wrong_lines_of_a_fragment(tree):
    for lines, text in WRONG_LINES:
        tree.write("mine.config", lines + "\n")
        # That there is no backend is said of the whole.
        text = text.replace("mine.config: no", "configs/small_defconfig +mine.config: no")
        refused(tree, "small", "+mine.config", text=text)


def test_wrong_lines_of_a_defconfig(tree):
    for lines, text in WRONG_LINES:
        tree.write("configs/mine_defconfig", lines + "\n")
        refused(tree, "mine", text=text.replace("mine.config", "configs/mine_defconfig"))


def test_wrong_lines_of_a_config(tree):
    """Only what follows from others may be out of date there."""
    for lines, text in WRONG_LINES:
        if "CORE is set to n" not in text:
            tree.write("elsewhere/.config", lines + "\n")
            arguments = "elsewhere/.config", "--build", "mine"
            refused(tree, *arguments, text=text.replace("mine.config", "elsewhere/.config"))


def test_one_of_a_choice_that_is_not_offered(tree):
    tree.write("mine.config", "# CONFIG_GADGET is not set\nCONFIG_PANIC_REBOOT=y\n")
    text = "mine.config:2: PANIC_REBOOT is set to y, but comes out as n: it depends on GADGET\n"
    tree.edit("Kconfig", '"After a panic"', '"After a panic"\n\tdepends on GADGET')
    refused(tree, "small", "+mine.config", text=text)
    tree.edit("Kconfig", '"After a panic"\n\tdepends on GADGET', '"After a panic" if GADGET')
    refused(tree, "small", "+mine.config", text=text)


def test_all_mistakes_are_told_at_once(tree):
    tree.write("mine.config", "CONFIG_GADGTE=y\nCONFIG_GADGET=7\n")
    refused(tree, "mine.config", text="mine.config:2: 7 is no value", lines=2)


@pytest.mark.parametrize("environment", ["CONFIG_=X_", "KCONFIG_CONFIG=x", "srctree=/", "KCONFIG_STRICT=y"])
def test_what_others_use_these_variables_for_changes_nothing(tree, environment, monkeypatch):
    monkeypatch.setenv(*environment.split("="))
    assert tree.configure("small").returncode == 0
    assert "CONFIG_GADGET=y" in (tree.root / "build/small/.config").read_text()


def test_file_that_is_no_text(tree):
    (tree.root / "mine.config").write_bytes(b"\xff\xfe\x00\x01" * 9)
    refused(tree, "mine.config", text="mine.config: is not a text file\n")


def test_two_ninjas_in_one_folder(tree):
    """The one that is done first removes the file with the other one's arguments."""
    result = tree.run(tree.root, "phases/phasegraph", "generate", "@objects.list")
    assert result.returncode == 2
    assert result.stderr == "phasegraph: objects.list: is gone: is another ninja at work in this folder?\n"


def test_mistake_in_kconfig(tree):
    tree.edit("Kconfig", "depends on GADGET", "what about GADGET")
    refused(tree, "small", text="configure.py: Kconfig:17: error: couldn't parse 'what about GADGET'")


@pytest.mark.parametrize("old, new, text", [
    ("depends on GADGET", "depends on GADGTE", "17: error: no Kconfig file defines GADGTE: did you mean GADGET?"
     " Else add `config GADGTE` to Kconfig\n"),
    ("depends on GADGET", "depends on GADGET && BACK", ": did you mean BACKEND_ONE? Else add `config BACK` to"),
    ("depends on GADGET", "depends on CONFIG_GADGET", ": Kconfig has symbols without CONFIG_: GADGET\n"),
    ("depends on GADGET", "depends on GADGET && \\\n\t\tWHEEL", "15: error: no Kconfig file defines WHEEL: add"),
    ('"Loud" if GADGET', '"Loud, or WHEEL" if WHEEL', "57: error: no Kconfig file defines WHEEL: add"),
    ('"A gadget"\n\tdefault y', '"A gadget"\n\tdefault yes', "11: error: no Kconfig file defines yes: symbols are"
     ' in capitals, a bool is y or n, a text stands in "quotes"\n'),
])
def test_a_name_in_kconfig_that_exists_nowhere(tree, old, new, text):
    tree.edit("Kconfig", old, new)
    refused(tree, "small", text=text)


def test_select_that_overrules_a_dependency(tree):
    tree.edit("Kconfig", "\tselect HELD", "\tselect HELD\n\tselect BACKEND_THREE")
    tree.edit("Kconfig", 'bool "Another backend"', 'bool "Another backend"\n\nconfig BACKEND_THREE\n'
              '\tbool\n\tdepends on BACKEND_TWO\n')
    refused(tree, "small", text="BACKEND_THREE is selected by CORE, but depends on BACKEND_TWO")


def test_names(tree):
    tree.write("my.config", "")
    for arguments, name in (
        (["small"], "small"),
        (["small_defconfig"], "small"),
        (["configs/bare_defconfig"], "bare"),
        (["my.config"], "my"),
        (["build/small/.config"], "small"),
        (["build/small/.config", "--build", "copy"], "copy"),
        (["build/small"], "small"),
        (["my"], "my"),
        (["small", "+my.config"], "small-my"),
        (["--build", "other", "small", "+my.config"], "other"),
        (["small", "--build", "last", "+my.config"], "last"),
        (["build/small/.config", "+my.config"], "small-my"),
    ):
        result = tree.configure(*arguments)
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"build/{name}: configured from ")
        assert (tree.root / "build" / name / "build.ninja").exists()
    tree.write(".config", "")
    result = tree.configure(".config")
    assert result.returncode == 2 and "add --build NAME" in result.stderr


def test_nothing_is_written_outside_of_build(tree):
    before = tree.files()
    assert tree.configure("small").returncode == 0
    assert tree.files() == before


def header(tree, name):
    return tree.root / "build" / "small" / "include" / "config" / f"{name}.h"


def test_headers(tree):
    tree.configure("small")
    assert header(tree, "GADGET").read_text() == "#define CONFIG_GADGET 1\n"
    assert header(tree, "GADGET_SPEED").read_text() == "#define CONFIG_GADGET_SPEED 5\n"
    assert header(tree, "GADGET_PORT").read_text() == "#define CONFIG_GADGET_PORT 0x3f8\n"
    assert header(tree, "GREETING").read_text() == '#define CONFIG_GREETING "say \\"hello\\""\n'
    assert header(tree, "BACKEND_TWO").read_text() == "#define CONFIG_BACKEND_TWO 0\n"
    times = {path: path.stat().st_mtime_ns for path in header(tree, "CORE").parent.iterdir()}
    assert tree.configure("bare", "--build", "small", "--force").returncode == 0
    assert header(tree, "GADGET").read_text() == "#define CONFIG_GADGET 0\n"
    assert header(tree, "GADGET_SPEED").read_text() == "#define CONFIG_GADGET_SPEED 0\n"
    changed = {p.stem for p, time in times.items() if p.stat().st_mtime_ns != time}
    assert changed == {"GADGET", "GADGET_SPEED"}


def test_numbers_are_the_same_in_c(tree):
    """For kconfiglib 010 is ten and 3f9 is a hex number."""
    tree.write("odd.config", "CONFIG_GADGET_SPEED=010\nCONFIG_GADGET_PORT=3F9\n")
    assert tree.configure("small", "+odd.config", "--build", "small").returncode == 0
    assert header(tree, "GADGET_SPEED").read_text() == "#define CONFIG_GADGET_SPEED 10\n"
    assert header(tree, "GADGET_PORT").read_text() == "#define CONFIG_GADGET_PORT 0x3f9\n"


def test_header_of_a_symbol_that_is_gone(tree):
    tree.configure("small")
    tree.edit("Kconfig", "config GADGET_PORT", "config GADGET_OTHER")
    tree.edit("phases/main.c", "GADGET_PORT", "GADGET_OTHER")
    tree.configure("small")
    assert not header(tree, "GADGET_PORT").exists() and header(tree, "GADGET_OTHER").exists()


def kconfig():
    kconfig = kconfiglib.Kconfig(str(ROOT / "Kconfig"), warn_to_stderr=False)
    assert not kconfig.warnings
    return kconfig


@pytest.fixture
def real(monkeypatch):
    monkeypatch.setenv("srctree", str(ROOT))
    monkeypatch.setenv("KCONFIG_WARN_UNDEF", "y")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return kconfig()


def test_every_symbol_of_the_product_has_a_help_text(real):
    for symbol in real.unique_defined_syms:
        for node in symbol.nodes:
            assert node.help, f"{node.filename}:{node.linenr}: {symbol.name} has no help"
    for choice in real.unique_choices:
        assert choice.nodes[0].help, f"{choice.nodes[0].filename}:{choice.nodes[0].linenr}"


def choices_beside(node):
    """The choices of the menu in which something stands."""
    other = node.parent.list
    while other:
        if isinstance(other.item, kconfiglib.Choice):
            yield other.item
        other = other.next


def test_a_comment_says_why_something_is_not_offered(real):
    """But where it stands below what it depends on, and comes and goes with it."""
    comments = [node.dep for node in real.node_iter() if node.item == kconfiglib.COMMENT]
    explained = {e[1] for e in comments if isinstance(e, tuple) and e[0] == kconfiglib.NOT}
    needed = set()
    for node in real.node_iter():
        if not node.prompt or node.item in (kconfiglib.MENU, kconfiglib.COMMENT):
            continue
        above = {real.y, *choices_beside(node)}
        parent = node.parent
        while parent:
            above.add(parent.item)
            parent = parent.parent
        symbols = kconfiglib.expr_items(node.dep)
        needed |= {s for s in symbols if s not in above and getattr(s, "choice", None) not in above}
    assert real.syms["BOOT_MULTIBOOT"] in needed and needed <= explained, needed - explained


def test_help_fits_the_menu_of_a_small_terminal(real):
    """The menu cuts lines of help at 78 columns."""
    for node in real.node_iter():
        for line in (getattr(node, "help", None) or "").splitlines():
            assert len(line) <= 76, f"{node.filename}:{node.linenr}: {line}"
        assert not node.prompt or len(node.prompt[0]) <= 70, f"{node.filename}:{node.linenr}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs").glob("*_defconfig")), ids=lambda path: path.name
)
def test_every_defconfig_says_what_differs_and_no_more(real, tmp_path, path):
    """So that `ninja` can tell that a configuration is a defconfig's."""
    real.load_config(str(path))
    real.write_min_config(str(tmp_path / "minimal"), header="")

    def lines(file):
        return {line for line in file.read_text().splitlines() if "CONFIG_" in line}

    assert lines(path) == lines(tmp_path / "minimal")
