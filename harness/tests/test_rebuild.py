# SPDX-License-Identifier: BSD-2-Clause
"""
What each kind of change makes again, no more and no less: in a small tree with the real rules, in a
configuration of one's own (a defconfig's also compares its order with the reviewed one, and fails).
"""

import json
import re
import shutil

import pytest
from build_tree import BuildTree
from graph_tree import phase

# In the table below, each of these is what ran, by its first output.
CONFIGURE = {"build.ninja", "compile_commands.json"}
MAIN, BASE, STAGES = "phases/main.c.o", "phases/base.c.o", "phases/stages.c.o"
GADGET, ENTRY, OFFSETS = "devices/gadget.c.o", "arch/x86/entry.S.o", "include/arch/x86/offsets.h"
OBJECTS = {MAIN, BASE, STAGES, GADGET, "devices/wheel.c.o", ENTRY}
SORT = {"table.c"}  # sorts, and where nothing has changed leaves its outputs alone
TREE = {"tree.stamp"}  # reads the declarations in the tree's files
ROOM = {"symbols.S"}  # likewise
LINK = {"phasevisor.linked", "phasevisor.elf"}
# What every changed object has as its consequence, before it is known what has changed in it.
OBJECT = SORT | ROOM | LINK
SOURCE = TREE | OBJECT  # a file of the tree is another
TABLE = {"table.c.o", "golden.stamp"}
NAMES = {"symbols.S.o"}  # there are other functions

SECOND = """
config SECOND_SPEED
\tint "The second backend's speed"
\tdefault 5
\thelp
\t  Of use.
"""
CONFIG = "build/small/.config"
GADGET_OFF = ("CONFIG_GADGET=y\nCONFIG_GADGET_SPEED=5\n", "# CONFIG_GADGET is not set\n")


def edit(path, old, new):
    return lambda tree: tree.edit(path, old, new)


def append(path, text):
    return lambda tree: tree.write(path, (tree.root / path).read_text() + text)


def add(path, text):
    return lambda tree: tree.write(path, text)


def new_phase(tree):
    tree.write("devices/new.c", '#include "phases/phase.h"\n' + phase("brand_new"))
    tree.edit("devices/Sources", "gadget.c", "gadget.c new.c")


def gadget_off(tree):
    tree.edit(CONFIG, *GADGET_OFF)


def gadget_off_and_on(tree):
    gadget_off(tree)
    build(tree)
    tree.edit(CONFIG, *reversed(GADGET_OFF))


def new_symbol(tree):
    append("Kconfig", 'config MORE\n\tbool "More"\n')(tree)
    append("devices/second.c", '#include "config/MORE.h"\n')(tree)


def symbol_goes(tree):
    tree.edit("Kconfig", SECOND, "")
    tree.write("devices/second.c", "")


def renamed(tree):
    (tree.root / "devices/wheel.c").rename(tree.root / "devices/gear.c")
    tree.edit("devices/Sources", "wheel.c", "gear.c")


def gone(tree):
    (tree.root / "devices/wheel.c").unlink()
    tree.edit("devices/Sources", "wheel.c", "")


def same_config(tree):
    (tree.root / CONFIG).touch()


CHANGES = {
    "nothing": (lambda tree: None, set()),
    # Code
    "a comment in a C file": (append("phases/main.c", "/* A comment. */\n"), {MAIN} | SOURCE),
    "a C file that has a phase": (append("phases/base.c", "/* A comment. */\n"), {BASE} | SOURCE),
    "a function": (
        append("phases/main.c", "int more(void);\nint more(void)\n{\n\treturn 1;\n}\n"),
        {MAIN} | SOURCE | NAMES,
    ),
    "an assembly file": (append("arch/x86/entry.S", "\tnop\n"), {ENTRY} | SOURCE),
    "a header": (append("phases/runner.h", "/* A comment. */\n"),
                 {MAIN} | SOURCE | {"table.c.o"}),
    "the header of everything": (
        append("phases/phase.h", "/* A comment. */\n"),
        {MAIN, BASE, STAGES, GADGET} | SOURCE | {"table.c.o"},
    ),
    "a file that is renamed": (renamed, CONFIGURE | {"devices/gear.c.o"} | SOURCE),
    "a file that goes": (gone, CONFIGURE | SOURCE | NAMES),
    "a header that nobody includes": (add("devices/new.h", "\n"), CONFIGURE | SORT | TREE),
    "a comment in the file of offsets": (append("arch/x86/offsets.c", "/* A comment. */\n"),
                                         {OFFSETS} | SORT | TREE),
    "an offset": (edit("arch/x86/offsets.c", "long a, b;", "long a, b, c;"),
                  {OFFSETS, ENTRY} | SOURCE),
    # The graph
    "the reason of a phase": (
        edit("devices/gadget.c", "gadget uses base", "it is better so"),
        {GADGET} | SOURCE | TABLE,
    ),
    "a new phase": (new_phase, CONFIGURE | {"devices/new.c.o"} | SOURCE | TABLE | NAMES),
    # The configuration
    "a configuration that says the same": (same_config, CONFIGURE),
    "a symbol off": (gadget_off, CONFIGURE | {MAIN} | OBJECT | TABLE | NAMES),
    "a symbol off and on again": (  # the object of wheel.c has waited; the gadget's speed was away
        gadget_off_and_on,
        CONFIGURE | {MAIN, GADGET} | OBJECT | TABLE | NAMES,
    ),
    "an integer symbol": (
        edit(CONFIG, "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=6"),
        CONFIGURE | {GADGET} | OBJECT,
    ),
    "a symbol that no code of this build reads": (
        edit(CONFIG, "CONFIG_SECOND_SPEED=5", "CONFIG_SECOND_SPEED=6"),
        CONFIGURE | {"phasevisor.elf"},  # the build id
    ),
    "a help text": (edit("Kconfig", "Of use.", "Of much use."), CONFIGURE),
    "a new symbol": (new_symbol, CONFIGURE | SORT | TREE | {"phasevisor.elf"}),
    "a symbol that goes": (symbol_goes, CONFIGURE | SORT | TREE | {"phasevisor.elf"}),
    "the default of a symbol that has its value": (
        edit("Kconfig", "range 1 10\n\tdefault 5", "range 1 10\n\tdefault 4"), CONFIGURE),
    "a comment in Sources": (append("devices/Sources", "# A comment.\n"), CONFIGURE | SORT | TREE),
    "another defconfig": (append("configs/bare_defconfig", "# A comment.\n"), CONFIGURE),
    # The build itself
    "a module of the generator": (append("phases/graph/order.py", "# A comment.\n"), SORT | TREE),
    "the module that draws": (append("phases/graph/draw.py", "# A comment.\n"), set()),
    "the module that checks the image": (append("phases/graph/image.py", "# A comment.\n"),
                                         {"phasevisor.elf"}),
    "the linker script": (append("arch/x86/phasevisor.lds", "/* A comment. */\n"), LINK),
    "configure.py": (append("configure.py", "# A comment.\n"), CONFIGURE),
    "a comment in build.ninja.in": (append("build.ninja.in", "# A comment.\n"), CONFIGURE),
    "a flag of the compiler": (
        edit("build.ninja.in", "-ffreestanding", "-ffreestanding -fwrapv"),
        CONFIGURE | OBJECTS - {ENTRY} | {OFFSETS} | OBJECT | {"table.c.o"},
    ),
    "a flag of the linker": (edit("build.ninja.in", "-nostdlib", "-nostdlib -O1"), CONFIGURE | LINK),
    "another compiler": (
        lambda tree: tree.compiler("gcc 99.1"),
        CONFIGURE | OBJECTS | {OFFSETS, "table.c.o", "symbols.S.o"} | OBJECT,
    ),
    "a program that is no tool of ours": (add(".tools/program", "\n"), CONFIGURE),
    "the harness": (append("harness/make-iso", "# A comment.\n"), set()),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    tree = BuildTree(tmp_path_factory.mktemp("built"))
    tree.write("devices/wheel.c", "int wheel(void);\nint wheel(void)\n{\n\treturn 3;\n}\n")
    tree.write("devices/second.c", '#include "config/SECOND_SPEED.h"\n')
    tree.write("devices/Sources", "GADGET: gadget.c wheel.c\nBACKEND_TWO: second.c\n")
    append("Kconfig", SECOND)(tree)
    tree.build()
    tree.edit(CONFIG, "hello", "good morning")
    build(tree)
    return tree


@pytest.fixture
def tree(built, tmp_path):
    return built.copy(tmp_path / "tree", source="build/small/.config")


def build(tree, *targets):
    """
    Builds with `-d explain -v`; gives back the first outputs of the commands that ran, and what
    ninja says of why.
    """
    result = tree.ninja("-d", "explain", "-v", *targets)
    assert result.returncode == 0, result.stdout + result.stderr
    commands = json.loads(tree.ninja("-t", "compdb").stdout)
    outputs = {entry["command"]: entry["output"] for entry in commands}
    ran = re.findall(r"^\[\d+/\d+\] (.*)$", result.stdout, re.MULTILINE)
    unknown = [command for command in ran if command not in outputs]
    assert not unknown, unknown
    return {outputs[command] for command in ran}, result.stdout + result.stderr


@pytest.mark.parametrize("change, expected", CHANGES.values(), ids=CHANGES)
def test_a_change(tree, change, expected):
    change(tree)
    ran, why = build(tree)
    assert ran == expected
    assert reasons(why) <= ran and bool(reasons(why)) == bool(ran), why
    assert build(tree)[0] == set()
    waiting = {GADGET, "devices/wheel.c.o"} if change is gadget_off else set()
    assert leftovers(tree) == waiting


def reasons(text):
    """Outputs that ninja has made again for another reason than that of what they are made from."""
    known = "(?:restat of )?output|command line changed for|recorded mtime of"
    return set(re.findall(rf"ninja explain: (?:{known}) (?!\.\./)(\S+)", text))


def leftovers(tree):
    """Files in the build's folder that it does not say anything about."""
    folder = tree.root / "build" / "small"
    targets = tree.ninja("-t", "targets", "all").stdout
    known = {line.split(":")[0] for line in targets.splitlines()}
    known |= {".config", ".config.old", ".source", "config.txt", "toolchain.txt"}
    known |= {".ninja_deps", ".ninja_log", "build.ninja.d", "table.d"}
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found - known if not name.startswith("include/config/")}


# What another branch has: files that come, go and differ, and another Kconfig.
def other_branch(tree):
    tree.edit("devices/gadget.c", "gadget uses base", "it is better so")
    tree.edit("phases/runner.h", "#endif", "/* A comment. */\n#endif")
    tree.edit("arch/x86/offsets.c", "long a, b;", "long a, b, c;")
    tree.edit("build.ninja.in", "-ffreestanding", "-ffreestanding -fwrapv")
    tree.edit("Kconfig", "range 1 10\n\tdefault 5", "range 1 9\n\tdefault 4")
    renamed(tree)
    new_symbol(tree)
    symbol_goes(tree)
    tree.write("devices/second.c", '#include "config/MORE.h"\n')
    tree.write("devices/clock/Sources", "CORE: clock.c\n")
    tree.write("devices/clock/clock.c", '#include "phases/phase.h"\n' + phase("clock"))


def git(tree, *words):
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    result = tree.run(tree.root, "git", *who, *words)
    assert result.returncode == 0, result.stdout + result.stderr


def images(tree):
    folder = tree.root / "build" / "small"
    return {name: (folder / name).read_bytes() for name in ("phasevisor.elf", "graph.json")}


def test_another_branch_and_back(tree, tmp_path):
    tree.write(".gitignore", "build/\n")
    git(tree, "init", "--quiet", "--initial-branch=one")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "one")
    git(tree, "checkout", "--quiet", "-b", "two")
    other_branch(tree)
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "two")
    git(tree, "checkout", "--quiet", "one")
    build(tree)
    expected = {"one": images(tree)}
    for branch in ("two", "one", "two"):
        git(tree, "checkout", "--quiet", branch)
        build(tree)
        if branch not in expected:
            expected[branch] = from_scratch(tree, tmp_path / "scratch")
        assert images(tree) == expected[branch]
        assert not leftovers(tree)
        assert build(tree)[0] == set()
    assert expected["one"] != expected["two"]


def from_scratch(tree, root):
    """What a new folder gives for the files and the configuration of a tree."""
    git(tree, "clone", "--quiet", ".", root)
    scratch = object.__new__(BuildTree)
    scratch.root = root
    scratch.tools.mkdir(parents=True)
    shutil.copy(tree.root / CONFIG, root / "mine.config")
    result = scratch.configure("mine.config", "--build", "small")
    assert result.returncode == 0, result.stderr
    build(scratch)
    return images(scratch)
