/* SPDX-License-Identifier: BSD-2-Clause */
/* Results of phases that a test wants: written into the image before it is started. */
#include "phases/machine.h"
#include "phases/runner_parts.h"

#define NONE 0xffff

/* In the file, as it is not zero; read anew each time, as the compiler sees nobody change it. */
volatile struct fault {
	uint16_t phase;  /* its place in the order; NONE: not in use */
	uint16_t cpu;    /* NONE: each */
	uint32_t result; /* PHASE_ABSENT; anything else: PHASE_FAILED */
} fault_injection[8] __attribute__((used)) = { [0 ... 7] = { NONE, NONE, PHASE_FAILED } };

enum phase_result fault_or_init(const struct phase *phase)
{
	unsigned cpu = machine_cpu();

	for (unsigned n = 0; n < sizeof(fault_injection) / sizeof(fault_injection[0]); n++) {
		const volatile struct fault *fault = &fault_injection[n];

		if (fault->phase == phase->links->index &&
		    (fault->cpu == cpu || fault->cpu == NONE)) {
			return fault->result == PHASE_ABSENT ? phase_absent("injected")
							     : phase_failed("injected");
		}
	}
	return phase->init();
}
