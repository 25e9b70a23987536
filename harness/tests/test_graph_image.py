# SPDX-License-Identifier: BSD-2-Clause
"""The checks on the linked image, and the symbol table in it, on a small image."""

import pathlib
import re
import shutil
import struct
import subprocess
import sys

import pytest
from elftools.elf.elffile import ELFFile
from graph_tree import FLAGS, ROOT, Tree, phase

sys.path.insert(0, str(ROOT / "phases"))
from graph import linked, problems, records  # noqa: E402

SCRIPT = """
SECTIONS {
	. = 0xffffffff80000000;
	image_start = ABSOLUTE(.);
	.text : { *(.text .text.*) *(.phase.text.*) }
	. = ALIGN(4096);
	.rodata : {
		*(.rodata .rodata.*) *(.phase.rodata.*)
		. = ALIGN(8); KEEP(*(.initcall.*))
		symbols_begin = .; KEEP(*(.symbols)) symbols_end = .;
	}
	. = ALIGN(4096);
	.data : { *(.data .data.* .bss .bss.*) }
	.phase 0 (INFO) : { KEEP(*(.phase)) }
	/DISCARD/ : { *(.note.*) *(.comment) *(.eh_frame) }
}
"""


class Image:
    def __init__(self, tree, cc):
        self.tree, self.cc = tree, cc
        self.objects = tree.compile(cc)
        assert tree.generate(cc, self.objects).returncode == 0
        self.elf = tree.output / "image.elf"
        self.json = tree.output / "graph.json"
        (tree.output / "script.lds").write_text(SCRIPT)

    def link(self, change=None, empty=()):
        """Links; `change` edits the table's text before."""
        output = self.tree.output
        table = output / "table.c"
        text = table.read_text()
        table.write_text(change(text) if change else text)
        symbols = output / "symbols.S"
        result = self.tree.phasegraph("symbols-size", *empty, "--output", symbols, *self.objects)
        assert result.returncode == 0, result.stderr
        made = []
        for source in (table, symbols):
            made.append(f"{source}.o")
            flags = FLAGS if source.suffix == ".c" else []
            subprocess.run([self.cc, *flags, f"-I{ROOT}", "-c", source, "-o", made[-1]], check=True)
        subprocess.run(
            ["ld", "-nostdlib", "-static", "-T", output / "script.lds", "--emit-relocs",
             "-z", "noexecstack", "-o", output / "linked", *self.objects, *made],
            check=True,
        )
        result = self.fill(*empty, output / "linked", self.elf)
        assert result.returncode == 0, result.stderr

    def fill(self, *arguments):
        config, toolchain = self.tree.output / "config.txt", self.tree.output / "toolchain.txt"
        config.write_text("CONFIG_CORE=y\n")
        toolchain.write_text(f"{self.cc} 1.0\n")
        files = ("--config", config, "--toolchain", toolchain)
        return self.tree.phasegraph("symbols", *files, *arguments)

    def check(self):
        return self.tree.phasegraph("check", self.elf, self.json)

    def refused(self, text):
        result = self.check()
        assert result.returncode == 1 and text in result.stderr, result.stderr


@pytest.fixture(params=["gcc", "clang"])
def image(tmp_path, request):
    tree = Tree(tmp_path)
    tree.add("a.c", phase("a") + phase("b", needs=["a"]) + phase("c", "cpus", needs=["a"]))
    tree.add("e.c", "int changes = 1;\n")
    tree.add("step.S", 'STEP(two, bsp, "64-bit", "none", "goes on")\n'
             'STEP(one, bsp, "64-bit", "none", "begins")\nSTEP_NEEDS(two, one, "it begins")\n'
             '\t.data\n\t.globl numbers\nnumbers:\n\t.byte step_number_one, step_number_two\n')
    tree.add("d.S", "\t.text\n\t.globl label\nlabel:\n\tret\n.Llocal:\n\tret\n"
             '\t.section .text.odd, "a"\n\t.globl odd\nodd:\n\t.long 0\n')
    return Image(tree, request.param)


def test_an_image_that_is_right(image):
    image.link()
    result = image.check()
    assert result.returncode == 0, result.stderr


def test_another_order_in_the_image(image):
    a_to_b = r"\t&phase_a,(.*)\n(?s:.*?)\t&phase_b,"
    image.link(lambda text: re.sub(a_to_b, "\t&phase_b, &phase_a,", text))
    image.refused("stage early: at place 0 the graph has `a`, the image has `b`")


def test_a_phase_that_the_table_leaves_out(image):
    image.link(lambda text: text.replace("initcall_early + 2", "initcall_early + 1"))
    image.refused("stage early: its entry in runner_stages is another")


def test_stage_on_other_cpus(image):
    image.link(lambda text: text.replace(".cpus = STAGE_ALL", ".cpus = STAGE_APS"))
    image.refused("stage cpus: its entry in runner_stages is another")


def test_stage_that_waits_for_nothing(image):
    image.link(lambda text: text.replace(".follows = 0x1,", ".follows = 0,"))
    image.refused("its entry in runner_stages is another")


def test_wrong_index(image):
    image.link(lambda text: text.replace(".index = 2", ".index = 7"))
    image.refused("phase c: its index is 7")


def test_steps_have_numbers_for_assembly(image):
    image.link()
    with open(image.elf, "rb") as file:
        elf = linked.Image(str(image.elf), file)
        assert elf.read(elf.address("numbers"), 2) == b"\1\2"
        assert elf.word(elf.address("runner_step_count")) & 0xFFFFFFFF == 2


def test_another_number_for_a_step(image):
    image.link(lambda text: text.replace(".set step_number_two, 2", ".set step_number_two, 3"))
    image.refused("step two: its number is not 2")


def test_another_name_for_a_step(image):
    image.link(lambda text: text.replace('"two",', '"tow",'))
    image.refused("step two: runner_step_names[2] is another's")


def test_table_that_is_writable(image):
    script = image.tree.output / "script.lds"
    moved = "KEEP(*(.initcall.*))"
    text = script.read_text().replace(moved, "").replace(".data : {", ".data : { " + moved)
    script.write_text(text)
    image.link()
    image.refused("its table is writable, in .data")


def test_image_without_records(image):
    script = image.tree.output / "script.lds"
    script.write_text(script.read_text().replace("/DISCARD/ : {", "/DISCARD/ : { *(.phase)")
                      .replace(".phase 0 (INFO) : { KEEP(*(.phase)) }", ""))
    image.link()
    image.refused("the linker script has dropped the records")


def test_image_of_another_graph(image):
    image.link()
    image.tree.add("f.c", phase("f"))
    shutil.copy(image.elf, image.tree.root / "old.elf")
    image.tree.graph(image.cc)
    image.elf = image.tree.root / "old.elf"
    image.refused("phase `f` is missing in the image")


def read_symbols(path):
    with open(path, "rb") as file:
        elf = ELFFile(file)
        values = {s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()}
        rodata = elf.get_section_by_name(".rodata")
        begin = values["symbols_begin"] - rodata["sh_addr"]
        data = rodata.data()[begin:values["symbols_end"] - rodata["sh_addr"]]
    count = struct.unpack_from("<I", data)[0]
    offsets = struct.unpack_from(f"<{count}I", data, 4)
    places = struct.unpack_from(f"<{count}I", data, 4 + 4 * count)
    names = data[4 + 8 * count:]
    assert list(offsets) == sorted(set(offsets))
    table = {names[p:names.index(b"\0", p)].decode(): o for p, o in zip(places, offsets)}
    return table, {name: value - values["image_start"] for name, value in values.items()}


def test_symbols(image):
    image.link()
    table, offsets = read_symbols(image.elf)
    assert sorted(table) == ["a_init", "b_init", "c_init", "label", "odd"]
    assert all(offsets[name] == offset for name, offset in table.items())


def test_no_symbols(image):
    image.link(empty=["--empty"])
    table, offsets = read_symbols(image.elf)
    assert table == {} and offsets["symbols_end"] - offsets["symbols_begin"] == 4
    assert image.check().returncode == 0


def test_symbols_without_room(image):
    image.link(empty=["--empty"])
    linked = image.tree.output / "linked"
    result = image.fill(linked, image.tree.output / "x")
    assert result.returncode == 1 and "room for 4" in result.stderr


def test_an_object_that_is_cut_off(image):
    """Wherever a file breaks off, and whatever it is: one line, no trace."""
    whole = pathlib.Path(image.objects[0]).read_bytes()
    part = image.tree.root / "part.o"
    for size in {*range(0, 80), *range(80, len(whole), len(whole) // 40)}:
        part.write_bytes(whole[:size])
        with pytest.raises(problems.Refused, match="not an object that can be read"):
            records.read_object(str(part))
    for data in (b"\x7fELF\1\1" + whole[6:], whole[:2] + b"x" + whole[3:]):
        part.write_bytes(data)
        with pytest.raises(problems.Refused, match="no ELF file of 64 bits"):
            records.read_object(str(part))
