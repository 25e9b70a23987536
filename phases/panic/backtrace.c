/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/PANIC_SYMBOLS.h"
#include "phases/panic/panic.h"
#include "phases/panic/symbols.h"

#define FRAMES 24

/* From the linker script. */
extern const char image_start[], symbols_begin[], symbols_end[];

/* What rbp points to in a function that keeps its frame pointer (System V ABI, section 3.2.2). */
struct frame {
	uint64_t caller_rbp;
	uint64_t return_address;
};

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	uint64_t begin = (uintptr_t)image_start;
	uint32_t into;
	const char *name;

	if (!CONFIG_PANIC_SYMBOLS || address < begin || address - begin > UINT32_MAX) {
		return NULL;
	}
	name = symbol_lookup(symbols_begin, (size_t)(symbols_end - symbols_begin),
			     (uint32_t)(address - begin), &into);
	if (name) {
		*offset = into;
	}
	return name;
}

/* `back` is 1 for a return address: the call before it may be the last of its function. */
static void print_frame(unsigned number, uint64_t rip, unsigned back)
{
	uint64_t offset;
	const char *name = symbol_find(rip - back, &offset);

	if (name) {
		panic_print("  #%-2u %016lx %s+0x%lx", number, rip, name, offset + back);
	} else {
		panic_print("  #%-2u %016lx", number, rip);
	}
}

/* The caller's frame lies higher, but where a stack was changed; the count ends a ring of frames. */
void panic_backtrace(uint64_t rip, uint64_t rbp)
{
	print_frame(0, rip, 0);
	for (unsigned number = 1; number < FRAMES && panic_frame_readable(rbp); number++) {
		const struct frame *frame = (const struct frame *)(uintptr_t)rbp;

		if (!frame->return_address) {
			return;
		}
		print_frame(number, frame->return_address, 1);
		rbp = frame->caller_rbp;
	}
}
