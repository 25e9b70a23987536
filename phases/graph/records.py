# SPDX-License-Identifier: BSD-2-Clause
"""Reads the records that declarations left in objects (their form: phases/phase.h)."""

from typing import NamedTuple

from . import ctext
from .objects import NoObject, Object
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


class Record(NamedTuple):
    kind: str
    values: dict  # decoded: strings without their quotes
    place: Place  # the line as the compiler counts it; gcc and clang differ where it spans some
    object: str

    def __getitem__(self, key):
        return self.values[key]

    @property
    def key(self):
        """As in the index."""
        values = self.values
        for other in OTHERS:
            if other in values:
                return self.place.file, self.kind, values["name"], values[other]
        return self.place.file, self.kind, values["name"], None


def read_objects(paths):
    records = []
    for path in paths:
        records += read_object(path)
    return records


def read_object(path):
    """The records of one object, after a look at where its parts are placed."""
    try:
        item = Object(path)
        numbers = [number for number, name in enumerate(item.names) if name == SECTION]
        records = list(parse(path, b"".join(map(item.contents, numbers))))
        check_placement(path, item, records)
        return records
    except (OSError, NoObject) as error:
        raise Refused(f"{path}: error: not an object that can be read: {error}") from error


def parse(path, data):
    """Records end with an empty string. Zero bytes between records are a linker's padding."""
    if data and not data.endswith(b"\0\0"):
        raise Refused(f"{path}: error: section {SECTION} ends in the middle of a record")
    for text in data.decode(errors="replace").split("\0\0"):
        if text := text.strip("\0"):
            yield make_record(path, text.split("\0"))


def make_record(path, strings):
    head, *pairs = strings
    values = dict([pair.partition("=")[::2] for pair in pairs])
    line = values.pop("line", "")
    place = Place(unquote(values.pop("file", path)), int(line) if line.isdecimal() else 0)
    kind, _, version = head.removeprefix("record=").partition(" ")
    if not head.startswith("record=") or kind not in KEYS:
        raise Refused(f"{place}: error: {path} has a record of an unknown kind: `{head}`")
    if version != FORMAT:
        raise Refused(
            f"{place}: error: {path} has a record of format {version or '(none)'}; this generator"
            f" reads format {FORMAT}: build the object again"
        )
    if values.keys() != KEYS[kind]:
        raise Refused(f"{place}: error: {path} has a record `{kind}` that is not whole")
    for key, value in values.items():
        if '"' in value and key != "args":
            values[key] = unquote(value)
    return Record(kind, values, place, path)


def unquote(text):
    decoded = ctext.decode_string(text)
    return text if decoded is None else decoded


def check_placement(path, item, records):
    """The table is the generator's alone, and a phase's code stands in its stage's section."""
    for name in item.names:
        if name.startswith(TABLE_SECTIONS):
            raise Refused(
                f"{path}: error: it puts something into {name}, which holds the table of phases;"
                " declare a PHASE instead"
            )
    phases = [record for record in records if record.kind == "phase"]
    symbols = item.section_of_symbols() if phases else {}
    for record in phases:
        expected = f".phase.text.{record['stage']}"
        number = symbols.get(record["init"], 0)
        actual = item.names[number] if 0 < number < len(item.names) else "no section"
        if actual != expected:
            raise Refused(
                f"{record.place}: error: {record['init']}, which phase `{record['name']}` runs, is"
                f" in {actual} of {path} and not in {expected}: is its declaration after PHASE?"
            )
