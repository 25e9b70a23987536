# SPDX-License-Identifier: BSD-2-Clause
"""What tests share: builds, and machines that are ended with their test."""

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.dont_write_bytecode = True  # the tree stays as it was checked out
# Who runs in the background ignores Ctrl-C, and so would what is tested: it is handed on.
signal.signal(signal.SIGINT, signal.default_int_handler)

import appliance  # noqa: E402
import check  # noqa: E402
import product  # noqa: E402
from appliance import Guest  # noqa: E402
from machines.line import NotSeen  # noqa: E402
from machines.qemu import Machine, Running  # noqa: E402

built: dict[str, Path] = {}


@pytest.fixture(scope="session")
def build() -> Callable[[str], Path]:
    """build(NAME): the folder of a configuration, built once per session."""

    def make(name: str) -> Path:
        if name not in built:
            built[name] = product.build(name)
        return built[name]

    return make


@pytest.fixture(scope="session")
def guest() -> Guest:
    """Debian's kernel and our initrd."""
    return appliance.guest()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """
    start(cpus=..., ...): a running machine (see machines.qemu.Machine), ended with the test. What its
    serial line has said last is shown where the test fails.
    """
    running: list[Running] = []

    def run(**parts: object) -> Running:
        folder = tmp_path / f"machine{len(running)}"
        running.append(Machine(folder=folder, **parts).start())
        return running[-1]

    yield run
    for machine in running:
        machine.stop()
        print(f"{machine.folder.name}, serial line:\n{machine.serial.tail(40)}\n{machine.errors}")
    for pattern in "*.iso", "*.img":
        for file in tmp_path.rglob(pattern):
            file.unlink()


class Linux:
    """A machine that runs Debian's kernel and our /init, with a scratch disk."""

    def __init__(self, running: Running, disk: Path) -> None:
        self.running = running
        self.disk = disk

    def says(self, pattern: str, timeout: float = 120) -> str:
        try:
            return self.running.serial.wait_for(pattern, timeout)[0]
        except NotSeen as problem:
            pytest.fail(f"{problem}\n{self.running.errors}", pytrace=False)

    def powers_off(self, timeout: float = 120) -> None:
        status = self.running.wait_end(timeout)
        assert status == 0, f"status {status}\n{self.running.errors}\n{self.running.serial.tail(40)}"

    def passes_check(self) -> None:
        """Waits for the guest's checks of itself and for its power-off."""
        self.says(check.FINISHED, 180)
        self.powers_off()
        text = self.running.serial.text
        problems = check.missing(text, self.disk)
        assert not problems, "\n".join([*problems, self.running.serial.tail(40)])


@pytest.fixture
def linux(
    tmp_path: Path, guest: Guest, build: Callable[[str], Path], start: Callable[..., Running]
) -> Callable[..., Linux]:
    """linux(SCENARIO, ...): Debian's kernel above phasevisor, started by GRUB2 or by QEMU itself."""

    def run(
        scenario: str,
        *words: str,
        config: str | None = "appliance",  # None: bare
        loader: str = "grub",
        cpus: int = 2,
        memory: int = 1024,
        **parts: object,
    ) -> Linux:
        hypervisor = build(config) / product.IMAGE if config else None
        expected = check.expectations(cpus, memory, hypervisor is not None)
        cmdline = " ".join([guest.cmdline, f"scenario={scenario}", *expected, *words])
        disk = check.scratch_disk(tmp_path / "scratch.img")
        parts.setdefault("disks", [disk])
        if loader == "grub":
            parts["cdrom"] = replace(guest, cmdline=cmdline).cd(tmp_path / "guest.iso", hypervisor)
        elif hypervisor:
            parts["kernel"] = hypervisor
            parts["initrd"] = f"{guest.kernel} {cmdline.replace(',', ',,')},{guest.initrd}"
        else:
            parts.update(kernel=guest.kernel, initrd=str(guest.initrd), append=cmdline)
        return Linux(start(cpus=cpus, memory=memory, **parts), disk)

    return run
