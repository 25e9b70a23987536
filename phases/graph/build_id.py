# SPDX-License-Identifier: BSD-2-Clause
"""
The build id: by it, the log of a machine is matched with the image that it runs. A hash of what is
loaded, of the configuration and of the compiler's version; not of where, when or by whom.

In the image it is text behind a mark, so that it is found in a copy without symbols, too.
"""

import hashlib
import io
import re

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from .problems import Refused

DIGITS = 16
MARK = "phasevisor-build-id="
PLACE = re.compile(MARK.encode() + rb"([0-9a-f]{%d})\0" % DIGITS)

# Assembler text: the place, with zeros.
RESERVE = (
    "\t.section .rodata.build_id, \"a\", @progbits\n"
    f'\t.ascii "{MARK}"\n'
    "\t.globl build_id\n"
    f'build_id: .asciz "{"0" * DIGITS}"\n'
)


def put(path, image, config_path, toolchain_path):
    """Writes the id into `image`, a bytearray read from `path`."""
    begin = find(path, image)
    image[begin:begin + DIGITS] = b"0" * DIGITS
    digest = hashlib.sha256()
    version = contents(toolchain_path).split(b"\n")[0]
    for part in (*loaded(path, image), contents(config_path), version):
        digest.update(b"%d\n" % len(part) + part)
    image[begin:begin + DIGITS] = digest.hexdigest()[:DIGITS].encode()


def read(path):
    image = contents(path)
    begin = find(path, image)
    return image[begin:begin + DIGITS].decode()


def find(path, image):
    """Where in the file the id stands: in what is loaded, once."""
    begins = [
        segment["p_offset"] + match.start(1)
        for segment in segments(path, image)
        for match in PLACE.finditer(segment.data())
    ]
    if len(begins) != 1:
        raise Refused(f"{path}: error: {len(begins)} places for a build id in what is loaded")
    return begins[0]


def segments(path, image):
    try:
        found = ELFFile(io.BytesIO(image)).iter_segments()
        return [segment for segment in found if segment["p_type"] == "PT_LOAD"]
    except ELFError as error:
        raise Refused(f"{path}: error: not an image that can be read: {error}") from error


def loaded(path, image):
    """Each segment: where it goes, its size in memory, its permissions; then its bytes."""
    for segment in segments(path, image):
        keys = ("p_vaddr", "p_paddr", "p_memsz", "p_flags")
        yield " ".join(f"{segment[key]:x}" for key in keys).encode()
        yield segment.data()


def contents(path):
    with open(path, "rb") as file:
        return file.read()
