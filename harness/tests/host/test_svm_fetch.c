/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/svm/fetch.c */
/*
 * The length of an RDMSR or WRMSR, read through the guest's page tables in each of its modes. A
 * window is a copy of one page, and ends with the next call: the sanitizer sees any other use.
 */
#include "arch/x86/svm/fetch.h"

#include "arch/x86/cpu/physical.h"
#include "arch/x86/vcpu/memory.h"
#include "harness/tests/host/check.h"

#define PAGES   64
#define KIB4    0x1000ull
#define HIGH    0x123400000000ull /* the guest's memory is at 0, and here, */
#define FAR     0xff00000000ull   /* and here once more */
#define PRESENT 0x1
#define LARGE   0x80

#define CR0_PAGING 0x80000001
#define CR4_4MIB   0x10
#define CR4_PAES   0x20
#define CR4_5LEVEL 0x1000
#define EFER_LONG  0x500
#define CODE64     0x29b
#define CODE32     0x49b

static uint8_t memory[PAGES * KIB4]; /* the guest's */
static unsigned used;
static uint8_t *windows[WINDOWS_PER_CPU];
static unsigned window_calls;
static uint64_t window_address;

static struct vmcb vmcb;
static struct svm_cpu svm = { .vmcb = &vmcb };

static uint8_t *byte_at(uint64_t address)
{
	uint64_t offset = address >= HIGH  ? address - HIGH
			  : address >= FAR ? address - FAR
					   : address;

	CHECK(offset < sizeof(memory));
	return &memory[offset];
}

/* Page 60 is the hypervisor's, and what lies above HIGH's memory is no memory. */
bool memory_is_guests(uint64_t address)
{
	return address % 0x100000 / KIB4 != 60 && address < HIGH + sizeof(memory);
}

void *physical_window(enum physical_window slot, uint64_t address)
{
	CHECK(slot < WINDOWS_PER_CPU && memory_is_guests(address));
	free(windows[slot]);
	windows[slot] = malloc(KIB4);
	memcpy(windows[slot], byte_at(address & ~(KIB4 - 1)), KIB4);
	window_calls++;
	window_address = address;
	return windows[slot] + address % KIB4;
}

static uint64_t new_page(void)
{
	CHECK(used < 40);
	return used++ * KIB4;
}

/* How a mode's tables look: levels from the root down, bits of the address for each. */
struct mode {
	const char *name;
	uint64_t cr0, cr4, efer;
	unsigned levels, entry_size;
	uint64_t base; /* where its tables and pages are: low memory, or HIGH */
	uint64_t top;  /* of linear addresses */
};
static const struct mode modes[] = {
	{ "2 levels", CR0_PAGING, CR4_4MIB, 0, 2, 4, 0, 1ull << 32 },
	{ "3 levels", CR0_PAGING, CR4_PAES, 0, 3, 8, 0, 1ull << 32 },
	{ "4 levels", CR0_PAGING, CR4_PAES, EFER_LONG, 4, 8, HIGH, 1ull << 47 },
	{ "5 levels", CR0_PAGING, CR4_PAES | CR4_5LEVEL, EFER_LONG, 5, 8, HIGH, 1ull << 56 },
};
static const struct mode *mode;

static unsigned shift_of(unsigned level)
{
	return 12 + (mode->entry_size == 4 ? 10 : 9) * (level - 1);
}

/* Maps the page around a linear address at a level, to `physical`: 1 is 4 KiB. */
static void map(uint64_t linear, unsigned leaf, uint64_t physical)
{
	uint64_t table = vmcb.cr3, entry = 0;

	for (unsigned level = mode->levels; level >= leaf; level--) {
		uint64_t index = linear >> shift_of(level) & (mode->entry_size == 4 ? 1023 : 511);
		uint8_t *place = byte_at(table + index * mode->entry_size);

		entry = 0;
		memcpy(&entry, place, mode->entry_size);
		if (level == leaf) {
			entry = physical | (leaf > 1 ? LARGE : 0) | PRESENT;
		} else if (!entry) {
			entry = (mode->base + new_page()) | PRESENT;
		}
		if (mode->entry_size == 8 && level != 3) {
			entry |= 1ull << 63; /* no matter for a read */
		}
		memcpy(place, &entry, mode->entry_size);
		table = entry & 0x000ffffffffff000;
	}
}

static void begin(const struct mode *in)
{
	mode = in;
	check_case = mode->name;
	/* Zeroes for tables, INT3 for code; page 0 is neither. */
	memset(memory, 0, 40 * KIB4);
	memset(memory + 40 * KIB4, 0xcc, sizeof(memory) - 40 * KIB4);
	used = 1;
	vmcb = (struct vmcb){ .cr0 = mode->cr0, .cr4 = mode->cr4, .efer = mode->efer };
	vmcb.cs.attributes = mode->efer ? CODE64 : CODE32;
	vmcb.cr3 = mode->base + new_page();
	svm.fetch.page = SVM_FETCH_NOTHING;
}

/* A WRMSR with this many prefixes before it. */
static void put(uint64_t physical, unsigned prefixes, uint8_t prefix)
{
	memset(byte_at(physical), prefix, prefixes);
	memcpy(byte_at(physical + prefixes), "\x0f\x30", 2);
}

static unsigned length_at(uint64_t rip)
{
	unsigned slow, again, fast;

	vmcb.rip = rip;
	svm.fetch.page = SVM_FETCH_NOTHING;
	slow = svm_msr_length(&svm);
	again = svm_msr_length_slow(&svm);
	fast = svm_msr_length(&svm);
	CHECK_EQ(again, slow);
	CHECK_EQ(fast, slow);
	return slow;
}

static void small_pages(void)
{
	uint64_t linear = 0xbadc0f00 % mode->top, code = mode->base + 50 * KIB4;

	if (mode->levels >= 4) {
		linear += 0x7f1234000000 % (mode->top / 2);
	}
	linear &= ~(KIB4 - 1);
	map(linear, 1, code);
	CHECK_EQ(length_at(linear + 0x123), 0); /* INT3 */
	for (unsigned prefixes = 0; prefixes <= 13; prefixes++) {
		put(code + 0x200, prefixes, 0x66);
		CHECK_EQ(length_at(linear + 0x200), prefixes + 2);
	}
	/* Over the end of the page, which goes on somewhere else. */
	map(linear + KIB4, 1, mode->base + 45 * KIB4);
	for (unsigned before = 1; before <= 6; before++) {
		uint64_t at = KIB4 - before;

		memset(byte_at(code + at), 0x2e, before);
		put(mode->base + 45 * KIB4, 6 - before, 0xf3);
		CHECK_EQ(length_at(linear + at), 6 + 2);
	}
	/* The second byte alone is on the next page, and there may be none. */
	*byte_at(code + KIB4 - 1) = 0x0f;
	CHECK_EQ(length_at(linear + KIB4 - 1), 2);
	*byte_at(code + KIB4 - 1) = 0x66;
	memset(byte_at(mode->base + 45 * KIB4), 0xcc, 16);
	CHECK_EQ(length_at(linear + KIB4 - 1), 0);
	/* Nothing is mapped there. */
	CHECK_EQ(length_at(linear + 2 * KIB4), 0);
	CHECK_EQ(length_at((linear + (1ull << shift_of(mode->levels))) % mode->top), 0);
}

/* A page or a table that is not the guest's is never looked at. */
static void pages_of_others(void)
{
	uint64_t linear = 0x40000000;

	for (unsigned leaf = 1; leaf <= (mode->levels >= 4 ? 3 : 2); leaf++) {
		begin(mode);
		map(linear, leaf, mode->base + (leaf == 1 ? 60 * KIB4 : 0));
		put(mode->base + 60 * KIB4, 0, 0);
		CHECK_EQ(length_at(linear + (leaf == 1 ? 0 : 60 * KIB4)), 0);
	}
	begin(mode);
	vmcb.cr3 = mode->base + 60 * KIB4;
	CHECK_EQ(length_at(linear), 0);
}

/* Large pages: all of the guest's memory fits into the first of each. */
static void large_pages(void)
{
	unsigned largest = mode->levels >= 4 ? 3 : 2;

	for (unsigned level = 2; level <= largest; level++) {
		uint64_t linear = 5ull << shift_of(level), offset = 47 * KIB4 + 0x321;

		map(linear, level, mode->base);
		put(mode->base + offset, 3, 0x66);
		CHECK_EQ(length_at(linear + offset), 5);
	}
}

/* A 4 MiB page has address bits 39:32 in bits 20:13 of its entry; CR4.PSE turns such pages on. */
static void pages_of_4mib(void)
{
	uint32_t entry = 0x1fe000 | LARGE | PRESENT;
	uint64_t linear = (7ull << 22) + 51 * KIB4 + 5;

	begin(&modes[0]);
	memcpy(byte_at(vmcb.cr3 + 7 * 4), &entry, 4);
	put(FAR + 51 * KIB4 + 5, 0, 0);
	CHECK_EQ(length_at(linear), 2);
	CHECK_EQ(window_address, FAR + 51 * KIB4 + 5);
	/* Without PSE it is the entry of a table, here of an empty one. */
	entry = 39 * KIB4 | LARGE | PRESENT;
	memcpy(byte_at(vmcb.cr3 + 7 * 4), &entry, 4);
	vmcb.cr4 = 0;
	CHECK_EQ(length_at(linear), 0);
	entry = 51 * KIB4 | PRESENT;
	memcpy(byte_at(39 * KIB4 + 51 * 4), &entry, 4);
	CHECK_EQ(length_at(linear), 2);
}

static void no_paging(void)
{
	static const struct mode real = { .name = "real mode" };

	begin(&real);
	vmcb.cs.attributes = 0x9b;
	vmcb.cs.base = 0x22000;
	put(0x22123, 0, 0);
	CHECK_EQ(length_at(0x123), 2);
	put(0x22123, 1, 0x66);
	CHECK_EQ(length_at(0x123), 3);
	/* A segment that does not begin with a page: each offset goes over two of them. */
	vmcb.cs.base = 0x22340;
	memset(byte_at(0x22000), 0x0f, 0x2000);
	put(0x22340 + 0x100, 2, 0x2e);
	CHECK_EQ(length_at(0x100), 4);
	put(0x22340 + 0xf00, 2, 0x2e);
	CHECK_EQ(length_at(0xf00), 4);
}

/* Which bytes are prefixes; REX only in 64-bit code, where CS has no base. */
static void prefixes(void)
{
	static const uint8_t legacy[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
					  0x66, 0x67, 0xf0, 0xf2, 0xf3 };
	uint64_t code = HIGH + 50 * KIB4;

	begin(&modes[2]);
	map(0x400000, 1, code);
	for (unsigned byte = 0; byte < 256; byte++) {
		bool known = byte != 0x0f && memchr(legacy, (int)byte, sizeof(legacy));
		bool rex = byte >> 4 == 4;

		if (byte == 0x0f) {
			continue;
		}
		check_round = byte;
		put(code, 1, (uint8_t)byte);
		vmcb.cs.attributes = CODE64;
		vmcb.cs.base = 0x10000;
		CHECK_EQ(length_at(0x400000), known || rex ? 3 : 0);
		vmcb.cs.attributes = CODE32;
		CHECK_EQ(length_at(0x3f0000), known ? 3 : 0);
		CHECK_EQ(length_at(0xffffffff003f0000), known ? 3 : 0);
	}
	/* A whole run of prefixes is no instruction. */
	memset(byte_at(code), 0x66, 32);
	CHECK_EQ(length_at(0x3f0000), 0);
}

/* The page that was read last serves again: while it is the same, and no prefix stands there. */
static void same_page_again(void)
{
	uint64_t code = HIGH + 50 * KIB4, first, second;
	unsigned calls;

	begin(&modes[2]);
	first = vmcb.cr3;
	map(0x400000, 1, code);
	vmcb.cr3 = second = HIGH + new_page();
	map(0x400000, 1, code + KIB4);
	put(code + KIB4 + 0x10, 1, 0x66);
	vmcb.cr3 = first;
	put(code + 0x10, 0, 0);
	put(code + 0x20, 0, 0);
	put(code + 0x30, 2, 0x66);

	CHECK_EQ(length_at(0x400010), 2);
	calls = window_calls;
	vmcb.rip = 0x400020;
	CHECK_EQ(svm_msr_length(&svm), 2);
	CHECK_EQ(window_calls, calls);
	vmcb.rip = 0x400030;
	CHECK_EQ(svm_msr_length(&svm), 4);
	CHECK(window_calls > calls);
	vmcb.rip = 0x400010;
	vmcb.cr3 = second;
	CHECK_EQ(svm_msr_length(&svm), 3);
	vmcb.cr3 = first;
	CHECK_EQ(svm_msr_length(&svm), 2);
	/* The same page of another segment is another page. */
	vmcb.cs.attributes = CODE32;
	vmcb.cs.base = KIB4;
	vmcb.rip = 0x3ff010;
	CHECK_EQ(svm_msr_length(&svm), 2);
	vmcb.cs.base = 2 * KIB4;
	CHECK_EQ(svm_msr_length(&svm), 0);
}

int main(void)
{
	for (unsigned i = 0; i < 4; i++) {
		begin(&modes[i]);
		small_pages();
		begin(&modes[i]);
		large_pages();
		pages_of_others();
	}
	pages_of_4mib();
	no_paging();
	prefixes();
	same_page_again();
	for (unsigned i = 0; i < WINDOWS_PER_CPU; i++) {
		free(windows[i]);
	}
	return 0;
}
