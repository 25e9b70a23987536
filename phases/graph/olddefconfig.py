# SPDX-License-Identifier: BSD-2-Clause
"""Brings a configuration that is out of date up to date, and tells what became of it."""

from . import assignments
from .configuration import assign, impossible, ineffective, new_symbols, read_kconfig


def load(root, path):
    """(the configuration; a line for each assignment that is lost, and for each new symbol)."""
    config = read_kconfig(root)
    found, notes = assignments.read(root, path)
    notes = [f"{text}: dropped" for text in notes]
    possible = []
    for item in found:
        if why := impossible(config, item):
            notes.append(f"{item.place}: {item} is dropped: {why}")
        else:
            possible.append(item)
    assign(config, possible)
    for item in possible:
        if why := ineffective(config, item, whole=True):
            notes.append(f"{item.place}: {why}")
    return config, [*notes, *new_symbols(config, possible)]
