#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds the appliance and boots it in an emulator. Started by harness/boot."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import appliance
import check
import options as boot_options
import product
import terminal
from common import BUILD, HARNESS, Broken, Refused, say
from machines.qemu import Machine, Running


def run_folder() -> Path:
    """A folder for this run; those of runs that have ended are removed."""
    runs = BUILD / "boot"
    runs.mkdir(parents=True, exist_ok=True)
    for old in runs.iterdir():
        if not (Path("/proc") / old.name).exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = runs / str(os.getpid())
    folder.mkdir(exist_ok=True)
    return folder


def make_cd(options: argparse.Namespace, folder: Path, build: Path | None) -> Path:
    """The CD for this run. The one that anybody gets from a build is left in the build's folder."""
    words = []
    output = folder / "guest.iso"
    if options.check:
        words += ["scenario=check", *check.expectations(options.cpus, options.memory, build is not None)]
    elif build and not (options.kernel or options.initrd or options.append):
        output = build / "phasevisor.iso"
    guest = appliance.guest(options.kernel, options.initrd, *words, options.append)
    say(f"making the CD {os.path.relpath(output)}")
    return guest.cd(output, build and build / product.IMAGE)


def make_machine(options: argparse.Namespace, folder: Path, cd: Path) -> Machine:
    disks = [options.disk] if options.disk else []
    if options.check:
        disks.append(check.scratch_disk(folder / "scratch.img"))
    return Machine(
        folder,
        cpus=options.cpus,
        memory=options.memory,
        **({"accelerator": "kvm", "cpu": "host"} if options.machine == "kvm" else {}),
        cdrom=cd,
        disks=disks,
        gdb=options.gdb,
        arguments=options.emulator_args,
    )


def boot(options: argparse.Namespace) -> int:
    folder = run_folder()
    build = None if options.bare else product.build(options.config)
    machine = make_machine(options, folder, make_cd(options, folder, build))
    say(f"booting {machine.cpus} CPUs and {machine.memory} MiB in QEMU")
    if options.gdb:
        symbols = f"{os.path.relpath(build / product.SYMBOLS)} " if build else ""
        say(f"the machine waits for: gdb {symbols}-ex 'target remote localhost:1234'")
    with machine.start() as running:
        status = run_check(options, running, folder) if options.check else run_shell(options, running)
    if status == 0:
        shutil.rmtree(folder)
    else:
        say(f"what the machine said is in {os.path.relpath(folder / 'serial.log')}")
    return status


def run_shell(options: argparse.Namespace, running: Running) -> int:
    say("Ctrl-A X ends the emulator")
    if not terminal.attach(running, options.timeout):
        say("ended before the guest powered off")
        return 1 if options.timeout else 0
    return ended_well(running)


def ended_well(running: Running) -> int:
    status = running.wait_end(10)
    if status == 0:
        return 0
    say(f"QEMU ended with status {status}: {running.errors}")
    return 1


def run_check(options: argparse.Namespace, running: Running, folder: Path) -> int:
    running.serial.listen(check.Reporter(say))
    if running.wait_end(options.timeout) is None:
        say(f"not powered off after {options.timeout} s; its last lines:")
        print(running.serial.tail(), file=sys.stderr)
        problems = ["the guest did not power off"]
    else:
        problems = []
        if ended_well(running) != 0:
            problems.append("the emulator failed")
    problems += check.missing(running.serial.text, folder / "scratch.img")
    for problem in problems:
        say(f"missing: {problem}")
    say("check failed" if problems else "check passed")
    return 1 if problems else 0


def main() -> int:
    for ending in signal.SIGTERM, signal.SIGHUP:
        signal.signal(ending, lambda *_: sys.exit(1))
    try:
        options = boot_options.parse(sys.argv[1:])
        setup = subprocess.run([HARNESS / "setup", "build", "boot"], check=False)
        if setup.returncode != 0:
            return setup.returncode
        return boot(options)
    except Refused as problem:
        say(str(problem))
        return 2
    except Broken as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 1


if __name__ == "__main__":
    sys.exit(main())
