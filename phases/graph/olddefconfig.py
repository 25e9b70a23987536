# SPDX-License-Identifier: BSD-2-Clause
"""Brings a configuration that is out of date up to date, and tells what became of it."""

from . import assignments
from .configuration import assign, impossible, ineffective, normal, read_kconfig


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
    if any(not node.prompt for item in possible for node in config.syms[item.name].nodes):
        notes += new_symbols(config, {item.name for item in possible})
    return config, notes


def new_symbols(config, known):
    """For a whole .config, which says something of each symbol that there was."""
    for symbol in config.unique_defined_syms:
        if symbol.name in known or not symbol.visibility:
            continue
        if not symbol.choice or symbol.tri_value:
            text = next(node.prompt[0] for node in symbol.nodes if node.prompt)
            yield f"new: {symbol.name}={normal(symbol) or 'nothing'} ({text})"
