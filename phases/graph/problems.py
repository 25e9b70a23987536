# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong with a graph: messages that name the file, the line and the chain of reasons."""

from typing import NamedTuple


class Place(NamedTuple):
    """A line of a file; the file is named from the root of the source tree."""

    file: str
    line: int

    def __str__(self):
        return f"{self.file}:{self.line}"


class Refused(Exception):
    """The graph cannot be built; str() is the text to show."""


class Problems:
    """Collects messages, so that one run tells all that is independent of each other."""

    def __init__(self):
        self.messages = {}  # a dictionary for its keys: each is told once

    def add(self, place, text, *notes):
        """`place` is a Place or a path; each note is (Place or None, text), shown below."""
        lines = [f"{place}: error: {text}"]
        for where, note in notes:
            lines.append(f"    {where}: {note}" if where else f"    {note}")
        self.messages["\n".join(lines)] = True

    def stop_if_any(self):
        if self.messages:
            raise Refused("\n".join(self.messages))
