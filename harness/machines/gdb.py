# SPDX-License-Identifier: BSD-2-Clause
"""
A debugger for a machine in QEMU: the part of GDB's remote protocol that tests use (GDB's manual,
appendix "Remote Serial Protocol"). Addresses are virtual, of the CPU's present page tables.
"""

import socket
import subprocess
import time
from pathlib import Path

from common import Broken
from machines.line import NotSeen

# The order of the x86-64 registers in the protocol.
NAMES = "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split()
BREAKPOINT = 0  # kind: software; TCG needs no change of memory for it
CHUNK = 1024  # bytes of memory in a packet


def arguments(path: Path) -> list[str]:
    """For QEMU: it waits for a debugger at a socket before the first instruction."""
    return ["-S", "-chardev", f"socket,id=gdb,path={path},server=on,wait=off", "-gdb", "chardev:gdb"]


def _symbols(image: Path) -> dict[str, int]:
    names = subprocess.run(["nm", image], capture_output=True, text=True, check=True).stdout
    return {name: int(value, 16) for value, _, name in map(str.split, names.splitlines())}


class Debugger:
    """Stops the whole machine, looks at one CPU. CPUs are numbered from 0."""

    def __init__(self, path: Path, image: Path) -> None:
        self._symbols = _symbols(image)
        self._socket = socket.socket(socket.AF_UNIX)
        self._connect(path)
        self._buffer = b""
        self._command("QStartNoAckMode")  # the one answer with an acknowledgement before it
        self.cpu = 0

    def _connect(self, path: Path) -> None:
        limit = time.monotonic() + 20
        while True:
            try:
                return self._socket.connect(str(path))
            except OSError as problem:  # QEMU has not made it yet
                if time.monotonic() > limit:
                    raise Broken(f"no debugger's socket at {path}: {problem}") from None
            time.sleep(0.02)

    def _send(self, packet: str) -> None:
        self._socket.sendall(f"${packet}#{sum(packet.encode()) & 0xFF:02x}".encode())

    def _receive(self, timeout: float) -> str:
        limit = time.monotonic() + timeout
        while True:
            _, start, rest = self._buffer.partition(b"$")
            packet, end, behind = rest.partition(b"#")
            if start and end and len(behind) >= 2:
                self._buffer = behind[2:]
                return packet.decode()
            self._socket.settimeout(max(limit - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(4096)
            except TimeoutError:
                raise NotSeen(f"{timeout:g} s passed without a stop of the machine") from None
            if not data:
                raise NotSeen("the machine ended without a stop")
            self._buffer += data

    def _command(self, packet: str) -> str:
        self._send(packet)
        return self._receive(20)

    def _stopped(self, timeout: float) -> int:
        """Waits for the machine to stop; gives back the CPU that did, which is looked at from now on."""
        answer = self._receive(timeout)
        if answer[0] in "WX":  # QEMU 10 says so; QEMU 7 closes the line
            raise NotSeen("the machine ended without a stop")
        assert answer.startswith("T"), answer
        _, _, thread = answer.partition("thread:")
        self.look_at(int(thread.partition(";")[0], 16) - 1)
        return self.cpu

    def address(self, symbol: str) -> int:
        return self._symbols[symbol]

    def symbol(self, address: int) -> str:
        """The function that holds an address."""
        begins = {value: name for name, value in self._symbols.items() if value <= address}
        return begins[max(begins)]

    def look_at(self, cpu: int) -> None:
        self._command(f"Hg{cpu + 1:x}")
        self.cpu = cpu

    def resume(self) -> None:
        self._send("c")

    def interrupt(self) -> int:
        self._socket.sendall(b"\x03")
        return self._stopped(20)

    def run_to(self, symbol: str, timeout: float = 60) -> int:
        """Lets the machine run until a CPU is about to execute this function: which one that is."""
        return self.run_to_address(self.address(symbol), timeout)

    def run_to_address(self, address: int, timeout: float = 60) -> int:
        self._command(f"Z{BREAKPOINT},{address:x},1")
        self.resume()
        cpu = self._stopped(timeout)
        self._command(f"z{BREAKPOINT},{address:x},1")
        return cpu

    def step(self) -> None:
        self._send("s")
        self._stopped(20)

    def register(self, name: str) -> int:
        at = NAMES.index(name) * 8
        return int.from_bytes(bytes.fromhex(self._command("g"))[at : at + 8], "little")

    def set_register(self, name: str, value: int) -> None:
        at = NAMES.index(name) * 8
        all_of_them = bytearray(bytes.fromhex(self._command("g")))
        all_of_them[at : at + 8] = value.to_bytes(8, "little")
        assert self._command(f"G{all_of_them.hex()}") == "OK"

    def read(self, address: int, size: int) -> bytes:
        parts = []
        for at in range(address, address + size, CHUNK):
            answer = self._command(f"m{at:x},{min(CHUNK, address + size - at):x}")
            assert not answer.startswith("E"), f"nothing can be read at {at:#x}"
            parts.append(bytes.fromhex(answer))
        return b"".join(parts)

    def number(self, address: int, size: int = 8) -> int:
        return int.from_bytes(self.read(address, size), "little")

    def write(self, address: int, data: bytes) -> None:
        for at in range(0, len(data), CHUNK):
            part = data[at : at + CHUNK]
            assert self._command(f"M{address + at:x},{len(part):x}:{part.hex()}") == "OK"

    def read_physical(self, address: int, size: int) -> bytes:
        self._command("Qqemu.PhyMemMode:1")
        data = self.read(address, size)
        self._command("Qqemu.PhyMemMode:0")
        return data

    def write_physical(self, address: int, data: bytes) -> None:
        self._command("Qqemu.PhyMemMode:1")
        self.write(address, data)
        self._command("Qqemu.PhyMemMode:0")
