/* SPDX-License-Identifier: BSD-2-Clause */
/* Why phases were not done. */
#include "phases/log/format.h"
#include "phases/runner_parts.h"

#define REASONS 16

struct reason {
	unsigned phase; /* its index + 1, set last; 0: not complete yet */
	enum phase_result result;
	const struct reason *root; /* of a skipped one: the reason at the start of its chain */
	char name[PHASE_NAME];     /* a copy: the phase is gone once the guest runs */
	char text[RUNNER_REASON];  /* of a skipped one: empty */
};

static struct reason reasons[REASONS];
static unsigned reason_count;

static const struct reason *find(unsigned index)
{
	for (unsigned n = 0; n < REASONS; n++) {
		if (__atomic_load_n(&reasons[n].phase, __ATOMIC_ACQUIRE) == index + 1) {
			return &reasons[n];
		}
	}
	return NULL;
}

static void keep(const struct phase *phase, enum phase_result result, const struct reason *root,
		 const char *text)
{
	unsigned n;

	if (find(phase->links->index) ||
	    __atomic_load_n(&reason_count, __ATOMIC_RELAXED) >= REASONS) {
		return;
	}
	n = __atomic_fetch_add(&reason_count, 1, __ATOMIC_RELAXED);
	if (n >= REASONS) {
		return;
	}
	reasons[n].result = result;
	reasons[n].root = root;
	format_text(reasons[n].name, PHASE_NAME, "%s", phase->name);
	format_text(reasons[n].text, RUNNER_REASON, "%s", text);
	__atomic_store_n(&reasons[n].phase, phase->links->index + 1u, __ATOMIC_RELEASE);
}

void reason_keep(const struct phase *phase, enum phase_result result, const char *text)
{
	keep(phase, result, NULL, text);
}

const char *reason_find(const struct phase *phase)
{
	const struct reason *reason = find(phase->links->index);

	return reason && reason->text[0] ? reason->text : NULL;
}

/* Of the providers of what was needed, the one whose reason tells most: a failure, if there is one. */
static const struct reason *reason_of(const struct phase_link *link)
{
	const struct reason *best = NULL;

	for (unsigned n = 0; n < link->count; n++) {
		const struct reason *reason = find(link->of[n]);

		if (reason && (!best || reason->result == PHASE_FAILED)) {
			best = reason;
		}
	}
	return best;
}

static const char *verb(const struct reason *reason)
{
	return reason->result == PHASE_FAILED ? "failed" : "is absent";
}

void reason_keep_skip(const struct phase *phase, const struct phase_link *link, char *text,
		      size_t size)
{
	const struct reason *reason = reason_of(link);
	const struct reason *root = reason && reason->root ? reason->root : reason;

	if (!root || root->result == PHASE_SKIPPED) {
		format_text(text, size, "needs %s (\"%s\"), which was not done", link->on,
			    link->why);
	} else if (root != reason) {
		format_text(text, size, "needs %s (\"%s\"), which was skipped, as %s %s: %s",
			    link->on, link->why, root->name, verb(root), root->text);
	} else if (link->capability) {
		format_text(text, size, "needs %s (\"%s\"), which nobody gives: %s %s: %s",
			    link->on, link->why, root->name, verb(root), root->text);
	} else {
		format_text(text, size, "needs %s (\"%s\"), which %s: %s", link->on, link->why,
			    verb(root), root->text);
	}
	keep(phase, PHASE_SKIPPED, root, "");
}
