# SPDX-License-Identifier: BSD-2-Clause
"""
Which compiler, assembler and linker a build uses. Ninja sees a new one by its time only where it
is newer than what was built, and a package's files are as old as the package; the folder that a
package manager puts them into has the time of the change. So build.ninja leans on the folders, and
whatever the tools make leans on a small file that says which they are.
"""

import errno
import os
import shlex
import shutil
import subprocess

from .configuration import Mistake


class Toolchain:
    def __init__(self, name):
        self.name = name
        self.compiler = which(name)
        self.version = output(self.compiler, "--version").split("\n")[0]
        # gcc is a driver of programs of its own and of others'; clang's are in clang itself.
        parts = (shutil.which(output(self.compiler, f"-print-prog-name={p}")) for p in ("cc1", "as"))
        self.tools = [self.compiler, *filter(None, parts), which("ld"), which("objcopy")]

    def text(self):
        """The compiler's version, then each tool that it consists of or that is used beside it."""
        lines = [self.version]
        for tool in dict.fromkeys(map(os.path.realpath, self.tools)):
            status = os.stat(tool)
            lines.append(f"{tool} {status.st_size} {status.st_mtime_ns}")
        return "\n".join(lines) + "\n"

    def folders(self):
        """Where a change may bring another tool: the tools' own folders, and those on PATH."""
        found = {os.path.dirname(path) for tool in self.tools for path in links(tool)}
        found.update(os.environ.get("PATH", os.defpath).split(os.pathsep))
        return sorted(folder for folder in found if os.path.isabs(folder) and os.path.isdir(folder))


def find(name):
    """The compiler of this name and the tools that it needs, or a Mistake."""
    try:
        return Toolchain(name)
    except OSError as error:
        raise Mistake(
            f"configure.py: {error.filename}: {error.strerror}; `./harness/setup build test`"
            " installs the compilers"
        ) from error
    except subprocess.CalledProcessError as error:
        command = shlex.join(error.cmd)
        raise Mistake(f"configure.py: `{command}` fails: {error.stderr.strip()}") from error


def which(name):
    path = shutil.which(name)
    if not path:
        raise FileNotFoundError(errno.ENOENT, "there is no such program", name)
    return os.path.abspath(path)


def output(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=plain())
    return result.stdout.strip()


def plain():
    """Messages are the same in every language."""
    return os.environ | {"LC_ALL": "C"}


def links(path):
    """The path, and where its symbolic links lead, one after the other."""
    yield path
    while os.path.islink(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
        yield path
