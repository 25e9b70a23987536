# SPDX-License-Identifier: BSD-2-Clause
"""A small tree that the real configure.py, build.ninja.in and generator build."""

import os
import pathlib
import re
import shutil
import subprocess

from graph_tree import ROOT, STAGES, phase
from test_graph_image import SCRIPT

KCONFIG = """mainmenu "small"

config CORE
\tdef_bool y
\tselect HELD

config GADGET
\tbool "A gadget"
\tdefault y

config GADGET_SPEED
\tint "Its speed"
\tdepends on GADGET
\trange 1 10
\tdefault 5

config GADGET_PORT
\thex "Its port"
\tdefault 0x3f8

config GREETING
\tstring "What it says"
\tdefault "say \\"hello\\""

config PANIC_SYMBOLS
\tdef_bool y

config BACKEND_ONE
\tbool "One backend"
\tdefault y

config BACKEND_TWO
\tbool "Another backend"

config HELD
\tbool "What every build has"

config LOUD
\tbool "Loud" if GADGET

choice
\tprompt "After a panic"

config PANIC_HALT
\tbool "halt"

config PANIC_REBOOT
\tbool "reboot"

endchoice
"""

MAIN = """#include "phases/runner.h"
#include "config/BACKEND_ONE.h"
#include "config/BACKEND_TWO.h"
#include "config/GADGET.h"
#include "config/GADGET_PORT.h"
#include "config/GREETING.h"
#include "config/HELD.h"
#include "config/LOUD.h"
#include "config/PANIC_REBOOT.h"

int the_answer(void);
int the_answer(void)
{
\treturn CONFIG_GADGET;
}
"""

GADGET = """#include "phases/phase.h"
#include "config/GADGET_SPEED.h"

""" + phase("gadget", wants=["base"])


def with_help(kconfig):
    """The same, each entry with the help text that configure.py asks for, where it has none."""
    entries = re.split(r"\n+(?=config |choice|endchoice)", kconfig.rstrip("\n"))
    for number, entry in enumerate(entries):
        if entry.startswith(("config ", "choice\n")) and "\thelp\n" not in entry:
            entries[number] = entry + "\n\thelp\n\t  Of use."
    return "\n\n".join(entries) + "\n"


class BuildTree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "phases" / "graph", self.root / "phases" / "graph", ignore=ignored)
        for name in ("configure.py", "build.ninja.in", "phases/phasegraph", "phases/phase.h",
                     "phases/runner.h"):
            shutil.copy(ROOT / name, self.root / name)
        self.write("Kconfig", KCONFIG)
        self.write("configs/small_defconfig", "# all on\n")
        self.write("configs/bare_defconfig", "# CONFIG_GADGET is not set\n")
        self.write("phases/Sources", "CORE: stages.c main.c base.c\n")
        self.write("phases/stages.c", STAGES)
        self.write("phases/main.c", MAIN)
        self.write("phases/base.c", '#include "phases/phase.h"\n' + phase("base"))
        self.write("devices/Sources", "GADGET: gadget.c\n")
        self.write("devices/gadget.c", GADGET)
        self.write("arch/x86/Sources", "CORE: entry.S offsets.c\n")
        self.write("arch/x86/entry.S", '#include "arch/x86/offsets.h"\n\tmov $SIZE, %eax\n')
        self.write("arch/x86/offsets.c", OFFSETS)
        self.write("arch/x86/phasevisor.lds", HEADERS + SCRIPT
                   .replace("phase.text.*) }", "phase.text.*) } :text")
                   .replace("symbols_end = .;\n\t}", "symbols_end = .;\n\t} :rest"))
        self.write("harness/make-iso", MAKE_ISO).chmod(0o755)
        self.tools.mkdir()

    def copy(self, root, source="small"):
        """The same in another folder, files with their times: where this is built, so is the copy."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        tree = object.__new__(BuildTree)
        tree.root = pathlib.Path(root)
        tree.configure(source)
        result = tree.ninja()
        assert result.returncode == 0, result.stdout + result.stderr
        return tree

    @property
    def tools(self):
        """A folder that comes first on PATH."""
        return self.root / ".tools"

    def compiler(self, version):
        """Puts a gcc of this version first on PATH, as a package manager does: with its own time."""
        new = self.write(".tools/gcc.new", COMPILER.replace("VERSION", version))
        new.chmod(0o755)
        os.utime(new, (1e9, 1e9))
        new.rename(self.tools / "gcc")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(with_help(text) if file.name == "Kconfig" else text)
        return file

    def edit(self, path, old, new):
        text = (self.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    def configure(self, *arguments):
        return self.run(self.root, "./configure.py", *arguments)

    def ninja(self, *arguments, name="small"):
        return self.run(self.root / "build" / name, "ninja", *arguments)

    def run(self, folder, *command):
        env = os.environ | {"PATH": f"{self.tools}:{os.environ['PATH']}"}
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, env=env
        )

    def build(self, name="small", source=None):
        """Configures, reviews, builds; gives back the folder."""
        for result in (self.configure(source or name, "--build", name),
                       self.ninja("order", name=name), self.ninja(name=name)):
            assert result.returncode == 0, result.stdout + result.stderr
        return self.root / "build" / name

    def files(self):
        """Every file outside of build/ with its time."""
        return {
            path: path.stat().st_mtime_ns
            for path in self.root.rglob("*")
            if path.is_file() and path.relative_to(self.root).parts[0] != "build"
        }


# make-iso --kernel-image FILE --output FILE --depfile FILE
MAKE_ISO = """#!/bin/sh
cp "$2" "$4" && echo "$4: ../../harness/make-iso" >"$6"
"""

COMPILER = """#!/bin/sh
case $1 in --version) echo "VERSION" ;; *) exec /usr/bin/gcc "$@" ;; esac
"""

# No segment may be both writable and executable: the linker warns, and warnings are errors.
HEADERS = """ENTRY(image_start)
PHDRS { text PT_LOAD FLAGS(5); rest PT_LOAD FLAGS(6); }
"""

OFFSETS = """
struct sizes { long a, b; };
void offsets(void);
void offsets(void)
{
\t__asm__ volatile("\\n#OFFSET SIZE %c0" : : "i"(sizeof(struct sizes)));
\t__asm__ volatile("\\n#OFFSET LOWER $%c0" : : "i"(-4));
}
"""
