# SPDX-License-Identifier: BSD-2-Clause
"""
Needs that nobody declared: a function that works only when a phase is done (PHASE_GIVES) must not be
reached by a phase that need not come after that one.

Calls are read from the linked image: direct ones, also those at a function's end. A function that is
given counts as called where its address is taken; else a call by a pointer is not followed, nor what
the compiler has put into its caller: a function that is given is best called from other files than
its own. What panic() does is not followed either, for it has to find out by itself what works.
"""

from . import calls
from .layout import PHASE_INIT

NOT_FOLLOWED = ("panic",)


def check(image, graph, problems):
    givers = {}  # of each function that is given: phases
    for phase in graph["phases"]:
        for function in phase["gives"]:
            givers.setdefault(function, []).append(phase)
    symbols = {}
    for symbol in image.starts:
        symbols.setdefault(symbol.plain_name, []).append(symbol)
    for function in sorted(givers):
        if function not in symbols:
            refuse_name(givers[function][0], function, problems)
    if givers:
        called = calls.called(image, givers)
        earlier = all_before(graph)
        for phase in graph["phases"]:
            missing = find_missing(image, graph, phase, givers, called, earlier)
            for giver, way in missing.values():
                if not any(giver["name"] in earlier[other] for other in missing):
                    refuse(phase, giver, way, problems)


def refuse_name(phase, function, problems):
    problems.add(
        place(phase),
        f"phase `{phase['name']}` gives `{function}`, but the image has no function of the name",
        (None, "where it is not misspelt: it must not be static, nor stand in a header"),
    )


def find_missing(image, graph, phase, givers, called, earlier):
    """{name: (phase that gives, the way to what it gives)} of those that may not be done."""
    init = image.at(image.word(image.address(f"phase_{phase['name']}") + PHASE_INIT))
    came_from, waiting = {init: None}, [init]
    missing = {}
    for function in waiting:
        needed = givers.get(function.plain_name, [])
        if function is not init and phase not in needed:
            giver = unmet(graph, phase, needed, earlier[phase["name"]])
            if giver:
                missing.setdefault(giver["name"], (giver, chain(came_from, function)))
        if function.plain_name not in NOT_FOLLOWED:
            for other in called.get(function, ()):
                if other not in came_from:
                    came_from[other] = function
                    waiting.append(other)
    return missing


def unmet(graph, phase, needed, earlier):
    """One of the phases that give a function, where in some journey none of them is done before."""
    for true in map(set, graph["combinations"]):
        active = [p for p in needed if true.issuperset(p["only"])]
        if true.issuperset(phase["only"]) and active and not earlier & {p["name"] for p in active}:
            return active[0]
    return None


def all_before(graph):
    """
    Of each phase, all that are done before it in every build that has it: of its own edges, of
    needs behind those of its needs that name a phase, and earlier stages'. What stands behind a
    want, or behind a capability, is another one's where a build lacks the one or has more of the
    other.
    """
    stages = {stage["name"]: stage for stage in graph["stages"]}
    setters = {fact["name"]: fact["setter"] for fact in graph["facts"]}
    names = {phase["name"] for phase in graph["phases"]}
    before, needed = {}, {}
    for phase in graph["phases"]:  # in order
        found = set().union(*(stages[name]["phases"] for name in earlier_stages(phase, stages)))
        set_by = [setters[fact] for fact in phase["only"] if setters[fact] in names]
        named = [edge["on"] for edge in phase["needs"] if edge["of"] == [edge["on"]]] + set_by
        needs, wants = (
            {name for edge in phase[kind] for name in edge["of"]} for kind in ("needs", "wants")
        )
        needed[phase["name"]] = needs.union(set_by, *(needed[name] for name in named))
        before[phase["name"]] = found | wants | needed[phase["name"]]
    return before


def earlier_stages(phase, stages):
    names = [phase["stage"]]
    for name in names:
        names += [edge["on"] for edge in stages[name]["follows"] if edge["on"] not in names]
    return names[1:]


def chain(came_from, function):
    way = [function.plain_name]
    while function := came_from[function]:
        way.insert(0, function.plain_name)
    return way


def refuse(phase, giver, way, problems):
    name, given = phase["name"], giver["name"]
    if giver["stage"] == phase["stage"]:  # an earlier stage's would be done
        hint = f'add PHASE_NEEDS({name}, {given}, "why")'
    else:
        hint = f"but `{given}` is of stage {giver['stage']}, which stage {phase['stage']} does not follow"
    problems.add(
        place(phase),
        f"`{name}` calls {way[-1]} ({' -> '.join(way)}), which works once `{given}` is done",
        (None, hint),
    )


def place(phase):
    return f"{phase['file']}:{phase['line']}"
