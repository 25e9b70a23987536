# SPDX-License-Identifier: BSD-2-Clause
"""Reads the records that declarations left in objects (their form: phases/phase.h)."""

from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from . import ctext
from .problems import Place, Refused

FORMAT = "1"
SECTION = ".phase"
TABLE_SECTIONS = ".initcall."
KEYS = {
    "phase": {"name", "stage", "init", "args"},
    "needs": {"name", "on", "why"},
    "wants": {"name", "on", "why"},
    "provides": {"name", "capability"},
    "stage": {"name", "cpus", "args"},
    "stage_follows": {"name", "on", "why"},
    "step": {"name", "cpus", "mode", "stack", "does"},
    "step_needs": {"name", "on", "why"},
    "only": {"name", "fact"},
    "sets": {"name", "fact"},
    "step_sets": {"name", "fact"},
    "fact": {"name", "group", "does"},
    "gives": {"name", "function"},
    "init_reference": {"name", "on", "why"},
}
# What a record names besides the node that it belongs to.
OTHERS = ("on", "capability", "fact", "function")


@dataclass(frozen=True)
class Record:
    kind: str
    values: dict  # decoded: strings without their quotes
    place: Place  # the line as the compiler counts it; gcc and clang differ where it spans some
    object: str

    def __getitem__(self, key):
        return self.values[key]

    @property
    def key(self):
        """As in the index."""
        other = next((self.values[key] for key in OTHERS if key in self.values), None)
        return self.place.file, self.kind, self["name"], other


def read_objects(paths):
    records = []
    for path in paths:
        records += read_object(path)
    return records


def read_object(path):
    """The records of one object, after a look at where its parts are placed."""
    try:
        with open(path, "rb") as file:
            sections = list(ELFFile(file).iter_sections())
            data = b"".join(s.data() for s in sections if s.name == SECTION)
            records = list(parse(path, data))
            check_placement(path, sections, records)
            return records
    except (OSError, ELFError) as error:
        raise Refused(f"{path}: error: not an object that can be read: {error}") from error


def parse(path, data):
    """Records end with an empty string. Zero bytes between records are a linker's padding."""
    if data and not data.endswith(b"\0"):
        raise Refused(f"{path}: error: section {SECTION} ends in the middle of a record")
    strings = []
    for string in data.decode(errors="replace").split("\0"):
        if string:
            strings.append(string)
        elif strings:
            yield make_record(path, strings)
            strings = []


def make_record(path, strings):
    head, *pairs = strings
    values = dict(pair.partition("=")[::2] for pair in pairs)
    place = Place(unquote(values.pop("file", path)), int(values.pop("line", "0")))
    kind, _, version = head.removeprefix("record=").partition(" ")
    if not head.startswith("record=") or kind not in KEYS:
        raise Refused(f"{place}: error: {path} has a record of an unknown kind: `{head}`")
    if version != FORMAT:
        raise Refused(
            f"{place}: error: {path} has a record of format {version or '(none)'}; this generator"
            f" reads format {FORMAT}: build the object again"
        )
    if set(values) != KEYS[kind]:
        raise Refused(f"{place}: error: {path} has a record `{kind}` that is not whole")
    values = {key: value if key == "args" else unquote(value) for key, value in values.items()}
    return Record(kind, values, place, path)


def unquote(text):
    decoded = ctext.decode_string(text)
    return text if decoded is None else decoded


def check_placement(path, sections, records):
    """The table is the generator's alone, and a phase's code stands in its stage's section."""
    for section in sections:
        if section.name.startswith(TABLE_SECTIONS):
            raise Refused(
                f"{path}: error: it puts something into {section.name}, which holds the table of"
                " phases; declare a PHASE instead"
            )
    phases = [record for record in records if record.kind == "phase"]
    table = next((s for s in sections if s.name == ".symtab"), None)
    symbols = {s.name: s["st_shndx"] for s in table.iter_symbols()} if phases and table else {}
    for record in phases:
        expected = f".phase.text.{record['stage']}"
        number = symbols.get(record["init"])
        actual = sections[number].name if isinstance(number, int) else "no section"
        if actual != expected:
            raise Refused(
                f"{record.place}: error: {record['init']}, which phase `{record['name']}` runs, is"
                f" in {actual} of {path} and not in {expected}: is its declaration after PHASE?"
            )
