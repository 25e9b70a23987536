# SPDX-License-Identifier: BSD-2-Clause
"""Small source trees with phases, for the tests of the generator."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHASEGRAPH = ROOT / "phases" / "phasegraph"

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

FLAGS = "-std=gnu11 -ffreestanding -O1 -Wall -Wextra -Werror -fno-pic -mcmodel=kernel".split()


def phase(name, stage="early", needs=(), wants=(), provides=(), does=None, extra=""):
    """C text of a phase; an edge is a name or (name, why)."""
    lines = [f'PHASE({name}, {stage}, {name}_init, .does = "{does or "does " + name}"{extra});']
    for kind, edges in (("NEEDS", needs), ("WANTS", wants)):
        for edge in edges:
            on, why = (edge, f"{name} uses {edge}") if isinstance(edge, str) else edge
            lines.append(f'PHASE_{kind}({name}, {on}, "{why}");')
    lines += [f"PHASE_PROVIDES({name}, {capability});" for capability in provides]
    lines.append(f"static enum phase_result {name}_init(void)\n{{\n\treturn PHASE_DONE;\n}}\n")
    return "\n".join(lines)


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

    def order(self, cc="gcc"):
        return [node["name"] for node in self.graph(cc)["phases"]]
