# SPDX-License-Identifier: BSD-2-Clause
"""Checks that the linked image runs what the graph says, in the graph's order."""

import json
import struct

from elftools.elf.constants import SH_FLAGS

from . import gives, init_memory, records
from .declared import Declared
from .layout import LINKS_INDEX, LINKS_ONLY, PHASE_INIT, PHASE_LINKS, STAGE, STAGE_CPUS
from .linked import Image
from .problems import Problems, Refused


def check(elf_path, json_path, root):
    with open(json_path, encoding="utf-8") as file:
        graph = json.load(file)
    phases = {phase["name"]: phase for phase in graph["phases"]}
    with open(elf_path, "rb") as file:
        image = Image(elf_path, file)
        check_records(image, graph)
        for number, stage in enumerate(graph["stages"]):
            check_stage(image, number, stage, graph["stages"])
            check_order(image, stage)
        for phase in phases.values():
            check_phase(image, phase)
        check_steps(image, graph["steps"])
        problems = Problems()
        init_memory.check(image, graph, Declared(image, root), problems)
        gives.check(image, graph, problems)
        problems.stop_if_any()


def init_report(elf_path, json_path):
    with open(json_path, encoding="utf-8") as file:
        graph = json.load(file)
    with open(elf_path, "rb") as file:
        yield from init_memory.report(Image(elf_path, file), graph)


def refuse(image, where, text):
    raise Refused(f"{image.shown}: error: {where}: {text}")


def check_records(image, graph):
    """The records that the image itself carries are those that the graph was made of."""
    section = image.elf.get_section_by_name(records.SECTION)
    if not section:
        refuse(image, records.SECTION, "the linker script has dropped the records")
    found = sorted((r.kind, r["name"]) for r in records.parse(image.shown, section.data()))
    kinds = ("phase", "stage", "step")
    expected = sorted((kind, node["name"]) for kind in kinds for node in graph[kind + "s"])
    found = [key for key in found if key[0] in kinds]
    for kind, name in set(found) ^ set(expected):
        where = "graph" if (kind, name) in found else "image"
        refuse(image, records.SECTION, f"{kind} `{name}` is missing in the {where}")


def check_stage(image, number, stage, stages):
    """The stage's entry in runner_stages."""
    data = image.read(image.address("runner_stages") + number * STAGE.size, STAGE.size)
    name, cpus, again, follows, begin, end = STAGE.unpack(data)
    expected = sum(1 << s["position"] for s in stages if s["name"] in all_before(stage, stages))
    if (image.text(name), STAGE_CPUS[cpus], again, follows, (end - begin) // 8) != (
        stage["name"], stage["cpus"], stage["again"], expected, len(stage["phases"])
    ):
        refuse(image, f"stage {stage['name']}", "its entry in runner_stages is another")
    if stage["phases"] and begin != image.address(f"initcall_{stage['name']}"):
        refuse(image, f"stage {stage['name']}", "runner_stages does not point to its table")


def all_before(stage, stages):
    names = [edge["on"] for edge in stage["follows"]]
    for name in names:
        other = next(s for s in stages if s["name"] == name)
        names += [edge["on"] for edge in other["follows"] if edge["on"] not in names]
    return names


def check_order(image, stage):
    """The pointers between the bounds of the stage's table, one by one."""
    if not stage["phases"]:
        return
    begin = image.address(f"initcall_{stage['name']}")
    section = image.section(begin)
    if section["sh_flags"] & SH_FLAGS.SHF_WRITE:
        refuse(image, f"stage {stage['name']}", f"its table is writable, in {section.name}")
    found = image.words(begin, begin + 8 * len(stage["phases"]))
    for place, (address, name) in enumerate(zip(found, stage["phases"])):
        if address != image.address(f"phase_{name}"):
            there = [n for n in stage["phases"] if image.address(f"phase_{n}") == address]
            refuse(
                image,
                f"stage {stage['name']}",
                f"at place {place} the graph has `{name}`, the image has "
                + (f"`{there[0]}`" if there else f"{address:#x}"),
            )


def check_phase(image, phase):
    """struct phase points to the declared function, and to the links with its position."""
    address = image.address(f"phase_{phase['name']}")
    function = image.word(address + PHASE_INIT)
    if function not in image.symbols.get(phase["init"], []):
        refuse(image, f"phase {phase['name']}", f"it does not run {phase['init']}")
    if not image.section(function)["sh_flags"] & SH_FLAGS.SHF_EXECINSTR:
        refuse(image, f"phase {phase['name']}", f"{phase['init']} is not in executable memory")
    links = image.word(address + PHASE_LINKS)
    index = struct.unpack("<H", image.read(links + LINKS_INDEX, 2))[0]
    if index != phase["position"]:
        refuse(image, f"phase {phase['name']}", f"its index is {index}")
    only = image.word(links + LINKS_ONLY)
    expected = [image.address(f"fact_{fact}") for fact in phase["only"]]
    if expected:
        expected.append(0)
    if (image.words(only, only + 8 * len(expected)) if only else []) != expected:
        refuse(image, f"phase {phase['name']}", "it does not depend on the facts that it should")


def check_steps(image, steps):
    """Assembly took the numbers, the names are found by them."""
    names = image.words(*(image.address("runner_step_names") + 8 * n for n in (0, len(steps) + 1)))
    for number, step in enumerate(steps, 1):
        if image.address(f"step_number_{step['name']}") != number:
            refuse(image, f"step {step['name']}", f"its number is not {number}")
        if image.text(names[number]) != step["name"]:
            refuse(image, f"step {step['name']}", f"runner_step_names[{number}] is another's")
