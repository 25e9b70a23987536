# SPDX-License-Identifier: BSD-2-Clause
"""Golden orders: the reviewed order of each defconfig, compared with that of a build."""

import difflib
import os

from .emit_text import sequence
from .problems import Refused

MOST_LINES = 40
MOST_PAIRS = 10

NONE = (
    "A reviewed order belongs to a defconfig, and this configuration is none. To make it one:"
    " `ninja savedefconfig`, copy ./defconfig to configs/NAME_defconfig, ./configure.py NAME."
)


def check(order_path, golden_path):
    """For a build whose configuration is a defconfig's: it must have the golden order."""
    order = read(order_path)
    if not os.path.exists(golden_path):
        raise Refused(
            f"{golden_path}: error: this configuration has no reviewed order yet; `ninja order`"
            " writes it: read it, and commit it"
        )
    golden = read(golden_path)
    if order == golden:
        return
    lines = difflib.unified_diff(
        golden.splitlines(), order.splitlines(), golden_path, order_path, n=1, lineterm=""
    )
    lines = list(lines)
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... {len(lines) - MOST_LINES} lines more"]
    raise Refused(
        f"{golden_path}: error: this build's order is not the reviewed one\n"
        + "\n".join("    " + line for line in lines)
        + "\n    If it is meant to be so: `ninja order`, and let the difference be reviewed."
    )


def compare(order_path, golden_path):
    """For a custom build: a text on what is ordered otherwise than in the nearest defconfig's."""
    text = "note: the order of this configuration is not a reviewed one"
    if not golden_path or not os.path.exists(golden_path):
        return text
    pairs = inversions(sequence(read(golden_path)), sequence(read(order_path)))
    name = os.path.basename(golden_path)
    if not pairs:
        return f"{text}; no pair of phases is ordered otherwise than in {name}"
    count = "1 pair of phases is" if len(pairs) == 1 else f"{len(pairs)} pairs of phases are"
    lines = [f"{text}; {count} ordered otherwise than in {name}:"]
    lines += [f"    {first} now comes before {second}" for first, second in pairs[:MOST_PAIRS]]
    if len(pairs) > MOST_PAIRS:
        lines.append(f"    ... {len(pairs) - MOST_PAIRS} more")
    return "\n".join(lines)


def was_told(text, stamp_path):
    """The stamp of the last build holds what was said then."""
    return bool(stamp_path) and os.path.exists(stamp_path) and read(stamp_path) == text


def inversions(golden, order):
    """Pairs of nodes of both orders that stand the other way round in `order`."""
    place = {name: number for number, name in enumerate(golden)}
    names = [name for name in order if name in place]
    return [
        (first, second)
        for number, first in enumerate(names)
        for second in names[number + 1:]
        if place[first] > place[second]
    ]


def renew(source_path, golden_path):
    """Copies an order, or a drawing, to its place in configs/. True: it has changed."""
    new = read(source_path)
    if os.path.exists(golden_path) and read(golden_path) == new:
        return False
    with open(golden_path, "w", encoding="utf-8") as file:
        file.write(new)
    return True


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
