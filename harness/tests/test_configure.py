# SPDX-License-Identifier: BSD-2-Clause
"""configure.py: what it takes, what it refuses, what it writes."""

import sys

import pytest
from build_tree import BuildTree
from graph_tree import ROOT


@pytest.fixture
def tree(tmp_path):
    return BuildTree(tmp_path)


def refused(tree, *arguments, text):
    """One clear line on stderr, exit status 2, and nothing written."""
    before = tree.files()
    result = tree.configure(*arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert text in result.stderr and "Traceback" not in result.stderr, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert tree.files() == before
    assert not [path for path in (tree.root / "build").glob("*") if path.name != ".python"]


def test_without_a_source_it_lists_what_there_is(tree):
    refused(tree, text="In configs/ there are: bare, small")


def test_source_that_does_not_exist(tree):
    refused(tree, "smal", text="smal is neither a defconfig nor a file; in configs/ there are: ba")


def test_wrong_option(tree):
    result = tree.configure("small", "--no-such-option")
    assert result.returncode == 2 and "unrecognized arguments" in result.stderr


def test_wrong_name(tree):
    refused(tree, "small", "--build", "../x", text="`../x` is no name for a folder")


@pytest.mark.parametrize(
    "line, text",
    [
        ("CONFIG_GADGTE=y", "mine.config:1: attempt to assign the value 'y' to the undefined symbol"
                            " GADGTE"),
        ("CONFIG_GADGET=maybe", "'maybe' is not a valid value for the bool symbol GADGET"),
        ("CONFIG_GADGET_SPEED=fast", "mine.config: the value 'fast' is invalid for GADGET_SPEED"),
        ("CONFIG_GADGET_SPEED=11", "GADGET_SPEED is set to 11, but comes out as 5: its range is 1"),
        ("# CONFIG_CORE is not set", "CORE is set to n, but comes out as y: it is not for users"),
        ("# CONFIG_GADGET is not set\nCONFIG_GADGET_SPEED=2",
         "GADGET_SPEED is set to 2, but comes out as nothing: it depends on GADGET"),
        ("CONFIG_GADGET=y\n# CONFIG_GADGET is not set", "GADGET"),
        ("# CONFIG_BACKEND_ONE is not set",
         "no CPU backend is chosen; at least one of these is needed: BACKEND_ONE, BACKEND_TWO"),
        ("nonsense", "mine.config:1: malformed line 'nonsense'"),
    ],
)
def test_wrong_line(tree, line, text):
    tree.write("mine.config", line + "\n")
    refused(tree, "mine.config", text=text)


def test_file_that_is_no_text(tree):
    (tree.root / "mine.config").write_bytes(b"\xff\xfe\x00\x01" * 9)
    refused(tree, "mine.config", text="mine.config")


def test_mistake_in_kconfig(tree):
    tree.edit("Kconfig", "depends on GADGET", "depends on GADGTE")
    refused(tree, "small", text="undefined symbol GADGTE")


def test_sources_with_a_symbol_that_does_not_exist(tree):
    tree.write("devices/Sources", "GADGTE: gadget.c\n")
    refused(tree, "small", text="devices/Sources:1: error: no Kconfig file defines GADGTE")


def test_sources_with_a_file_that_does_not_exist(tree):
    tree.write("devices/Sources", "# devices\nGADGET: gadgte.c\n")
    refused(tree, "small", text="devices/Sources:2: error: gadgte.c does not exist in devices")


def test_sources_that_cannot_be_read(tree):
    tree.write("devices/Sources", "gadget.c\n")
    refused(tree, "small", text="`gadget.c` is not of the form `SYMBOL: file.c file.S`")


def test_file_that_two_lines_list(tree):
    tree.write("devices/Sources", "GADGET: gadget.c\nCORE: gadget.c\n")
    result = tree.configure("small")
    assert result.returncode == 2
    assert "devices/Sources:2: error: devices/gadget.c is listed twice" in result.stderr


def test_names(tree):
    tree.write("my.config", "")
    for arguments, name in (
        (["small"], "small"),
        (["small_defconfig"], "small"),
        (["configs/bare_defconfig"], "bare"),
        (["my.config"], "my"),
        (["build/small/.config"], "small"),
        (["build/small/.config", "--build", "copy"], "copy"),
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
    tree.configure("bare", "--build", "small")
    assert header(tree, "GADGET").read_text() == "#define CONFIG_GADGET 0\n"
    assert header(tree, "GADGET_SPEED").read_text() == "#define CONFIG_GADGET_SPEED 0\n"
    changed = {p.stem for p, time in times.items() if p.stat().st_mtime_ns != time}
    assert changed == {"GADGET", "GADGET_SPEED"}


def test_header_of_a_symbol_that_is_gone(tree):
    tree.configure("small")
    tree.edit("Kconfig", "config GADGET_PORT", "config GADGET_OTHER")
    tree.configure("small")
    assert not header(tree, "GADGET_PORT").exists() and header(tree, "GADGET_OTHER").exists()


def test_what_menuconfig_leaves_is_kept(tree):
    """A .config is taken as it is; what was there before is in .config.old."""
    tree.configure("small")
    folder = tree.root / "build" / "small"
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=7")
    tree.configure("build/small/.config")
    assert "#define CONFIG_GADGET_SPEED 7" in header(tree, "GADGET_SPEED").read_text()
    tree.configure("small")
    assert "CONFIG_GADGET_SPEED=7" in (folder / ".config.old").read_text()


def kconfig():
    import kconfiglib

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
