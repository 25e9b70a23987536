# SPDX-License-Identifier: BSD-2-Clause
"""The files named `Sources`: which Kconfig symbol brings in which file."""

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches

from .problems import Place

LINE = re.compile(r"([A-Z][A-Z0-9_]*)\s*:\s*(.*)")

# Not part of the product, wherever they stand below the root.
OTHER_FOLDERS = {"build", "configs", "harness", "__pycache__"}


@dataclass(frozen=True)
class Source:
    file: str  # from the root of the tree
    symbol: str
    place: Place  # the line of its Sources


def folders(root):
    """Every folder of the product with its file names, from the root, sorted."""
    for path, subfolders, files in os.walk(root):
        subfolders[:] = sorted(
            name for name in subfolders if name not in OTHER_FOLDERS and name[0] != "."
        )
        relative = os.path.relpath(path, root)
        yield ("" if relative == "." else relative), sorted(files)


def read_tree(root, problems):
    """Every file that a Sources names, by its path. What is wrong in a Sources is a problem."""
    found = {}
    for folder, files in folders(root):
        if "Sources" not in files:
            continue
        for source in read_file(root, folder, problems):
            other = found.setdefault(source.file, source)
            if other is not source:
                problems.add(
                    source.place,
                    f"{source.file} is listed twice; one line decides when a file is built",
                    (other.place, f"the first time, for {other.symbol}"),
                )
    return found


def hint(root, folder, name):
    """The file that may be meant by one that does not exist: renamed, or with a typo here."""
    if os.sep in name:
        return ""
    names = os.listdir(os.path.join(root, folder))
    there = [other for other in names if other[-2:] in (".c", ".S")]
    with open(os.path.join(root, folder, "Sources"), encoding="utf-8") as file:
        listed = {word for line in file for word in line.split("#")[0].split()}
    unlisted = sorted(other for other in there if other not in listed)
    close = get_close_matches(name, unlisted, n=1) or (unlisted if len(unlisted) == 1 else [])
    if close:
        return f": did you mean {close[0]}, which no Sources lists?"
    close = get_close_matches(name, there, n=1)
    return f": did you mean {close[0]}?" if close else ""


def read_file(root, folder, problems):
    path = os.path.join(folder, "Sources")
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            place = Place(path, number)
            text = text.split("#")[0].strip()
            if not text:
                continue
            match = LINE.fullmatch(text)
            if not match:
                problems.add(place, f"`{text}` is not of the form `SYMBOL: file.c file.S`")
                continue
            for name in match.group(2).split():
                file_path = os.path.normpath(os.path.join(folder, name))
                if not name.endswith((".c", ".S")):
                    problems.add(place, f"{name} is neither a .c nor a .S file")
                elif not os.path.isfile(os.path.join(root, file_path)):
                    wrong = f"{name} does not exist in {folder or '.'}"
                    problems.add(place, wrong + hint(root, folder, name))
                else:
                    yield Source(file_path, match.group(1), place)
