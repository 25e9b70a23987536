# SPDX-License-Identifier: BSD-2-Clause
"""
Sources, Kconfig and the tree agree: no file without a symbol, no symbol without use or without a
help text. One mistake gives one message, which says what to do.
"""

import os
import re
from difflib import get_close_matches

import kconfiglib

from . import sources
from .kconfig_checks import undefined
from .problems import Place, Problems

INCLUDE = re.compile(r'^\s*#\s*include\s*"config/(\w+)\.h"', re.MULTILINE)


def check(root, config, used):
    """
    Every file that a Sources lists, with its Source. `used` names the symbols that configure.py
    itself reads. Raises Refused.
    """
    problems = Problems()
    listed = sources.read_tree(root, problems)
    for source in listed.values():
        defined(root, config, source, problems)
    problems.stop_if_any()
    included = includes(root)
    used = {*used, *included, *(source.symbol for source in listed.values()), *expressions(config)}
    unused = list(unused_symbols(config, used))
    for path in unlisted(root, listed):
        problems.add(path, how_to_list(path, [symbol.name for symbol in unused]))
    problems.stop_if_any()
    for symbol, place in included.items():
        if not is_defined(config, symbol):
            problems.add(place, undefined(root, config, symbol, place))
    for symbol in unused:
        problems.add(place_of(symbol.nodes[0]), without_use(symbol))
    for node in config.node_iter():
        if isinstance(node.item, (kconfiglib.Symbol, kconfiglib.Choice)) and not node.help:
            problems.add(place_of(node), without_help(node))
    problems.stop_if_any()
    return listed


def is_defined(config, name):
    return name in config.syms and bool(config.syms[name].nodes)


def defined(root, config, source, problems):
    if not is_defined(config, source.symbol):
        problems.add(source.place, undefined(root, config, source.symbol, source.place))
    elif config.syms[source.symbol].orig_type != kconfiglib.BOOL:
        kind = kconfiglib.TYPE_TO_STR[config.syms[source.symbol].orig_type]
        problems.add(source.place, f"{source.symbol} is of type {kind}: a bool brings in files")


def product_files(root):
    for folder, names in sources.folders(root):
        for name in names:
            if name.endswith((".c", ".S", ".h")):
                yield os.path.join(folder, name)


def includes(root):
    """The symbols whose header some file includes, with the first place of each."""
    found = {}
    for path in product_files(root):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            found.setdefault(match[1], Place(path, line))
    return found


def unlisted(root, listed):
    return [path for path in product_files(root) if path not in listed and path[-2:] != ".h"]


def how_to_list(path, unused):
    folder, name = os.path.split(path)
    close = get_close_matches(os.path.splitext(name)[0].upper(), unused, n=1)
    symbol = close[0] if close else "SYMBOL"
    always = "" if close else " (CORE: in every build)"
    return (
        f"no Sources lists this file: add `{symbol}: {name}` to"
        f" {os.path.join(folder, 'Sources')}{always}"
    )


def expressions(config):
    """Symbols on whose values Kconfig files make others depend. To select one is no use of it."""
    for node in config.node_iter():
        item = node.item
        found = [node.dep, *(node.prompt or ())[1:]]
        if isinstance(item, kconfiglib.Symbol):
            found += [e for entry in node.defaults + node.ranges for e in entry]
            found += [condition for _, condition in node.selects + node.implies]
        elif isinstance(item, kconfiglib.Choice):
            found += [condition for _, condition in node.defaults]
        for expression in found:
            for symbol in kconfiglib.expr_items(expression):
                if symbol is not item and isinstance(symbol, kconfiglib.Symbol):
                    yield symbol.name


def unused_symbols(config, used):
    """One of a choice may be without use: it means that none of the others is chosen."""
    unused = [symbol for symbol in config.unique_defined_syms if symbol.name not in used]
    for symbol in unused:
        others = [s for s in unused if symbol.choice and s.choice is symbol.choice]
        if len(others) != 1:
            yield symbol


def place_of(node):
    return Place(node.filename, node.linenr)


def without_use(symbol):
    return (
        f"{symbol.name} has no use: no Sources has a line `{symbol.name}: FILE`, no code includes"
        f" config/{symbol.name}.h, nothing in Kconfig depends on it"
    )


def without_help(node):
    name = getattr(node.item, "name", None) or "this choice"
    return (
        f"{name} has no help text: end it with a line `help`, and below that, further to the right,"
        " what it does and what it costs"
    )
