# SPDX-License-Identifier: BSD-2-Clause
"""The user's terminal as the machine's serial console."""

import os
import select
import sys
import termios
import time
import tty

from machines.qemu import Running

ESCAPE = b"\x01"  # Ctrl-A


class Keys:
    """Splits what is typed into what goes to the machine and the wish to end it (Ctrl-A X)."""

    def __init__(self) -> None:
        self._escaped = False

    def typed(self, data: bytes) -> tuple[bytes, bool]:
        through = bytearray()
        for number in data:
            key = bytes([number])
            if self._escaped:
                self._escaped = False
                if key in b"xX":
                    return bytes(through), True
                if key != ESCAPE:
                    through += ESCAPE
                through += key
            elif key == ESCAPE:
                self._escaped = True
            else:
                through += key
        return bytes(through), False


def _show(data: bytes) -> None:
    os.write(sys.stdout.fileno(), data)


def attach(machine: Running, timeout: float | None) -> bool:
    """Connects terminal and machine until the machine ends; False: the user or the time ended it."""
    source = sys.stdin.fileno()
    saved = termios.tcgetattr(source) if os.isatty(source) else None
    try:
        if saved:
            tty.setraw(source)
        machine.serial.listen(_show)
        return _relay(machine, source, timeout)
    finally:
        if saved:
            termios.tcsetattr(source, termios.TCSADRAIN, saved)


def _relay(machine: Running, source: int, timeout: float | None) -> bool:
    keys = Keys()
    sources = [source]
    limit = time.monotonic() + timeout if timeout is not None else None
    while machine.wait_end(0) is None:
        if limit is not None and time.monotonic() >= limit:
            return False
        readable, _, _ = select.select(sources, [], [], 0.1)
        if not readable:
            continue
        data = os.read(source, 1024)
        if not data:
            sources = []  # no more input; the machine goes on
        through, end = keys.typed(data)
        machine.serial.send(through)
        if end:
            return False
    return True
