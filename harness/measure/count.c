/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin for QEMU's TCG that counts the hypervisor's instructions. Arguments, as numbers:
 *
 *	entry=   address of its first instruction, as the boot loader jumps to it
 *	begin=, end=   its virtual addresses once it runs paged
 *	vmrun=   address of its VMRUN instruction
 *
 * It writes a line to QEMU's log (`-d plugin`) at each VMRUN of a CPU: `start CPU COUNT` at the
 * first of all, for what ran since the first instruction, and `host CPU COUNT` at each later one,
 * for what that CPU ran in the hypervisor since its VMRUN before. COUNT includes the VMRUN.
 *
 * No Debian package has QEMU's header for plugins, so that the few functions are declared here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_outs(const char *text);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*called)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
					    void (*called)(unsigned cpu, void *data), int flags,
					    void *data);

/* PLUGIN_VERSION: 1 up to QEMU 8, 2 from QEMU 9 on; what is used here is the same in both. */
__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

#define CPUS 256

static uint64_t entry, begin, end, vmrun;
static bool started, entered; /* our first instruction ran; the guest's first is about to */
static uint64_t counts[CPUS];
static bool reported[CPUS]; /* this CPU has been in its guest */

static void report(const char *kind, unsigned cpu)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %u %llu\n", kind, cpu, (unsigned long long)counts[cpu]);
	qemu_plugin_outs(line);
	counts[cpu] = 0;
}

static void executed(unsigned cpu, void *data)
{
	uint64_t address = (uintptr_t)data;

	if (cpu >= CPUS)
		return;
	if (address == entry && !started) {
		started = true;
		counts[cpu] = 0;
	}
	counts[cpu]++;
	if (address != vmrun)
		return;
	if (!entered)
		report("start", cpu);
	else if (reported[cpu])
		report("host", cpu);
	else
		counts[cpu] = 0;
	entered = true;
	reported[cpu] = true;
}

/* Until the guest runs, everything counts that is translated from the first instruction on. */
static bool counts_as_ours(uint64_t address)
{
	return (address >= begin && address < end) || (started && !entered);
}

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
	bool first = false;

	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
		uint64_t address = qemu_plugin_insn_vaddr(instruction);

		first = first || address == entry;
		if (first || counts_as_ours(address))
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, executed, 0,
							       (void *)(uintptr_t)address);
	}
}

static void read_argument(const char *argument)
{
	const struct {
		const char *name;
		uint64_t *value;
	} known[] = { { "entry=", &entry }, { "begin=", &begin }, { "end=", &end }, { "vmrun=", &vmrun } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i].name);

		if (!strncmp(argument, known[i].name, length))
			*known[i].value = strtoull(argument + length, NULL, 0);
	}
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info,
							       int count, char **arguments)
{
	(void)info;
	for (int i = 0; i < count; i++)
		read_argument(arguments[i]);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
