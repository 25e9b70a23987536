/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/host_tables.h"

#include "arch/x86/cpu/image.h"
#include "arch/x86/cpu/pages.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/cpu/registers.h"
#include "arch/x86/cpu/reserved.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

PHASE(host_tables, global, host_tables_init, .vital = true,
      .does = "builds the hypervisor's page tables in the reserved block: text read-only, data not "
	      "executable, guard pages absent");
PHASE_NEEDS(host_tables, reserved_block, "the tables are in it, and map it");
PHASE_NEEDS(host_tables, low_page, "the trampoline's page is executable where it is");

PHASE(relocation, global, relocation_init, .vital = true,
      .does = "copies the image into the reserved block and goes on there, at the same virtual "
	      "address");
PHASE_GIVES(relocation, pages_alloc);
PHASE_NEEDS(relocation, host_tables, "they map the copy where the image was");

PHASE(first_copy_wiped, parallel, first_copy_wipe, .vital = true,
      .does = "wipes the image where the loader put it: that memory is the guest's");
PHASE_NEEDS(first_copy_wiped, relocation, "until then the hypervisor runs there");

PHASE(identity_map_dropped, guest, identity_map_drop, .vital = true,
      .does = "unmaps physical memory: of all that is not the hypervisor's own only windows remain");
PHASE_NEEDS(identity_map_dropped, guest_start, "the payload is put into the guest's memory through it");

#define ENTRIES 512
#define LARGE_PAGES 2048 /* of 2 MiB, below 4 GiB */
#define INT3 0xcc

/* Tables in the block, by their place behind the image. */
enum table {
	TABLE_ROOT,
	TABLE_LOW_PDPT,
	TABLE_LOW_PD, /* four of them */
	TABLE_LOW_PT = TABLE_LOW_PD + 4,
	TABLE_IMAGE_PDPT,
	TABLE_IMAGE_PD,
	TABLE_WINDOW_PT,
	TABLE_BLOCK_PT, /* one for each 2 MiB of the block */
};

static uint64_t tables_offset; /* of TABLE_ROOT, from the start of the block */

static uint64_t table_physical(unsigned table)
{
	return reserved_memory.block_base + tables_offset + (uint64_t)table * PAGE_SIZE;
}

/* Before the relocation the block is reached where it is, afterwards as the image. */
static bool relocated;

static uint64_t *table(unsigned number)
{
	if (!relocated) {
		return (uint64_t *)table_physical(number);
	}
	return (uint64_t *)(IMAGE_BASE + tables_offset + (uint64_t)number * PAGE_SIZE);
}

static uint64_t link_to(unsigned number)
{
	return table_physical(number) | PAGE_PRESENT | PAGE_WRITE;
}

static uint64_t block_entry(uint64_t offset)
{
	const uint8_t *address = image_start + offset;
	uint64_t entry = (reserved_memory.block_base + offset) | PAGE_PRESENT;

	if (address == boot_stack_guard) {
		return 0;
	}
	if (address < text_end) {
		return entry;
	}
	if (address < rodata_end) {
		return entry | PAGE_NX;
	}
	return entry | PAGE_WRITE | PAGE_NX;
}

static void map_block(void)
{
	for (uint64_t offset = 0; offset < reserved_memory.block_size; offset += PAGE_SIZE) {
		unsigned pt = TABLE_BLOCK_PT + offset / PAGE_SIZE_2M;

		table(pt)[offset / PAGE_SIZE % ENTRIES] = block_entry(offset);
		table(TABLE_IMAGE_PD)[offset / PAGE_SIZE_2M] = link_to(pt);
	}
}

/* Physical memory below 4 GiB: not executable, but for the resident trampoline. */
static void map_low(void)
{
	for (uint64_t i = 0; i < LARGE_PAGES; i++) {
		table(TABLE_LOW_PD + i / ENTRIES)[i % ENTRIES] =
			i * PAGE_SIZE_2M | PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | PAGE_NX;
	}
	for (uint64_t i = 0; i < ENTRIES; i++) {
		table(TABLE_LOW_PT)[i] = i * PAGE_SIZE | PAGE_PRESENT | PAGE_WRITE | PAGE_NX;
	}
	table(TABLE_LOW_PT)[reserved_memory.low_page / PAGE_SIZE] &= ~PAGE_NX;
	table(TABLE_LOW_PD)[0] = link_to(TABLE_LOW_PT);
	for (unsigned i = 0; i < 4; i++) {
		table(TABLE_LOW_PDPT)[i] = link_to(TABLE_LOW_PD + i);
	}
	table(TABLE_ROOT)[0] = link_to(TABLE_LOW_PDPT);
}

static enum phase_result host_tables_init(void)
{
	unsigned count = TABLE_BLOCK_PT + reserved_memory.block_size / PAGE_SIZE_2M;

	tables_offset = image_size();
	memset(table(0), 0, (uint64_t)count * PAGE_SIZE);
	map_low();
	map_block();
	table(TABLE_ROOT)[ENTRIES - 1] = link_to(TABLE_IMAGE_PDPT);
	table(TABLE_IMAGE_PDPT)[IMAGE_BASE >> 30 & (ENTRIES - 1)] = link_to(TABLE_IMAGE_PD);
	table(TABLE_IMAGE_PD)[WINDOW_BASE >> 21 & (ENTRIES - 1)] = link_to(TABLE_WINDOW_PT);
	return PHASE_DONE;
}

static enum phase_result relocation_init(void)
{
	uint64_t used = tables_offset +
			(TABLE_BLOCK_PT + reserved_memory.block_size / PAGE_SIZE_2M) * PAGE_SIZE;

	/*
	 * The stack is in the image: nothing may be written between the copy and the switch that
	 * the copy must have, so both are one asm. `relocated` is set before, for the copy to have it.
	 */
	pages_begin(reserved_memory.block_base, reserved_memory.block_size, used);
	uint64_t root = table_physical(TABLE_ROOT);
	uint64_t to = reserved_memory.block_base, from = IMAGE_BASE, count = image_size() / 8;

	relocated = true;
	__asm__ volatile("rep movsq\n\t"
			 "mov %[root], %%cr3"
			 : "+D"(to), "+S"(from), "+c"(count)
			 : [root] "r"(root)
			 : "memory");
	return PHASE_DONE;
}

static enum phase_result first_copy_wipe(void)
{
	memset(physical_map(image_load_address, image_size()), 0, image_size());
	return PHASE_DONE;
}

static enum phase_result identity_map_drop(void)
{
	physical_map_end();
	memset(table(TABLE_LOW_PDPT) + 1, 0, 3 * sizeof(uint64_t));
	memset(table(TABLE_LOW_PD) + 1, 0, (ENTRIES - 1) * sizeof(uint64_t));
	for (unsigned i = 0; i < ENTRIES; i++) {
		if (i != reserved_memory.low_page / PAGE_SIZE) {
			table(TABLE_LOW_PT)[i] = 0;
		}
	}
	table(TABLE_LOW_PT)[reserved_memory.low_page / PAGE_SIZE] &= ~(uint64_t)PAGE_WRITE;
	/* What another CPU has cached of it goes when CR3 is loaded at its start by the guest. */
	write_cr3(read_cr3());
	return PHASE_DONE;
}

static uint64_t *block_entry_of(const void *address)
{
	uint64_t page = ((uint64_t)address - IMAGE_BASE) / PAGE_SIZE;

	return &table(TABLE_BLOCK_PT + page / ENTRIES)[page % ENTRIES];
}

void host_tables_unmap(const void *address)
{
	*block_entry_of(address) = 0;
	invlpg(address);
}

/* Other CPUs may keep an entry of their TLB until they start again, which loads CR3. */
void host_tables_discard(const uint8_t *begin, const uint8_t *end)
{
	for (const uint8_t *page = begin; page < end; page += PAGE_SIZE) {
		uint64_t *entry = block_entry_of(page);

		if (*entry & PAGE_PRESENT) {
			*entry |= PAGE_WRITE | PAGE_NX;
			invlpg(page);
			memset((void *)page, INT3, PAGE_SIZE);
			host_tables_unmap(page);
		}
	}
}

void host_tables_window(uint64_t address, uint64_t entry)
{
	table(TABLE_WINDOW_PT)[address / PAGE_SIZE % ENTRIES] = entry;
	invlpg((const void *)address);
}

bool host_tables_mapped(uint64_t address)
{
	uint64_t page = (address - IMAGE_BASE) / PAGE_SIZE;

	if (!relocated) {
		return address >= IMAGE_BASE && address < (uint64_t)image_end;
	}
	return address >= IMAGE_BASE && page < reserved_memory.block_size / PAGE_SIZE &&
	       table(TABLE_BLOCK_PT + page / ENTRIES)[page % ENTRIES] & PAGE_PRESENT;
}

INIT_TEXT uint64_t host_tables_root(void)
{
	return table_physical(TABLE_ROOT);
}
