# SPDX-License-Identifier: BSD-2-Clause
"""The command `phasegraph`. Exit status: 0, 1 for what is refused, 2 for a wrong use."""

import argparse
import gc
import json
import os
import sys

from . import checks, emit_c, emit_json, emit_text, golden, model, records, tree_checks
from .index import Index
from .problems import Problems, Refused

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main(arguments=None):
    gc.disable()  # all that is read is kept to the end, and the end is near
    try:
        options = parser().parse_args([*expanded(arguments or sys.argv[1:])])
        options.run(options)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"phasegraph: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def expanded(arguments):
    """ninja writes a file for @FILE, and removes it as soon as the command has ended well."""
    for word in arguments:
        if word[:1] != "@":
            yield word
            continue
        try:
            with open(word[1:], encoding="utf-8") as file:
                yield from file.read().splitlines()
        except FileNotFoundError as error:
            error.strerror = "is gone: is another ninja at work in this folder?"
            raise


def parser():
    top = argparse.ArgumentParser(
        prog="phasegraph",
        description="Reads, checks, sorts and draws the phases of the bring-up.",
        epilog="@FILE stands for the arguments in FILE, one on each line.",
    )
    top.add_argument("--root", default=ROOT, help="the source tree (default: this command's)")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(function, *options, **named):
        name = function.__name__.replace("_", "-")
        sub = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        sub.set_defaults(run=function)
        for option in options:
            sub.add_argument(option)
        for option, values in named.items():
            sub.add_argument("--" + option.replace("_", "-"), **values)
        return sub

    command(index, config={"help": "a .config, to mark what it builds"})
    sub = command(
        generate,
        output={"default": ".", "help": "the folder to write into"},
        depfile={"help": "also write this file, with all that was read, for ninja"},
    )
    sub.add_argument("objects", nargs="+", help="the objects of the build, without the table's")
    command(check_tree, stamp={"required": True}, depfile={"required": True})
    command(check, "elf", "json")
    command(init_report, "elf")
    command(
        draw,
        "json",
        "dot",
        all={"action": "store_true", "help": "edges that others imply, too"},
        svg={"help": "also draw this file, by Graphviz"},
    )
    command(
        golden_check,
        "order",
        "golden",
        custom={"action": "store_true", "help": "only tell which pairs differ"},
        stamp={"help": "a file to write when all is well"},
    )
    sub = command(order)
    sub.add_argument("files", nargs="*", metavar="order golden", help="none: say why there is none")
    names = {"action": "store_true", "help": "an empty table"}
    sub = command(symbols_size, empty=names, output={"required": True})
    sub.add_argument("objects", nargs="+")
    command(
        symbols,
        "image",
        "output",
        empty=names,
        config={"required": True, "help": "the assignments of the configuration, for the build id"},
        toolchain={"required": True, "help": "a file whose first line is the compiler's version"},
    )
    command(build_id, "image")
    return top


def index(options):
    """list every declaration in the tree: file, line, Kconfig symbol, built or not"""
    problems = Problems()
    tree = Index(options.root, problems)
    built = None
    if options.config:
        with open(options.config, encoding="utf-8") as file:
            built = {line[7:-3] for line in file if line[:7] == "CONFIG_" and line[-3:] == "=y\n"}
    for item in tree.declarations:
        if item.kind in ("phase", "step", "stage", "provides"):
            name = f"{item.name} {item.on}" if item.kind == "provides" else item.name
            stage = item.on if item.kind == "phase" else "-"
            row = f"{item.kind:9} {name:32} {stage:10} {item.symbol or '-':24} {item.place}"
            if built is not None:
                row += "" if item.symbol in built else "  (not built)"
            print(row)
    tree_checks.check(tree, problems)
    problems.stop_if_any()


def generate(options):
    """make table.c, order.txt and graph.json from the objects of a build"""
    problems = Problems()
    tree = Index(options.root, problems)
    if options.depfile:
        write_depfile(options.depfile, target(options), tree)
    graph = sorted_graph(tree, options.objects, problems)
    for name, text in (
        ("table.c", emit_c.table(graph)),
        ("order.txt", emit_text.order(graph)),
        ("graph.json", emit_json.graph_json(graph)),
    ):
        write(os.path.join(options.output, name), text)


def sorted_graph(tree, objects, problems):
    """The graph of a build in order, or Refused."""
    tree_checks.check(tree, problems)
    problems.stop_if_any()
    graph = model.build(records.read_objects(objects), tree, problems)
    checks.check_and_sort(graph, tree, problems)
    return graph


def target(options):
    return os.path.join(options.output, "table.c") if options.output != "." else "table.c"


def check_tree(options):
    """check what declarations say by themselves, before anything is compiled"""
    problems = Problems()
    tree = Index(options.root, problems)
    write_depfile(options.depfile, options.stamp, tree)
    tree_checks.check(tree, problems)
    problems.stop_if_any()
    with open(options.stamp, "w", encoding="utf-8"):
        pass


def check(options):
    """check that a linked image runs what graph.json says"""
    from . import image

    image.check(options.elf, options.json, options.root)


def init_report(options):
    """list what stays in memory though only what runs once uses it; graph.json is beside the ELF"""
    from . import image

    folder = os.path.dirname(options.elf)
    for line in image.init_report(options.elf, os.path.join(folder, "graph.json")):
        print(line)


def draw(options):
    """draw graph.json with Graphviz, as graph.dot and graph.svg"""
    from . import draw as drawing

    with open(options.json, encoding="utf-8") as file:
        text = drawing.dot(json.load(file), options.all)
    write(options.dot, text)
    if options.svg:
        write(options.svg, drawing.svg(text))


def golden_check(options):
    """compare order.txt with the reviewed order in configs/"""
    text = ""
    if options.custom:
        text = golden.compare(options.order, options.golden)
        if not golden.was_told(text, options.stamp):
            print(text)
    else:
        golden.check(options.order, options.golden)
    if options.stamp:
        write(options.stamp, text)
        os.utime(options.stamp)


def order(options):
    """renew a reviewed order, or a drawing, in configs/"""
    if len(options.files) != 2:
        raise Refused(golden.NONE)
    changed = golden.renew(*options.files)
    print(f"{options.files[1]}: {'renewed' if changed else 'as it was'}")


def symbols_size(options):
    """write assembler text that reserves room for the symbols of a build's functions"""
    from . import symbols as table

    write(options.output, table.reserve(options.objects, not options.empty))


def symbols(options):
    """fill in a linked image what is known only now: its symbols, and its build id"""
    from . import build_id as identity
    from . import symbols as table

    image = table.fill(options.image, not options.empty)
    identity.put(options.image, image, options.config, options.toolchain)
    with open(options.output, "wb") as file:
        file.write(image)
    os.chmod(options.output, 0o755)


def build_id(options):
    """print the build id of an image: it is the same for equal builds"""
    from . import build_id as identity

    print(identity.read(options.image))


def write(path, text):
    """Leaves the file alone where it says the same, so that nothing is built again for it."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def write_depfile(path, target_path, tree):
    """A folder is read anew when files come or go in it."""
    package = __name__.rpartition(".")[0] + "."
    modules = [m.__file__ for name, m in sys.modules.items() if name.startswith(package)]
    read = [os.path.join(tree.root, name) for name in tree.files + tree.folders]
    names = " ".join(os.path.relpath(name) for name in sorted(read + modules))
    write(path, f"{target_path}: {names}\n")
