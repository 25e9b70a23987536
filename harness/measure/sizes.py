# SPDX-License-Identifier: BSD-2-Clause
"""The size of the smallest image, and of what it is made from."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import product
from common import BUILD, ROOT
from measure import elf
from measure.figure import Figure


def source_files(build: Path) -> set[Path]:
    """The tree's files that a build reads, headers too; no generated ones."""
    files = set()
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        files.add((build / entry["file"]).resolve())
    command = ["ninja", "-C", build, "-t", "deps"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    compiled = False
    for line in listing.splitlines():
        if not line.startswith("    "):
            compiled = line.partition(":")[0].endswith((".o", ".h"))
        elif compiled:
            files.add((build / line.strip()).resolve())
    return {file for file in files if file.is_relative_to(ROOT) and not file.is_relative_to(BUILD)}


def code_lines(text: str) -> int:
    """Lines that hold more than blanks and comments."""
    strings_or_comments = r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*'
    kept = re.sub(
        strings_or_comments,
        lambda match: match[0] if match[0].startswith('"') else "\n" * match[0].count("\n"),
        text,
        flags=re.DOTALL,
    )
    return sum(1 for line in kept.splitlines() if line.strip())


def source_lines(build: Path) -> tuple[Counter[str], Counter[str]]:
    """Lines of code and all lines, by the end of the file's name."""
    code: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    for file in source_files(build):
        text = file.read_text(encoding="utf-8")
        code[file.suffix] += code_lines(text)
        everything[file.suffix] += len(text.splitlines())
    return code, everything


def image_and_sources() -> list[Figure]:
    build = product.build("minimal")
    image = build / product.SYMBOLS
    parts = ", ".join(f"{name} {size}" for name, (size, _) in elf.sections(image).items())
    code, everything = source_lines(build)
    # As cloc counts them: `C` is the .c files; what is generated does not count.
    c = f"with comments and blanks {everything['.c']}; headers {code['.h']} and {everything['.h']}"
    assembly = f"with comments and blanks {everything['.S']}"
    return [
        Figure("minimal image: text and read-only data", elf.constant_bytes(image), "bytes", 65536, parts),
        Figure("minimal build: C", code[".c"], "code lines", 6000, c),
        Figure("minimal build: assembly", code[".S"], "code lines", 500, assembly),
    ]
