# SPDX-License-Identifier: BSD-2-Clause
"""The menu, as a person uses it: in a terminal, waiting for what the screen shows."""

import os
import shutil
import subprocess

import pytest
from build_tree import BuildTree
from graph_tree import ROOT
from screen import Person

SAVE = "Save configuration?"


@pytest.fixture
def tree(tmp_path):
    return BuildTree(tmp_path)


def open_menu(tree, *arguments):
    return Person(tree.root, "./configure.py", "--menuconfig", *arguments).sees("[*] A gadget")


def config(tree, name):
    return (tree.root / "build" / name / ".config").read_text()


def builds(tree):
    """What there is in build/, with all it holds."""
    return {
        path: path.read_bytes()
        for path in (tree.root / "build").rglob("*")
        if path.is_file() and ".python" not in path.parts
    }


def test_a_new_build(tree):
    person = open_menu(tree, "mine")
    person.types(" ", "[ ] A gadget").types("q", SAVE).types("y", "Next: ninja -C build/mine")
    assert person.leaves() == 0
    assert person.screen.shows("build/mine: configured from the defaults of Kconfig")
    assert "# CONFIG_GADGET is not set" in config(tree, "mine")
    assert tree.ninja("order", name="mine").returncode == 0  # it is the defconfig `bare`
    assert tree.ninja(name="mine").returncode == 0


def test_a_new_build_as_it_is_offered(tree):
    tree.write("configs/fast_defconfig", "CONFIG_GADGET_SPEED=9\n")
    person = open_menu(tree, "fast", "--build", "mine").sees("(9)     Its speed")
    assert person.types("q", SAVE).types("y", "Next: ninja -C build/mine").leaves() == 0
    assert "CONFIG_GADGET_SPEED=9" in config(tree, "mine")
    result = tree.configure("fast", "--build", "mine")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["mine", "small"])
def test_leaving_without_saving(tree, name):
    tree.configure("small")
    before = builds(tree)
    person = open_menu(tree, name)
    person.types(" ", "[ ] A gadget").types("q", SAVE).types("n", "Nothing was saved, nothing is cha")
    assert person.leaves() == 0
    assert builds(tree) == before


def test_leaving_without_a_change(tree):
    tree.configure("small")
    before = builds(tree)
    person = open_menu(tree, "small")
    assert person.types("q", "Nothing was saved, nothing is changed.").leaves() == 0
    assert builds(tree) == before


def test_ctrl_c(tree):
    person = open_menu(tree, "mine")
    assert person.types(" ", "[ ] A gadget").types("\x03", "Nothing was saved").leaves() == 0
    assert not person.screen.shows("Traceback") and builds(tree) == {}


def test_what_is_there_is_changed_and_kept(tree):
    tree.configure("small", "--cc", "clang")
    person = open_menu(tree, "small")
    person.types("j", "Its speed").types("\n", "Its speed (int)", "5")
    person.types("\x08" + "7\n", "(7)     Its speed").types("q", SAVE).types("y", "Next: ninja").leaves()
    assert "CONFIG_GADGET_SPEED=7" in config(tree, "small")
    assert "--cc clang" in (tree.root / "build/small/build.ninja").read_text()
    result = tree.configure("small")
    assert result.returncode == 2 and "was changed since it was configured from" in result.stderr


def test_somebody_elses_changes_are_refused_before_the_menu(tree):
    tree.configure("small")
    tree.edit("build/small/.config", "CONFIG_GADGET_SPEED=5", "CONFIG_GADGET_SPEED=7")
    person = Person(tree.root, "./configure.py", "--menuconfig", "bare", "--build", "small")
    assert person.leaves() == 2
    assert person.screen.shows("--force overwrites it")


def test_a_missing_compiler_is_told_before_the_menu(tree, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    person = Person(tree.root, "./configure.py", "--menuconfig", "mine")
    assert person.leaves() == 2 and builds(tree) == {}
    assert person.screen.shows("gcc: there is no such program")


def turn_the_backend_off(person):
    person.types("/", "Jump to").types("BACKEND_ONE", "BACKEND_ONE(=y)").types("\n", "[*] One backend")
    person.types(" ", "[ ] One backend").types("q", SAVE)
    person.types("y", "no CPU backend is chosen", "Back to the menu? [Y/n]")
    return person


def test_what_cannot_be_built_is_refused(tree):
    person = turn_the_backend_off(open_menu(tree, "mine"))
    person.types("n\n", "nothing was changed")
    assert person.leaves() == 2 and builds(tree) == {}


def test_what_cannot_be_built_is_put_right(tree):
    person = turn_the_backend_off(open_menu(tree, "mine"))
    person.types("\n", "[*] A gadget")
    person.types("/", "Jump to").types("BACKEND_TWO", "BACKEND_TWO(=n)").types("\n", "[ ] Another")
    person.types(" ", "[*] Another").types("q", SAVE).types("y", "Next: ninja -C build/mine")
    assert person.leaves() == 0
    assert "CONFIG_BACKEND_TWO=y" in config(tree, "mine")
    assert "# CONFIG_BACKEND_ONE is not set" in config(tree, "mine")


def test_what_is_held_cannot_be_turned_off(tree):
    person = open_menu(tree, "mine").sees("-*- What every build has")
    person.types("/", "Jump to").types("HELD", "HELD(=y)").types("\n", "-*- What every build has")
    person.types(" ", "-*- What every").types("?", "Name: HELD", "Value: y").types("q", "Loud")
    person.types("q", SAVE).types("y", "Next: ninja")
    assert "CONFIG_HELD=y" in config(tree, "mine")


def test_a_minimal_configuration_saved_in_the_menu(tree):
    person = open_menu(tree, "mine").types(" ", "[ ] A gadget")
    person.types("d", "Filename to save", "defconfig").types("\n", "Minimal configuration saved")
    person.types("\n", "[ ] A gadget").types("q", SAVE).types("y", "Next: ninja")
    assert person.leaves() == 0 and person.screen.shows("build/mine/defconfig: saved")
    text = (tree.root / "build/mine/defconfig").read_text()
    assert "# CONFIG_GADGET is not set" in text and "CONFIG_CORE" not in text


def test_without_a_terminal(tree):
    result = tree.configure("--menuconfig", "mine")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "--menuconfig needs a terminal; without one" in result.stderr and builds(tree) == {}
    person = Person(tree.root, "./configure.py", "--menuconfig", "mine", TERM="no-such-terminal")
    assert person.leaves() == 2 and person.screen.shows("`no-such-terminal`: set TERM")
    person = Person(tree.root, "./configure.py", "--menuconfig", "no/such/file")
    assert person.leaves() == 2 and person.screen.shows("neither a defconfig nor a file")


def test_ninja_menuconfig(tree):
    folder = tree.build("small")
    person = Person(folder, "ninja", "menuconfig").sees("[*] A gadget")
    assert person.types(" ", "[ ] A gadget").types("q", SAVE).types("n", "Nothing was sav").leaves() == 0
    assert "no work to do" in tree.ninja().stdout
    person = Person(folder, "ninja", "menuconfig").sees("[*] A gadget")
    assert person.types(" ", "[ ] A gadget").types("q", SAVE).types("y", "Next: ninja").leaves() == 0
    assert "CONFIG_GADGET 0" in (folder / "include/config/GADGET.h").read_text()
    assert tree.ninja("phasevisor.elf", "order.txt").returncode == 0
    assert "gadget" not in (folder / "order.txt").read_text()


NAME = f"test-menu-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@pytest.fixture
def mine():
    """build/NAME of the product, which is not there before and after."""
    folder = ROOT / "build" / NAME
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def choose(person):
    """Search, read, toggle, and see why something is not offered."""
    person.sees("Optimise for size", "Boot paths", "Payloads", "Devices", "Log and panic")
    person.types("/", "Jump to symbol").types("debug console", 'DEBUGCON(=y) "Debug console')
    person.types("\n", "[*] Debug console of an emulator")
    person.types("?", "Name: DEBUGCON", "port 0xe9, which QEMU", "Costs one").types("q", "[*] Debug con")
    person.types(" ", "[ ] Debug console of an emulator")
    person.types("/", "Jump to symbol").types("LOG_LEVEL_INFO", "LOG_LEVEL_INFO(=n)")
    person.types("\n", "info: and each phase").types(" ", "What the consoles show (info: and each")
    person.types("/", "Jump to symbol").types("BACKEND_SVM", 'BACKEND_SVM(=y) "AMD SVM"')
    person.types("\n", "-*- AMD SVM", "*** A build needs at least one CPU backend: the last one stays on ***")
    return person.types(" ", "-*- AMD SVM").types("q", SAVE)


def test_a_person_leaves_the_products_menu_without_saving(mine):
    person = choose(Person(ROOT, "./configure.py", "--menuconfig", NAME))
    assert person.types("n", "Nothing was saved").leaves() == 0
    assert not mine.exists()


def test_a_person_builds_and_boots_a_configuration_of_their_own(mine, linux):
    person = choose(Person(ROOT, "./configure.py", "--menuconfig", NAME))
    person.types("y", f"Next: ninja -C build/{NAME}")
    assert person.leaves() == 0
    result = subprocess.run(["ninja", "-C", f"build/{NAME}"], cwd=ROOT, capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stdout
    told = "the order of this configuration is not a reviewed one; no pair of phases is ordered"
    assert told in result.stdout and "debugcon" not in (mine / "order.txt").read_text()
    machine = linux("check", config=f"build/{NAME}", loader="qemu")
    machine.says("uart16550 +done")  # what `info` shows, and `notice` does not
    machine.passes_check()
