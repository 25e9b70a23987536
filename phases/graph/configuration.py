# SPDX-License-Identifier: BSD-2-Clause
"""
A configuration: Kconfig, and over it the values of files. Whatever is wrong, or has no effect, is
refused.
"""

import os

import kconfiglib

from . import assignments, build_folder, kconfig_checks
from .assignments import Mistake, value_of

# Independent symbols of which at least one must be chosen.
FAMILIES = {"BACKEND_": "CPU backend", "BOOT_": "boot path", "PAYLOAD_": "payload"}


def read_kconfig(root):
    """Kconfig with its defaults. What people have in their environment changes nothing."""
    for name in [name for name in os.environ if name.startswith(("KCONFIG_", "CONFIG_"))]:
        del os.environ[name]
    os.environ.update(KCONFIG_WARN_UNDEF="y", srctree=root)
    try:
        config = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    except (kconfiglib.KconfigError, OSError, UnicodeDecodeError) as error:
        raise Mistake(f"configure.py: {' '.join(str(error).split())}") from error
    if config.warnings:
        raise Mistake("\n".join(kconfig_checks.warning(root, config, w) for w in config.warnings))
    config.warn = False  # what is said of values, is said here
    return config


def load(root, source, fragments=()):
    """
    (the configuration of a source, None for the defaults, and of the fragments that go over it;
    a line for each value that a fragment overrides). A Mistake lists all that is wrong.
    """
    config = read_kconfig(root)
    standing, notes = {}, []
    for path in ([source] if source else []) + list(fragments):
        before = values(config)
        chosen = {choice: choice.selection for choice in config.unique_choices}
        found, lost = apply(root, config, path)
        notes += lost
        if os.path.basename(path) == ".config":
            notes += new_symbols(config, found)
        if path in fragments:
            notes += overridden(config, found, before, chosen)
            notes += superseded(config, standing, found)
        standing.update({item.name: item for item in found})
    check(config, origin(root, source, fragments))
    return config, notes


def origin(root, source, fragments=()):
    """What a configuration is made from, for messages."""
    first = assignments.shown(root, source) if source else "the defaults of Kconfig"
    return " +".join([first, *(assignments.shown(root, path) for path in fragments)])


def check(config, name):
    """A Mistake where the whole cannot be built."""
    stop(f"{name}: {text}" for text in [*missing_families(config), *unmet_selects(config)])


def stop(mistakes):
    text = "\n".join(mistakes)
    if text:
        raise Mistake(text)


def values(config):
    """What each symbol that is for users comes out as; all else follows from these."""
    symbols = config.unique_defined_syms
    return {s.name: normal(s) for s in symbols if any(node.prompt for node in s.nodes)}


def normal(symbol):
    if symbol.orig_type == kconfiglib.STRING:
        return symbol.str_value
    return value_of(symbol, symbol.str_value) or ""


def apply(root, config, path):
    """
    Takes over the assignments of a file; each must be one that the result has. Gives them back, and
    a line for each that was dropped.
    """
    found, mistakes = assignments.read(root, path)
    gone = build_folder.gone_symbols(path, config)
    lost = [f"{i.place}: {i} is dropped: Kconfig has no {i.name} any more" for i in found if i.name in gone]
    found = [item for item in found if item.name not in gone]
    whole = os.path.basename(path) == ".config"
    hint = " (./configure.py --olddefconfig drops what is out of date)" if whole else ""
    for item in found:
        if why := impossible(config, item):
            mistakes.append(f"{item.place}: {why}{hint}")
    stop(mistakes)
    stop(assignments.contradictions(config.syms, found))
    assign(config, found)
    wrong = ((item, ineffective(config, item, whole)) for item in found)
    stop(f"{item.place}: {why}{hint}" for item, why in wrong if why)
    return found, lost


def new_symbols(config, found):
    """
    A line for each symbol that a whole .config has nothing of, and that gets its default. A whole
    one has what follows from others, too; in a short one that somebody wrote, nothing is new.
    """
    if not any(not node.prompt for item in found for node in config.syms[item.name].nodes):
        return
    known = {item.name for item in found}
    for symbol in config.unique_defined_syms:
        if symbol.name in known or not symbol.visibility:
            continue
        if not symbol.choice or symbol.tri_value:
            text = next(node.prompt[0] for node in symbol.nodes if node.prompt)
            yield f"new: {symbol.name}={normal(symbol) or 'nothing'} ({text})"


def impossible(config, item):
    """Why a value cannot be assigned in any configuration, or None."""
    symbol = config.syms.get(item.name)
    if symbol is None or not symbol.nodes:
        close = kconfig_checks.nearest(config, item.name)
        question = f"; did you mean {close}?" if close else ""
        return f"no Kconfig file defines {item.name}{question}"
    if value_of(symbol, item.value) is None:
        kind = kconfiglib.TYPE_TO_STR[symbol.orig_type]
        forms = {"bool": ": y or n", "string": ': a text in "quotes"'}
        return f"{item.value or 'nothing'} is no value for the {kind} {item.name}" + forms.get(kind, "")
    return None


def assign(config, found):
    # The member that is chosen goes last: whoever else of its choice was chosen before gives way.
    for item in sorted(found, key=lambda item: item.value == "y"):
        symbol = config.syms[item.name]
        symbol.set_value(value_of(symbol, item.value))


def ineffective(config, item, whole=False):
    """
    Why the result does not have an assignment, or None. A whole .config also holds symbols that
    follow from others, and may be out of date in these.
    """
    symbol = config.syms[item.name]
    if normal(symbol) == value_of(symbol, item.value):
        return None
    if whole and not any(node.prompt for node in symbol.nodes):
        return None
    is_set = f"{symbol.name} is set to {item.value}"
    return f"{is_set}, but comes out as {symbol.str_value or 'nothing'}: {reason(symbol)}"


def reason(symbol):
    """What holds a symbol at its value."""
    prompts = [node.prompt for node in symbol.nodes if node.prompt]
    if not kconfiglib.expr_value(symbol.direct_dep):
        return "it depends on " + failing(symbol.direct_dep)
    if symbol.choice and symbol.choice.selection:
        return f"of its choice, {symbol.choice.selection.name} is taken"
    if not prompts:
        return "it follows from others, and is not for users to set"
    if kconfiglib.expr_value(symbol.rev_dep):
        for prefix, what in FAMILIES.items():
            if symbol.name.startswith(prefix):
                return f"a build needs at least one {what}"
        return f"it is selected by {kconfiglib.expr_str(symbol.rev_dep)}"
    for low, high, condition in symbol.ranges:
        if kconfiglib.expr_value(condition):
            return f"its range is {low.str_value} to {high.str_value}"
    return "it can be set only with " + failing(prompts[0][1])


def failing(expression):
    """Those parts of a condition that do not hold."""
    parts = kconfiglib.split_expr(expression, kconfiglib.AND)
    texts = [unmet(part) for part in parts if not kconfiglib.expr_value(part)]
    return " and ".join(dict.fromkeys(texts))


def unmet(part):
    """A choice has no name to show: what it depends on itself has one."""
    if isinstance(part, kconfiglib.Choice):
        for condition in [part.direct_dep, *(node.prompt[1] for node in part.nodes if node.prompt)]:
            if not kconfiglib.expr_value(condition):
                return failing(condition)
    return kconfiglib.expr_str(part)


def overridden(config, found, before, chosen):
    """A line for each value that a fragment changes."""
    for item in found:
        symbol = config.syms[item.name]
        old, new = before.get(item.name, normal(symbol)), normal(symbol)
        if symbol.choice and (old, new) == ("n", "y") and chosen[symbol.choice]:
            old = chosen[symbol.choice].name
        if old != new and not (symbol.choice and new == "n"):
            yield f"{item.place}: {item} (was {old or 'nothing'})"


def superseded(config, standing, found):
    """A line for each earlier assignment that loses its effect by what a fragment changes."""
    for item in found:
        symbol = config.syms[item.name]
        for other in symbol.choice.syms if symbol.choice else [symbol]:
            standing.pop(other.name, None)
    for item in list(standing.values()):
        if ineffective(config, item, whole=True):
            del standing[item.name]
            yield f"{item.place}: {item} has no effect any more: {reason(config.syms[item.name])}"


def families(config):
    """(what a family is, its symbols) for each of which there are some."""
    for prefix, what in FAMILIES.items():
        members = [
            symbol
            for symbol in config.unique_defined_syms
            if symbol.name.startswith(prefix) and symbol.orig_type == kconfiglib.BOOL
        ]
        if members:
            yield what, members


def missing_families(config):
    for what, members in families(config):
        if not any(symbol.tri_value for symbol in members):
            names = ", ".join(symbol.name for symbol in members)
            yield f"no {what} is chosen; at least one of these is needed: {names}"


def unmet_selects(config):
    """A select that overrules a dependency is a mistake in Kconfig."""
    for symbol in config.unique_defined_syms:
        if kconfiglib.expr_value(symbol.rev_dep) > kconfiglib.expr_value(symbol.direct_dep):
            selected = kconfiglib.expr_str(symbol.rev_dep)
            yield f"{symbol.name} is selected by {selected}, but depends on " + failing(
                symbol.direct_dep
            )


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
        return normal(symbol) or "0"
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
