# SPDX-License-Identifier: BSD-2-Clause
"""configure.py where a build is there already, with fragments, with an old .config, at random."""

import re
import shutil
import sys

import pytest
from build_tree import BuildTree
from graph_tree import ROOT

sys.path.insert(0, str(ROOT / "phases"))
from graph import configuration, randconfig  # noqa: E402


@pytest.fixture
def tree(tmp_path):
    return BuildTree(tmp_path)


def config(tree, name="small"):
    return (tree.root / "build" / name / ".config").read_text()


def everything(tree, name="small"):
    folder = tree.root / "build" / name
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(tree, *arguments, texts):
    """One line, exit status 2, and the build as it was."""
    before = everything(tree)
    result = tree.configure(*arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stderr.count("\n") == 1 and not result.stdout, result.stdout + result.stderr
    for text in texts:
        assert text in result.stderr, result.stderr
    assert everything(tree) == before


def accepted(tree, *arguments):
    result = tree.configure(*arguments)
    assert result.returncode == 0 and not result.stderr, result.stdout + result.stderr
    return result.stdout.splitlines()


def edit_speed(tree, value=7):
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", f"CONFIG_GADGET_SPEED={value}")


WAYS_ON = ["`./configure.py build/small` keeps it", "--force overwrites it", "--build NAME leaves it"]


def test_an_edited_config_is_not_overwritten(tree):
    accepted(tree, "small")
    edit_speed(tree)
    why = "build/small/.config was changed since it was configured from configs/small_defconfig: "
    refused(tree, "small", texts=[why + "GADGET_SPEED. ", *WAYS_ON])
    accepted(tree, "small", "--build", "other")
    accepted(tree, "build/small")
    assert "GADGET_SPEED 7" in (tree.root / "build/small/include/config/GADGET_SPEED.h").read_text()
    refused(tree, "small", texts=[why, *WAYS_ON])
    accepted(tree, "small", "--force")
    assert "CONFIG_GADGET_SPEED=5" in config(tree)
    assert "CONFIG_GADGET_SPEED=7" in (tree.root / "build/small/.config.old").read_text()
    accepted(tree, "small")


def test_many_differences_are_counted(tree):
    accepted(tree, "small")
    edit_speed(tree)
    for old, new in (("GADGET_PORT=0x3f8", "GADGET_PORT=0x2f8"), ('"say \\"hello\\""', '"bye"'),
                     ("# CONFIG_BACKEND_TWO is not set", "CONFIG_BACKEND_TWO=y"),
                     ("# CONFIG_LOUD is not set", "CONFIG_LOUD=y")):
        tree.edit("build/small/.config", old, new)
    refused(tree, "small", texts=[": BACKEND_TWO, GADGET_PORT, GADGET_SPEED, GREETING and 1 more. "])


def test_nothing_different_is_nothing_to_say(tree):
    first = accepted(tree, "small")
    assert first == ["build/small: configured from configs/small_defconfig"]
    assert accepted(tree, "small") == first


def test_another_source_needs_force(tree):
    accepted(tree, "small")
    why = "build/small/.config was configured from configs/small_defconfig, and differs: GADGET"
    refused(tree, "bare", "--build", "small", texts=[why, *WAYS_ON])
    tree.write("same.config", "CONFIG_GADGET=y\n")
    accepted(tree, "same.config", "--build", "small")  # gives the same


def test_a_source_that_was_edited_is_taken_over(tree):
    """So is a fragment: edit, configure, edit, configure."""
    tree.write("my.config", "CONFIG_GADGET_SPEED=6\n")
    accepted(tree, "small", "+my.config", "--build", "small")
    tree.write("my.config", "CONFIG_GADGET_SPEED=8\n")
    accepted(tree, "small", "+my.config", "--build", "small")
    assert "CONFIG_GADGET_SPEED=8" in config(tree)
    edit_by_hand = config(tree).replace("SPEED=8", "SPEED=9")
    tree.write("build/small/.config", edit_by_hand)
    tree.write("my.config", "CONFIG_GADGET_SPEED=4\n")
    refused(tree, "small", "+my.config", "--build", "small", texts=["GADGET_SPEED. ", *WAYS_ON])


def test_a_kconfig_that_changed_is_not_the_user(tree):
    accepted(tree, "small")
    add_to_kconfig(tree, "NEW", "\tbool \"New\"\n\tdefault y\n")
    tree.edit("Kconfig", "default 5", "default 6")
    accepted(tree, "small")
    assert "CONFIG_NEW=y" in config(tree) and "CONFIG_GADGET_SPEED=6" in config(tree)
    tree.edit("build/small/.config", "CONFIG_NEW=y", "# CONFIG_NEW is not set")
    refused(tree, "small", texts=[": NEW. "])


def test_a_build_that_nobody_knows_the_source_of(tree):
    accepted(tree, "small")
    (tree.root / "build/small/.source").unlink()
    accepted(tree, "small")
    edit_speed(tree)
    (tree.root / "build/small/.source").unlink()
    why = "build/small/.config differs from what configs/small_defconfig gives: GADGET_SPEED. "
    refused(tree, "small", texts=[why, *WAYS_ON])


def test_a_build_keeps_its_compiler(tree):
    def compiler():
        text = (tree.root / "build/small/build.ninja").read_text()
        return re.search(r"--cc (\w+)", text)[1]

    accepted(tree, "small", "--cc", "clang")
    assert compiler() == "clang"
    accepted(tree, "--olddefconfig", "small")
    assert compiler() == "clang"
    accepted(tree, "small", "--cc", "gcc")
    assert compiler() == "gcc"


def test_what_cannot_be_written(tree):
    tree.write("build/small", "in the way\n")
    result = tree.configure("small")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "build/small" in result.stderr


def add_to_kconfig(tree, name, text):
    tree.write("Kconfig", (tree.root / "Kconfig").read_text() + f"\nconfig {name}\n{text}")
    tree.edit("phases/main.c", '#include "config/GADGET.h"', f'#include "config/GADGET.h"\n#include "config/{name}.h"')


def test_fragments_go_over_a_source_in_their_order(tree):
    tree.write("configs/fast_defconfig", "# quick\nCONFIG_GADGET_SPEED=9\nCONFIG_PANIC_REBOOT=y\n")
    tree.write("one.config", "# mine\nCONFIG_GADGET_SPEED=2\nCONFIG_PANIC_HALT=y\nCONFIG_LOUD=y\n")
    tree.write("two.config", "CONFIG_GADGET_SPEED=3\nCONFIG_LOUD=y\n")
    assert accepted(tree, "fast", "+one.config", "+two.config") == [
        "one.config:2: GADGET_SPEED=2 (was 9)",
        "one.config:3: PANIC_HALT=y (was PANIC_REBOOT)",
        "one.config:4: LOUD=y (was n)",
        "two.config:1: GADGET_SPEED=3 (was 2)",
        "build/fast-one-two: configured from configs/fast_defconfig +one.config +two.config",
    ]
    for line in "CONFIG_GADGET_SPEED=3", "CONFIG_PANIC_HALT=y", "CONFIG_LOUD=y":
        assert line in config(tree, "fast-one-two")
    accepted(tree, "fast", "+two.config", "+one.config", "--build", "mine")
    assert "CONFIG_GADGET_SPEED=2" in config(tree, "mine")


def test_what_a_fragment_takes_the_effect_from(tree):
    tree.write("configs/fast_defconfig", "CONFIG_GADGET_SPEED=9\n")
    tree.write("off.config", "# CONFIG_GADGET is not set\n")
    assert accepted(tree, "fast", "+off.config")[:2] == [
        "off.config:1: GADGET=n (was y)",
        "configs/fast_defconfig:1: GADGET_SPEED=9 has no effect any more: it depends on GADGET",
    ]
    tree.write("faster.config", "CONFIG_GADGET_SPEED=10\n")
    result = tree.configure("fast", "+off.config", "+faster.config")
    assert result.returncode == 2
    assert result.stderr == "faster.config:1: GADGET_SPEED is set to 10, but comes out as nothing:" \
                            " it depends on GADGET\n"


def test_fragment_that_is_not_there(tree):
    result = tree.configure("small", "+no.config")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "no.config: No such file or directory" in result.stderr


def test_olddefconfig(tree):
    accepted(tree, "small")
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=9\nCONFIG_LOST=y")
    tree.edit("Kconfig", "range 1 10", "range 1 8")
    tree.edit("Kconfig", "GADGET_PORT\n", "GADGET_OTHER\n")
    tree.edit("phases/main.c", "GADGET_PORT", "GADGET_OTHER")
    add_to_kconfig(tree, "NEW", "\tbool \"Something new\"\n\tdefault y\n")
    result = tree.configure("build/small")
    assert result.returncode == 2 and "no Kconfig file defines LOST" in result.stderr
    assert "(./configure.py --olddefconfig drops what is out of date)" in result.stderr
    lines = accepted(tree, "--olddefconfig", "small")
    assert [re.sub(r":\d+", "", line) for line in lines] == [
        "build/small/.config: LOST=y is dropped: no Kconfig file defines LOST",
        "build/small/.config: GADGET_PORT=0x3f8 is dropped: no Kconfig file defines GADGET_PORT;"
        " did you mean GADGET_OTHER?",
        "build/small/.config: GADGET_SPEED is set to 9, but comes out as 5: its range is 1 to 8",
        "new: GADGET_OTHER=0x3f8 (Its port)",
        "new: NEW=y (Something new)",
        "build/small: configured from build/small/.config",
    ]
    assert "GADGET_SPEED=9" in (tree.root / "build/small/.config.old").read_text()
    assert accepted(tree, "--olddefconfig", "small") == lines[-1:]


def test_a_new_symbol_is_told_once(tree):
    """So is one that was deleted from a .config by hand; but not one whose value follows from others."""
    accepted(tree, "small")
    add_to_kconfig(tree, "NEW", "\tbool \"Something new\"\n")
    add_to_kconfig(tree, "NUMBER", "\tint\n\tdefault 3\n")
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5\n", "")
    result = tree.ninja("build.ninja")
    new = "new: GADGET_SPEED=5 (Its speed)\nnew: NEW=n (Something new)\n"
    assert result.returncode == 0 and new in result.stdout, result.stdout
    assert "new:" not in tree.ninja("build.ninja").stdout
    done = "build/small: configured from build/small/.config"
    assert accepted(tree, "build/small") == [done]
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5\n", "")
    assert accepted(tree, "build/small") == ["new: GADGET_SPEED=5 (Its speed)", done]


def test_a_value_that_kconfig_does_not_allow_any_more(tree):
    accepted(tree, "small")
    tree.edit("Kconfig", "range 1 10\n\tdefault 5", "range 1 4\n\tdefault 2")
    result = tree.configure("build/small")
    assert result.returncode == 2 and result.stderr == (
        "build/small/.config:3: GADGET_SPEED is set to 5, but comes out as 2: its range is 1 to 4"
        " (./configure.py --olddefconfig drops what is out of date)\n"
    )


def test_olddefconfig_of_a_file(tree):
    """It stays as it is; a short one says nothing of most symbols, which are not new for that."""
    tree.write("old.config", "CONFIG_GONE=y\nCONFIG_GADGET_SPEED=2\n")
    first, last = accepted(tree, "--olddefconfig", "old.config")
    assert first.startswith("old.config:1: GONE=y is dropped: no Kconfig file defines GONE")
    assert last == "build/old: configured from old.config"
    assert "CONFIG_GADGET_SPEED=2" in config(tree, "old")
    assert "GONE" in (tree.root / "old.config").read_text()


def test_olddefconfig_that_gives_nothing_to_build(tree):
    accepted(tree, "small")
    tree.edit("build/small/.config", "CONFIG_BACKEND_ONE=y", "# CONFIG_BACKEND_ONE is not set")
    refused(tree, "--olddefconfig", "small", texts=["no CPU backend is chosen"])


def test_randconfig_is_the_same_for_the_same_seed(tree):
    accepted(tree, "--randconfig", "1", "--build", "a")
    lines = accepted(tree, "--randconfig", "1", "--build", "b")
    assert lines == ["--randconfig 1 gives the same again", "build/b: configured from --randconfig"]
    assert config(tree, "a") == config(tree, "b")
    accepted(tree, "--randconfig", "2")
    assert config(tree, "randconfig") != config(tree, "a")
    match = re.match(r"--randconfig (\d+) gives", accepted(tree, "--randconfig")[0])
    drawn = config(tree, "randconfig")
    accepted(tree, "--randconfig", match[1])
    assert config(tree, "randconfig") == drawn


def test_randconfig_is_valid(tree):
    """A family that would be empty gets one; what was drawn is taken as a .config and a defconfig."""
    backends = set()
    for seed in range(5):
        accepted(tree, "--randconfig", str(seed), "--build", "r")
        text = config(tree, "r")
        assert "CONFIG_HELD=y" in text
        backends.add(("CONFIG_BACKEND_ONE=y" in text, "CONFIG_BACKEND_TWO=y" in text))
        accepted(tree, "build/r")
        accepted(tree, "--savedefconfig", "r")
        accepted(tree, "build/r/defconfig", "--build", "again", "--force")
        assert config(tree, "again") == text
    assert len(backends) > 1 and (False, False) not in backends


def test_wrong_uses(tree):
    for arguments, text in (
        (["--randconfig", "1", "small"], "--randconfig takes no SOURCE"),
        (["--randconfig", "many"], "invalid int value: 'many'"),
        (["--olddefconfig", "small", "+x.config"], "--olddefconfig takes no fragments"),
        (["--olddefconfig", "--menuconfig", "small"], "not allowed with"),
        (["--savedefconfig", "small"], "is not configured"),
        (["--menuconfig", "small"], "--menuconfig needs a terminal; without one"),
        (["--olddefconfig"], "which configuration?"),
        (["--menuconfig"], "which configuration?"),
    ):
        tree.write("x.config", "")
        result = tree.configure(*arguments)
        assert result.returncode == 2 and text in result.stderr, result.stderr
        assert "Traceback" not in result.stderr
        assert not [path for path in (tree.root / "build").glob("*") if path.name != ".python"]


def test_help_names_every_option(tree):
    text = tree.configure("--help").stdout
    for word in ("SOURCE", "+FRAGMENT", "--build", "--force", "--cc", "--menuconfig", "--olddefconfig",
                 "--randconfig", "--savedefconfig", "examples:"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_the_products_kconfig_offers_is_valid(tmp_path, monkeypatch):
    monkeypatch.setenv("srctree", str(ROOT))
    monkeypatch.setenv("KCONFIG_WARN_UNDEF", "y")
    for seed in range(50):
        drawn = configuration.read_kconfig(str(ROOT))
        randconfig.randomize(drawn, seed)
        drawn.write_config(str(tmp_path / ".config"), save_old=False)
        taken, _ = configuration.load(str(ROOT), str(tmp_path / ".config"))
        assert configuration.values(taken) == configuration.values(drawn), seed


@pytest.mark.parametrize("seed, compiler", [(3, "gcc"), (8, "clang")])
def test_random_configurations_of_the_product_build(seed, compiler, tmp_path):
    tree = object.__new__(BuildTree)
    tree.root = tmp_path / "tree"
    ignored = shutil.ignore_patterns("build", ".git", "__pycache__", "harness")
    shutil.copytree(ROOT, tree.root, ignore=ignored)
    accepted(tree, "--randconfig", str(seed), "--build", "small", "--cc", compiler)
    result = tree.ninja("phasevisor.elf", "golden.stamp")
    assert result.returncode == 0, config(tree) + result.stdout
