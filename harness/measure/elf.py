# SPDX-License-Identifier: BSD-2-Clause
"""What an image is made of: its sections, and the addresses that count.c needs."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from common import Broken


def sections(image: Path) -> dict[str, tuple[int, bool]]:
    """Each loaded section: its size and whether it is written to."""
    with image.open("rb") as file:
        return {
            section.name: (section["sh_size"], bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE))
            for section in ELFFile(file).iter_sections()
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC
        }


def constant_bytes(image: Path) -> int:
    """Bytes of text and read-only data."""
    return sum(size for size, written in sections(image).values() if not written)


@dataclass(frozen=True)
class Addresses:
    entry: int  # physical: where the boot loader jumps to
    begin: int
    end: int
    vmrun: int


def addresses(image: Path) -> Addresses:
    with image.open("rb") as file:
        elf = ELFFile(file)
        loads = [segment.header for segment in elf.iter_segments("PT_LOAD")]
        start = elf.header["e_entry"]
    (first,) = (load for load in loads if 0 <= start - load["p_vaddr"] < load["p_memsz"])
    end = max(load["p_vaddr"] + load["p_memsz"] for load in loads)
    entry = start - first["p_vaddr"] + first["p_paddr"]
    return Addresses(entry, min(load["p_vaddr"] for load in loads), end, _vmrun(image))


def _vmrun(image: Path) -> int:
    command = ["objdump", "-d", "-j", ".text", image]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s*(\w+):.*\bvmrun\b", listing, re.MULTILINE)
    if len(found) != 1:
        raise Broken(f"{image} has {len(found)} VMRUN instructions, not one")
    return int(found[0], 16)
