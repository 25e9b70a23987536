# SPDX-License-Identifier: BSD-2-Clause
"""
Where the source declares what a linked image holds. It takes seconds to read what the compiler says
of that, so it is read when there is something to tell.
"""

import os
import re

from elftools.common.exceptions import DWARFError, ELFError

from . import sources
from .problems import Place, Problems


class Declared:
    def __init__(self, image, root):
        self.image, self.root = image, root
        self.lines = None

    def place(self, symbol):
        """The line of a symbol of the image, its file, or the image where neither is known."""
        if symbol is None:
            return self.image.shown
        if self.lines is None:
            self.lines = read_lines(self.image.elf)
            self.files = sorted(sources.read_tree(self.root, Problems()))
        found = self.lines.get((symbol.plain_name, symbol.file), ())
        if not found and symbol.kind == "STT_FUNC":  # a part of one that others can use
            found = self.lines.get((symbol.plain_name, None), ())
        if len(found) == 1:
            return next(iter(found))
        return self._label(symbol) or self._file(symbol.file)

    def _label(self, symbol):
        """The compiler says nothing of assembly."""
        label = re.compile(rf"^{re.escape(symbol.name)}:", re.MULTILINE)
        for file in self.files:
            if file.endswith(".S") and symbol.kind == "STT_NOTYPE":
                path = os.path.join(self.root, file)
                with open(path, encoding="utf-8", errors="replace") as opened:
                    text = opened.read()
                if match := label.search(text):
                    return Place(file, text.count("\n", 0, match.start()) + 1)
        return None

    def _file(self, name):
        named = [file for file in self.files if os.path.basename(file) == name]
        return named[0] if len(named) == 1 else name or self.image.shown


def read_lines(elf):
    """
    {(name, file): places} of what .c files define outside of functions; as in symbols, the file is
    without folders, and None for what other files can use.
    """
    found = {}
    if elf.has_dwarf_info():
        try:
            for unit in elf.get_dwarf_info(relocate_dwarf_sections=False).iter_CUs():
                add_lines(found, unit)
        except (DWARFError, ELFError, KeyError, IndexError):
            pass  # of what is left, files are told
    return found


def add_lines(found, unit):
    """Of a unit's own file: the numbers of others are in a table that pyelftools may not know."""
    top = unit.get_top_DIE()
    path = os.path.normpath(top.attributes["DW_AT_name"].value.decode(errors="replace"))
    clang = b"clang" in top.attributes["DW_AT_producer"].value
    number = 0 if clang and unit["version"] >= 5 else 1
    for entry in top.iter_children():
        values = dict(entry.attributes)
        if "DW_AT_specification" in values:  # it was declared before, and this adds to that
            before = entry.get_DIE_from_attribute("DW_AT_specification").attributes
            values = {key: before[key] for key in before if key != "DW_AT_declaration"} | values
        if (
            entry.tag in ("DW_TAG_subprogram", "DW_TAG_variable")
            and "DW_AT_declaration" not in values
            and {"DW_AT_name", "DW_AT_decl_line", "DW_AT_decl_file"} <= values.keys()
            and values["DW_AT_decl_file"].value == number
        ):
            name = values["DW_AT_name"].value.decode(errors="replace")
            file = None if "DW_AT_external" in values else os.path.basename(path)
            place = Place(path, values["DW_AT_decl_line"].value)
            found.setdefault((name, file), set()).add(place)
