# SPDX-License-Identifier: BSD-2-Clause
"""A random configuration, the same for the same seed: for tests of what nobody thought of."""

import random

import kconfiglib

from .configuration import families, values


def randomize(config, seed):
    """Gives every symbol that a user could set a random value that a user could give it."""
    settle(config, seed)
    for _, members in families(config):
        free = [symbol for symbol in members if 2 in symbol.assignable]
        if free and not any(symbol.tri_value for symbol in members):
            pick(free, seed, free[0]).set_value(2)
            settle(config, seed)


def settle(config, seed):
    """What is set may bring others into sight: on until nothing changes."""
    before = None
    while before != values(config):
        before = values(config)
        for choice in config.unique_choices:
            shown = [symbol for symbol in choice.syms if symbol.visibility]
            if shown:
                pick(shown, seed, choice.syms[0]).set_value(2)
        for symbol in config.unique_defined_syms:
            if symbol.visibility and symbol.user_value is None and not symbol.choice:
                set_randomly(symbol, seed)


def set_randomly(symbol, seed):
    if symbol.orig_type == kconfiglib.BOOL:
        symbol.set_value(pick(symbol.assignable, seed, symbol))
    for low, high, condition in symbol.ranges:
        if kconfiglib.expr_value(condition):
            base, form = (10, "{}") if symbol.orig_type == kconfiglib.INT else (16, "{:#x}")
            numbers = range(int(low.str_value, base), int(high.str_value, base) + 1)
            symbol.set_value(form.format(pick(numbers, seed, symbol)))
            return


def pick(things, seed, symbol):
    """Each symbol has dice of its own, so that a new one does not change what the others get."""
    return things[int(random.Random(f"{seed} {symbol.name}").random() * len(things))]
