/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/vcpu/memory.c arch/x86/vcpu/nested.c phases/memory/map.c */
/* flags: -include harness/tests/host/cpuid.h */
/*
 * The guest's memory on machines of all sizes: what is mapped before it starts fits in the tables,
 * what is not comes when it is touched, and the hypervisor's own memory never does.
 */
#include "arch/x86/vcpu/memory.h"

#include "arch/x86/cpu/cpuid.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/reserved.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/kick.h"
#include "phases/boot_info.h"
#include "phases/log/log.h"
#include "phases/panic/panic.h"
#include "phases/phase.h"

#define POOL_PAGES (NESTED_PAGES + 2)
#include "harness/tests/host/nested_walk.h"

/* Tables left for first touches: an instruction's 25 pages, each in a GiB of its own. */
#define TOUCH_TABLES 27

extern const struct phase phase_nested_paging, phase_hidden_memory;
const struct phase_links phase_links_nested_paging, phase_links_hidden_memory;

struct boot_info boot_info;
struct reserved_memory reserved_memory;
uint64_t apic_base = 0xfee00000;

static const struct nested_bits *bits;
static unsigned physical_bits, encryption_bits;
static uint64_t ram;
static size_t pool_used;
static unsigned flushes, locks, on_touch_said, absorbed_said, apic_faults, page0_faults;
static unsigned machines, on_touch_machines, forgotten;
static unsigned faults_given;

void *pages_alloc(size_t count)
{
	void *pages = (uint8_t *)pool + pool_used * PAGE;

	pool_used += count;
	CHECK(pool_used <= POOL_PAGES);
	memset(pages, 0, count * PAGE);
	return pages;
}

uint64_t pages_physical(const void *address)
{
	return (uint64_t)address - (uint64_t)pool + pool_physical;
}

const struct nested_bits *backend_nested_bits(void)
{
	return bits;
}

void guest_flush(struct cpu *cpu)
{
	(void)cpu;
	flushes++;
}

void guest_lock(struct cpu *cpu)
{
	(void)cpu;
	CHECK_EQ(locks++, 0);
}

void guest_unlock(struct cpu *cpu)
{
	(void)cpu;
	CHECK_EQ(locks--, 1);
}

void kick_others(struct cpu *cpu, uint32_t mail)
{
	(void)cpu;
	CHECK(mail == MAIL_FLUSH && locks);
	forgotten++;
}

void apic_watch_fault(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)cpu;
	(void)exit;
	apic_faults++;
}

void apic_watch_page0(struct cpu *cpu, const struct vcpu_exit *exit)
{
	(void)cpu;
	(void)exit;
	page0_faults++;
}

void log_print(enum log_level level, const char *format, ...)
{
	on_touch_said += level == LOG_INFO && strstr(format, "first touch");
	absorbed_said += level == LOG_WARNING && strstr(format, "hypervisor's page");
}

enum phase_result phase_reason(enum phase_result result, const char *format, ...)
{
	fprintf(stderr, "refused: %s\n", format);
	return result;
}

void panic(const char *format, ...)
{
	fprintf(stderr, "panic: %s\n", format);
	abort();
}

unsigned cpu_physical_bits(void)
{
	return physical_bits;
}

unsigned cpu_encryption_bits(void)
{
	return encryption_bits;
}

/* SYSCFG: memory encryption is on where there is any. */
bool rdmsr_safe(uint32_t msr, uint64_t *value)
{
	CHECK_EQ(msr, 0xc0010010);
	*value = encryption_bits ? 0x00800000 : 0;
	return true;
}

void guest_inject_exception_code(struct cpu *cpu, uint8_t vector, uint32_t code)
{
	(void)cpu;
	CHECK(vector == 13 && code == 0);
	faults_given++;
}

/* The width of addresses that the guest may use. */
static unsigned reach(void)
{
	unsigned bits_left = physical_bits - encryption_bits;

	return bits_left < NESTED_ADDRESS_BITS ? bits_left : NESTED_ADDRESS_BITS;
}

static void add(uint64_t base, uint64_t size, uint32_t type)
{
	CHECK(memory_map_add(&boot_info.map, base, size, type));
}

/* A memory map as firmware gives it, and the hypervisor's block at the end of low memory. */
static void make_machine(uint64_t block_size)
{
	uint64_t low = ram < 0x80000000 ? ram : 0x80000000, limit = 1ull << reach();

	boot_info.map.count = 0;
	add(0, 0x9fc00, MEMORY_USABLE);
	add(0x9fc00, 0x60400, MEMORY_RESERVED);
	add(0x100000, low - 0x100000, MEMORY_USABLE);
	add(low - 0x21000, 0x21000, MEMORY_ACPI);
	add(0xe0000000, 0x10000000, MEMORY_RESERVED);
	if (ram == low) {
		add(0xff000000, 0x2000000, MEMORY_RESERVED);
	} else {
		add(4 * GIB, ram - low, MEMORY_USABLE);
		add(4 * GIB + ram - low - 0x3000, 0x3000, MEMORY_NVS);
	}
	if (physical_bits >= 40) {
		/* Below 1 TiB AMD processors have a hole (HyperTransport). */
		add(0xfd00000000, 0x300000000, MEMORY_RESERVED);
	}
	/* A device's window at the very end, and one that nobody can reach. */
	add(limit - 0x1234000, 0x1234000, MEMORY_RESERVED);
	add(limit + 4 * GIB, GIB, MEMORY_RESERVED);
	reserved_memory.block_size = block_size;
	reserved_memory.block_base = low - 2 * MIB2 - block_size;
	reserved_memory.low_page = 0x9e000;
	pool_physical = reserved_memory.block_base + 0x80000;
}

static bool is_ours(uint64_t address)
{
	return address - reserved_memory.block_base < reserved_memory.block_size ||
	       address / PAGE == reserved_memory.low_page / PAGE;
}

static bool is_named(uint64_t address)
{
	for (size_t i = 0; i < boot_info.map.count; i++) {
		const struct memory_range *range = &boot_info.map.ranges[i];

		if (address / PAGE >= range->base / PAGE &&
		    address / PAGE <= (range->base + range->size - 1) / PAGE) {
			return true;
		}
	}
	return address < 4 * GIB;
}

static struct walked look(uint64_t address)
{
	return walk(pages_physical(guest_memory.root), bits, address);
}

static void check_ours(uint64_t address)
{
	struct walked found = look(address);
	uint64_t page = found.physical & ~0xfffull;

	CHECK_EQ(found.page_size, PAGE);
	CHECK(!found.writable);
	CHECK_EQ(walk_table(page)[address % PAGE / 8], UINT64_MAX);
}

/* One page: ours reads ones; all others are themselves, or, above 4 GiB, not there yet. */
static void check_page(uint64_t address)
{
	struct walked found = look(address);

	if (is_ours(address)) {
		check_ours(address);
	} else if (found.page_size) {
		CHECK_PAGE(found, address, 1);
	} else {
		CHECK(address >= 4 * GIB);
		CHECK(!is_named(address) || on_touch_said);
	}
}

static uint64_t random_address(void)
{
	const struct memory_range *range = &boot_info.map.ranges[check_random(boot_info.map.count)];
	uint64_t address;

	switch (check_random(4)) {
	case 0:
		return check_random(1ull << reach());
	case 1:
		return check_random(4 * GIB);
	case 2:
		return reserved_memory.block_base - MIB2 +
		       check_random(reserved_memory.block_size + 2 * MIB2);
	default:
		address = range->base + check_random(range->size);
		return address % (1ull << reach());
	}
}

/* All around the block, the low page, page 0 and the APIC; random samples of the rest. */
static void check_memory(void)
{
	for (uint64_t address = 0; address < 2 * MIB2; address += PAGE) {
		check_page(address);
		check_page(apic_base - MIB2 + address);
	}
	for (uint64_t offset = 0; offset < reserved_memory.block_size + 2 * MIB2; offset += PAGE) {
		check_page(reserved_memory.block_base - MIB2 + offset);
	}
	for (unsigned i = 0; i < 5000; i++) {
		check_page(random_address());
	}
}

static void fault(uint64_t address, bool write)
{
	struct vcpu_exit exit = { .kind = EXIT_NESTED_FAULT, .address = address, .write = write };
	unsigned before = flushes;

	memory_fault(NULL, &exit);
	CHECK_EQ(flushes, before + 1);
	CHECK_EQ(locks, 0);
}

static void random_touches(void)
{
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t address = random_address();

		if (!look(address).page_size) {
			fault(address, check_random(2));
			CHECK_PAGE(look(address), address, 1);
		}
		check_page(random_address());
	}
}

/* What one instruction needs can all be there at once: no circle of touching and forgetting. */
static void touches_of_one_instruction(void)
{
	uint64_t addresses[25];
	unsigned missing = 1;

	for (unsigned i = 0; i < 25; i++) {
		addresses[i] = check_random(ram + 4 * GIB);
	}
	for (unsigned pass = 0; missing; pass++) {
		CHECK(pass < 3);
		missing = 0;
		for (unsigned i = 0; i < 25; i++) {
			if (!look(addresses[i]).page_size) {
				fault(addresses[i], false);
				missing++;
			}
		}
	}
}

static void check_watch(void)
{
	struct vcpu_exit exit = { .address = apic_base + 0x300 };

	memory_set_apic_page(false);
	CHECK_EQ(look(apic_base).page_size, 0);
	CHECK_PAGE(look(apic_base - PAGE), apic_base - PAGE, 1);
	memory_fault(NULL, &exit);
	CHECK_EQ(apic_faults, 1);
	memory_set_apic_page(true);
	CHECK_PAGE(look(apic_base), apic_base, 1);
	memory_set_page0_writable(false);
	CHECK_PAGE(look(0x467), 0x467, 0);
	CHECK_PAGE(look(PAGE), PAGE, 1);
	exit = (struct vcpu_exit){ .address = 0x467, .write = true };
	memory_fault(NULL, &exit);
	CHECK_EQ(page0_faults, 1);
	memory_set_page0_writable(true);
	CHECK_PAGE(look(0x467), 0x467, 1);
}

/* The first write to each page of ours is said; all go to one page that is nobody's. */
static void check_absorbed(void)
{
	uint64_t last = reserved_memory.block_base + reserved_memory.block_size - 1;
	uint64_t first, scratch;

	fault(last, true);
	fault(last, true);
	CHECK_EQ(absorbed_said, 1);
	first = look(last).physical / PAGE;
	CHECK_PAGE(look(last), first * PAGE + PAGE - 1, 1);
	fault(reserved_memory.low_page, true);
	CHECK_EQ(absorbed_said, 2);
	scratch = look(reserved_memory.low_page).physical;
	CHECK_EQ(scratch, first * PAGE);
	/* It is neither the page of ones nor a table. */
	CHECK(scratch != (look(reserved_memory.block_base).physical & ~0xfffull));
	CHECK(scratch - pages_physical(guest_memory.pages) >= NESTED_PAGES * PAGE);
}

/* Addresses that the processor, four levels of tables or encryption leave no bit for give #GP. */
static void check_beyond(void)
{
	uint64_t unreachable = (1ull << reach()) + 4 * GIB;

	CHECK(reach() == NESTED_ADDRESS_BITS || !look(unreachable).page_size);
	for (unsigned bit = reach(); bit < 52; bit++) {
		struct vcpu_exit exit = { .address = 1ull << bit, .write = bit % 2 };

		faults_given = 0;
		memory_fault(NULL, &exit);
		CHECK_EQ(faults_given, 1);
		CHECK(!memory_is_guests(exit.address));
	}
	CHECK(memory_is_guests((1ull << reach()) - 1) && memory_is_guests(0));
	CHECK(!memory_is_guests(reserved_memory.low_page) &&
	      !memory_is_guests(reserved_memory.block_base + reserved_memory.block_size - 1) &&
	      memory_is_guests(reserved_memory.block_base + reserved_memory.block_size));
}

static void one_machine(uint64_t block_size)
{
	pool_used = flushes = locks = on_touch_said = absorbed_said = 0;
	apic_faults = page0_faults = 0;
	make_machine(block_size);
	CHECK_EQ(phase_nested_paging.init(), PHASE_DONE);
	CHECK_EQ(phase_hidden_memory.init(), PHASE_DONE);
	CHECK(on_touch_said <= 1);
	CHECK(guest_memory.used + TOUCH_TABLES <= NESTED_PAGES);
	if (bits->pages_1g || ram <= 6 * GIB) {
		/* On such machines all memory is there from the start. */
		CHECK(look(ram < 4 * GIB ? GIB / 2 : ram + GIB).page_size);
		CHECK(!on_touch_said || !bits->pages_1g);
	}
	machines++;
	on_touch_machines += on_touch_said;
	check_memory();
	check_watch();
	touches_of_one_instruction();
	random_touches();
	check_memory();
	check_absorbed();
	check_beyond();
}

int main(void)
{
	static const uint64_t sizes[] = { GIB, 6 * GIB, 64 * GIB, 1024 * GIB };
	static const unsigned widths[] = { 36, 40, 48, 52 };

	for (check_round = 0; check_round < 4 * 4 * 4 * 2; check_round++) {
		ram = sizes[check_round % 4];
		physical_bits = widths[check_round / 4 % 4];
		bits = &walk_bits[check_round / 16 % 4];
		/* For a few CPUs, and for the most that can be configured. */
		encryption_bits = physical_bits == 48 ? 5 : 0;
		if (ram + 4 * GIB <= 1ull << reach()) {
			one_machine(check_round / 64 ? 7 * MIB2 : MIB2);
		}
	}
	printf("%u machines, %u of them with memory on first touch, forgotten %u times\n", machines,
	       on_touch_machines, forgotten);
	CHECK(forgotten > 1000);
	CHECK(on_touch_machines > 10 && on_touch_machines < machines);
	return 0;
}
