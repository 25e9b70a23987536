# SPDX-License-Identifier: BSD-2-Clause
"""
Every declaration in the source tree, built or not, found in the text of its .c and .S files: for
the checks that hold in every configuration, and for the line to show for a record.
"""

import os
import re
from typing import NamedTuple, Optional

from . import ctext, sources
from .problems import Place

KINDS = {
    "PHASE": "phase",
    "PHASE_NEEDS": "needs",
    "PHASE_WANTS": "wants",
    "PHASE_PROVIDES": "provides",
    "STAGE": "stage",
    "STAGE_FOLLOWS": "stage_follows",
    "STEP": "step",
    "STEP_NEEDS": "step_needs",
    "PHASE_ONLY": "only",
    "PHASE_SETS": "sets",
    "STEP_SETS": "step_sets",
    "FACT": "fact",
    "PHASE_GIVES": "gives",
    "INIT_REFERENCE": "init_reference",
}
# How many arguments come before the designated initialisers, or make up the whole.
POSITIONAL = {
    "phase": 3, "stage": 2, "step": 5, "provides": 2, "only": 2, "sets": 2, "step_sets": 2,
    "gives": 2,
}

FORMS = {
    "PHASE": 'name, stage, function, .does = "what"',
    "PHASE_NEEDS": 'name, other, "why"',
    "PHASE_WANTS": 'name, other, "why"',
    "PHASE_PROVIDES": "name, capability",
    "PHASE_ONLY": "name, fact",
    "PHASE_SETS": "name, fact",
    "PHASE_GIVES": "name, function",
    "STAGE": 'name, cpus, .does = "what"',
    "STAGE_FOLLOWS": 'name, other, "why"',
    "STEP": 'name, cpus, "mode", "stack", "what"',
    "STEP_NEEDS": 'name, other, "why"',
    "STEP_SETS": "name, fact",
    "FACT": 'name, group, "what"',
    "INIT_REFERENCE": 'name, other, "why"',
}

NAMED_BY_OTHER = ("provides", "sets", "step_sets")

DECLARATION = re.compile(rf"^[ \t]*({'|'.join(KINDS)})[ \t]*\(", re.MULTILINE)
ANOTHER = re.compile(rf"[ \t]*;?[ \t]*(?:{'|'.join(KINDS)})[ \t]*\(")
COMMENT = re.compile(rf"{ctext.STRING}|{ctext.CHARACTER}|/\*.*?\*/|//[^\n]*", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)
FUNCTION = re.compile(r"\b([A-Za-z_]\w*)(?=\s*\()")
DEFINITION = re.compile(
    r"^([A-Za-z_][\w \t*]*(?:\n[\w \t*]*)?)\b([A-Za-z_]\w*)\s*\(([^()]*)\)\s*\{", re.MULTILINE
)
WORD = re.compile(r"[A-Za-z_]\w*")
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b", re.MULTILINE)


class Declaration(NamedTuple):
    kind: str  # as in the record
    name: str
    arguments: tuple  # C text, the name among them
    place: Place
    condition: Optional[int]  # the line of the #if that it stands in
    symbol: Optional[str]  # the Kconfig symbol that brings in its file

    @property
    def on(self):
        """What the second argument names: another node, a capability, or a phase's stage."""
        return self.arguments[1]

    @property
    def values(self):
        """The designated initialisers as C text, by name; None where they are not that."""
        return ctext.designated(self.arguments[POSITIONAL[self.kind]:])

    @property
    def undo(self):
        """The name of a phase's undo function, or None."""
        name = (self.values or {}).get("undo", "") if self.kind == "phase" else ""
        return name if WORD.fullmatch(name) and name != "NULL" else None

    @property
    def key(self):
        other = self.on if self.kind not in ("phase", "step", "stage", "fact") else None
        return self.place.file, self.kind, self.name, other


class File(NamedTuple):
    """What surrounds a file's declarations."""

    includes: list
    functions: set  # words before a parenthesis, in what is not a declaration
    words: set  # all words, in what is not a declaration
    definitions: dict  # of functions: (what stands before the name, arguments, line)
    above: dict  # of each phase that has an undo function: whether a word of its name stands above


class Index:
    """All declarations of a tree, in the order of files and lines."""

    def __init__(self, root, problems):
        self.root = root
        self.surroundings = {}  # by path: a File
        self.headers = []  # the first declaration in each header that has one: (place, macro)
        self.files = []  # what was read, for the build's dependencies
        self.folders = []
        self.declarations = []
        self.symbols = {
            path: source.symbol for path, source in sources.read_tree(root, problems).items()
        }
        for folder, names in sources.folders(root):
            self.folders.append(folder or ".")
            for name in names:
                if name.endswith((".c", ".S", ".h")) or name == "Sources":
                    path = os.path.join(folder, name)
                    self.files.append(path)
                    if name.endswith(".h"):
                        self._read_header(path)
                    elif name != "Sources":
                        self._read(path, problems)
        self.by_key, self.by_name = {}, {}
        for item in self.declarations:
            self.by_key.setdefault(item.key, item)
            name = item.on if item.kind in NAMED_BY_OTHER else item.name
            self.by_name.setdefault((item.kind, name), []).append(item)

    def of_kind(self, *kinds):
        return [item for item in self.declarations if item.kind in kinds]

    def find(self, kind, name):
        """Declarations of a node; or who provides a capability, or sets a fact."""
        return self.by_name.get((kind, name), [])

    def names(self, kind):
        """The first declaration of each name of a kind; of capabilities for `provides`."""
        found = {}
        for item in self.of_kind(kind):
            found.setdefault(item.on if kind == "provides" else item.name, item)
        return found

    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def _read_header(self, path):
        text = self.text(path)
        if DECLARATION.search(text):
            text = COMMENT.sub(blank_comment, text)
            if match := DECLARATION.search(text):
                place = Place(path, text.count("\n", 0, match.start(1)) + 1)
                self.headers.append((place, match.group(1)))

    def _read(self, path, problems):
        text = self.text(path)
        if not DECLARATION.search(text):
            return
        text = COMMENT.sub(blank_comment, text)
        conditions = Conditions(text)
        spans, above = [], {}
        line, before = 1, 0
        for match in DECLARATION.finditer(text):
            kind = KINDS[match.group(1)]
            line, before = line + text.count("\n", before, match.start(1)), match.start(1)
            place = Place(path, line)
            arguments, end = ctext.split_arguments(text, match.end())
            if end is None or len(arguments) < POSITIONAL.get(kind, 3):
                problems.add(place, f"{match.group(1)} is not complete: {form(match.group(1), arguments)}")
                continue
            if ANOTHER.match(text, end):
                problems.add(place, "two declarations in one line: write one declaration on each line")
            condition = conditions.open_at(match.start())
            item = Declaration(
                kind, arguments[0], tuple(arguments), place, condition, self.symbols.get(path)
            )
            self.declarations.append(item)
            spans.append((match.start(), end))
            if undo := item.undo:
                above[item.name] = bool(re.search(rf"\b{undo}\b", text[:match.start()]))
        self.surroundings[path] = surroundings(text, spans, above)


def definitions(text):
    """Of functions that begin a line; the other declarations in the text look otherwise."""
    found, line, before = {}, 1, 0
    for match in DEFINITION.finditer(text):
        line, before = line + text.count("\n", before, match.start(2)), match.start(2)
        found[match.group(2)] = match.group(1), match.group(3).strip(), line
    return found


def surroundings(text, spans, above):
    ends = [0, *(end for _, end in spans)]
    begins = [*(begin for begin, _ in spans), len(text)]
    rest = " ".join([text[begin:end] for begin, end in zip(ends, begins)])
    includes = INCLUDE.findall(text)
    return File(includes, set(FUNCTION.findall(rest)), set(WORD.findall(rest)), definitions(text), above)


def form(macro, arguments):
    """How a declaration is to be written, with what is there of it."""
    known = [name for name in arguments if WORD.fullmatch(name)]
    names = FORMS[macro].split(", ")
    names[:len(known)] = known[:len(names)]
    return f"write {macro}({', '.join(names)})"


class Conditions:
    """The #if that a place stands in; places are asked for from the beginning to the end."""

    def __init__(self, text):
        self.text = text
        self.coming = [(m.start(), m.group(1)) for m in CONDITION.finditer(text)][::-1]
        self.open = []

    def open_at(self, position):
        """The line of the innermost one, or None."""
        while self.coming and self.coming[-1][0] < position:
            start, word = self.coming.pop()
            if word != "endif":
                self.open.append(start)
            elif self.open:
                self.open.pop()
        return self.text.count("\n", 0, self.open[-1]) + 1 if self.open else None


def blank_comment(match):
    """Comments become blanks, so that lines keep their numbers; strings stay."""
    text = match.group()
    return text if text[0] in "\"'" else re.sub(r"[^\n]", " ", text)
