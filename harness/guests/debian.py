# SPDX-License-Identifier: BSD-2-Clause
"""Debian's cloud kernel, taken out of its package without installing it, kept in build/guest/."""

import io
import lzma
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from common import HARNESS, Broken, locked, say

PACKAGE = "linux-image-cloud-amd64"

# Drivers for the disks and the CD of the machines that we start, and `msr`, by which the guest
# looks for a hypervisor. What they lean on is found by itself; what a kernel has built in is left out.
MODULES = [
    "virtio_pci",
    "virtio_blk",
    "ata_piix",
    "ahci",
    "nvme",
    "sd_mod",
    "sr_mod",
    "isofs",
    "msr",
]


@dataclass(frozen=True)
class Kernel:
    version: str
    image: Path
    modules: list[Path]  # in the order in which they can be loaded


class _Unavailable(Exception):
    """apt cannot give us the package, maybe because its lists are missing or too old."""


def _candidate() -> str:
    """The package that PACKAGE stands for now, as `name=version`."""
    command = ["apt-cache", "show", "--no-all-versions", PACKAGE]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"^Depends:.*?(linux-image-\S+) \(= (\S+)\)", result.stdout, re.MULTILINE)
    if not match:
        raise _Unavailable(f"apt knows no {PACKAGE}")
    return f"{match[1]}={match[2]}"


def _download(package: str, folder: Path) -> Path:
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
    result = subprocess.run(command, cwd=folder, stdout=sys.stderr, check=False)
    files = list(folder.glob("*.deb"))
    if result.returncode != 0 or not files:
        raise _Unavailable(f"cannot download {package}")
    return files[0]


def _plain(name: str, data: bytes) -> bytes:
    return lzma.decompress(data) if name.endswith(".xz") else data


def _load_order(modules: dict[str, tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """MODULES and what they depend on, each behind its dependencies, as (name, content)."""
    done: dict[str, bytes] = {}

    def visit(name: str) -> None:
        if name in done or name not in modules:
            return
        data = _plain(*modules[name])
        depends = re.search(rb"\0depends=([^\0]*)\0", data)
        for needed in depends[1].decode().split(",") if depends else []:
            visit(needed.replace("-", "_"))
        done[name] = data

    for name in MODULES:
        visit(name)
    return list(done.items())


def _unpack(package: Path, folder: Path) -> None:
    """Writes the kernel's image and its modules in load order (`order`) into folder."""
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, check=True)
    modules: dict[str, tuple[str, bytes]] = {}
    with tarfile.open(fileobj=io.BytesIO(tar.stdout)) as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            content = archive.extractfile(member) if member.isfile() else None
            if content and name.startswith("vmlinuz-"):
                (folder / "vmlinuz").write_bytes(content.read())
            elif content and re.search(r"\.ko(\.xz)?$", name):
                modules[name.partition(".")[0].replace("-", "_")] = (name, content.read())
    order = _load_order(modules)
    for name, data in order:
        (folder / f"{name}.ko").write_bytes(data)
    (folder / "order").write_text("".join(f"{name}.ko\n" for name, _ in order), encoding="utf-8")


def _newest(cache: Path) -> Kernel:
    package = _candidate()
    folder = cache / package.replace("=", "_")
    if not (folder / "order").exists():
        say(f"getting {package} (about 30 MB, kept in {cache})")
        unfinished = cache / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        deb = _download(package, unfinished)
        _unpack(deb, unfinished)
        deb.unlink()
        unfinished.rename(folder)
    order = (folder / "order").read_text(encoding="utf-8").split()
    return Kernel(package, folder / "vmlinuz", [folder / name for name in order])


def kernel(cache: Path) -> Kernel:
    """Debian's newest cloud kernel that apt knows, from the cache or downloaded."""
    with locked(cache / "lock"):
        try:
            return _newest(cache)
        except _Unavailable as reason:
            say(f"{reason}; renewing apt's package lists and trying again")
        try:
            subprocess.run([HARNESS / "setup", "--update"], check=False)
            return _newest(cache)
        except _Unavailable as reason:
            raise Broken(f"{reason}, so there is no kernel for the guest; --kernel takes yours") from None
