# SPDX-License-Identifier: BSD-2-Clause
"""Every defconfig is built, by both compilers: orders and drawings in configs/ are up to date."""

import json
import os
import subprocess
import sys

import pytest
from graph_tree import ROOT

sys.path.insert(0, str(ROOT / "phases"))
from graph import draw  # noqa: E402

DEFCONFIGS = sorted(
    path.name.removesuffix("_defconfig") for path in (ROOT / "configs").glob("*_defconfig")
)


@pytest.fixture(scope="module")
def build():
    """Builds once for each defconfig and compiler; gives back the folder."""
    folders = {}

    def make(defconfig, cc="gcc"):
        # A folder for each worker: ninja does not share one.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        name = f"test-{defconfig}-{cc}-{worker}"
        if name not in folders:
            run(ROOT, "./configure.py", defconfig, "--build", name, "--cc", cc, "--force")
            folders[name] = ROOT / "build" / name
            run(folders[name], "ninja", "phasevisor.elf", "graph")
        return folders[name]

    return make


def run(folder, *command):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("defconfig", DEFCONFIGS)
def test_it_builds_and_its_order_is_the_reviewed_one(build, defconfig, cc):
    run(build(defconfig, cc), "ninja")


@pytest.mark.parametrize("defconfig", DEFCONFIGS)
def test_both_compilers_give_the_same_table(build, defconfig):
    for name in ("table.c", "order.txt", "graph.json"):
        assert (build(defconfig) / name).read_bytes() == (
            build(defconfig, "clang") / name
        ).read_bytes()


@pytest.mark.parametrize("defconfig", DEFCONFIGS)
def test_nothing_is_left_to_do(build, defconfig):
    run(build(defconfig), "ninja")
    assert "no work to do" in run(build(defconfig), "ninja")


@pytest.mark.parametrize("defconfig", DEFCONFIGS)
def test_the_drawing_in_configs_is_not_stale(build, defconfig):
    drawing = (ROOT / "configs" / f"{defconfig}.svg").read_text()
    stamp = draw.stamp((build(defconfig) / "graph.dot").read_text())
    assert stamp in drawing, "stale: run `ninja order` in a build of it"


def test_the_appliance_has_phases_that_an_auditor_wants_to_know_of(build):
    graph = json.loads((build("appliance") / "graph.json").read_text())
    assert len(graph["phases"]) >= 25
