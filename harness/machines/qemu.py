# SPDX-License-Identifier: BSD-2-Clause
"""A machine in QEMU: starts it in a process group of its own, ends only that."""

import json
import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from common import Broken
from machines.line import SerialLine

PROGRAM = "qemu-system-x86_64"
# It ends with whoever started it, however that ends.
LAUNCHER = ["setpriv", "--pdeathsig", "KILL"]


@dataclass
class Machine:
    """What the machine is made of. `folder` gets its logs: serial.log, qemu.log, debugcon.log."""

    folder: Path
    cpus: int = 2
    memory: int = 1024  # MiB
    accelerator: str = "tcg"  # or kvm
    cpu: str = "EPYC"  # of QEMU's models: one with SVM
    cdrom: Path | None = None  # boots from it
    kernel: Path | None = None  # QEMU's own loader: a Linux kernel or a multiboot 1 image
    initrd: str = ""  # a file; for multiboot "file words,file words"
    append: str = ""  # command line of `kernel`
    disks: list[Path] = field(default_factory=list)  # raw or qcow2 images, on virtio
    debugcon: bool = False  # keep what is written to port 0xe9
    monitor: bool = False  # allow command()
    gdb: bool = False  # wait for a debugger on localhost:1234
    arguments: list[str] = field(default_factory=list)  # passed on as they are

    def start(self) -> "Running":
        return Running(self)


def _quoted(path: Path | str) -> str:
    return str(path).replace(",", ",,")


def _disk_format(path: Path) -> str:
    with path.open("rb") as file:
        return "qcow2" if file.read(4) == b"QFI\xfb" else "raw"


def _command(machine: Machine) -> list[str]:
    command = [*LAUNCHER, PROGRAM, "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std"]
    # SeaBIOS calls into SMM where there is one, which TCG cannot do from inside an SVM guest.
    command += ["-machine", "pc,smm=off"]
    command += ["-accel", machine.accelerator, "-cpu", machine.cpu]
    command += ["-smp", str(machine.cpus), "-m", str(machine.memory)]
    command += ["-nic", "none", "-no-reboot", "-monitor", "none"]
    if machine.cdrom:
        image = f"file={_quoted(machine.cdrom)},format=raw"
        command += ["-drive", f"{image},if=ide,index=2,media=cdrom", "-boot", "d"]
    if machine.kernel:
        command += ["-kernel", str(machine.kernel), "-append", machine.append]
    if machine.initrd:
        command += ["-initrd", machine.initrd]
    for number, disk in enumerate(machine.disks):
        image = f"file={_quoted(disk)},format={_disk_format(disk)},if=none,id=disk{number}"
        command += ["-drive", image, "-device", f"virtio-blk-pci,drive=disk{number}"]
    if machine.debugcon:
        command += ["-debugcon", f"file:{machine.folder / 'debugcon.log'}"]
    if machine.gdb:
        command += ["-gdb", "tcp:localhost:1234", "-S"]
    return command + machine.arguments


def _serial_ends() -> tuple[socket.socket, socket.socket]:
    """
    Two ends of a line, of TCP: QEMU writes byte by byte, and a pair of Unix sockets is full with
    278 of them, however short, which the machine then has to wait for.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    for end in ours, theirs:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ours, theirs


class Running:
    """A started machine. As a context manager it is ended when the block is left."""

    def __init__(self, machine: Machine) -> None:
        machine.folder.mkdir(parents=True, exist_ok=True)
        self.folder = machine.folder
        self._errors = machine.folder / "qemu.log"
        command = _command(machine)
        ours, theirs = _serial_ends()
        handed = [theirs]
        command += ["-chardev", f"socket,id=serial,fd={theirs.fileno()}", "-serial", "chardev:serial"]
        self._monitor: Monitor | None = None
        if machine.monitor:
            monitor, theirs = socket.socketpair()
            handed.append(theirs)
            command += ["-chardev", f"socket,id=monitor,fd={theirs.fileno()}"]
            command += ["-mon", "chardev=monitor,mode=control"]
            self._monitor = Monitor(monitor)
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=[end.fileno() for end in handed],
                start_new_session=True,
            )
        for end in handed:
            end.close()
        self.serial = SerialLine(ours, machine.folder / "serial.log")

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def errors(self) -> str:
        """What QEMU itself said, without its remarks on what TCG leaves out of a CPU model."""
        lines = self._errors.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if "TCG doesn't support requested" not in line)

    def wait_end(self, timeout: float | None) -> int | None:
        """Waits until the machine has switched itself off: QEMU's exit status, None if it has not."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self.serial.finish()
        return status

    def stop(self) -> None:
        """Ends the machine if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.serial.finish()

    def command(self, name: str, **arguments: object) -> object:
        """Runs a command of QEMU's monitor (QMP), `inject-nmi` say, and gives back its result."""
        assert self._monitor, "the machine was started without a monitor"
        return self._monitor.command(name, arguments)


class Monitor:
    """QEMU's machine protocol: a line of JSON each way."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(60)
        self._file = connection.makefile("rw", encoding="utf-8")
        self._greeted = False

    def command(self, name: str, arguments: dict[str, object]) -> object:
        if not self._greeted:
            self._file.readline()
            self._greeted = True
            self.command("qmp_capabilities", {})
        self._file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._file.flush()
        for line in self._file:
            answer = json.loads(line)
            if "error" in answer:
                raise Broken(f"QEMU's monitor on {name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise Broken(f"QEMU ended at {name}")
