# SPDX-License-Identifier: BSD-2-Clause
"""
Who refers to whom in a linked image. Relocations do not say all: the assembler itself resolves a
call of a static function in the same section, which all helpers marked INIT_TEXT in a file share.
So what the disassembler sees as a branch's target, or as an address relative to the instruction,
counts too.
"""

import re
import subprocess

from .problems import Refused

BRANCH = re.compile(r"^\s*([0-9a-f]+):.*?\s(?:call|j[a-z]+|loop[a-z]*)\s+([0-9a-f]+) <")
RELATIVE = re.compile(r"^\s*([0-9a-f]+):.*# ([0-9a-f]+) <")


def called(image, by_pointer):
    """
    Of each function, those that it calls or goes to; and of those whose names are `by_pointer`, also
    those whose address it takes.
    """
    found = {}
    for holder, target, branch in edges(image):
        if holder and target and (branch or target.plain_name in by_pointer):
            found.setdefault(holder, {})[target] = True
    return found


def edges(image):
    """(who refers, whom, whether it goes there): symbols, or None for what has no name."""
    for reference in image.references():
        yield reference.holder, image.at(reference.address), False
    yield from disassembled(image)
    yield from falls(image)


def disassembled(image):
    for line in disassembly(image).splitlines():
        match = BRANCH.match(line) or RELATIVE.match(line)
        if match:
            holder, target = (image.at(int(address, 16)) for address in match.groups())
            yield holder, target, match.re is BRANCH


def falls(image):
    """From a label of assembly to the next one: the code may just go on there."""
    for symbol, following in zip(image.starts, image.starts[1:]):
        if symbol.kind == "STT_NOTYPE" and symbol.section == following.section:
            yield symbol, following, True


def disassembly(image):
    try:
        result = subprocess.run(
            ["objdump", "--disassemble", "--no-show-raw-insn", image.path],
            capture_output=True, text=True, check=False,
        )
    except FileNotFoundError as error:
        raise Refused("error: no `objdump`: it comes with ld, in the package binutils") from error
    if result.returncode:
        raise Refused(f"{image.shown}: error: objdump: {result.stderr.strip()}")
    return result.stdout
