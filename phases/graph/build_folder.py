# SPDX-License-Identifier: BSD-2-Clause
"""What an earlier configuration has left in a build's folder."""

import os

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
