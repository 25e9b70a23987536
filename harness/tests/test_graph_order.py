# SPDX-License-Identifier: BSD-2-Clause
"""What the generator makes of graphs that are right: order, table, texts, drawing."""

import itertools
import json
import random
import subprocess
import sys

import pytest
from graph_tree import FLAGS, ROOT, Tree, phase

sys.path.insert(0, str(ROOT / "phases"))
from graph import draw, emit_text, golden, order  # noqa: E402

STEPS = """
STEP(enter, bsp, "32-bit protected", "none", "clears \\"bss\\"; 100%")
STEP(wake, aps, "real", "none", "leaves real mode")
STEP(long_mode, bsp, "32-bit", "boot stack",
     "turns on paging")
STEP_NEEDS(long_mode, enter, "paging needs tables")
"""


@pytest.fixture
def tree(tmp_path):
    """A tree with one of everything."""
    tree = Tree(tmp_path)
    tree.add("entry/start.S", STEPS)
    tree.add("log.c", phase("log", does="keeps \\\"lines\\\"", extra=", .vital = true"))
    tree.add(
        "uart.c",
        "static void uart_undo(void);\n"
        + phase("uart", needs=["log"], wants=["tables"], provides=["console"],
                extra=",\n      .undo = uart_undo")
        + "static void uart_undo(void)\n{\n}\n",
    )
    tree.add("screen.c", phase("screen", needs=[("log", "it */ prints /* it")],
                               provides=["console"]))
    tree.add("tables.c", phase("tables"), symbol="TABLES")
    tree.add("cpu.c", phase("cpu", "cpus", needs=["console"], wants=["uart"]))
    tree.add("guest.c", phase("guest", "late", needs=["cpu"]) + phase("a_last", "late",
                                                                     needs=["guest"]))
    return tree


def test_order_is_topological_and_ties_are_broken_by_name(tree):
    assert tree.order() == ["log", "screen", "uart", "cpu", "guest", "a_last"]


def test_graph_json(tree):
    graph = tree.graph()
    assert [stage["name"] for stage in graph["stages"]] == ["early", "cpus", "late", "others"]
    assert graph["stages"][1] == {
        "name": "cpus", "cpus": "all", "again": True, "does": "sets up each processor",
        "file": "phases/stages.c", "line": 4, "position": 1, "phases": ["cpu"],
        "follows": [{"on": "early", "why": "all share it", "of": ["early"], "line": 5}],
    }
    uart = graph["phases"][2]
    assert uart == {
        "name": "uart", "stage": "early", "file": "uart.c", "line": 3, "does": "does uart",
        "init": "uart_init", "undo": "uart_undo", "vital": False, "position": 2,
        "needs": [{"on": "log", "why": "uart uses log", "of": ["log"], "line": 5}],
        "wants": [{"on": "tables", "why": "uart uses tables", "of": [], "line": 6}],
        "provides": ["console"], "only": [], "sets": [], "gives": [],
    }
    assert graph["phases"][0]["does"] == 'keeps "lines"' and graph["phases"][0]["vital"]
    assert graph["phases"][3]["needs"][0]["of"] == ["screen", "uart"]
    assert graph["capabilities"] == {"console": ["screen", "uart"]}
    assert [step["name"] for step in graph["steps"]] == ["enter", "long_mode", "wake"]
    assert graph["steps"][0]["does"] == 'clears "bss"; 100%'
    assert graph["steps"][1]["needs"] == [
        {"on": "enter", "why": "paging needs tables", "of": ["enter"], "line": 7}
    ]


def test_order_text_has_reasons_and_no_line_numbers(tree):
    tree.graph()
    text = (tree.output / "order.txt").read_text()
    assert '    log: keeps "lines" [vital]\n' in text
    assert "    # wants tables (not in this build): uart uses tables\n" in text
    assert "    uart: does uart [can be undone; provides console]\n" in text
    assert "stage cpus on every processor, repeatable: sets up each processor\n" in text
    assert "steps on the other processors, in straight-line code\n    wake: leaves" in text
    names = ["enter", "long_mode", "wake", "log", "screen", "uart", "cpu", "guest", "a_last"]
    assert emit_text.sequence(text) == names
    guest = tree.root / "guest.c"
    guest.write_text("\n\n" + guest.read_text())
    tree.graph()
    assert (tree.output / "order.txt").read_text() == text


def test_gcc_and_clang_and_the_order_of_objects_make_no_difference(tree):
    results = []
    for cc in ("gcc", "clang"):
        objects = tree.compile(cc)
        for arguments in (objects, objects[::-1]):
            assert tree.generate(cc, arguments).returncode == 0
            files = ("table.c", "order.txt", "graph.json")
            results.append([(tree.output / name).read_bytes() for name in files])
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_table_compiles_and_reads_as_a_boot_sequence(tree, cc):
    tree.graph(cc)
    text = (tree.output / "table.c").read_text()
    places = [text.index(f"\t&phase_{name},") for name in ("log", "screen", "uart", "cpu")]
    assert places == sorted(places)
    assert "\t&phase_log, /* log.c:2: keeps \"lines\" */" in text
    assert "/*   needs log: it * / prints / * it */" in text
    assert "extern const struct phase phase_tables" not in text
    compile_table(tree, cc)


def compile_table(tree, cc="gcc"):
    target = tree.output / "table.o"
    subprocess.run([cc, *FLAGS, f"-I{ROOT}", "-c", str(tree.output / "table.c"), "-o", str(target)],
                   check=True)
    return str(target)


def test_files_that_say_the_same_are_not_written_again(tree):
    objects = tree.compile()
    tree.generate(objects=objects)
    times = [(tree.output / name).stat().st_mtime_ns for name in ("table.c", "graph.json")]
    tree.generate(objects=objects)
    assert times == [(tree.output / n).stat().st_mtime_ns for n in ("table.c", "graph.json")]


def test_stage_without_phases(tree):
    tree.graph()
    assert ".begin = NULL, .end = NULL" in (tree.output / "table.c").read_text()


def test_index_lists_what_is_built_and_what_is_not(tree):
    tree.compile()
    config = tree.root / "config"
    config.write_text("CONFIG_CORE=y\n# CONFIG_TABLES is not set\n")
    result = tree.phasegraph("index", "--config", config)
    assert result.returncode == 0, result.stderr
    lines = {line.split()[1]: line for line in result.stdout.splitlines() if "phase" in line}
    assert lines["tables"].split()[2:] == ["early", "TABLES", "tables.c:2", "(not", "built)"]
    assert lines["uart"].split()[2:] == ["early", "CORE", "uart.c:3"]


def test_golden_order(tree):
    tree.graph()
    order_file, golden_file = tree.output / "order.txt", tree.root / "x.order"
    result = tree.phasegraph("golden-check", order_file, golden_file)
    assert result.returncode == 1 and "`ninja order` writes it" in result.stderr
    assert "renewed" in tree.phasegraph("order", order_file, golden_file).stdout
    assert "as it was" in tree.phasegraph("order", order_file, golden_file).stdout
    assert tree.phasegraph("golden-check", order_file, golden_file).returncode == 0
    tree.add("screen.c", phase("screen", needs=["log", "uart"], provides=["console"]))
    assert tree.order() == ["log", "uart", "screen", "cpu", "guest", "a_last"]
    result = tree.phasegraph("golden-check", order_file, golden_file)
    assert result.returncode == 1
    assert "+    # needs uart: screen uses uart\n" in result.stderr
    custom = tree.phasegraph("golden-check", "--custom", order_file, golden_file)
    assert custom.returncode == 0
    assert "1 pair of phases is ordered otherwise than in x.order:\n    uart now comes before screen" in custom.stdout


def test_inversions():
    assert golden.inversions(["a", "b", "c"], ["c", "x", "a", "b"]) == [("c", "a"), ("c", "b")]


def test_drawing(tree):
    tree.graph()
    dot, svg = tree.output / "graph.dot", tree.output / "graph.svg"
    result = tree.phasegraph("draw", "--svg", svg, tree.output / "graph.json", dot)
    assert result.returncode == 0, result.stderr
    text = dot.read_text()
    assert '"log" -> "uart" [tooltip="uart needs log: uart uses log"]' in text
    assert '"cpu" -> "guest"' in text and '"uart" -> "console"' in text
    assert '"uart" -> "cpu"' not in text  # the capability implies it
    assert "uart needs log" in svg.read_text()
    assert draw.stamp(text) in svg.read_text()
    tree.phasegraph("draw", "--all", tree.output / "graph.json", dot)
    assert '"uart" -> "cpu" [style=dashed' in dot.read_text()


def all_orders(before):
    """Every topological order, by brute force over the permutations."""
    return [
        nodes
        for nodes in itertools.permutations(sorted(before))
        if all(nodes.index(o) < nodes.index(n) for n in nodes for o in before[n])
    ]


def test_order_against_brute_force():
    """The order is a topological one, and of all those the first by name."""
    chance = random.Random(1)
    for _ in range(400):
        nodes = [chr(ord("a") + n) for n in range(chance.randint(1, 6))]
        before = {n: [o for o in nodes if chance.random() < 0.2] for n in nodes}
        found, rest = order.sort(before)
        expected = all_orders(before)
        if expected:
            assert tuple(found) == expected[0] and not rest
        else:
            cycle = order.shortest_cycle(before, rest)
            assert len(cycle) == brute_force_cycle(before)
            for node, earlier in zip(cycle, cycle[1:] + cycle[:1]):
                assert earlier in before[node]


def test_reduction_against_brute_force():
    """An edge is left out when another way leads there."""
    chance = random.Random(2)
    for _ in range(200):
        nodes = list(range(chance.randint(1, 6)))
        before = {n: {o for o in nodes[:n] if chance.random() < 0.5} for n in nodes}
        kept = {(n, o) for n in nodes for o in before[n]
                if not any(o in all_before(before, other) for other in before[n])}
        assert set(order.reduction(before)) == kept


def all_before(before, node):
    return before[node].union(*(all_before(before, other) for other in before[node]))


def brute_force_cycle(before):
    """The length of a shortest cycle."""
    for length in range(1, len(before) + 1):
        for nodes in itertools.permutations(before, length):
            if all(nodes[n - 1] in before[nodes[n]] for n in range(length)):
                return length
    return None


def test_json_is_sorted(tree):
    tree.graph()
    text = (tree.output / "graph.json").read_text()
    graph = json.loads(text)
    assert list(graph) == sorted(graph)
    lines = [json.dumps(phase, sort_keys=True) for phase in graph["phases"]]
    assert [line.strip(" ,") for line in text.splitlines() if '"init"' in line] == lines
