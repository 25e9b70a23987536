# SPDX-License-Identifier: BSD-2-Clause
"""
kconfiglib's menu, on a copy of a configuration. Nothing else is touched before somebody has saved
there what can be built.
"""

import importlib
import os
import shutil
import sys
import tempfile

from .assignments import Mistake
from .configuration import load, read_kconfig, write


def need_terminal():
    """A Mistake where nobody could use the menu."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Mistake(
            "configure.py: --menuconfig needs a terminal; without one, put what differs into a file"
            " and add it: ./configure.py NAME +FILE"
        )
    import curses

    try:
        curses.setupterm()
    except curses.error:
        term = os.environ.get("TERM", "")
        raise Mistake(f"configure.py: no menu on a terminal of the type `{term}`: set TERM") from None


def run(root, config, folder, is_new):
    """The configuration that was saved in the menu, or None. It starts with that of `config`."""
    there = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="phasevisor-") as scratch:
        path = os.path.join(scratch, ".config")
        config.write_config(path)
        if is_new:
            leave_out_what_follows(config, path)
        given = contents(path)
        os.chdir(scratch)  # where the menu writes what has no folder in its name
        try:
            while True:
                show(root)
                if contents(path) == given:
                    return None
                try:
                    return load(root, path)[0]
                except Mistake as mistake:
                    text = str(mistake).replace(path + ": ", "")
                    if not wants_to_go_on(text):
                        raise Mistake(f"{text}; nothing was changed") from None
        except KeyboardInterrupt:
            return None
        finally:
            os.chdir(there)
            keep_others(scratch, folder)


def leave_out_what_follows(config, path):
    """
    The menu takes a .config for out of date that lacks what follows from others, and asks on the
    way out whether to save it: so that a new build can be had also where nothing was changed.
    """
    symbols = config.unique_defined_syms
    follows = {s.config_string for s in symbols if not any(node.prompt for node in s.nodes)}
    lines = contents(path).splitlines(keepends=True)
    write(path, "".join(line for line in lines if line not in follows))


def show(root):
    sys.modules.pop("menuconfig", None)  # it keeps what it has seen in globals: a new one each time
    menuconfig = importlib.import_module("menuconfig")
    config = read_kconfig(root)
    os.environ["KCONFIG_CONFIG"] = ".config"
    menuconfig.menuconfig(config)


def contents(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def wants_to_go_on(text):
    print(text, file=sys.stderr)
    try:
        answer = input("This cannot be built. Back to the menu? [Y/n] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("", "y", "yes")


def keep_others(scratch, folder):
    """What was saved in the menu under other names: a minimal configuration, say."""
    for name in sorted(os.listdir(scratch)):
        if not name.startswith(".config"):
            os.makedirs(folder, exist_ok=True)
            shutil.move(os.path.join(scratch, name), os.path.join(folder, name))
            print(f"{os.path.relpath(folder)}/{name}: saved")
