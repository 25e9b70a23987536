# SPDX-License-Identifier: BSD-2-Clause
"""Writes initrds: cpio archives in the "newc" form, the same bytes for the same files."""

import gzip
import stat

TRAILER = "TRAILER!!!"


def _entry(name: str, mode: int, data: bytes, device: tuple[int, int], number: int) -> bytes:
    encoded = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    header += b"\0" * (-len(header) % 4)
    return header + data + b"\0" * (-len(data) % 4)


class Archive:
    """Files by their path; folders come by themselves."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, bytes, tuple[int, int]]] = {}

    def folder(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent:
            self.folder(parent)
        self._entries.setdefault(path, (stat.S_IFDIR | 0o755, b"", (0, 0)))

    def file(self, path: str, data: bytes, executable: bool = False) -> None:
        self.folder(path.rpartition("/")[0])
        mode = stat.S_IFREG | (0o755 if executable else 0o644)
        self._entries[path] = (mode, data, (0, 0))

    def link(self, path: str, target: str) -> None:
        self._entries[path] = (stat.S_IFLNK | 0o777, target.encode(), (0, 0))

    def character_device(self, path: str, major: int, minor: int) -> None:
        self._entries[path] = (stat.S_IFCHR | 0o600, b"", (major, minor))

    def packed(self) -> bytes:
        """The archive, sorted by path (a folder before what is in it) and compressed."""
        self._entries.pop("", None)
        parts = [
            _entry(path, mode, data, device, number)
            for number, (path, (mode, data, device)) in enumerate(sorted(self._entries.items()), 1)
        ]
        parts.append(_entry(TRAILER, 0, b"", (0, 0), 0))
        return gzip.compress(b"".join(parts), compresslevel=6, mtime=0)
