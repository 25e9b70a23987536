/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/cpu/reserved.c phases/memory/map.c */
/* How much memory the hypervisor takes, and where. */
#include "arch/x86/cpu/reserved.h"

#include <stdarg.h>

#include "arch/x86/acpi/madt.h"
#include "arch/x86/cpu/image.h"
#include "arch/x86/vcpu/nested.h"
#include "phases/boot_info.h"
#include "harness/tests/host/check.h"
#include "phases/log/log.h"
#include "phases/phase.h"

#define KIB   0x400ull
#define MIB   0x100000ull
#define MIB2  0x200000ull
#define GIB   0x40000000ull
#define IMAGE (260 * KIB) /* of a build with everything in it */

/* What each CPU and all of them together take; see the sources that allocate it. */
#define PER_CPU (1 + 1 + 3 + 3 * 2 + 4 + 1 + 4) /* percpu.c, vmcb.c, step.c */
#define AT_ONCE (10 + 2 + 2 + 4)                /* host_tables.c, msr_map.c, memory.c, step.c */

extern const struct phase phase_low_page, phase_reserved_block;
const struct phase_links phase_links_low_page, phase_links_reserved_block;

struct boot_info boot_info;
unsigned acpi_cpu_count;
uint64_t image_load_address = MIB;

/* An image of 260 KiB, by its two symbols. */
const uint8_t image_start[1] = { 0 };
__asm__(".globl image_end\n.set image_end, image_start + 260 * 1024");

static char refusal[200];

void log_print(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

enum phase_result phase_reason(enum phase_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(refusal, sizeof(refusal), format, arguments);
	va_end(arguments);
	return result;
}

/* The appliance's machines take 2 MiB, up to 16 CPUs; no size is larger than it must be. */
static void sizes(void)
{
	for (unsigned cpus = 1; cpus <= 120; cpus++) {
		for (uint64_t image = 4 * KIB; image <= MIB2; image += 60 * KIB) {
			uint64_t size = reserved_block_size(image, cpus, NESTED_PAGES);
			uint64_t pages = (image + 4095) / 4096 + AT_ONCE + NESTED_PAGES;

			check_round = cpus;
			CHECK(size && size % MIB2 == 0);
			CHECK(pages + cpus * PER_CPU + size / MIB2 <= size / 4096);
			/* What is kept over is less than 10 % and some pages: 2 MiB less do not hold it. */
			CHECK(size == MIB2 ||
			      (pages + cpus * (PER_CPU + 2)) * 4096 + size / MIB2 * 4096 >
				      size - MIB2);
		}
	}
	CHECK_EQ(reserved_block_size(IMAGE, 1, NESTED_PAGES), MIB2);
	CHECK_EQ(reserved_block_size(IMAGE, 2, NESTED_PAGES), MIB2);
	CHECK_EQ(reserved_block_size(IMAGE, 4, NESTED_PAGES), MIB2);
	CHECK_EQ(reserved_block_size(IMAGE, 16, NESTED_PAGES), MIB2);
	CHECK_EQ(reserved_block_size(IMAGE, 64, NESTED_PAGES), 4 * MIB2);
	/* One byte more than fits is one block more. */
	CHECK_EQ(reserved_block_size(MIB2 - (23 + 1 + 18) * 4 * KIB, 1, 1), MIB2);
	CHECK_EQ(reserved_block_size(MIB2 - (23 + 1 + 18) * 4 * KIB + 1, 1, 1), 2 * MIB2);
}

static void make_machine(uint64_t ram, unsigned cpus)
{
	memset(&boot_info, 0, sizeof(boot_info));
	memset(&reserved_memory, 0, sizeof(reserved_memory));
	CHECK(memory_map_add(&boot_info.map, 0, 0x9fc00, MEMORY_USABLE));
	CHECK(memory_map_add(&boot_info.map, MIB, ram - MIB - 0x20000, MEMORY_USABLE));
	CHECK(memory_map_add(&boot_info.map, ram - 0x20000, 0x20000, MEMORY_ACPI));
	CHECK(memory_map_add(&boot_info.map, 4 * GIB, 4 * GIB, MEMORY_USABLE));
	acpi_cpu_count = cpus;
}

static void add_module(uint64_t base, uint64_t size)
{
	boot_info.modules[boot_info.module_count++] = (struct boot_module){ base, size, "" };
}

static void block_is(uint64_t base, uint64_t size)
{
	CHECK_EQ(phase_low_page.init(), PHASE_DONE);
	CHECK_EQ(phase_reserved_block.init(), PHASE_DONE);
	CHECK_EQ(reserved_memory.block_base, base);
	CHECK_EQ(reserved_memory.block_size, size);
}

static void places(void)
{
	CHECK_EQ(image_size(), IMAGE);
	make_machine(2 * GIB, 4);
	block_is(2 * GIB - 2 * MIB2, MIB2);
	CHECK_EQ(reserved_memory.low_page, 0x9e000);

	/* A module where the block and the page would be. */
	make_machine(2 * GIB, 64);
	add_module(2 * GIB - 2 * MIB2 - 1, 5);
	add_module(0x9d800, 0x1000);
	block_is(2 * GIB - 7 * MIB2, 4 * MIB2);
	CHECK_EQ(reserved_memory.low_page, 0x9c000);

	/* The image that runs is spared; below it there is no room. */
	make_machine(2 * MIB2, 1);
	CHECK_EQ(phase_reserved_block.init(), PHASE_FAILED);
	CHECK_ERROR(refusal, "no free 2 MiB below 4 GiB");
	make_machine(3 * MIB2, 1);
	block_is(MIB2, MIB2);
	image_load_address = 2 * MIB2 - 4 * KIB;
	CHECK_EQ(phase_reserved_block.init(), PHASE_FAILED);
	image_load_address = MIB;
	make_machine(3 * MIB2, 64);
	CHECK_EQ(phase_reserved_block.init(), PHASE_FAILED);
	CHECK_ERROR(refusal, "no free 8 MiB below 4 GiB");

	make_machine(2 * GIB, 1);
	add_module(0, 0x9f000);
	CHECK_EQ(phase_low_page.init(), PHASE_FAILED);
	CHECK_ERROR(refusal, "below 1 MiB");
}

int main(void)
{
	sizes();
	places();
	return 0;
}
