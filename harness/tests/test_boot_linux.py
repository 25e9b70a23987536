#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernel on every CPU above phasevisor; the same guest bare shows that the tests are fair."""

import re

import pytest

import check
from test_guests import configure_always

CONFIGS = ["appliance", None]
NAMES = {"appliance": "phasevisor", None: "bare"}

both = pytest.mark.parametrize("config", CONFIGS, ids=NAMES.get)
loaders = pytest.mark.parametrize("loader", ["grub", "qemu"])


@loaders
@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_every_cpu(linux, cpus, loader):
    linux("check", cpus=cpus, loader=loader).passes_check()


@loaders
def test_bare(linux, loader):
    linux("check", config=None, loader=loader).passes_check()


def test_bare_is_seen_as_bare(linux):
    """The check for a hypervisor can fail: without one it does."""
    machine = linux("check", "expect_hypervisor=yes", config=None)
    machine.powers_off()
    problems = check.missing(machine.running.serial.text, machine.disk)
    assert problems == ["hypervisor: CPUs outside: 0 1"]


def test_minimal_configuration(linux):
    linux("check", config="minimal").passes_check()


@pytest.mark.parametrize("memory", [256, 4096, 6144])
def test_memory_sizes(linux, memory):
    linux("check", memory=memory).passes_check()


@both
def test_cpus_go_offline_and_online(linux, config):
    machine = linux("offline", config=config, cpus=4)
    machine.says("guest: offline and online done", 240)
    machine.passes_check()


def test_the_watch_that_never_goes_off(linux):
    machine = linux("offline", config=configure_always())
    machine.says("guest: offline and online done", 240)
    machine.passes_check()


def test_the_screen_is_the_kernels(linux):
    """GRUB2 leaves the screen in text mode, and the kernel is told so."""
    machine = linux("check")
    machine.passes_check()
    assert re.search(r"Console: colour VGA\+ 80x25", machine.running.serial.text)


def test_kexec_leaves_cpus_asleep(linux):
    """A CPU that halts for good in a kernel that is overwritten is not woken."""
    machine = linux("kexec", "then_maxcpus=2", "expect_cpus=2", cpus=4)
    machine.says("guest: kexec$")
    machine.passes_check()


@both
def test_kexec(linux, config):
    machine = linux("kexec", config=config)
    machine.says("guest: kexec$")
    machine.passes_check()
    assert len(set(re.findall(r"Linux version .*", machine.running.serial.text))) == 1
    assert machine.running.serial.text.count("Linux version") >= 2


@both
def test_cpus_that_linux_starts_late(linux, config):
    machine = linux("late", "maxcpus=1", config=config, cpus=4)
    machine.says("guest: CPUs online at first: 1$")
    machine.passes_check()


@both
def test_cpus_that_linux_never_starts(linux, config):
    linux("check", "maxcpus=1", "expect_cpus=1", config=config).passes_check()


@both
def test_load(linux, config):
    machine = linux("load", "seconds=10", config=config)
    machine.says("guest: load done")
    machine.powers_off()


@both
def test_reboot(linux, config):
    """QEMU is told to end where the machine would start again."""
    machine = linux("reboot", config=config)
    machine.says("guest: rebooting")
    machine.powers_off(60)


@both
def test_ide_disk(linux, config, tmp_path):
    disk = f"file={tmp_path / 'scratch.img'},format=raw,if=ide,index=0"
    machine = linux("check", config=config, disks=[], arguments=["-drive", disk])
    machine.passes_check()
    assert "/dev/sda" in machine.running.serial.text
