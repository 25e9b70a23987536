# SPDX-License-Identifier: BSD-2-Clause
"""Where things are in struct phase, phase_links and stage (phases/phase.h, phases/runner.h)."""

import struct

PHASE_INIT, PHASE_LINKS, LINKS_INDEX, LINKS_ONLY = 0, 16, 0, 16
NAME_SIZE = 24
STAGE = struct.Struct("<QI?3xQQQ")  # name, cpus, again, follows, begin, end
STAGE_CPUS = ["bsp", "aps", "all", "any"]

# The compiler checks these in the table.
ASSERTED = {
    "offsetof(struct phase, init)": PHASE_INIT,
    "offsetof(struct phase, links)": PHASE_LINKS,
    "offsetof(struct phase_links, index)": LINKS_INDEX,
    "offsetof(struct phase_links, only)": LINKS_ONLY,
    "sizeof(((struct phase *)0)->name)": NAME_SIZE,
    "offsetof(struct stage, cpus)": 8,
    "offsetof(struct stage, again)": 12,
    "offsetof(struct stage, follows)": 16,
    "offsetof(struct stage, begin)": 24,
    "sizeof(struct stage)": STAGE.size,
}
