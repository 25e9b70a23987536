# SPDX-License-Identifier: BSD-2-Clause
"""A machine's serial line: always drained, kept in a file, searched for what is waited for."""

import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path


class NotSeen(Exception):
    """The machine did not say what was waited for."""


class SerialLine:
    """Reads one end of a socket until the machine closes the other."""

    def __init__(self, connection: socket.socket, log: Path) -> None:
        self.log = log
        self._connection = connection
        self._data = bytearray()
        self._closed = False
        self._changed = threading.Condition()
        self._listener: Callable[[bytes], None] | None = None
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with self.log.open("wb", buffering=0) as file:
            while True:
                try:
                    data = self._connection.recv(65536)
                except OSError:
                    data = b""
                file.write(data)
                with self._changed:
                    self._data += data
                    self._closed = not data
                    self._changed.notify_all()
                    if self._listener and data:
                        self._listener(data)
                if not data:
                    return

    def listen(self, listener: Callable[[bytes], None]) -> None:
        """Hands what has come so far, and from now on everything as it comes, to a function."""
        with self._changed:
            listener(bytes(self._data))
            self._listener = listener

    @property
    def text(self) -> str:
        """Everything so far, with plain newlines."""
        with self._changed:
            return self._data.decode(errors="replace").replace("\r", "")

    def wait_for(self, pattern: str, timeout: float) -> re.Match[str]:
        """Waits until a regular expression (`^` and `$` are at lines) matches what came so far."""
        expression = re.compile(pattern, re.MULTILINE)
        limit = time.monotonic() + timeout
        while True:
            with self._changed:
                text, closed, seen = self.text, self._closed, len(self._data)
            if match := expression.search(text):
                return match
            left = limit - time.monotonic()
            if closed or left <= 0:
                why = "the machine ended" if closed else f"{timeout:g} s passed"
                raise NotSeen(f"{why} without {pattern!r}; the last lines:\n{self.tail()}")
            with self._changed:
                self._changed.wait_for(lambda: self._closed or len(self._data) > seen, left)
            time.sleep(0.02)  # what comes in small pieces is searched in larger ones

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.text.splitlines()[-lines:])

    def send(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        try:
            self._connection.sendall(data)
        except OSError:
            pass  # the machine has ended: whoever waits for it sees that

    def finish(self) -> None:
        """Call when the machine has ended: waits until its last words are read."""
        self._thread.join(timeout=10)
        self._connection.close()
