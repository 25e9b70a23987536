# SPDX-License-Identifier: BSD-2-Clause
"""A linked image as the checks read it: its memory, its symbols, and what refers to what."""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from typing import Optional

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from .problems import Refused

# R_X86_64_PC32, PLT32, GOTPCREL, PC64, GOTPCRELX, REX_GOTPCRELX: relative to their place.
RELATIVE = {2, 4, 9, 24, 41, 42}
NAMED = ("STT_FUNC", "STT_OBJECT")
# Opcodes whose last operand is a constant behind the address: its bytes. In one byte, then behind
# 0x0f. F6 and F7 have one for TEST only, which is /0 and /1 of their ModRM byte.
CONSTANT = {0x69: 4, 0x6B: 1, 0x80: 1, 0x81: 4, 0x83: 1, 0xC0: 1, 0xC1: 1, 0xC6: 1, 0xC7: 4}
CONSTANT_0F = {0xA4: 1, 0xAC: 1, 0xBA: 1}
CONSTANT_TEST = {0xF6: 1, 0xF7: 4}


@dataclass(frozen=True, order=True)
class Symbol:
    """A function or an object; in assembly, what stands between a label and the next one."""

    address: int
    size: int
    name: str
    kind: str
    file: Optional[str] = None  # the source file's name without folders; known for statics only
    section: Optional[int] = None

    @property
    def plain_name(self):
        """Without what the compiler adds to a part or a variant of a function."""
        return self.name.partition(".")[0] or self.name

    def __str__(self):
        return f"`{self.name}`" + (f" ({self.file})" if self.file else "")


@dataclass(frozen=True)
class Reference:
    place: int
    holder: Optional[Symbol]  # what the place is part of; None: the compiler's own, without name
    address: int
    target: Optional[Symbol]


class Image:
    def __init__(self, path, file):
        self.path = path
        self.shown = path.removesuffix(".new")  # it is there under this name when all is well
        self.elf = ELFFile(file)
        self.sections = [s for s in self.elf.iter_sections() if s["sh_flags"] & SH_FLAGS.SHF_ALLOC]
        self.table = list(read_symbols(self.elf))
        self.symbols = {}  # name: all values
        for symbol in self.table:
            self.symbols.setdefault(symbol.name, []).append(symbol.address)
        self.starts = starts(self.table)
        self.addresses = [symbol.address for symbol in self.starts]

    def section(self, address):
        for section in self.sections:
            if section["sh_addr"] <= address < section["sh_addr"] + section["sh_size"]:
                return section
        raise Refused(f"{self.shown}: error: nothing is linked at {address:#x}")

    def address(self, name):
        values = self.symbols.get(name, [])
        if len(values) != 1:
            raise Refused(f"{self.shown}: error: {len(values)} symbols of the name {name}")
        return values[0]

    def read(self, address, size):
        section = self.section(address)
        self.elf.stream.seek(section["sh_offset"] + address - section["sh_addr"])
        return self.elf.stream.read(size)

    def word(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def words(self, begin, end):
        data = self.read(begin, end - begin) if end > begin else b""
        return list(struct.unpack(f"<{len(data) // 8}Q", data))

    def text(self, address):
        return self.read(address, 256).split(b"\0")[0].decode()

    def at(self, address):
        """What stands at an address, or None: the compiler's own constants have no name."""
        number = bisect_right(self.addresses, address) - 1
        symbol = self.starts[number] if number >= 0 else None
        if symbol and address < symbol.address + symbol.size:
            return symbol
        return None

    def references(self):
        """
        What relocations say, of all that is loaded. A reference to a static thing is one to its
        section: where the compiler has moved it by an index that is not 0, it may name what lies
        beside.
        """
        found = False
        for relocations in self.elf.iter_sections("SHT_RELA"):
            section = self.elf.get_section(relocations["sh_info"])
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
                found = True
                yield from self._references(relocations, section)
        if not found:
            raise Refused(f"{self.shown}: error: it has no relocations: link it with --emit-relocs")

    def _references(self, relocations, section):
        text, begin = section.data(), section["sh_addr"]
        for place, info, addend in struct.iter_unpack("<QQq", relocations.data()):
            symbol = self.table[info >> 32]
            address = symbol.address
            if symbol.kind == "STT_SECTION":
                if info & 0xFFFFFFFF in RELATIVE:
                    addend += 4 + constant_behind(text, place - begin)
                address += self._offset(symbol, addend)
                target = self.at(address)
            else:
                target = symbol
            yield Reference(place, self.at(place), address, target)

    def _offset(self, symbol, addend):
        """In a section, by an addend that may turn the address into one where it is loaded."""
        size = self.elf.get_section(symbol.section)["sh_size"]
        bases = [0, -self.symbols.get("image_start", [0])[0]]
        bases.append(bases[1] + self.symbols.get("LOAD_BASE", [0])[0])
        for base in bases:
            offset = (addend - base) & 0xFFFFFFFFFFFFFFFF
            if offset <= size:
                return offset
        return addend


def read_symbols(elf):
    """In the table's order, with the file that the one before names."""
    file = None
    for symbol in elf.get_section_by_name(".symtab").iter_symbols():
        kind, section = symbol["st_info"]["type"], symbol["st_shndx"]
        if kind == "STT_FILE":
            file = symbol.name
        local = symbol["st_info"]["bind"] == "STB_LOCAL"
        yield Symbol(
            symbol["st_value"], symbol["st_size"], symbol.name, kind, file if local else None,
            section if isinstance(section, int) else None,
        )


def starts(table):
    """One symbol for each address that something begins at, by address; labels get a size."""
    best = {}
    for symbol in table:
        if symbol.section and symbol.name and symbol.kind in (*NAMED, "STT_NOTYPE"):
            other = best.get(symbol.address)
            if other is None or rank(symbol) > rank(other):
                best[symbol.address] = symbol
    found = [best[address] for address in sorted(best)]
    for number, symbol in enumerate(found):
        if symbol.kind == "STT_NOTYPE" and symbol.size == 0:
            end = found[number + 1].address if number + 1 < len(found) else symbol.address + 1
            found[number] = Symbol(
                symbol.address, end - symbol.address, symbol.name, symbol.kind, symbol.file,
                symbol.section,
            )
    return found


def rank(symbol):
    return symbol.kind in NAMED, symbol.size > 0, symbol.file is None, symbol.name


def constant_behind(text, place):
    """
    How many bytes of an instruction stand behind the address at `place`, which is relative to the
    instruction's end: none, but for a constant operand.
    """
    prefix, opcode, operand = text[max(place - 3, 0):place].rjust(3, b"\0")
    if operand & 0xC7 != 0x05:
        return 0
    form = operand >> 3 & 7
    if prefix == 0x0F:
        return CONSTANT_0F.get(opcode, 0)
    size = CONSTANT.get(opcode, CONSTANT_TEST.get(opcode, 0) if form < 2 else 0)
    return 2 if size == 4 and prefix == 0x66 else size
