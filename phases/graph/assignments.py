# SPDX-License-Identifier: BSD-2-Clause
"""
The lines of a defconfig, a fragment or a .config. kconfiglib could read them, and would go on where
one is wrong.
"""

import os
import re
from dataclasses import dataclass

import kconfiglib

from .problems import Place

SET = re.compile(r"CONFIG_(\w+)=(.*)")
UNSET = re.compile(r"#\s*CONFIG_(\w+) is not set")
TEXT = re.compile(r'"((?:[^\\"]|\\.)*)"')


class Mistake(Exception):
    """What the user has to put right; str() is the text to show."""


@dataclass(frozen=True)
class Assignment:
    name: str
    value: str  # as it stands there; n where it says "is not set"
    place: Place

    def __str__(self):
        return f"{self.name}={self.value}"


def shown(root, path):
    """A file's name for messages: from the root of the tree where it lies in there."""
    relative = os.path.relpath(path, root)
    return os.path.abspath(path) if relative.startswith("..") else relative


def read(root, path):
    """(the assignments of a file, what is wrong with its other lines)."""
    found, wrong = [], []
    name = shown(root, path)
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except UnicodeDecodeError:
        raise Mistake(f"{name}: is not a text file") from None
    for number, line in enumerate(lines, 1):
        place = Place(name, number)
        if match := SET.fullmatch(line):
            found.append(Assignment(match[1], match[2], place))
        elif match := UNSET.fullmatch(line):
            found.append(Assignment(match[1], "n", place))
        elif line and not line.startswith("#"):
            wrong.append(f"{place}: `{line[:60]}` is neither CONFIG_NAME=VALUE nor a comment")
    return found, wrong


def value_of(symbol, text):
    """A value in the form in which two are compared, or None where it is none for the symbol."""
    try:
        if symbol.orig_type == kconfiglib.INT:
            return str(int(text))
        if symbol.orig_type == kconfiglib.HEX:
            return f"0x{int(text, 16):x}" if text[:1] != "-" else None
    except ValueError:
        return None
    if symbol.orig_type == kconfiglib.STRING:
        match = TEXT.fullmatch(text)
        return kconfiglib.unescape(match[1]) if match else None
    return text if text in ("n", "y") else None


def contradictions(symbols, found):
    """Symbols that one file sets twice, to different values; two of one choice."""
    first, chosen = {}, {}
    for item in found:
        symbol = symbols[item.name]
        other = first.setdefault(item.name, item)
        if value_of(symbol, other.value) != value_of(symbol, item.value):
            yield f"{item.place}: {item}, but line {other.place.line} says {other}"
        if symbol.choice and item.value == "y":
            other = chosen.setdefault(symbol.choice, item)
            if other.name != item.name:
                yield f"{item.place}: {item}, but line {other.place.line} chooses {other.name}"
