# SPDX-License-Identifier: BSD-2-Clause
"""Small source trees with phases, for the tests of the generator."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHASEGRAPH = ROOT / "phases" / "phasegraph"
sys.path.insert(0, str(ROOT / "phases"))
from graph import checks, ctext, index, model, records, tree_checks  # noqa: E402
from graph.problems import Problems, Refused  # noqa: E402

STAGES = """
#include "phases/phase.h"
STAGE(early, bsp, .does = "makes what all share");
STAGE(cpus, all, .does = "sets up each processor", .again = true);
STAGE_FOLLOWS(cpus, early, "all share it");
STAGE(others, aps, .does = "sets up the others");
STAGE_FOLLOWS(others, early, "they start late");
STAGE(late, bsp, .does = "starts the guest");
STAGE_FOLLOWS(late, cpus, "no processor stays outside");
"""

FACTS = """
#include "phases/phase.h"
FACT(boot_bios, boot, "a BIOS started us");
FACT(boot_uefi, boot, "UEFI started us");
FACT(cpu_one, cpu, "the processor is of the first kind");
FACT(cpu_two, cpu, "the processor is of the second kind");
"""

# The keys of a record, in the order of the declaration's arguments.
KEYS = {
    "phase": ("name", "stage", "init"), "stage": ("name", "cpus"),
    "step": ("name", "cpus", "mode", "stack", "does"), "provides": ("name", "capability"),
    "only": ("name", "fact"), "sets": ("name", "fact"), "step_sets": ("name", "fact"),
    "fact": ("name", "group", "does"), "gives": ("name", "function"),
}

FLAGS = "-std=gnu11 -ffreestanding -O1 -Wall -Wextra -Werror -fno-pic -mcmodel=kernel".split()


def phase(name, stage="early", needs=(), wants=(), provides=(), only=(), sets=(), does=None,
          extra=""):
    """C text of a phase; an edge is a name or (name, why)."""
    lines = [f'PHASE({name}, {stage}, {name}_init, .does = "{does or "does " + name}"{extra});']
    for kind, edges in (("NEEDS", needs), ("WANTS", wants)):
        for edge in edges:
            on, why = (edge, f"{name} uses {edge}") if isinstance(edge, str) else edge
            lines.append(f'PHASE_{kind}({name}, {on}, "{why}");')
    for kind, others in (("PROVIDES", provides), ("ONLY", only), ("SETS", sets)):
        lines += [f"PHASE_{kind}({name}, {other});" for other in others]
    lines.append(f"static enum phase_result {name}_init(void)\n{{\n\treturn PHASE_DONE;\n}}\n")
    return "\n".join(lines)


def records_of(tree):
    """What a compiler would leave of an index's declarations in files that have the symbol CORE."""
    for item in tree.declarations:
        if item.symbol == "CORE":
            keys = KEYS.get(item.kind, ("name", "on", "why"))
            texts = [ctext.decode_string(text) or text for text in item.arguments]
            values = dict(zip(keys, texts))
            if "args" in records.KEYS[item.kind]:
                values["args"] = ", ".join(item.arguments[len(keys):])
            yield records.Record(item.kind, values, item.place, item.place.file + ".o")


class Tree:
    """A tree in a folder; every file is built but those that are given a symbol of their own."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.sources = {}
        self.add("phases/stages.c", STAGES)

    def add(self, path, text, symbol="CORE"):
        """Adds or replaces a file; symbol None leaves it out of Sources."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if '#include "phases/phase.h"' not in text and path.endswith((".c", ".S")):
            text = '#include "phases/phase.h"\n' + text
        file.write_text(text)
        self.sources[path] = symbol
        return self

    def write_sources(self):
        for folder in {pathlib.Path(path).parent for path in self.sources}:
            lines = [
                f"{symbol}: {pathlib.Path(path).name}\n"
                for path, symbol in self.sources.items()
                if pathlib.Path(path).parent == folder and symbol and not path.endswith(".h")
            ]
            (self.root / folder / "Sources").write_text("".join(lines))

    def compile(self, cc="gcc"):
        """Builds what has the symbol CORE; gives back the objects."""
        self.write_sources()
        output = self.root / "build" / cc
        objects = []
        for path, symbol in self.sources.items():
            if symbol != "CORE" or path.endswith(".h"):
                continue
            target = output / (path.replace("/", "_") + ".o")
            target.parent.mkdir(parents=True, exist_ok=True)
            flags = FLAGS if path.endswith(".c") else []
            subprocess.run(
                [cc, *flags, f"-I{self.root}", f"-I{ROOT}", f"-ffile-prefix-map={self.root}/="]
                + ["-c", str(self.root / path), "-o", str(target)],
                check=True,
            )
            objects.append(str(target))
        return objects

    def phasegraph(self, *arguments):
        return subprocess.run(
            [str(PHASEGRAPH), "--root", str(self.root), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
        )

    def generate(self, cc="gcc", objects=None):
        """Runs `phasegraph generate`; what it writes is in self.output."""
        objects = objects or self.compile(cc)
        self.output = self.root / "build" / cc
        return self.phasegraph("generate", "--output", self.output, *objects)

    def refused(self, *expected):
        """The message of a generator that refuses; each text of `expected` must be in it."""
        result = self.generate()
        assert result.returncode == 1, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        for text in expected:
            assert text in result.stderr, result.stderr
        return result.stderr

    def graph(self, cc="gcc"):
        """The graph of a tree that is accepted."""
        result = self.generate(cc)
        assert result.returncode == 0, result.stderr
        return json.loads((self.output / "graph.json").read_text())

    def model(self):
        """The same without a compiler, as objects of the generator; what it refuses is raised."""
        self.write_sources()
        problems = Problems()
        tree = index.Index(self.root, problems)
        tree_checks.check(tree, problems)
        problems.stop_if_any()
        graph = model.build(list(records_of(tree)), tree, problems)
        checks.check_and_sort(graph, tree, problems)
        return graph

    def refusal(self, *expected):
        """As refused(), without a compiler."""
        try:
            self.model()
        except Refused as refused:
            for text in expected:
                assert text in str(refused), refused
            return str(refused)
        raise AssertionError("it was accepted")

    def order(self, cc="gcc"):
        return [node["name"] for node in self.graph(cc)["phases"]]
