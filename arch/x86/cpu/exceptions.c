/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/exceptions.h"

#include "arch/x86/cpu/host_tables.h"
#include "arch/x86/cpu/percpu.h"
#include "arch/x86/cpu/registers.h"
#include "phases/panic/panic.h"

struct fixup {
	uint64_t from, to;
};
extern const struct fixup fixups_begin[], fixups_end[];

static const char *const names[32] = {
	"#DE divide error",          "#DB debug",           "NMI",
	"#BP breakpoint",            "#OF overflow",        "#BR bound range",
	"#UD invalid opcode",        "#NM no coprocessor",  "#DF double fault",
	"coprocessor overrun",       "#TS invalid TSS",     "#NP segment not present",
	"#SS stack",                 "#GP general protection", "#PF page fault",
	"reserved",                  "#MF floating point",  "#AC alignment check",
	"#MC machine check",         "#XF SIMD floating point",
};

static bool fixed_up(struct exception_frame *frame)
{
	for (const struct fixup *fixup = fixups_begin; fixup < fixups_end; fixup++) {
		if (frame->vector == VECTOR_GP && frame->rip == fixup->from) {
			frame->rip = fixup->to;
			return true;
		}
	}
	return false;
}

static void print_registers(const struct exception_frame *f)
{
	panic_print("rip %016lx  rflags %016lx  cs %02lx  ss %02lx", f->rip, f->rflags, f->cs, f->ss);
	panic_print("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
	panic_print("rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx", f->rsi, f->rdi, f->rbp, f->rsp);
	panic_print("r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx", f->r8, f->r9, f->r10, f->r11);
	panic_print("r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx", f->r12, f->r13, f->r14, f->r15);
	panic_print("cr0 %016lx  cr2 %016lx  cr3 %016lx  cr4 %016lx", read_cr0(), read_cr2(),
		    read_cr3(), read_cr4());
}

void exception_handle(struct exception_frame *frame)
{
	const char *name = names[frame->vector];

	if (fixed_up(frame)) {
		return;
	}
	panic_begin();
	panic_print("%s in the hypervisor, error code %#lx, CPU %u", name ? name : "exception",
		    frame->error, this_cpu()->index);
	print_registers(frame);
	panic_backtrace(frame->rip, frame->rbp);
	panic_end();
}

bool panic_frame_readable(uint64_t rbp)
{
	return rbp % 8 == 0 && host_tables_mapped(rbp) && host_tables_mapped(rbp + 15);
}
