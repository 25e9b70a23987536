/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vcpu/memory.h"

#include "arch/x86/cpu/apic.h"
#include "arch/x86/cpu/cpuid.h"
#include "arch/x86/cpu/msr.h"
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/cpu/reserved.h"
#include "arch/x86/vcpu/apic_watch.h"
#include "arch/x86/vcpu/backend.h"
#include "arch/x86/vcpu/guest.h"
#include "arch/x86/vcpu/kick.h"
#include "phases/boot_info.h"
#include "phases/log/log.h"
#include "phases/memory/string.h"
#include "phases/panic/panic.h"
#include "phases/phase.h"

PHASE(nested_paging, global, nested_paging_init, .vital = true,
      .does = "maps memory and devices for the guest: all below 4 GiB, and above what the loader's "
	      "map names");
PHASE_NEEDS(nested_paging, relocation, "the tables are in the reserved block");
PHASE_NEEDS(nested_paging, boot_info, "it tells what is above 4 GiB");
PHASE_NEEDS(nested_paging, cpu_backend, "the size of the largest pages is the processor's");

PHASE(hidden_memory, global, hidden_memory_init, .vital = true,
      .does = "takes the hypervisor's own memory out of the guest's: it reads ones there");
PHASE_NEEDS(hidden_memory, nested_paging, "pages of the nested tables are split and replaced");
PHASE_NEEDS(hidden_memory, reserved_block, "the block is what is hidden");
PHASE_NEEDS(hidden_memory, low_page, "the low page is hidden too");
PHASE_NEEDS(hidden_memory, local_apic, "the entry of its page is kept at hand");

#define GIB 0x40000000ull
#define GIB4 (4 * GIB)

/*
 * Tables that memory above 4 GiB leaves free. Some split the pages around what is hidden or
 * watched. The rest is for first touches, and more than one instruction needs at once (two pages
 * of code, four of operands, and the guest's own tables on the way to each): so that it ends.
 */
#define TABLES_KEPT 48

struct nested guest_memory;
static struct nested_mark before_guest;
static uint64_t *apic_entry, *page0_entry;
static uint8_t *ones_page, *scratch_page;
static uint64_t address_end; /* above all that the guest may reach */

/* Four levels of tables, the processor's width, and that width less what encryption takes. */
static uint64_t find_address_end(void)
{
	unsigned bits = cpu_physical_bits();
	uint64_t syscfg;

	if (cpu_encryption_bits() && rdmsr_safe(MSR_SYSCFG, &syscfg) && syscfg & SYSCFG_ENCRYPTION) {
		bits -= cpu_encryption_bits();
	}
	return 1ull << (bits < NESTED_ADDRESS_BITS ? bits : NESTED_ADDRESS_BITS);
}

/* False: only as much as leaves the tables free that are kept. */
static bool map_above_4g(uint64_t base, uint64_t end)
{
	while (base < end) {
		uint64_t next = (base & ~(GIB - 1)) + GIB;
		uint64_t size = (next < end ? next : end) - base;

		if (guest_memory.used > NESTED_PAGES - TABLES_KEPT ||
		    !nested_map(&guest_memory, base, size)) {
			return false;
		}
		base += size;
	}
	return true;
}

static enum phase_result nested_paging_init(void)
{
	const struct memory_map *map = &boot_info.map;
	void *pages = pages_alloc(NESTED_PAGES);
	bool fits;

	if (!pages) {
		return phase_failed("the block is too small for the nested tables; this is a bug");
	}
	address_end = find_address_end();
	nested_init(&guest_memory, backend_nested_bits(), pages, pages_physical(pages));
	fits = nested_map(&guest_memory, 0, GIB4);
	for (size_t i = 0; i < map->count; i++) {
		uint64_t base = map->ranges[i].base, end = base + map->ranges[i].size;

		base = base < GIB4 ? GIB4 : base & ~(PAGE_SIZE - 1ull);
		end = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);
		if (end > base && end <= address_end) {
			/* What finds no room is mapped when it is first touched. */
			fits = fits && map_above_4g(base, end);
		}
	}
	if (!fits) {
		log_print(LOG_INFO, "nested tables: the rest of memory is mapped on first touch");
	}
	return PHASE_DONE;
}

/* Every page of [base, base + size) reads ones; a write to it exits. */
static INIT_TEXT bool hide(uint64_t base, uint64_t size)
{
	for (uint64_t address = base; address < base + size; address += PAGE_SIZE) {
		uint64_t *entry = nested_entry(&guest_memory, address);

		if (!entry) {
			return false;
		}
		*entry = pages_physical(ones_page) | guest_memory.bits->read_only;
	}
	return true;
}

static enum phase_result hidden_memory_init(void)
{
	ones_page = pages_alloc(1);
	scratch_page = pages_alloc(1);
	if (!ones_page || !scratch_page) {
		return phase_failed("the block is too small; this is a bug");
	}
	memset(ones_page, 0xff, PAGE_SIZE);
	apic_entry = nested_entry(&guest_memory, apic_base);
	page0_entry = nested_entry(&guest_memory, 0);
	if (!apic_entry || !page0_entry || !hide(reserved_memory.low_page, PAGE_SIZE) ||
	    !hide(reserved_memory.block_base, reserved_memory.block_size)) {
		return phase_failed("the nested tables do not fit in their pages; this is a bug");
	}
	before_guest = nested_mark(&guest_memory);
	return PHASE_DONE;
}

void memory_set_apic_page(bool present)
{
	*apic_entry = present ? apic_base | guest_memory.bits->read_write : 0;
}

void memory_set_page0_writable(bool writable)
{
	*page0_entry = writable ? guest_memory.bits->read_write : guest_memory.bits->read_only;
}

static bool is_hidden(uint64_t address)
{
	return address - reserved_memory.block_base < reserved_memory.block_size ||
	       address - reserved_memory.low_page < PAGE_SIZE;
}

/* The first write to a page of ours: from now on the page is the one that takes such writes. */
static RARE void absorb_writes(struct cpu *cpu, uint64_t address)
{
	static uint32_t count;
	uint64_t *entry = nested_entry(&guest_memory, address);
	uint64_t absorbing = pages_physical(scratch_page) | guest_memory.bits->read_write;

	if (__atomic_exchange_n(entry, absorbing, __ATOMIC_RELAXED) != absorbing) {
		uint32_t number = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

		log_print(LOG_WARNING, "the guest wrote to the hypervisor's page %#llx (page %u of its kind)",
			  (unsigned long long)(address & ~(PAGE_SIZE - 1ull)), number);
	}
	guest_flush(cpu);
}

bool memory_is_guests(uint64_t address)
{
	return address < address_end && !is_hidden(address);
}

/* Somewhere that no map named: a device's window above 4 GiB, mostly. */
static RARE void map_touched(struct cpu *cpu, uint64_t address)
{
	uint64_t size = nested_touch_size(&guest_memory);
	uint64_t base = address & ~(size - 1);

	if (address >= address_end) {
		guest_inject_exception_code(cpu, VECTOR_GP, 0);
		return;
	}
	guest_lock(cpu);
	if (!nested_map(&guest_memory, base, size)) {
		/* All that was touched before is forgotten, and comes back when it is touched. */
		nested_forget(&guest_memory, before_guest);
		kick_others(cpu, MAIL_FLUSH);
		if (!nested_map(&guest_memory, base, size)) {
			panic("no nested table for guest address %#llx",
			      (unsigned long long)address);
		}
	}
	guest_unlock(cpu);
	guest_flush(cpu);
}

void memory_fault(struct cpu *cpu, const struct vcpu_exit *exit)
{
	uint64_t page = exit->address & ~(PAGE_SIZE - 1ull);

	if (page == apic_base) {
		apic_watch_fault(cpu, exit);
	} else if (exit->write && page == 0) {
		apic_watch_page0(cpu, exit);
	} else if (exit->write && is_hidden(page)) {
		absorb_writes(cpu, page);
	} else if (!nested_mapped(&guest_memory, page)) {
		map_touched(cpu, page);
	} else {
		guest_flush(cpu); /* an old translation of something that changed meanwhile */
	}
}
