# SPDX-License-Identifier: BSD-2-Clause
"""
graph.dot and graph.svg: a lane per stage in boot order, arrows from what comes first to what needs
it. What a node does and the reason of an arrow are tooltips. Edges that others imply are left out
unless asked for. Made from graph.json, so that any build's can be drawn.
"""

import hashlib
import re
import subprocess

from . import order
from .model import CPUS
from .problems import Refused

HEAD = """\
digraph phases {
\trankdir=TB; newrank=true; ranksep=0.3; nodesep=0.15; fontname="Helvetica"; fontsize=12;
\tlabel="bold: vital; oval: a capability; dashed: wants; yellow, dotted: only where a fact holds;\
 reasons are tooltips";
\tnode [fontname="Helvetica", fontsize=10, shape=box, style="filled,rounded", fillcolor=white,
\t      height=0.25, margin="0.08,0.03"];
\tedge [arrowsize=0.5, color="#445566"];
"""
LANE_COLORS = ["#eef3fb", "#f3f8ec", "#fdf4e7", "#f7eef8", "#eef8f8", "#fbeeee"]


def dot(graph, every_edge):
    """The drawing as text for Graphviz."""
    lines = [HEAD.rstrip()]
    lanes = list(lanes_of(graph))
    for number, (title, does, nodes) in enumerate(lanes):
        color = LANE_COLORS[number % len(LANE_COLORS)]
        lines.append(f"\tsubgraph cluster_{number} {{")
        lines.append(f"\t\tlabel={quote(title)}; tooltip={quote(does)}; labeljust=l;")
        lines.append(f'\t\tstyle=filled; color="{color}";')
        lines += ["\t\t" + node for node in nodes]
        lines.append("\t}")
    lines += boot_order(graph)
    edges = edges_of(graph)
    if not every_edge:
        edges = reduced(edges)
    for (first, then), (style, why) in sorted(edges.items()):
        lines.append(f"\t{quote(first)} -> {quote(then)} [{style}tooltip={quote(why)}];")
    return "\n".join(lines + ["}", ""])


def lanes_of(graph):
    """(title, what it is, nodes' lines); a capability stands with its last provider."""
    for cpus, text in CPUS.items():
        steps = [step for step in graph["steps"] if step["cpus"] == cpus]
        if steps:
            yield f"steps on {text}", "straight-line code before the table", [
                node_line(step["name"], step["does"], "") for step in steps
            ]
    phases = {phase["name"]: phase for phase in graph["phases"]}
    place = {
        name: max(of, key=lambda provider: phases[provider]["position"])
        for name, of in graph["capabilities"].items()
    }
    for stage in graph["stages"]:
        lines = []
        for name in stage["phases"]:
            lines.append(node_line(name, phases[name]["does"], style_of(phases[name])))
            for capability in sorted(c for c, last in place.items() if last == name):
                of = ", ".join(graph["capabilities"][capability])
                lines.append(node_line(capability, f"capability, provided by {of}", OVAL))
        gate = "shape=point, style=invis" if lines else EMPTY
        lines.append(f"{gate_of(stage['name'])} [{gate}];")
        yield f"stage {stage['name']} on {CPUS[stage['cpus']]}", stage["does"], lines


def style_of(phase):
    style = "penwidth=2, " if phase["vital"] else ""
    if phase["only"]:
        only = " and ".join(phase["only"])
        style += rf'fillcolor="#fffbd0", label="{phase["name"]}\nonly when {only}", '
    return style


def gate_of(name):
    return quote(f"stage {name}")


def boot_order(graph):
    """Edges that are not seen, from stage to stage, so that each lies below what it follows."""
    lines = []
    for stage in graph["stages"]:
        inside = set(stage["phases"])
        edges = [ends for ends in edges_of(graph) if inside.issuperset(ends)]
        first = inside - {then for _, then in edges}
        last = inside - {first for first, _ in edges} or {f"stage {stage['name']}"}
        later = [s["name"] for s in graph["stages"] if stage["name"] in names(s["follows"])]
        lines += [f"\t{gate_of(stage['name'])} -> {quote(n)} [style=invis];" for n in sorted(first)]
        for name in later:
            lines += [f"\t{quote(n)} -> {gate_of(name)} [style=invis];" for n in sorted(last)]
    return lines


def names(edges):
    return [edge["on"] for edge in edges]


EMPTY = 'shape=plain, style="", label="no phase in this build"'
OVAL = 'shape=ellipse, style=filled, fillcolor="#dde4ee", '


def node_line(name, does, style):
    return f"{quote(name)} [{style}tooltip={quote(does)}];"


def edges_of(graph):
    """(first, then): (style, reason). What a want adds to the order is dashed."""
    edges = {}
    setters = {fact["name"]: fact for fact in graph["facts"]}
    phases = {phase["name"] for phase in graph["phases"]}
    for node in graph["steps"] + graph["phases"]:
        for kind, style in (("needs", ""), ("wants", "style=dashed, ")):
            for edge in node.get(kind, []):
                if edge["of"]:
                    why = f"{node['name']} {kind} {edge['on']}: {edge['why']}"
                    edges[edge["on"], node["name"]] = style, why
        for fact in (setters[name] for name in node.get("only", [])):
            if fact["setter"] in phases:
                why = f"{node['name']} only when {fact['name']}, which {fact['setter']} sets"
                edges.setdefault((fact["setter"], node["name"]), ("style=dotted, ", why))
        for name in node.get("provides", []):
            edges[node["name"], name] = 'arrowhead=none, color="#99aabb", ', (
                f"{node['name']} provides {name}"
            )
    return edges


def reduced(edges):
    before = {name: set() for ends in edges for name in ends}
    for first, then in edges:
        before[then].add(first)
    kept = {(first, then) for then, first in order.reduction(before)}
    return {ends: edge for ends, edge in edges.items() if ends in kept}


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def svg(dot_text):
    """The drawing by Graphviz, with the hash of what it was made from in place of its version."""
    try:
        result = subprocess.run(
            ["dot", "-Tsvg"], input=dot_text, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Refused("error: no `dot`: the drawing needs the package graphviz") from error
    if result.returncode:
        raise Refused(f"error: dot: {result.stderr.strip()}")
    return re.sub(r"<!-- Generated by .*?-->", stamp(dot_text), result.stdout, flags=re.DOTALL)


def stamp(dot_text):
    """By this a test sees that a drawing is stale: Graphviz's versions draw differently."""
    return f"<!-- graph.dot: sha256 {hashlib.sha256(dot_text.encode()).hexdigest()} -->"
