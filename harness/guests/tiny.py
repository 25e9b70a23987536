# SPDX-License-Identifier: BSD-2-Clause
"""Builds the tiny test guest (harness/guests/tiny/): a bzImage; `test=NAME` on its command line says what it does."""

import subprocess
from pathlib import Path

from common import BUILD, ROOT, Broken, locked

C_FLAGS = """-m64 -std=gnu11 -ffreestanding -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes
-Wstrict-prototypes -Wshadow -Wundef -Wvla -mno-red-zone -mgeneral-regs-only -fpie -fvisibility=hidden
-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer
--param=min-pagesize=0""".split()
LINK_FLAGS = """-m64 -nostdlib -static -Wl,-pie -Wl,--no-dynamic-linker -Wl,--build-id=none
-Wl,-z,norelro -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments""".split()


OUT = BUILD / "guests" / "tiny"


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def _symbol(elf: Path, name: str) -> int:
    for line in _run("nm", elf).splitlines():
        if line.endswith(f" {name}"):
            return int(line.split()[0], 16)
    raise Broken(f"{elf}: no symbol {name}")


def _protected_mode_part(root: Path, source: Path, out: Path) -> tuple[bytes, int]:
    """What is loaded at code32_start, and how much memory it needs there."""
    objects = []
    for path in sorted(source.rglob("*.[cS]")):
        if path.name != "setup.S":
            objects.append(out / (str(path.relative_to(source)).replace("/", "-") + ".o"))
            _run("gcc", *C_FLAGS, "-I", root, "-c", path, "-o", objects[-1])
    elf, flat = out / "guest.elf", out / "guest.bin"
    _run("gcc", *LINK_FLAGS, "-T", source / "guest.lds", "-o", elf, *objects)
    _run("objcopy", "-O", "binary", elf, flat)
    content = flat.read_bytes()
    return content + bytes(-len(content) % 16), _symbol(elf, "image_end")


def _real_mode_part(source: Path, out: Path, size: int, memory: int) -> bytes:
    numbers = [f"-DIMAGE_PARAGRAPHS={size // 16}", f"-DIMAGE_INIT_SIZE={memory}"]
    part, flat = out / "setup.o", out / "setup.bin"
    _run("gcc", "-m32", "-ffreestanding", *numbers, "-c", source / "setup.S", "-o", part)
    _run("ld", "-m", "elf_i386", "-Ttext=0", "-e", "0", "--oformat", "binary", "-o", flat, part)
    return flat.read_bytes()


def _newest(source: Path) -> float:
    files = [Path(__file__), *(path for path in source.rglob("*") if path.is_file())]
    return max(path.stat().st_mtime for path in files)


def build(root: Path = ROOT, out: Path = OUT) -> Path:
    """Makes guest.bzImage in `out` where a source is newer; gives back its path."""
    source, image = root / "harness/guests/tiny", out / "guest.bzImage"
    with locked(out / ".lock"):
        if not image.exists() or image.stat().st_mtime <= _newest(source):
            body, memory = _protected_mode_part(root, source, out)
            new = image.with_suffix(".new")
            new.write_bytes(_real_mode_part(source, out, len(body), memory) + body)
            new.rename(image)
    return image
