# SPDX-License-Identifier: BSD-2-Clause
"""
As much of an object file as records need, read in one go: a build may have thousands of them, for
which pyelftools takes too long. It is for ELF of 64 bits, little endian (System V ABI, 4).
"""

import struct

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
IDENT = b"\x7fELF\2\1"
SHT_SYMTAB, SHT_NOBITS = 2, 8


class NoObject(Exception):
    """The file is no such object; str() says why."""


class Object:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        try:
            self._read_sections()
        except (struct.error, IndexError, ValueError) as error:
            raise NoObject(f"it is cut off: {error}") from error

    def _read_sections(self):
        header = HEADER.unpack_from(self.data)
        offset, size, count, names = header[6], *header[11:14]
        if not header[0].startswith(IDENT) or size != SECTION.size:
            raise NoObject("it is no ELF file of 64 bits, little endian")
        end = offset + count * size
        if len(self.data) < end:
            raise NoObject("it is cut off")
        self.headers = list(SECTION.iter_unpack(self.data[offset:end]))
        self.names = []  # of sections, by number
        if count:
            strings = self.contents(names)
            self.names = [string_at(strings, header[0]) for header in self.headers]

    def contents(self, number):
        header = self.headers[number]
        data = b"" if header[1] == SHT_NOBITS else self.data[header[4]:header[4] + header[5]]
        if header[1] != SHT_NOBITS and len(data) != header[5]:
            raise NoObject("it is cut off")
        return data

    def section_of_symbols(self):
        """The number of the section that each symbol is in, by name."""
        found = {}
        for number, header in enumerate(self.headers):
            if header[1] == SHT_SYMTAB:
                strings = self.contents(header[6])
                for name, _, _, section, _, _ in SYMBOL.iter_unpack(self.contents(number)):
                    if name:
                        found[string_at(strings, name)] = section
        return found


def string_at(strings, offset):
    return strings[offset:strings.index(b"\0", offset)].decode(errors="replace")
