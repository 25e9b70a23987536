#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the appliance's CD around a hypervisor image (`ninja iso` calls this)."""

import argparse
import os
import sys
from pathlib import Path

import appliance
import iso
from common import HARNESS, Broken, Refused, say
from guests import initrd


def write_depfile(depfile: Path, output: Path) -> None:
    """Says to ninja what of the harness and of the system the CD is made of."""
    modules = [Path(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)]
    files = [HARNESS / "make-iso", *(file for file in modules if file.is_relative_to(HARNESS))]
    files += [*initrd.PARTS, iso.GRUB]
    names = " ".join(os.path.relpath(file).replace(" ", "\\ ") for file in files)
    depfile.write_text(f"{output}: {names}\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="harness/make-iso", description=__doc__, allow_abbrev=False)
    parser.add_argument("--kernel-image", metavar="FILE", type=Path, required=True, help="the hypervisor")
    parser.add_argument("--output", metavar="FILE", type=Path, required=True, help="the CD's image")
    parser.add_argument("--depfile", metavar="FILE", type=Path, help="also say to ninja what was read")
    options = parser.parse_args()
    if not options.kernel_image.is_file():
        raise Refused(f"there is no file {options.kernel_image}")
    appliance.guest().cd(options.output.resolve(), options.kernel_image)
    if options.depfile:
        write_depfile(options.depfile, options.output)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, Broken) as problem:
        say(str(problem))
        sys.exit(2 if isinstance(problem, Refused) else 1)
