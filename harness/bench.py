#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Measures what phasevisor costs, on QEMU's TCG with `-cpu EPYC`, and how long its generator takes, and
compares that with the limits that the project has set itself. Exit status: 0 all within their limits, 1 not, 2 the request was wrong.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable

from common import HARNESS, Broken, Refused, say


def setup() -> None:
    status = subprocess.run([HARNESS / "setup", "build", "boot"], check=False).returncode
    if status != 0:
        sys.exit(status)


def groups() -> dict[str, Callable]:
    """Each group of figures; imported late, when what they need is installed."""
    from measure import boots, graph, parallel, sizes

    return {
        "exits": boots.exits_of_a_run,
        "instructions": boots.instructions,
        "memory": boots.memory,
        "time": boots.boot_time,
        "parallel": parallel.gain,
        "image": sizes.image_and_sources,
        "graph": graph.generator,
    }


NAMES = ["exits", "instructions", "memory", "time", "parallel", "image", "graph"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="harness/bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=", ".join(NAMES) + " (all of them)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    for name in options.groups:
        if name not in NAMES:
            raise Refused(f"{name!r} is none of {', '.join(NAMES)}")
    setup()
    return measure(options.groups or NAMES, options.json)


def measure(names: list[str], as_json: bool) -> int:
    """Measures group by group; a table is printed as it grows."""
    from measure.figure import heading, rows

    known = groups()
    figures = []
    if not as_json:
        print(heading(), flush=True)
    for name in names:
        say(f"measuring {name}")
        some = known[name]()
        figures += some
        if not as_json:
            print(rows(some), flush=True)
    if as_json:
        objects = [{**dataclasses.asdict(figure), "within": figure.within} for figure in figures]
        print(json.dumps(objects, indent=1))
    return 0 if all(figure.within for figure in figures) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, Broken) as problem:
        say(str(problem))
        sys.exit(2 if isinstance(problem, Refused) else 1)
