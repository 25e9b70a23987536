# SPDX-License-Identifier: BSD-2-Clause
"""Checks on all declarations of the tree, built or not: they hold in every configuration."""

import re
from difflib import get_close_matches

from . import ctext, layout
from .problems import Place

STAGES_FILE = "phases/stages.c"
FACTS_FILE = "phases/facts.c"
HEADER = "phases/phase.h"


def check(index, problems):
    headers(index, problems)
    functions(index, problems)
    conditions(index, problems)
    sources(index, problems)
    own_files(index, problems)
    one_name_one_node(index, problems)
    texts(index, problems)
    names(index, problems)
    capabilities(index, problems)


def headers(index, problems):
    for place, macro in index.headers:
        problems.add(
            place,
            f"a misplaced record: {macro} in a header",
            (None, "write PHASE and its like out in a .c or .S file, not in a header or a macro"),
        )


def functions(index, problems):
    """What the compiler would say in words of its own."""
    for item in index.of_kind("phase"):
        file = index.surroundings[item.place.file]
        if len(item.name) >= layout.NAME_SIZE:
            problems.add(
                item.place,
                f"phase `{item.name}` has a name of {len(item.name)} characters; there is room for"
                f" {layout.NAME_SIZE - 1}",
            )
        if HEADER not in file.includes:
            problems.add(item.place, f'PHASE is not known here: add #include "{HEADER}"')
        init = item.arguments[2]
        if init not in file.words:
            problems.add(
                item.place,
                f"phase `{item.name}` runs `{init}`, but the file has no function of the name",
                near(index, item, init, f"write `static enum phase_result {init}(void)` below PHASE"),
            )
        elif place := other_type(index, item, init):
            problems.add(place, f"`{init}` must be `static enum phase_result {init}(void)`")
        if item.undo and not file.above[item.name] and not in_header(index, file, item.undo):
            below = f"move `{item.undo}` above PHASE, or declare it there"
            hint = (None, below) if item.undo in file.words else near(
                index, item, item.undo, f"write `static void {item.undo}(void)` above PHASE"
            )
            problems.add(
                item.place,
                f"phase `{item.name}` is undone by `{item.undo}`, which is not declared above it",
                hint,
            )


def other_type(index, item, init):
    """The line of a function's definition that is none of a phase's."""
    head, arguments, line = index.surroundings[item.place.file].definitions.get(init, ("", "", 0))
    words = head.split()
    right = "static" in words and "enum phase_result" in " ".join(words) and arguments == "void"
    return None if right or not line else Place(item.place.file, line)


def near(index, item, name, otherwise):
    """A note on a function of a similar name in the file."""
    path = item.place.file
    for close in get_close_matches(name, sorted(index.surroundings[path].functions), n=1):
        text = index.text(path)
        position = re.search(rf"\b{close}\s*\(", text).start()
        return Place(path, text.count("\n", 0, position) + 1), f"did you mean `{close}`?"
    return None, otherwise


def in_header(index, file, name):
    known = [path for path in file.includes if path in index.files]
    return any(re.search(rf"\b{name}\b", index.text(path)) for path in known)


def conditions(index, problems):
    for item in index.declarations:
        if item.condition:
            problems.add(
                item.place,
                f"{item.kind} `{item.name}` stands inside the #if of line {item.condition}",
                (None, "move it to a file of its own, with a symbol of its own in Sources"),
            )


def sources(index, problems):
    told = set()
    for item in index.declarations:
        file = item.place.file
        if item.symbol is None and file not in told:
            told.add(file)
            folder, _, name = file.rpartition("/")
            problems.add(
                item.place,
                f"{item.kind} `{item.name}` is never built: no Sources lists its file",
                (None, f"add a line `SYMBOL: {name}` to {folder}/Sources (CORE: in every build)"),
            )


def own_files(index, problems):
    for what, file, kinds in (
        ("stages", STAGES_FILE, ("stage", "stage_follows")),
        ("facts", FACTS_FILE, ("fact",)),
    ):
        for item in index.of_kind(*kinds):
            if item.place.file != file:
                problems.add(item.place, f"a misplaced record: {what} are declared in {file}")


def one_name_one_node(index, problems):
    """Phases, steps and capabilities share their names; stages have their own, and facts."""
    seen = {}
    for item in index.of_kind("phase", "step", "stage", "fact"):
        group = "node" if item.kind in ("phase", "step") else item.kind
        first = seen.setdefault((group, item.name), item)
        if first is not item:
            both = f"two {item.kind}s" if item.kind == first.kind else "a phase and a step"
            problems.add(
                item.place,
                f"{both} of one name: `{item.name}`",
                (first.place, f"{first.kind} `{first.name}`"),
            )
    for name, item in index.names("provides").items():
        first = seen.get(("node", name))
        if first:
            problems.add(
                item.place,
                f"`{item.name}` provides the capability `{name}`, which is the name of a node",
                (first.place, f"{first.kind} `{name}`"),
            )


def texts(index, problems):
    """Reasons and descriptions are mandatory."""
    for item in index.declarations:
        if item.kind in ("phase", "stage"):
            values = item.values
            if values is None:
                continue  # told where the record is read
            needed = {".does": values.get("does", "")}
        elif item.kind == "step":
            needed = dict(zip(("mode", "stack", "does"), item.arguments[2:]))
        elif item.kind == "fact":
            needed = {"does": item.arguments[2]}
        elif item.kind in REASONED:
            needed = {"reason": item.arguments[2]}
        else:
            continue
        for what, text in needed.items():
            value = ctext.decode_string(text)
            if not (value or "").strip():
                problems.add(
                    item.place,
                    f"{describe(item)} {'for' if what == 'reason' else 'has'} "
                    + which(what, text, value)
                    + ": it must be a string literal that says something",
                )


def which(what, text, value):
    if not text:
        return f"no {what}"
    return f"an empty {what}" if value is not None else f"a {what} that is no string literal"


REASONED = ("needs", "wants", "stage_follows", "step_needs", "init_reference")


def names(index, problems):
    phases, steps, stages = (index.names(kind) for kind in ("phase", "step", "stage"))
    facts = index.names("fact")
    things = {**phases, **index.names("provides")}
    for item in index.of_kind("phase"):
        exists(item, item.on, stages, "stage", problems)
    for item in index.of_kind("stage_follows"):
        exists(item, item.name, stages, "stage", problems)
        exists(item, item.on, stages, "stage", problems)
    for item in index.of_kind("step_needs"):
        owner(index, item, steps, "step", problems)
        exists(item, item.on, steps, "step", problems)
    for item in index.of_kind("only", "sets", "gives"):
        owner(index, item, phases, "phase", problems)
    for item in index.of_kind("step_sets"):
        owner(index, item, steps, "step", problems)
    for item in index.of_kind("only", "sets", "step_sets"):
        exists(item, item.on, facts, "fact", problems)
    for item in index.of_kind("provides", "needs", "wants"):
        owner(index, item, phases, "phase", problems)
        if item.kind == "provides":
            continue
        if item.on in steps:
            problems.add(
                item.place,
                f"phase `{item.name}` {item.kind} `{item.on}`, which is a step: steps come before"
                " every phase of their CPU, and no edge is needed",
                (steps[item.on].place, f"step `{item.on}`"),
            )
        elif item.on in facts and item.on not in things:
            problems.add(
                item.place,
                f"phase `{item.name}` {item.kind} `{item.on}`, which is a fact: write"
                f" PHASE_ONLY({item.name}, {item.on})",
                (facts[item.on].place, f"fact `{item.on}`"),
            )
        else:
            exists(item, item.on, things, "phase or capability", problems)


def owner(index, item, known, what, problems):
    """An edge stands in the file of the node that it belongs to; of two, with either of them."""
    files = {node.place.file for node in index.find(what, item.name)}
    if files and item.place.file not in files:
        problems.add(
            item.place,
            f"a misplaced record: {item.kind} of {what} `{item.name}` in another file",
            (known[item.name].place, f"{what} `{item.name}` is declared here"),
        )
    exists(item, item.name, known, what, problems)


def exists(item, name, known, what, problems):
    if name not in known:
        problems.add(
            item.place,
            f"{describe(item)}: no {what} of the name `{name}` exists anywhere in the tree",
            *(suggestion(name, known) or in_order(what, known)),
        )


def in_order(what, known):
    """There are few stages, and they are declared one after the other."""
    return [(None, "the stages are, in order: " + ", ".join(known))] if what == "stage" else []


def describe(item):
    if item.kind in ("needs", "wants"):
        return f"`{item.name}` {item.kind} `{item.on}`"
    if item.kind in ("only", "sets", "step_sets"):
        return f"`{item.name}` {'is only for' if item.kind == 'only' else 'sets'} `{item.on}`"
    if item.kind in ("stage_follows", "step_needs"):
        return f"{item.kind.partition('_')[0]} `{item.name}` {item.kind.partition('_')[2]} `{item.on}`"
    if item.kind == "init_reference":
        return f"INIT_REFERENCE of `{item.name}` to `{item.on}`"
    if item.kind in ("provides", "gives"):
        return f"`{item.name}` {item.kind} `{item.on}`"
    return f"{item.kind} `{item.name}`"


def suggestion(name, known):
    return [
        (known[close].place, f"did you mean `{close}`?")
        for close in get_close_matches(name, sorted(known), n=1)
    ]


def capabilities(index, problems):
    """A capability that nobody asks for, and that is nearly the name of another, is a typo."""
    asked = {item.on for item in index.of_kind("needs", "wants")}
    provided = index.names("provides")
    others = {name: item for name, item in provided.items() if name in asked}
    for name, item in provided.items():
        if name not in asked and (note := suggestion(name, others)):
            problems.add(
                item.place,
                f"`{item.name}` provides `{name}`, which nothing in the tree needs or wants",
                *note,
            )
