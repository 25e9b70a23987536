/* SPDX-License-Identifier: BSD-2-Clause */
/* with: phases/runner.c phases/bring_up.c phases/step_back.c phases/waiting.c phases/parallel.c phases/records.c phases/needs.c phases/reasons.c phases/summary.c phases/log/log.c phases/log/console.c phases/log/ring.c phases/log/format.c */
/* flags: -pthread -fno-sanitize=all -fsanitize=thread */
/* The runner's test once more, for data races between CPUs. */
#include "harness/tests/host/test_runner.c"
