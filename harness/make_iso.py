#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the appliance's CD around a hypervisor image (`ninja iso` calls this)."""

import argparse
import sys
from pathlib import Path

import appliance
from common import Broken, Refused, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="harness/make-iso", description=__doc__, allow_abbrev=False)
    parser.add_argument("--kernel-image", metavar="FILE", type=Path, required=True, help="the hypervisor")
    parser.add_argument("--output", metavar="FILE", type=Path, required=True, help="the CD's image")
    options = parser.parse_args()
    if not options.kernel_image.is_file():
        raise Refused(f"there is no file {options.kernel_image}")
    appliance.guest().cd(options.output.resolve(), options.kernel_image)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, Broken) as problem:
        say(str(problem))
        sys.exit(2 if isinstance(problem, Refused) else 1)
