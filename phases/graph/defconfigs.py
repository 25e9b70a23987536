# SPDX-License-Identifier: BSD-2-Clause
"""The defconfigs in configs/."""

import glob
import os
import re

from . import configuration, olddefconfig


def find(root):
    """Name to path."""
    paths = sorted(glob.glob(os.path.join(root, "configs", "*_defconfig")))
    return {os.path.basename(path).removesuffix("_defconfig"): path for path in paths}


def title(path):
    """The comment in a defconfig's first line."""
    with open(path, encoding="utf-8", errors="replace") as file:
        line = file.readline().strip()
    return line.removeprefix("#").strip() if not re.match(r"#\s*CONFIG_|CONFIG_", line) else ""


def nearest(root, config):
    """
    (the name of the defconfig that differs from this configuration in the fewest symbols, in how
    many it does); (None, 0) where there is no defconfig.
    """
    mine, distances = configuration.values(config), {}
    for name, path in find(root).items():
        others = configuration.values(olddefconfig.load(root, path)[0])
        distances[name] = sum(mine[symbol] != others[symbol] for symbol in mine)
    if not distances:
        return None, 0
    name = min(distances, key=lambda name: (distances[name], name))
    return name, distances[name]
