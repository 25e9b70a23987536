# SPDX-License-Identifier: BSD-2-Clause
"""A configuration: read by kconfiglib, which forgives mistakes, and refused where it has any."""

import os

import kconfiglib

from . import build_folder

# Independent symbols of which at least one must be chosen.
FAMILIES = {"BACKEND_": "CPU backend", "BOOT_": "boot path", "PAYLOAD_": "payload"}


class Mistake(Exception):
    """What the user has to put right."""


def load(root, source):
    """The configuration, or a Mistake that lists all that is wrong with it."""
    os.chdir(root)
    os.environ.update(KCONFIG_WARN_UNDEF="y", srctree=root)
    try:
        config = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
        own_warnings = list(config.warnings)
        config.warn_assign_undef = True
        build_folder.drop_gone_symbols(os.path.relpath(source, root), config)
        config.load_config(os.path.relpath(source, root))
    except (kconfiglib.KconfigError, OSError, UnicodeDecodeError) as error:
        raise Mistake(f"configure.py: {one_line(str(error))}") from error
    mistakes = [one_line(warning) for warning in own_warnings]
    if not mistakes:
        file = os.path.relpath(source, root)
        for text in map(one_line, config.warnings):
            mistakes.append(text if text.startswith(file + ":") else f"{file}: {text}")
        mistakes += [f"{file}: {text}" for text in ineffective(config, source)]
        mistakes += [f"{file}: {text}" for text in missing_families(config)]
    if mistakes:
        raise Mistake("\n".join(mistakes))
    return config


def one_line(text):
    """kconfiglib's words, without those that say that it goes on."""
    for words in ("warning: ", "ignoring ", " -- assignment ignored", "; assignment ignored"):
        text = text.replace(words, "")
    return " ".join(text.split())


def ineffective(config, source):
    """
    Assignments that the result does not have, with what prevents each. A .config also holds what
    follows from others; there that may be out of date.
    """
    whole = os.path.basename(source) == ".config"
    for symbol in config.unique_defined_syms:
        wanted = symbol.user_value
        for_users = any(node.prompt for node in symbol.nodes)
        if wanted is None or (whole and not for_users):
            continue
        if symbol.orig_type in (kconfiglib.BOOL, kconfiglib.TRISTATE):
            wanted = kconfiglib.TRI_TO_STR[wanted]
        if wanted != symbol.str_value:
            yield (
                f"{symbol.name} is set to {wanted or 'nothing'}, but comes out as"
                f" {symbol.str_value or 'nothing'}: {reason(config, symbol)}"
            )


def reason(config, symbol):
    if kconfiglib.expr_value(symbol.direct_dep) == 0:
        return f"it depends on {kconfiglib.expr_str(symbol.direct_dep)}"
    if kconfiglib.expr_value(symbol.rev_dep):
        return f"it is selected by {kconfiglib.expr_str(symbol.rev_dep)}"
    for low, high, condition in symbol.ranges:
        if kconfiglib.expr_value(condition):
            return f"its range is {low.str_value} to {high.str_value}"
    if symbol.choice:
        chosen = symbol.choice.selection
        return f"of its choice, {chosen.name if chosen else 'nothing'} is taken"
    return "it is not for users to set"


def missing_families(config):
    for prefix, what in FAMILIES.items():
        members = [
            symbol
            for symbol in config.unique_defined_syms
            if symbol.name.startswith(prefix) and symbol.orig_type == kconfiglib.BOOL
        ]
        if members and not any(symbol.tri_value for symbol in members):
            names = ", ".join(symbol.name for symbol in members)
            yield f"no {what} is chosen; at least one of these is needed: {names}"


def write_headers(config, folder):
    """One small header for each symbol, so that a change rebuilds what reads that symbol."""
    names = set()
    for symbol in config.unique_defined_syms:
        names.add(symbol.name + ".h")
        text = f"#define CONFIG_{symbol.name} {c_value(symbol)}\n"
        write_if_changed(os.path.join(folder, symbol.name + ".h"), text)
    for name in set(os.listdir(folder)) - names:
        os.remove(os.path.join(folder, name))


def c_value(symbol):
    if symbol.orig_type == kconfiglib.STRING:
        return '"' + kconfiglib.escape(symbol.str_value) + '"'
    if symbol.orig_type in (kconfiglib.INT, kconfiglib.HEX):
        return symbol.str_value or "0"
    return "1" if symbol.tri_value else "0"


def write_if_changed(path, text):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    write(path, text)


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)
