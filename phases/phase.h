/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a phase is: one step of the bring-up, declared above the function that it names.
 *
 *	PHASE(serial, global, serial_init,
 *	      .does = "opens the serial port");
 *	PHASE_NEEDS(serial, log_ring, "what was logged before is printed when it opens");
 *	PHASE_WANTS(serial, acpi_tables, "SPCR names the port");
 *	PHASE_PROVIDES(serial, console);
 *
 *	static enum phase_result serial_init(void) { ... }
 *
 * A declaration does two things. It leaves a text record in the object's section `.phase`, which is
 * never loaded: phases/phasegraph reads the records of all objects of a build, refuses what cannot
 * work, and sorts the rest into a table. And it defines `phase_NAME`, which that table points to.
 *
 * A record is a run of NUL-terminated strings that ends with an empty one. The first string is
 * `record=KIND 1` (1 is the format's version), each further one is `key=value`. Values of `args`,
 * `why` and `file` are C source text (string literals, designated initialisers), which the
 * generator decodes; all others are taken as they stand.
 *
 * STEP declares a node that straight-line code runs, not the table: the way to the first C
 * function. It works in assembly too, and takes strings only:
 *
 *	STEP(long_mode, bsp, "32-bit protected", "boot stack", "turns on paging and long mode")
 *	STEP_NEEDS(long_mode, early_tables, "paging needs tables")
 *
 * STAGE declares a stretch of the boot with one answer to "which CPUs run this"; all of them
 * stand in phases/stages.c. FACT declares something that is true or not of how this machine came up;
 * all of them stand in phases/facts.c.
 *
 * What runs once is unmapped before the guest runs: functions and data of phases whose stage is not
 * repeated, and their helpers, which say so by INIT_TEXT and its like.
 */
#ifndef PHASES_PHASE_H
#define PHASES_PHASE_H

/* Two levels: a macro's argument as written, then that text as a string of the assembler. */
#define PHASE_TEXT_(x) #x
#define PHASE_TEXT(x) PHASE_TEXT_(x)

#ifdef __ASSEMBLER__

#define PHASE_RECORD_BEGIN(kind)  \
	.pushsection .phase, "" ; \
	.ascii "record=" ; .ascii #kind ; .asciz " 1"
#define PHASE_RECORD_END                           \
	.ascii "file=" ; .asciz __FILE__ ;         \
	.ascii "line=" ; .asciz PHASE_TEXT(__LINE__) ; \
	.asciz "" ;                                \
	.popsection

#define STEP(name_, cpus_, mode_, stack_, does_) \
	PHASE_RECORD_BEGIN(step) ;               \
	.ascii "name=" ; .asciz #name_ ;         \
	.ascii "cpus=" ; .asciz #cpus_ ;         \
	.ascii "mode=" ; .asciz #mode_ ;         \
	.ascii "stack=" ; .asciz #stack_ ;       \
	.ascii "does=" ; .asciz #does_ ;         \
	PHASE_RECORD_END

#define STEP_NEEDS(name_, on_, why_)     \
	PHASE_RECORD_BEGIN(step_needs) ; \
	.ascii "name=" ; .asciz #name_ ; \
	.ascii "on=" ; .asciz #on_ ;     \
	.ascii "why=" ; .asciz #why_ ;   \
	PHASE_RECORD_END

#define STEP_SETS(name_, fact_)            \
	PHASE_RECORD_BEGIN(step_sets) ;    \
	.ascii "name=" ; .asciz #name_ ;   \
	.ascii "fact=" ; .asciz #fact_ ;   \
	PHASE_RECORD_END

#else /* C */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a phase says of how it went. */
enum phase_result {
	PHASE_NOT_RUN, /* its turn has not come */
	PHASE_RUNNING,
	PHASE_DONE,
	PHASE_ABSENT,  /* its hardware is not there: said by phase_absent() */
	PHASE_FAILED,  /* said by phase_failed() */
	PHASE_SKIPPED, /* something that it needs did not get done */
	PHASE_ELSEWHERE, /* not for this journey: a fact that it belongs to is false */
	PHASE_UNDONE,  /* was done, and the bring-up stepped back */
};

enum phase_edge { PHASE_EDGE_NEEDS, PHASE_EDGE_WANTS };

/* Code and data of helpers that nothing uses once the guest runs. */
#define INIT_TEXT   __attribute__((section(".init.text")))
#define INIT_RODATA __attribute__((section(".init.rodata")))
#define INIT_DATA   __attribute__((section(".init.data")))
#define INIT_BSS    __attribute__((section(".bss.init")))

/* One edge of the graph, written by the generator. Phases are named by their place in the order. */
struct phase_link {
	enum phase_edge kind;
	bool capability;    /* `on` is one, and `of` are its providers */
	uint16_t count;
	const uint16_t *of; /* `count` phases */
	const char *on;
	const char *why;
};

/* What the generator knows of a phase: its place in the whole order, from 0, and its edges. */
struct phase_links {
	uint16_t index;
	uint16_t count;
	const struct phase_link *links;
	const bool *const *only; /* the facts that it belongs to, ends with NULL; or NULL */
};

#define PHASE_NAME 24 /* bytes of a name, its NUL included */

/* Texts are part of it, so that they stay or go with the phase. */
struct phase {
	enum phase_result (*init)(void);
	void (*undo)(void); /* leaves CPU and memory as init found them; cannot fail */
	const struct phase_links *links;
	bool vital; /* where it cannot run, the bring-up stops */
	char name[PHASE_NAME];
	char does[];
};

/*
 * Says why a phase failed, or what it did not find, and gives back PHASE_FAILED or PHASE_ABSENT.
 * One line, printf form: what is wrong, then what would help. It is kept for the running CPU until
 * the runner has logged it.
 */
#define phase_failed(...) phase_reason(PHASE_FAILED, __VA_ARGS__)
#define phase_absent(...) phase_reason(PHASE_ABSENT, __VA_ARGS__)
enum phase_result phase_reason(enum phase_result result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A record whose keys were given as assembler text; the file and the line are added. */
#define PHASE_RECORD(kind, keys)                                                  \
	__asm__(".pushsection .phase,\"\"\n\t.asciz \"record=" #kind " 1\"\n" keys \
		"\t.ascii \"file=\"\n\t.asciz " PHASE_TEXT(__FILE__) "\n"         \
		"\t.asciz \"line=" PHASE_TEXT(__LINE__) "\"\n"                    \
		"\t.asciz \"\"\n\t.popsection")
#define PHASE_KEY(key, text) "\t.asciz \"" #key "=" text "\"\n"
/* A value that holds quotes: `literal` is C text that is again made a literal for the assembler. */
#define PHASE_KEY_C(key, literal) "\t.ascii \"" #key "=\"\n\t.asciz " literal "\n"

/*
 * PHASE(name, stage, function, .does = "...", [.vital = true,] [.undo = function])
 * The undo function is defined above, by INIT_TEXT where the stage is not repeated.
 */
#define PHASE(name_, stage_, init_, ...)                                                            \
	PHASE_RECORD(phase, PHASE_KEY(name, #name_) PHASE_KEY(stage, #stage_)                       \
				    PHASE_KEY(init, #init_)                                         \
					    PHASE_KEY_C(args, PHASE_TEXT(#__VA_ARGS__)));           \
	static enum phase_result init_(void) __attribute__((section(".phase.text." #stage_)));      \
	extern const struct phase_links phase_links_##name_;                                        \
	extern const struct phase phase_##name_;                                                    \
	const struct phase phase_##name_                                                            \
		__attribute__((section(".phase.rodata." #stage_), aligned(8))) = {                  \
		.name = #name_, .init = init_, .links = &phase_links_##name_, __VA_ARGS__           \
	}
/* Names are made text here, before a macro of that name (`linux`, say) can take their place. */
#define PHASE_EDGE_KEYS_(name_, on_, why_) \
	PHASE_KEY(name, name_) PHASE_KEY(on, on_) PHASE_KEY_C(why, PHASE_TEXT(why_))
#define PHASE_NEEDS(name_, on_, why_) \
	PHASE_RECORD(needs, PHASE_EDGE_KEYS_(#name_, #on_, #why_))
#define PHASE_WANTS(name_, on_, why_) \
	PHASE_RECORD(wants, PHASE_EDGE_KEYS_(#name_, #on_, #why_))
#define PHASE_PROVIDES(name_, capability_) \
	PHASE_RECORD(provides, PHASE_KEY(name, #name_) PHASE_KEY(capability, #capability_))

/* The phase belongs to journeys in which the fact is true; for several facts: in which all are. */
#define PHASE_ONLY(name_, which_)                                             \
	PHASE_RECORD(only, PHASE_KEY(name, #name_) PHASE_KEY(fact, #which_)); \
	extern bool fact_##which_
/* The phase finds out whether the fact is true, and then sets `fact_NAME`. */
#define PHASE_SETS(name_, which_)                                             \
	PHASE_RECORD(sets, PHASE_KEY(name, #name_) PHASE_KEY(fact, #which_)); \
	extern bool fact_##which_
/*
 * A function that works only when the phase is done: another phase that calls it, directly or
 * through others (but not by a pointer), must come after this one: by an edge of its own, by a need of
 * a phase that it needs, or in a later stage. The image is checked.
 */
#define PHASE_GIVES(name_, function_) \
	PHASE_RECORD(gives, PHASE_KEY(name, #name_) PHASE_KEY(function, #function_))
/*
 * Code or data that stays refers to what goes: allowed for `from`, a function or an object, for the
 * reason given.
 */
#define INIT_REFERENCE(from_, to_, why_) \
	PHASE_RECORD(init_reference, PHASE_EDGE_KEYS_(#from_, #to_, #why_))

/* FACT(name, group, does): of each group one fact is true. Declared in phases/facts.c only. */
#define FACT(name_, group_, does_)                                             \
	PHASE_RECORD(fact, PHASE_KEY(name, #name_) PHASE_KEY(group, #group_)   \
				   PHASE_KEY_C(does, PHASE_TEXT(#does_)));      \
	extern bool fact_##name_;                                              \
	bool fact_##name_

/*
 * STAGE(name, bsp|aps|all|any, .does = "...", [.again = true]): declared in phases/stages.c only.
 * `any`: every CPU takes part, and each phase is run by the one that comes to it first.
 */
#define STAGE(name_, cpus_, ...)                                           \
	PHASE_RECORD(stage, PHASE_KEY(name, #name_) PHASE_KEY(cpus, #cpus_) \
				    PHASE_KEY_C(args, PHASE_TEXT(#__VA_ARGS__)))
#define STAGE_FOLLOWS(name_, on_, why_) \
	PHASE_RECORD(stage_follows, PHASE_EDGE_KEYS_(#name_, #on_, #why_))

#define STEP(name_, cpus_, mode_, stack_, does_)                                                 \
	PHASE_RECORD(step, PHASE_KEY(name, #name_) PHASE_KEY(cpus, #cpus_)                       \
				   PHASE_KEY_C(mode, PHASE_TEXT(#mode_))                         \
					   PHASE_KEY_C(stack, PHASE_TEXT(#stack_))               \
						   PHASE_KEY_C(does, PHASE_TEXT(#does_)))
#define STEP_NEEDS(name_, on_, why_) \
	PHASE_RECORD(step_needs, PHASE_EDGE_KEYS_(#name_, #on_, #why_))
#define STEP_SETS(name_, fact_) \
	PHASE_RECORD(step_sets, PHASE_KEY(name, #name_) PHASE_KEY(fact, #fact_))

#endif /* __ASSEMBLER__ */
#endif
