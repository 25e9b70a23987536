# SPDX-License-Identifier: BSD-2-Clause
"""What Kconfig lacks: symbols that are named and not defined."""

import os
import re
from difflib import get_close_matches

from .problems import Place, Problems

UNDEFINED = re.compile(r"(?:warning: )?undefined symbol (.+?):\n")
CONDITION = re.compile(r"\s*(?:depends|if|visible|select|imply|default|def_|range|bool|int|hex|string|prompt)")
TEXT = re.compile(r'"[^"]*"|#.*')


def nearest(config, name):
    """The symbol that may be meant by a name, or None."""
    names = [symbol.name for symbol in config.unique_defined_syms]
    if close := get_close_matches(name, names, n=1, cutoff=0.75):
        return close[0]
    longer = [other for other in names if len(name) > 2 and other.startswith(name)]
    return min(longer, key=len, default=None)


def undefined(root, config, name, place):
    """What to say of a symbol that is named but not in Kconfig."""
    wrong = f"no Kconfig file defines {name}: "
    file = os.path.basename(place.file)
    if name.startswith("CONFIG_"):
        if file in ("Sources", "Kconfig"):
            return wrong + f"{file} has symbols without CONFIG_: {name[7:]}"
        return wrong + f"the name of a header has no CONFIG_: config/{name[7:]}.h"
    if not name.isupper():
        return wrong + 'symbols are in capitals, a bool is y or n, a text stands in "quotes"'
    folder = os.path.dirname(place.file)
    while folder and not os.path.exists(os.path.join(root, folder, "Kconfig")):
        folder = os.path.dirname(folder)
    advice = f"add `config {name}` to {os.path.join(folder, 'Kconfig')}"
    close = nearest(config, name)
    return wrong + (f"did you mean {close}? Else {advice}" if close else advice)


def warning(root, config, text):
    """A warning of kconfiglib as a line, or as one for each place."""
    match = UNDEFINED.match(text)
    if not match:
        return " ".join(text.removeprefix("warning: ").split())
    problems = Problems()
    for place in references(root, config, match[1]):
        problems.add(place, undefined(root, config, match[1], place))
    return "\n".join(problems.messages)


def references(root, config, name):
    """The lines that name a symbol. kconfiglib knows only below which entry they stand."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    found = []
    for path in dict.fromkeys(config.kconfig_filenames):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if CONDITION.match(line) and word.search(TEXT.sub("", line)):
                    found.append(Place(path, number))
    symbol = config.syms[name]
    entries = [node for node in config.node_iter() if symbol in node.referenced]
    return found or [Place(node.filename, node.linenr) for node in entries]
