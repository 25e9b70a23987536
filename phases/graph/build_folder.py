# SPDX-License-Identifier: BSD-2-Clause
"""A build's folder: what is written into it, and what an earlier configuration has left there."""

import contextlib
import os
import re

OWN = ("table.c", "symbols.S")  # what the build itself writes and compiles


def remove_leftovers(folder, files):
    """
    Removes the objects of files that are in no Sources any more. `files`: those that are, in any
    configuration; objects of files that are not chosen now stay, for the day on which they are
    chosen again: ninja knows whether they are up to date.
    """
    objects = {os.path.join(folder, f"{file}.o") for file in (*files, *OWN)}
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            if name.endswith(".o") and os.path.join(path, name) not in objects:
                os.remove(os.path.join(path, name))
        if not os.listdir(path):
            os.rmdir(path)


def gone_symbols(path, config):
    """
    The symbols that Kconfig has had when build/NAME/.config was made, and has no more: somebody has
    switched to another branch. A name that Kconfig never had is not among them: it is a mistake.
    """
    headers = os.path.join(os.path.dirname(path), "include", "config")
    if os.path.basename(path) != ".config" or not os.path.isdir(headers):
        return set()
    known = {name.removesuffix(".h") for name in os.listdir(headers)}
    return known - {symbol.name for symbol in config.unique_defined_syms}


def write_config(config, folder):
    """
    Writes .config; gives back its assignments, sorted. To ninja it is as old as before: a file that
    changes while configure.py runs would be a reason to run it again.
    """
    path = os.path.join(folder, ".config")
    with keeps_its_time(path):
        config.write_config(path, save_old=True)
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if symbol_of(line)]
    return "".join(sorted(lines))


@contextlib.contextmanager
def keeps_its_time(path):
    before = os.stat(path) if os.path.exists(path) else None
    yield
    if before:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def symbol_of(line):
    match = re.match(r"(?:# )?CONFIG_(\w+)(?:=| is not set)", line)
    return match[1] if match else None
