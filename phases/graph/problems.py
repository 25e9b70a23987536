# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong with a graph: messages that name the file, the line and the chain of reasons."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
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
        self.messages = []

    def add(self, place, text, *notes):
        """`place` is a Place or a path; each note is (Place or None, text), shown below."""
        lines = [f"{place}: error: {text}"]
        for where, note in notes:
            lines.append(f"    {where}: {note}" if where else f"    {note}")
        message = "\n".join(lines)
        if message not in self.messages:
            self.messages.append(message)

    def stop_if_any(self):
        if self.messages:
            raise Refused("\n".join(self.messages))
