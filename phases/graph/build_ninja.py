# SPDX-License-Identifier: BSD-2-Clause
"""build.ninja of one build: the rules of build.ninja.in, and what this configuration makes by them."""

import os
import re
import shlex
import sys

from . import defconfigs, sources
from .configuration import write as write_file

# The symbols that the rules depend on.
READ_HERE = ("OPTIMIZE_SIZE", "PANIC_SYMBOLS")


def write(root, config, files, folder, tools):
    """
    `files`: those of this configuration, from the root of the tree. `tools`: a Toolchain. The
    file for ninja's own dependencies comes first: build.ninja is there when all of it is.
    """
    nearest, distance = defconfigs.nearest(root, config)
    reviewed = nearest if nearest and not distance else None
    fields = {
        "compiler": tools.name,
        "cc": shlex.quote(tools.compiler).replace("$", "$$"),
        "optimize": "-Os" if is_set(config, "OPTIMIZE_SIZE") else "-O2",
        "name": os.path.basename(folder),
        "renew": renew_command(reviewed),
    }
    with open(os.path.join(root, "build.ninja.in"), encoding="utf-8") as file:
        rules = re.sub(r"@(\w+)@", lambda match: fields[match.group(1)], file.read())
    lines = [rules, "build build.ninja: configure $root/configure.py"]
    lines.append("build compile_commands.json: compdb | build.ninja")
    lines.append(f"empty = {'' if is_set(config, 'PANIC_SYMBOLS') else '--empty'}")
    lines += object_lines(files)
    lines += image_lines([file for file in files if not is_offsets(file)])
    lines += order_lines(root, nearest, reviewed)
    lines += target_lines()
    write_file(os.path.join(folder, "build.ninja.d"), dependencies(root, config, folder, tools))
    write_file(os.path.join(folder, "build.ninja"), "\n".join(lines) + "\n")


def is_set(config, name):
    assert name in READ_HERE
    return name in config.syms and config.syms[name].tri_value


def is_offsets(file):
    """A file of this name becomes a header for assembly, offsets.h, in place of an object."""
    return os.path.basename(file) == "offsets.c"


def object_lines(files):
    """Mistakes in declarations are told first, and alone."""
    headers = [f"include/{file[:-2]}.h" for file in files if is_offsets(file)]
    yield "build tree.stamp: tree $root/phases/phasegraph"
    for file in files:
        if is_offsets(file):
            yield f"build include/{file[:-2]}.h: offsets $root/{file} | toolchain.txt || tree.stamp"
        elif file.endswith(".S"):
            first = " ".join(["tree.stamp", *headers])
            yield f"build {file}.o: as $root/{file} | toolchain.txt || {first}"
        else:
            yield f"build {file}.o: cc $root/{file} | toolchain.txt || tree.stamp"


def image_lines(files):
    objects = " ".join(file + ".o" for file in files)
    checks = modules(
        "image", "linked", "init_memory", "gives", "calls", "declared", "layout", "records"
    )
    filled = modules("symbols", "build_id")
    yield f"build table.c | order.txt graph.json: generate {objects}"
    yield "build table.c.o: cc table.c | toolchain.txt"
    yield f"build symbols.S: symbols_size {objects} | {filled}"
    yield "build symbols.S.o: as symbols.S | toolchain.txt"
    yield (
        f"build phasevisor.linked: link {objects} table.c.o symbols.S.o"
        " | $root/arch/x86/phasevisor.lds toolchain.txt"
    )
    yield (
        "build phasevisor.elf: image phasevisor.linked"
        f" | graph.json config.txt toolchain.txt {filled} {checks}"
    )
    yield "build phasevisor.stripped: strip phasevisor.elf"
    yield "build phasevisor.iso: iso phasevisor.stripped"


def order_lines(root, nearest, reviewed):
    """
    The order is compared with that of the defconfig that this configuration is, or is near to; when
    the image has been checked, so that nobody reviews the order of one that is refused.
    """
    golden = f"configs/{nearest}.order" if nearest else ""
    there = f"$root/{golden}" if golden and os.path.exists(os.path.join(root, golden)) else ""
    yield f"custom = {'' if reviewed else '--custom'}"
    yield f"golden = {'$root/' + golden if golden else ''}"
    yield f"build golden.stamp: golden order.txt | {there} {modules('golden')} || phasevisor.elf"
    yield f"build graph.dot graph.svg: draw graph.json | {modules('draw')}"
    yield "build renew: renew" + (" order.txt graph.svg || phasevisor.elf" if reviewed else "")


def target_lines():
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


def renew_command(reviewed):
    if not reviewed:
        return "$phasegraph order"
    place = f"$root/configs/{reviewed}"
    return f"$phasegraph order order.txt {place}.order && $phasegraph order graph.svg {place}.svg"


def dependencies(root, config, folder, tools):
    """Whatever configure.py has read: with it ninja knows when to run it again."""
    paths = ["configure.py", "build.ninja.in", "configs", os.path.join(folder, ".config")]
    own = [module for name, module in sys.modules.items() if name.startswith("graph.")]
    paths += [module.__file__ for module in own]
    paths += config.kconfig_filenames + list(defconfigs.find(root).values())
    for path, files in sources.folders(root):
        paths.append(path or ".")
        if "Sources" in files:
            paths.append(os.path.join(path, "Sources"))
    paths = sorted({os.path.relpath(os.path.join(root, path), folder) for path in paths})
    paths += tools.folders()
    return "build.ninja: " + " ".join(path.replace(" ", "\\ ") for path in paths) + "\n"
