# SPDX-License-Identifier: BSD-2-Clause
"""Sources, Kconfig and the tree agree; each mistake of somebody who adds a file gets one message."""

import re

import pytest
from build_tree import BuildTree
from graph_tree import ROOT, phase


@pytest.fixture
def tree(tmp_path):
    return BuildTree(tmp_path)


def refused(tree, text):
    """One message, exit status 2, nothing written."""
    result = tree.configure("small")
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert text in result.stderr, result.stderr
    assert not (tree.root / "build/small").exists()


def add_device(tree):
    tree.write("devices/hello.c", '#include "phases/phase.h"\n' + phase("hello"))
    tree.write("devices/Sources", "GADGET: gadget.c\nHELLO: hello.c\n")
    tree.write("devices/Kconfig", 'config HELLO\n\tbool "Greeting"\n\tdefault y\n')
    tree.edit("Kconfig", 'mainmenu "small"', 'mainmenu "small"\nosource "devices/Kconfig"')


def test_all_is_well(tree):
    add_device(tree)
    assert tree.configure("small").returncode == 0


def test_file_that_no_sources_lists(tree):
    tree.write("devices/hello.c", '#include "phases/phase.h"\n' + phase("hello"))
    refused(tree, "devices/hello.c: error: no Sources lists this file: add `SYMBOL: hello.c` to"
                  " devices/Sources (CORE: in every build)")


def test_file_that_no_sources_lists_but_its_symbol_is_there(tree):
    add_device(tree)
    tree.write("devices/Sources", "GADGET: gadget.c\n")
    refused(tree, "devices/hello.c: error: no Sources lists this file: add `HELLO: hello.c` to")


def test_assembly_in_a_folder_without_sources(tree):
    tree.write("boot/new/start.S", "\tnop\n")
    refused(tree, "boot/new/start.S: error: no Sources lists this file: add `SYMBOL: start.S` to"
                  " boot/new/Sources")


def test_symbol_that_is_not_in_kconfig(tree):
    add_device(tree)
    tree.write("devices/Kconfig", "# nothing\n")
    refused(tree, "devices/Sources:2: error: no Kconfig file defines HELLO: add `config HELLO` to"
                  " devices/Kconfig")


def test_typo_in_sources(tree):
    tree.write("devices/Sources", "GADGTE: gadget.c\n")
    refused(tree, "devices/Sources:1: error: no Kconfig file defines GADGTE: did you mean GADGET? Else"
                  " add `config GADGTE` to Kconfig")


def test_symbol_with_the_prefix_that_it_has_in_c(tree):
    tree.write("devices/Sources", "CONFIG_GADGET: gadget.c\n")
    refused(tree, "devices/Sources:1: error: no Kconfig file defines CONFIG_GADGET: Sources has symbols"
                  " without CONFIG_: GADGET")
    tree.write("devices/Sources", "GADGET: gadget.c\n")
    tree.edit("devices/gadget.c", "config/GADGET_SPEED.h", "config/CONFIG_GADGET_SPEED.h")
    tree.edit("phases/main.c", '#include "config/GADGET.h"', '#include "config/GADGET.h"\n'
              '#include "config/GADGET_SPEED.h"')
    refused(tree, "devices/gadget.c:2: error: no Kconfig file defines CONFIG_GADGET_SPEED: the name of a"
                  " header has no CONFIG_: config/GADGET_SPEED.h")


def test_file_that_does_not_exist(tree):
    tree.write("devices/Sources", "# devices\nGADGET: gadgte.c\n")
    there = "devices/Sources:2: error: gadgte.c does not exist in devices: did you mean gadget.c"
    refused(tree, there + ", which no Sources lists?")
    tree.write("devices/Sources", "GADGET: gadget.c\nGADGET: gadgte.c\n")
    refused(tree, there + "?\n")


def test_file_that_was_renamed(tree):
    add_device(tree)
    (tree.root / "devices/hello.c").rename(tree.root / "devices/greet.c")
    there = "devices/Sources:2: error: hello.c does not exist in devices"
    refused(tree, there + ": did you mean greet.c, which no Sources lists?\n")
    tree.write("devices/other.c", "")
    refused(tree, there + "\n")


def test_line_that_cannot_be_read(tree):
    tree.write("devices/Sources", "gadget.c\n")
    refused(tree, "`gadget.c` is not of the form `SYMBOL: file.c file.S`")


def test_file_that_two_lines_list(tree):
    tree.write("devices/Sources", "GADGET: gadget.c\nCORE: gadget.c\n")
    result = tree.configure("small")
    assert result.returncode == 2
    assert "devices/Sources:2: error: devices/gadget.c is listed twice" in result.stderr


def test_a_number_brings_in_no_file(tree):
    tree.write("devices/Sources", "GADGET_SPEED: gadget.c\n")
    refused(tree, "devices/Sources:1: error: GADGET_SPEED is of type int: a bool brings in files")


def test_symbol_without_use(tree):
    add_device(tree)
    tree.write("devices/Sources", "GADGET: gadget.c hello.c\n")
    refused(tree, "devices/Kconfig:1: error: HELLO has no use: no Sources has a line `HELLO: FILE`, no"
                  " code includes config/HELLO.h, nothing in Kconfig depends on it")


def test_symbol_without_a_help_text(tree):
    what = "end it with a line `help`, and below that, further to the right, what it does and what it"
    add_device(tree)
    (tree.root / "devices/Kconfig").write_text('# ours\nconfig HELLO\n\tbool "Greeting"\n')
    refused(tree, f"devices/Kconfig:2: error: HELLO has no help text: {what} costs\n")
    (tree.root / "devices/Kconfig").write_text("config HELLO\n\tdef_bool y\n")
    refused(tree, "devices/Kconfig:1: error: HELLO has no help text: ")
    tree.write("devices/Kconfig", "config HELLO\n\tdef_bool y\n")
    assert tree.configure("small").returncode == 0


def test_choice_without_a_help_text(tree):
    kconfig = (tree.root / "Kconfig").read_text()
    prompt = '\tprompt "After a panic"\n'
    assert prompt + "\thelp\n\t  Of use.\n" in kconfig
    text = kconfig.replace(prompt + "\thelp\n\t  Of use.\n", prompt)
    (tree.root / "Kconfig").write_text(text)
    line = text[: text.index(prompt)].count("\n")
    refused(tree, f"Kconfig:{line}: error: this choice has no help text: end it with")


@pytest.mark.parametrize(
    "use",
    [
        "config OTHER\n\tdef_int 1 if HELLO\n",
        "config OTHER\n\tdef_int 1\n\tdepends on HELLO\n",
        "config OTHER\n\tint \"Other\" if HELLO\n",
        "config OTHER\n\tdef_int 1\n\trange 1 HELLO\n",
        "config OTHER\n\tdef_bool y\n\tselect GADGET if HELLO\n",
    ],
)
def test_what_is_a_use_in_kconfig(tree, use):
    add_device(tree)
    tree.write("devices/Sources", "GADGET: gadget.c hello.c\n")
    tree.edit("devices/hello.c", '#include "phases/phase.h"', '#include "phases/phase.h"\n'
              '#include "config/OTHER.h"')
    tree.write("devices/Kconfig", 'config HELLO\n\tbool "Greeting"\n\tdefault y\n\n' + use)
    result = tree.configure("small")
    assert "has no use" not in result.stderr, result.stderr


def test_one_of_a_choice_may_mean_none_of_the_others(tree):
    tree.edit("phases/main.c", '#include "config/PANIC_REBOOT.h"\n', "")
    result = tree.configure("small")
    assert result.returncode == 2 and result.stderr.count("has no use") == 2
    tree.edit("phases/main.c", '#include "config/GADGET.h"', '#include "config/GADGET.h"\n'
              '#include "config/PANIC_HALT.h"')
    assert tree.configure("small").returncode == 0


def test_header_of_a_symbol_that_does_not_exist(tree):
    tree.edit("devices/gadget.c", "config/GADGET_SPEED.h", "config/GADGET_SPEDE.h")
    tree.edit("phases/main.c", '#include "config/GADGET.h"', '#include "config/GADGET.h"\n'
              '#include "config/GADGET_SPEED.h"')
    refused(tree, "devices/gadget.c:2: error: no Kconfig file defines GADGET_SPEDE: did you mean"
                  " GADGET_SPEED?")


def test_offsets_are_listed_as_other_files_are(tree):
    tree.write("arch/x86/Sources", "CORE: entry.S\n")
    refused(tree, "arch/x86/offsets.c: error: no Sources lists this file")
    tree.write("arch/x86/Sources", "CORE: entry.S\nBACKEND_ONE: offsets.c\n")
    assert tree.configure("small").returncode == 0
    rules = (tree.root / "build/small/build.ninja").read_text()
    assert "build include/arch/x86/offsets.h: offsets" in rules and "offsets.c.o" not in rules


FORGOTTEN = [
    ("phases/main.c", "\tif (CONFIG_GADGET_SPEED) {\n\t\treturn 1;\n\t}\n"),
    ("phases/main.c", "#if CONFIG_GADGET_SPEED\n\treturn 1;\n#endif\n"),
    ("arch/x86/entry.S", "#if CONFIG_GADGET_SPEED\n\tnop\n#endif\n"),
]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("path, text", FORGOTTEN)
def test_a_header_that_was_forgotten(tree, path, text, compiler):
    file = tree.root / path
    old = file.read_text()
    place = old.index("\treturn CONFIG_GADGET;") if path.endswith(".c") else len(old)
    file.write_text(old[:place] + text + old[place:])
    tree.configure("small", "--cc", compiler)
    result = tree.ninja(path + ".o")
    assert result.returncode == 1, result.stdout
    assert re.search(r"CONFIG_GADGET_SPEED\S* (is not defined|undeclared)|"
                     r"undeclared identifier 'CONFIG_GADGET_SPEED|"
                     r"'CONFIG_GADGET_SPEED' is not defined", result.stdout), result.stdout


def test_no_code_asks_whether_a_symbol_is_defined():
    """Each is, as 0 or 1: no compiler would see a header that was forgotten."""
    for folder in "arch", "boot", "devices", "phases":
        for path in (ROOT / folder).rglob("*.[chS]"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"#\s*ifn?def\s+CONFIG_|defined\s*\(?\s*CONFIG_", text), path
