# SPDX-License-Identifier: BSD-2-Clause
"""
The image's own symbol table, for the backtrace of a panic. It must be in the image before the
image's addresses are known: a section of sufficient size is linked in, and filled afterwards.

Form, little endian: u32 count; u32 offset[count] from the symbol `image_start`, ascending;
u32 name[count], offsets into the names; the names, each with its NUL; zeros to the end.
"""

import struct

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from . import build_id
from .problems import Refused


def functions(elf):
    """
    (name, value) of every function; in assembly, of every global label in executable code but for
    bounds, which the linker script may define too. An object's section may become executable by
    the link only: there, of every global label.
    """
    table = elf.get_section_by_name(".symtab")
    if not table:
        return
    allowed = {
        number
        for number, section in enumerate(elf.iter_sections())
        if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR or elf["e_type"] == "ET_REL"
    }
    for symbol in table.iter_symbols():
        info = symbol["st_info"]
        function = info["type"] == "STT_FUNC"
        label = info["type"] == "STT_NOTYPE" and info["bind"] == "STB_GLOBAL"
        bound = not function and symbol.name.endswith(("_begin", "_end"))
        if symbol.name and symbol["st_shndx"] in allowed and (function or label) and not bound:
            yield symbol.name, symbol["st_value"]


def reserve(paths, with_names):
    """Assembler text for a section that has room for the functions of these objects."""
    size = 4
    if with_names:
        for path in paths:
            with open(path, "rb") as file:
                size += sum(9 + len(name.encode()) for name, _ in functions(ELFFile(file)))
    return (
        "/* Written by phases/phasegraph: room for what is filled in after the link. */\n"
        '\t.section .symbols, "a", @progbits\n'
        "\t.balign 4\n"
        f"\t.zero {size}\n"
        f"{build_id.RESERVE}"
        '\t.section .note.GNU-stack, "", @progbits\n'
    )


def fill(image_path, with_names):
    """The image with its symbols, as a bytearray."""
    with open(image_path, "rb") as file:
        data = bytearray(file.read())
        file.seek(0)
        elf = ELFFile(file)
        values = {s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()}
        missing = {"image_start", "symbols_begin", "symbols_end"} - set(values)
        if missing:
            raise Refused(f"{image_path}: error: the linker script defines no {min(missing)}")
        table = encode(functions(elf) if with_names else [], values["image_start"])
        begin, room = values["symbols_begin"], values["symbols_end"] - values["symbols_begin"]
        if len(table) > room:
            raise Refused(f"{image_path}: error: {len(table)} bytes of symbols, room for {room}")
        offset = file_offset(elf, begin, room)
    data[offset:offset + room] = table.ljust(room, b"\0")
    return data


def encode(found, image_start):
    """One name for each address: the first by name."""
    by_offset = {}
    for name, value in sorted(found):
        if 0 <= value - image_start < 1 << 32:
            by_offset.setdefault(value - image_start, name.encode())
    offsets = sorted(by_offset)
    names, places = b"", []
    for offset in offsets:
        places.append(len(names))
        names += by_offset[offset] + b"\0"
    count = len(offsets)
    return struct.pack(f"<I{count}I{count}I", count, *offsets, *places) + names


def file_offset(elf, begin, size):
    for section in elf.iter_sections():
        start = section["sh_addr"]
        if section["sh_type"] == "SHT_PROGBITS" and section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
            if start <= begin and begin + size <= start + section["sh_size"]:
                return section["sh_offset"] + begin - start
    raise Refused("error: no section with contents holds symbols_begin to symbols_end")
