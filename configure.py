#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Makes build/NAME from a configuration: .config, include/config/*.h and build.ninja. Everything is
checked before anything is written. Exit status 2, with one line for each mistake, where the source
or a value is not right.
"""

import argparse
import glob
import os
import re
import secrets
import sys
from difflib import get_close_matches

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.pycache_prefix = os.path.join(ROOT, "build", ".python")
sys.path.insert(0, os.path.join(ROOT, "phases"))

try:
    from graph import agreement, build_folder, build_ninja, configuration, defconfigs, guard, menu
    from graph import olddefconfig, randconfig, toolchain
    from graph.assignments import Mistake, shown
    from graph.configuration import write_if_changed
    from graph.problems import Refused
except ModuleNotFoundError as missing:
    sys.exit(f"configure.py: no Python module {missing.name}: ./harness/setup installs it")

DESCRIPTION = """\
Makes build/NAME, in which `ninja` then builds phasevisor: .config, include/config/*.h, build.ninja.
SOURCE is the name of a defconfig in configs/, its file, a .config of your own, or a build (its
name, or build/NAME). A +FRAGMENT is a file of assignments that goes over it; each value that it
overrides is shown. Without a SOURCE: shows what there is."""

EPILOG = """\
examples:
  ./configure.py appliance                      build/appliance
  ./configure.py appliance +debug.config        build/appliance-debug
  ./configure.py --menuconfig mine              build/mine, as you choose in the menu
  ./configure.py --menuconfig minimal --build tiny
  ./configure.py --olddefconfig mine            build/mine, after Kconfig has changed
  ./configure.py --randconfig 7 --build seven

A .config that somebody has edited since it was configured, or that came from another source, is not
overwritten without --force. Exit status: 0, or 2 where something has to be put right first; then
nothing was changed."""


def main():
    try:
        return configure(parse_arguments())
    except (Mistake, Refused) as mistake:
        print(mistake, file=sys.stderr)
    except OSError as error:
        print(f"configure.py: {error.filename}: {error.strerror}", file=sys.stderr)
    return 2


def parse_arguments():
    parser = argparse.ArgumentParser(
        usage="./configure.py SOURCE [+FRAGMENT...] [options]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("words", nargs="*", metavar="SOURCE +FRAGMENT", help=argparse.SUPPRESS)
    add("--build", metavar="NAME", help="the folder in build/ (default: after SOURCE and FRAGMENTs)")
    add("--force", action="store_true", help="overwrite a .config that was edited; it is in .config.old")
    add("--cc", choices=["gcc", "clang"], help="the C compiler (gcc, or what the build has)")
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--menuconfig",
        action="store_true",
        help="choose in a menu first; SOURCE may also be the name of a new build. Nothing is made or"
        " changed unless you save",
    )
    one.add_argument(
        "--olddefconfig",
        action="store_true",
        help="for a .config from before Kconfig changed: new symbols get their defaults, what is no"
        " longer valid is dropped, and you are told",
    )
    one.add_argument(
        "--randconfig",
        metavar="SEED",
        nargs="?",
        type=int,
        const=True,
        help="without a SOURCE: a random valid configuration, the same for the same SEED",
    )
    one.add_argument(
        "--savedefconfig",
        action="store_true",
        help="write build/NAME/defconfig: what differs from the defaults, and no more",
    )
    options = parser.parse_intermixed_args()
    options.fragments = [os.path.abspath(word[1:]) for word in options.words if word[0:1] == "+"]
    options.source, *more = [word for word in options.words if word[0:1] != "+"] or [None]
    if more:
        parser.error(f"one SOURCE only; to put {more[0]} over it, write +{more[0]}")
    return options


def configure(options):
    source = find_source(options)
    name = default_name(source, options) if options.build is None else options.build
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise Mistake(f"configure.py: `{name}` is no name for a folder in build/: --build NAME")
    folder = os.path.join(ROOT, "build", name)
    is_own = source is not None and os.path.realpath(source) == os.path.join(folder, ".config")
    if options.savedefconfig:
        return save_defconfig(source, folder, is_own)
    if options.menuconfig:
        menu.need_terminal()
    config, notes, origin = make(options, source)
    lists = agreement.check(ROOT, config, build_ninja.READ_HERE)
    tools = toolchain.find(options.cc or compiler_of(folder))
    if not is_own and not options.force:
        guard.check(ROOT, folder, config, origin)
    for note in notes:
        print(note)
    chosen = menu.run(ROOT, config, folder, not is_own) if options.menuconfig else config
    if chosen is None:
        print("Nothing was saved, nothing is changed.")
        return 0
    write_folder(chosen, lists, folder, tools)
    if not is_own:
        guard.record(folder, origin, config)
    print(f"build/{name}: configured from {origin}")
    if options.menuconfig:
        print(f"Next: ninja -C {os.path.relpath(folder)}")
    return 0


def find_source(options):
    """The file to read, or None for the defaults of Kconfig."""
    source = options.source
    if options.randconfig is not None:
        if options.words:
            raise Mistake("configure.py: --randconfig takes no SOURCE; --build names the folder")
        return None
    if source is None:
        raise Mistake("configure.py: which configuration?\n" + overview())
    known = defconfigs.find(ROOT).get(os.path.basename(source).removesuffix("_defconfig"))
    there = os.path.join(ROOT, "build", source, ".config")
    inside = os.path.join(source, ".config")
    is_name = os.sep not in source
    # What there is already goes before what it may have come from, unless it is to be made anew.
    works_on_builds = options.menuconfig or options.olddefconfig or options.savedefconfig
    candidates = [there if is_name else None, known if is_name else None, source, inside]
    if not works_on_builds:
        candidates = candidates[1:] + candidates[:1]
    for path in candidates:
        if path and os.path.isfile(path):
            return os.path.abspath(path)
    if options.menuconfig and is_name and not source.endswith((".config", "_defconfig")):
        return None
    wrong = f"configure.py: {source} is neither a defconfig nor a file"
    raise Mistake(wrong + meant(source) + "\n" + overview())


def meant(source):
    """The defconfig or build whose name is nearest."""
    close = get_close_matches(source, [*defconfigs.find(ROOT), *builds()], n=1)
    return f": did you mean {close[0]}?" if close else ""


def builds():
    """The names of all that is configured."""
    found = sorted(glob.glob(os.path.join(ROOT, "build", "*", "build.ninja")))
    return [os.path.basename(os.path.dirname(path)) for path in found]


def overview():
    """What there is to configure from."""
    known = {name: defconfigs.title(path) for name, path in defconfigs.find(ROOT).items()}
    lines = ["In configs/ there are:"] if known else ["In configs/ there is nothing."]
    width = max(map(len, known), default=0)
    lines += [f"    {name:{width}}  {text}".rstrip() for name, text in known.items()]
    if names := ", ".join(builds()):
        lines.append(f"In build/ there are: {names}")
    return "\n".join([*lines, "./configure.py --help says more."])


def default_name(source, options):
    """appliance_defconfig: appliance; with +my.config: appliance-my; build/NAME/.config: NAME."""
    if source is None:
        return "randconfig" if options.randconfig is not None else options.source
    folder, file = os.path.split(source)
    parts = [file.removesuffix("_defconfig").removesuffix(".config")]
    if file == ".config" and os.path.dirname(folder) == os.path.join(ROOT, "build"):
        parts = [os.path.basename(folder)]
    if not parts[0]:
        raise Mistake(f"configure.py: {source} has no name of its own: add --build NAME")
    parts += [os.path.basename(path).removesuffix(".config") for path in options.fragments]
    return "-".join(parts)


def make(options, source):
    """(the configuration, what is to be said of it, where it comes from)."""
    if options.randconfig is not None:
        seed = options.randconfig
        seed = secrets.randbelow(1000000) if seed is True else seed
        config = configuration.read_kconfig(ROOT)
        randconfig.randomize(config, seed)
        configuration.check(config, "--randconfig")
        return config, [f"--randconfig {seed} gives the same again"], "--randconfig"
    origin = configuration.origin(ROOT, source, options.fragments)
    if not options.olddefconfig:
        return *configuration.load(ROOT, source, options.fragments), origin
    if options.fragments:
        raise Mistake("configure.py: --olddefconfig takes no fragments")
    config, notes = olddefconfig.load(ROOT, source)
    configuration.check(config, origin)
    return config, notes, origin


def save_defconfig(source, folder, is_own):
    if not is_own:
        raise Mistake(f"configure.py: --savedefconfig: {folder} is not configured")
    config, _ = configuration.load(ROOT, source)
    path = os.path.join(folder, "defconfig")
    config.write_min_config(path, header="")
    print(f"{shown(ROOT, path)}: written")
    return 0


def compiler_of(folder):
    """The compiler that a build has been using."""
    try:
        with open(os.path.join(folder, "build.ninja"), encoding="utf-8") as file:
            match = re.search(r"configure\.py .* --cc (\w+)", file.read())
    except FileNotFoundError:
        match = None
    return match[1] if match else "gcc"


def write_folder(config, lists, folder, tools):
    """All of build/NAME; build.ninja last, so that ninja does it again where this was cut short."""
    files = sorted(s.file for s in lists.values() if config.syms[s.symbol].tri_value)
    os.makedirs(os.path.join(folder, "include", "config"), exist_ok=True)
    assignments = build_folder.write_config(config, folder)
    write_if_changed(os.path.join(folder, "config.txt"), assignments)
    configuration.write_headers(config, os.path.join(folder, "include", "config"))
    write_if_changed(os.path.join(folder, "toolchain.txt"), tools.text())
    build_folder.remove_leftovers(folder, lists)
    build_ninja.write(ROOT, config, files, folder, tools)


if __name__ == "__main__":
    sys.exit(main())
