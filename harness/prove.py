#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Types the two commands on fresh Debians. Started by harness/prove."""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, NoReturn

from common import BUILD, HARNESS, ROOT, Broken, Refused, say
from fresh import base, cases
from fresh.cases import CASES, Case, Result
from fresh.system import System

PLACE = BUILD / "prove"

DESCRIPTION = """\
Proves that `harness/boot` and `harness/test` do all by themselves on a Debian that holds the base
system only. For each case, unpacks a fresh Debian 12 and a fresh Debian 13 (debootstrap makes them
once, with the mirror of this machine's own apt), puts a clone of what is committed here into it,
and types the command there, in namespaces of its own. On this machine nothing changes, but that
what this command itself needs is installed if it is missing (harness/packages)."""

EPILOG = """\
Everything takes about an hour and a half on 2 CPUs; the cases with `boot --check`, 2 minutes each.
Logs, and the base systems, which are made once, are in build/prove/.
Exit status: 0 all proved, 1 something failed, 2 the request was wrong or cannot be met here."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        say(f"{message} (harness/prove --help lists the options)")
        sys.exit(2)


def parse(arguments: list[str]) -> argparse.Namespace:
    width = max(len(case.name) for case in CASES)
    listed = "\n".join(f"  {case.name:<{width}}  {case.command}, {case.what}" for case in CASES)
    parser = Parser(
        prog="harness/prove",
        description=f"{DESCRIPTION}\n\ncases:\n{listed}",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("cases", metavar="CASE", nargs="*", help="the cases to prove (all of them)")
    add("--suite", choices=list(base.SUITES), help="one Debian only (both)")
    add("--mirror", metavar="URL", help="a mirror of Debian instead of the one of this machine")
    add("--keyring", metavar="FILE", type=Path, help="keys that verify it (Debian's, of this machine)")
    options = parser.parse_args(arguments)
    known = [case.name for case in CASES]
    for name in options.cases:
        if name not in known:
            raise Refused(f"no case {name!r}; there are: {', '.join(known)}")
    if options.mirror and not options.mirror.startswith(("http://", "https://")):
        raise Refused(f"--mirror {options.mirror}: a URL starts with http:// or https://")
    if options.keyring and not options.keyring.is_file():
        raise Refused(f"--keyring: there is no file {options.keyring}")
    return options


def check_here() -> None:
    """Refuses where it cannot work; installs what it needs itself."""
    if os.geteuid() != 0:
        raise Refused("only root can enter another system: run it as root or through sudo")
    status = subprocess.run([HARNESS / "setup", "prove"], check=False).returncode
    if status != 0:
        sys.exit(status)
    if subprocess.run([*base.UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        raise Refused("no namespaces can be made here; in a container, give it that right or leave it")
    if not (ROOT / ".git").exists():
        raise Refused("this tree is no git clone, so that it cannot be cloned: run it in one")


def warn_of_changes() -> None:
    command = ["git", "-c", "safe.directory=*", "-C", ROOT, "status", "--porcelain"]
    if subprocess.run(command, capture_output=True, check=True).stdout:
        say("what is not committed here is not in the proof")


def hold_place() -> IO[str]:
    """One at a time; what is made here is the tree's owner's, so that others can work beside it."""
    owner = ROOT.stat()
    for folder in BUILD, PLACE:
        if not folder.exists():
            folder.mkdir()
            os.chown(folder, owner.st_uid, owner.st_gid)
    handle = (PLACE / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Refused("another harness/prove is at work in this tree: wait for it") from None
    return handle


def show(result: Result) -> None:
    verdict = "FAILED" if result.problems else "proved"
    case = result.case
    what = f"{case.command}, {case.what}"
    print(f"{base.SUITES[result.suite]}  {what:<58} {verdict} {result.seconds:6.0f} s", flush=True)
    for problem in result.problems:
        print(f"    {problem}")
    if result.problems:
        lines = result.log.read_text(encoding="utf-8", errors="replace").splitlines()
        print("\n".join(f"    | {line}" for line in lines[-15:]))
        print(f"    all of it: {os.path.relpath(result.log)}", flush=True)


def prove(suite: str, case: Case, archive: Path, mirror: base.Mirror) -> Result:
    log = PLACE / f"{suite}-{case.name}.log"
    say(f"{base.SUITES[suite]}, {case.name}: {case.command}, {case.what} (log: {os.path.relpath(log)})")
    with System(PLACE / "system", archive, suite, mirror, log) as system:
        return cases.timed(case, suite, system, log)


def table(results: list[Result]) -> str:
    """A row for each case, a column for each Debian."""
    suites = [suite for suite in base.SUITES if any(result.suite == suite for result in results)]
    cells = {(result.case.name, result.suite): result for result in results}
    rows = [f"{'':<60}" + "".join(f"{base.SUITES[suite]:>16}" for suite in suites)]
    for case in CASES:
        row = f"{case.command + ', ' + case.what:<60}"
        for suite in suites:
            result = cells.get((case.name, suite))
            word = result and f"{'FAILED' if result.problems else 'proved'} {result.seconds:.0f} s"
            row += f"{word or '-':>16}"
        if any((case.name, suite) in cells for suite in suites):
            rows.append(row)
    return "\n".join(rows)


def main() -> int:
    for ending in signal.SIGTERM, signal.SIGHUP:
        signal.signal(ending, lambda *_: sys.exit(1))
    options = parse(sys.argv[1:])
    check_here()
    lock = hold_place()  # for as long as it is open
    warn_of_changes()
    mirror = base.mirror(options.mirror)
    suites = [options.suite] if options.suite else list(base.SUITES)
    archives = {suite: base.archive(suite, mirror, options.keyring) for suite in suites}
    results = []
    for case in CASES:
        if case.name in options.cases or not options.cases:
            for suite in suites:
                results.append(prove(suite, case, archives[suite], mirror))
                show(results[-1])
    lock.close()
    print("\n" + table(results))
    return 1 if any(result.problems for result in results) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, Broken) as problem:
        say(str(problem))
        sys.exit(2 if isinstance(problem, Refused) else 1)
    except (OSError, subprocess.CalledProcessError) as problem:
        say(f"this failed here: {problem}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(1)
