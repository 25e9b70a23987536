# SPDX-License-Identifier: BSD-2-Clause
"""A person at a terminal: types, and reads what the screen shows (a VT52, the simplest there is)."""

import os
import re
import time

import pexpect

ROWS, COLUMNS = 24, 80
CONTROL = re.compile(r"\x1bY(..)|\x1b([^Y])|([\x00-\x1f])", re.DOTALL)
MOVES = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}


class Screen:
    """What a VT52 shows after the text that was written to it."""

    def __init__(self):
        self.rows = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.rest = ""

    def write(self, text):
        text = self.rest + text
        while text:
            match = CONTROL.match(text)
            if match:
                self.control(*match.groups())
            elif text[0] == "\x1b":
                break  # the rest of it is still to come
            else:
                self.character(text[0])
            text = text[match.end() if match else 1 :]
        self.rest = text

    def character(self, character):
        """Long lines go on in the next one, as on any newer terminal."""
        if self.column == COLUMNS:
            self.control(None, None, "\r")
            self.control(None, None, "\n")
        self.rows[self.row][self.column] = character
        self.column += 1

    def control(self, place, escape, character):
        self.column = min(self.column, COLUMNS - 1)
        if place:
            self.row, self.column = min(ord(place[0]) - 32, ROWS - 1), ord(place[1]) - 32
        elif escape in MOVES:
            self.row += MOVES[escape][0]
            self.column += MOVES[escape][1]
        elif escape == "H":
            self.row = self.column = 0
        elif escape in ("J", "K"):
            self.rows[self.row][self.column :] = [" "] * (COLUMNS - self.column)
            for row in range(self.row + 1, ROWS if escape == "J" else 0):
                self.rows[row] = [" "] * COLUMNS
        elif escape == "I" and self.row == 0:
            self.rows = [[" "] * COLUMNS] + self.rows[:-1]
        elif escape == "I":
            self.row -= 1
        elif character == "\r":
            self.column = 0
        elif character == "\b":
            self.column -= 1
        elif character == "\t":
            self.column = self.column // 8 * 8 + 8
        elif character == "\n" and self.row == ROWS - 1:
            self.rows = self.rows[1:] + [[" "] * COLUMNS]
        elif character == "\n":
            self.row += 1

    def shows(self, text):
        """Also where it goes on in the next line."""
        return text in str(self) or text in "".join("".join(row) for row in self.rows)

    def __str__(self):
        return "\n".join("".join(row).rstrip() for row in self.rows)


class Person:
    """Runs a command in a terminal of its own."""

    def __init__(self, folder, *command, **environment):
        self.screen = Screen()
        self.child = pexpect.spawn(
            command[0],
            list(map(str, command[1:])),
            cwd=str(folder),
            env=os.environ | {"TERM": "vt52", "LANG": "C.UTF-8"} | environment,
            dimensions=(ROWS, COLUMNS),
            encoding="utf-8",
        )

    def sees(self, *texts, timeout=30):
        """Waits until the screen shows all of the texts."""
        limit = time.monotonic() + timeout
        while not all(map(self.screen.shows, texts)):
            assert time.monotonic() < limit, f"{texts} not seen in {timeout} s:\n{self.screen}"
            try:
                self.screen.write(self.child.read_nonblocking(4096, 1))
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                seen = all(map(self.screen.shows, texts))
                assert seen, f"{texts} not seen before the end:\n{self.screen}"
        return self

    def types(self, keys, *texts):
        """Types, and waits until the screen shows what follows from it."""
        self.child.send(keys)
        return self.sees(*texts)

    def leaves(self, timeout=30):
        """Waits for the end; gives back the exit status."""
        self.child.timeout = timeout
        self.screen.write(self.child.read())
        self.child.close()
        return self.child.exitstatus
