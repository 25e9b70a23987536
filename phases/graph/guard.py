# SPDX-License-Identifier: BSD-2-Clause
"""
A .config that somebody has edited is not overwritten. build/NAME/.source holds what the folder was
configured from, and the .config that this gave: whatever differs from it now is somebody's work.
"""

import os

from . import olddefconfig
from .assignments import Mistake
from .configuration import values, write

RECORD = ".source"
MOST_NAMES = 4


def check(root, folder, config, origin):
    """A Mistake where writing the configuration that comes from `origin` would lose something."""
    path = os.path.join(folder, ".config")
    if not os.path.exists(path):
        return
    there = values(olddefconfig.load(root, path)[0])
    changes = differing(there, values(config))
    if not changes:
        return
    earlier, given = read_record(root, folder)
    if there == given and earlier == origin:
        return  # only the source has changed, or Kconfig
    if there == given:
        why = f"was configured from {earlier}, and differs: {changes}"
    elif earlier:
        why = f"was changed since it was configured from {earlier}: {differing(there, given)}"
    else:
        why = f"differs from what {origin} gives: {changes}"
    name = os.path.basename(folder)
    raise Mistake(
        f"build/{name}/.config {why}. `./configure.py build/{name}` keeps it as it is, --force"
        " overwrites it, --build NAME leaves it alone"
    )


def read_record(root, folder):
    """(what a folder was configured from, or None; the values that this gave)."""
    path = os.path.join(folder, RECORD)
    if not os.path.exists(path):
        return None, None
    with open(path, encoding="utf-8") as file:
        origin = file.readline().removeprefix("# ").strip()
    return origin, values(olddefconfig.load(root, path)[0])


def record(folder, origin, config):
    """To be written together with a .config that comes from `origin`."""
    path = os.path.join(folder, RECORD)
    config.write_config(path, header=f"# {origin}\n", save_old=False)


def differing(mine, others):
    """The symbols that have another value, for a message; empty where there are none."""
    names = sorted(name for name in mine if mine[name] != others.get(name))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
