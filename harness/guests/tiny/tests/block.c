/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor keeps: the reserved block and the low page. Either `block= size= low=` tell,
 * or they are found as the reserved ranges of this size in the memory map.
 */
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/lib/smp.h"
#include "harness/guests/tiny/tests/tests.h"

#define ONES      (~0UL)
#define TAG       0x5a5aUL /* in the top bits of all that we write */
#define LOW_END   0x9f000
#define BLOCK_MAX 0x400000

static uint64_t block, block_size, low;

static bool is_tag(uint64_t value)
{
	return value >> 48 == TAG;
}

static uint64_t tag(uint64_t address)
{
	return TAG << 48 | (address & 0xffffffffffff);
}

/* The memory map's reserved ranges that no bare machine has there. */
static void find(void)
{
	for (unsigned i = 0; i < e820_count; i++) {
		const struct e820_entry *e = &e820[i];

		if (e->type == E820_USABLE) {
			continue;
		}
		if (e->base + e->size <= LOW_END && e->size <= 2 * PAGE_SIZE) {
			low = e->base;
		}
		if (e->base >= 1 << 20 && e->size >= 1 << 20 && e->size <= BLOCK_MAX &&
		    memory_usable(e->base - PAGE_SIZE, PAGE_SIZE)) {
			block = e->base;
			block_size = e->size;
		}
	}
}

static void locate(void)
{
	if (!above_hypervisor()) {
		skip("nothing is kept back on the bare machine");
	}
	find();
	block = option_number("block", block);
	block_size = option_number("size", block_size);
	low = option_number("low", low);
	EXPECT(block && block_size && !(block_size % PAGE_SIZE), "no reserved block in the map");
	EXPECT(low && !(low % PAGE_SIZE), "no reserved low page in the map");
	EXPECT(!memory_usable(block, PAGE_SIZE) && !memory_usable(low, PAGE_SIZE),
	       "the memory map gives out what is not ours");
	print("block=%lx size=%lx low=%lx\n", block, block_size, low);
}

static void check_ones(uint64_t page)
{
	const volatile uint64_t *words = (const volatile uint64_t *)page;

	for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
		EXPECT(words[i] == ONES, "%lx reads %lx before any write", page + 8UL * i,
		       words[i]);
	}
}

static void check_ours(uint64_t page)
{
	const volatile uint64_t *words = (const volatile uint64_t *)page;

	for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
		uint64_t value = words[i];

		EXPECT(value == ONES || is_tag(value), "%lx reads %lx", page + 8UL * i, value);
	}
}

static uint64_t fetch_stack;

/* A fetch of ones, FF FF, is an undefined instruction. */
static bool leave_block(struct frame *frame)
{
	if (frame->vector != VECTOR_UD) {
		return false;
	}
	frame->rip = *(uint64_t *)fetch_stack;
	frame->rsp = fetch_stack + 8;
	this_cpu()->fault.vector = VECTOR_UD;
	return true;
}

static void check_fetch(uint64_t page)
{
	this_cpu()->hook = leave_block;
	asm volatile("leaq 1f(%%rip), %%rax; pushq %%rax; movq %%rsp, %0; jmp *%1\n1:"
		     : "=m"(fetch_stack)
		     : "r"(page)
		     : "rax", "memory");
	this_cpu()->hook = 0;
	EXPECT(fault_vector() == VECTOR_UD, "a fetch from %lx gives no #UD", page);
}

/* Another kind of write to each page; where it goes, nobody else may be. */
static void write_page(uint64_t page)
{
	uint64_t at = page + (page >> 12) % 512 * 8, value = tag(at);

	switch (page >> 12 & 3) {
	case 0:
		*(volatile uint64_t *)at = value;
		break;
	case 1:
		asm volatile("lock xchgq %0, (%1)" : "+r"(value) : "r"(at) : "memory");
		break;
	case 2:
		asm volatile("stosq" : "+D"(at) : "a"(value) : "memory");
		break;
	default:
		asm volatile("movq %%rsp, %%rbx; leaq 8(%0), %%rsp; pushq %1; movq %%rbx, %%rsp"
			     :
			     : "r"(at), "r"(value)
			     : "rbx", "memory");
	}
}

static void for_each_page(void (*f)(uint64_t page))
{
	for (uint64_t page = block; page < block + block_size; page += PAGE_SIZE) {
		f(page);
	}
	f(low);
}

void test_block(void)
{
	locate();
	for_each_page(check_ones);
	for_each_page(check_fetch);
	for_each_page(check_ones);
	for_each_page(write_page);
	for_each_page(check_ours);
	/* behind the first writes: each page's whole contents, and across pages */
	for (uint64_t at = block; at < block + block_size; at += 8) {
		*(volatile uint64_t *)at = tag(at);
	}
	for_each_page(check_ours);
	for (uint64_t at = block + PAGE_SIZE - 4; at + 8 < block + block_size; at += PAGE_SIZE) {
		*(volatile uint64_t *)at = ONES;
	}
	EXPECT(memory_usable(block - PAGE_SIZE, PAGE_SIZE), "no usable page below the block");
}

static void write_all(void)
{
	for_each_page(write_page);
}

void test_block_all_cpus(void)
{
	locate();
	need_cpus(2);
	on_all_cpus(write_all);
	for_each_page(check_ours);
	on_all_cpus(write_all);
	for_each_page(check_ours);
}
