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
import shlex
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.pycache_prefix = os.path.join(ROOT, "build", ".python")
sys.path.insert(0, os.path.join(ROOT, "phases"))

try:
    from graph import build_folder, configuration, sources, toolchain
    from graph.configuration import Mistake, write, write_if_changed
    from graph.problems import Problems
except ModuleNotFoundError as missing:
    sys.exit(f"configure.py: no Python module {missing.name}: ./harness/setup installs it")


def main():
    options = parse_arguments()
    try:
        source = find_source(options.source)
        name = options.build or default_name(source)
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
            raise Mistake(f"`{name}` is no name for a folder in build/")
        config = configuration.load(ROOT, source)
        files, others = read_sources(config)
        tools = toolchain.find(options.cc)
        folder = os.path.join(ROOT, "build", name)
        os.makedirs(os.path.join(folder, "include", "config"), exist_ok=True)
        if options.savedefconfig:
            config.write_min_config(os.path.join(folder, "defconfig"), header="")
            print(f"build/{name}/defconfig: written")
            return 0
        config.write_config(os.path.join(folder, ".config"), save_old=True)
        configuration.write_headers(config, os.path.join(folder, "include", "config"))
        write_if_changed(os.path.join(folder, "toolchain.txt"), tools.text())
        build_folder.remove_leftovers(folder, [*files, *others])
        write_ninja(config, files, folder, name, tools)
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        return 2
    print(f"build/{name}: configured from {os.path.relpath(source, ROOT)}")
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Makes build/NAME, in which `ninja` then builds phasevisor."
    )
    parser.add_argument(
        "source", nargs="?", help="a defconfig's name in configs/, or its file, or a .config"
    )
    parser.add_argument("--build", metavar="NAME", help="the folder's name (default: SOURCE's)")
    parser.add_argument("--cc", choices=["gcc", "clang"], default="gcc", help="the C compiler")
    parser.add_argument("--savedefconfig", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def defconfigs():
    """The defconfigs in configs/: name to path."""
    paths = sorted(glob.glob(os.path.join(ROOT, "configs", "*_defconfig")))
    return {os.path.basename(path).removesuffix("_defconfig"): path for path in paths}


def find_source(source):
    known = defconfigs()
    names = "there are: " + (", ".join(known) or "none")
    if source is None:
        raise Mistake(f"configure.py: which configuration? In configs/ {names}. Or give a file.")
    name = os.path.basename(source).removesuffix("_defconfig")
    if os.sep not in source and name in known:
        return known[name]
    if os.path.isfile(source):
        return os.path.abspath(source)
    raise Mistake(f"configure.py: {source} is neither a defconfig nor a file; in configs/ {names}")


def default_name(source):
    """appliance_defconfig: appliance; my.config: my; build/NAME/.config: NAME."""
    folder, file = os.path.split(source)
    if file == ".config" and os.path.dirname(folder) == os.path.join(ROOT, "build"):
        return os.path.basename(folder)
    name = file.removesuffix("_defconfig").removesuffix(".config")
    if not name:
        raise Mistake(f"configure.py: {source} has no name of its own: add --build NAME")
    return name


def read_sources(config):
    """The files of this configuration and those of others, from all Sources."""
    problems = Problems()
    found = sources.read_tree(ROOT, problems)
    for source in found.values():
        symbol = config.syms.get(source.symbol)
        if symbol is None or not symbol.nodes:
            problems.add(source.place, f"no Kconfig file defines {source.symbol}")
    if problems.messages:
        raise Mistake("\n".join(problems.messages))
    chosen = sorted(s.file for s in found.values() if config.syms[s.symbol].tri_value)
    return chosen, set(found) - set(chosen)


def write_ninja(config, files, folder, name, tools):
    reviewed, golden = find_golden(config, folder)
    fields = {
        "compiler": tools.name,
        "cc": shlex.quote(tools.compiler).replace("$", "$$"),
        "optimize": "-Os" if is_set(config, "OPTIMIZE_SIZE") else "-O2",
        "name": name,
        "renew": renew_command(reviewed),
    }
    with open(os.path.join(ROOT, "build.ninja.in"), encoding="utf-8") as file:
        rules = re.sub(r"@(\w+)@", lambda match: fields[match.group(1)], file.read())
    lines = [rules, "build build.ninja: configure $root/configure.py"]
    lines.append("build compile_commands.json: compdb | build.ninja")
    lines += object_lines(files)
    lines += image_lines(config, files, reviewed, golden)
    write(os.path.join(folder, "build.ninja.d"), dependencies(config, folder, tools))
    write(os.path.join(folder, "build.ninja"), "\n".join(lines) + "\n")


def is_set(config, name):
    return name in config.syms and config.syms[name].tri_value


def object_lines(files):
    has_offsets = os.path.exists(os.path.join(ROOT, "arch/x86/offsets.c"))
    if has_offsets:
        yield "build include/arch/x86/offsets.h: offsets $root/arch/x86/offsets.c | toolchain.txt"
    for file in files:
        if file.endswith(".S"):
            order_only = " || include/arch/x86/offsets.h" if has_offsets else ""
            yield f"build {file}.o: as $root/{file} | toolchain.txt{order_only}"
        else:
            yield f"build {file}.o: cc $root/{file} | toolchain.txt"


def image_lines(config, files, reviewed, golden):
    objects = " ".join(file + ".o" for file in files)
    yield f"empty = {'' if is_set(config, 'PANIC_SYMBOLS') else '--empty'}"
    yield f"custom = {'' if reviewed else '--custom'}"
    yield f"golden = {golden}"
    has_golden = os.path.exists(os.path.join(ROOT, golden.replace("$root/", "")))
    yield f"build table.c | order.txt graph.json: generate {objects}"
    yield "build table.c.o: cc table.c | toolchain.txt"
    yield f"build symbols.S: symbols_size {objects} | {modules('symbols', 'build_id')}"
    yield "build symbols.S.o: as symbols.S | toolchain.txt"
    yield (
        f"build phasevisor.linked: link {objects} table.c.o symbols.S.o"
        " | $root/arch/x86/phasevisor.lds toolchain.txt"
    )
    own = modules(
        "image", "linked", "init_memory", "symbols", "build_id", "layout", "records"
    )
    yield (
        "build phasevisor.elf: image phasevisor.linked"
        f" | graph.json .config toolchain.txt {own}"
    )
    reviewed = golden if has_golden else ""
    yield f"build golden.stamp: golden order.txt | {reviewed} {modules('golden')}"
    yield f"build graph.dot graph.svg: draw graph.json | {modules('draw')}"
    yield "build renew: renew order.txt graph.svg"
    yield "build phasevisor.stripped: strip phasevisor.elf"
    yield "build phasevisor.iso: iso phasevisor.stripped"
    yield "build run-menuconfig: menuconfig"
    yield "build run-savedefconfig: savedefconfig"
    yield "build menuconfig: phony run-menuconfig"
    yield "build savedefconfig: phony run-savedefconfig"
    yield "build iso: phony phasevisor.iso"
    yield "build graph: phony order.txt graph.json graph.dot graph.svg"
    yield "build order: phony renew"
    yield "default phasevisor.elf graph.json order.txt golden.stamp compile_commands.json"


def modules(*names):
    """Modules of the generator; `generate` says itself what it has read."""
    return " ".join(f"$root/phases/graph/{name}.py" for name in names)


def find_golden(config, folder):
    """
    (name of the defconfig that this configuration equals, or None; the golden order of that
    defconfig, or of the one that differs in the fewest lines).
    """
    path = os.path.join(folder, ".minimal")
    config.write_min_config(path, header="")
    mine = assignments(path)
    os.remove(path)
    others = {name: assignments(path) for name, path in defconfigs().items()}
    if not others:
        return None, ""
    nearest = min(others, key=lambda name: (len(mine ^ others[name]), name))
    reviewed = nearest if mine == others[nearest] else None
    return reviewed, f"$root/configs/{nearest}.order"


def assignments(path):
    with open(path, encoding="utf-8") as file:
        lines = {line.strip() for line in file}
    return {line for line in lines if re.match(r"CONFIG_|# CONFIG_\w+ is not set", line)}


def renew_command(reviewed):
    if reviewed:
        place = f"$root/configs/{reviewed}"
        return (
            f"$phasegraph order order.txt {place}.order && "
            f"$phasegraph order graph.svg {place}.svg"
        )
    return (
        "echo 'Reviewed orders belong to defconfigs, and this configuration is none: `ninja"
        " savedefconfig`, copy ./defconfig to configs/NAME_defconfig, configure that.' && false"
    )


def dependencies(config, folder, tools):
    """Whatever this run has read: with it ninja knows when to run it again."""
    paths = ["configure.py", "build.ninja.in", "configs", os.path.join(folder, ".config")]
    own = [module for name, module in sys.modules.items() if name.startswith("graph.")]
    paths += [module.__file__ for module in own]
    paths += config.kconfig_filenames + list(defconfigs().values())
    for path, files in sources.folders(ROOT):
        paths.append(path or ".")
        if "Sources" in files:
            paths.append(os.path.join(path, "Sources"))
    paths = sorted({os.path.relpath(os.path.join(ROOT, path), folder) for path in paths})
    paths += tools.folders()
    return "build.ninja: " + " ".join(path.replace(" ", "\\ ") for path in paths) + "\n"


if __name__ == "__main__":
    sys.exit(main())
