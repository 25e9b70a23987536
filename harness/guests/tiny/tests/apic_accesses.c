/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/guests/tiny/tests/apic_accesses.h"

#include <stdbool.h>

#define REG "+m"(*x->reg)

static void mov_read(struct access *x)
{
	asm volatile("movl %1, %0" : "=r"(x->got) : "m"(*x->reg));
	x->got_want = x->a;
}

static void mov_read_extended_register(struct access *x)
{
	asm volatile("movl %1, %%r13d; movl %%r13d, %0" : "=r"(x->got) : "m"(*x->reg) : "r13");
	x->got_want = x->a;
}

static void mov_read_sib(struct access *x)
{
	asm volatile("movl -0x40(%1, %2, 4), %0"
		     : "=r"(x->got)
		     : "r"((uint64_t)x->reg - 0x40), "r"(0x20UL)
		     : "memory");
	x->got_want = x->a;
}

static void movsxd_read(struct access *x)
{
	uint64_t wide;

	asm volatile("movslq %1, %0" : "=r"(wide) : "m"(*x->reg));
	x->got = (uint32_t)wide;
	x->got_want = x->a;
}

static void mov_write(struct access *x)
{
	asm volatile("movl %1, %0" : "=m"(*x->reg) : "r"(x->b));
	x->want = x->b;
}

static void mov_write_extended_register(struct access *x)
{
	asm volatile("movl %1, %%r14d; movl %%r14d, %0" : "=m"(*x->reg) : "r"(x->b) : "r14");
	x->want = x->b;
}

static void test_and_compare(struct access *x)
{
	bool equal, zero;

	asm volatile("cmpl %2, %1" : "=@ccz"(equal) : "m"(*x->reg), "r"(x->a));
	asm volatile("testl %2, %1" : "=@ccz"(zero) : "m"(*x->reg), "r"(0U));
	x->got = equal + 2 * zero;
	x->got_want = 3;
}

static void add_from_memory(struct access *x)
{
	x->got = x->b;
	asm volatile("addl %1, %0" : "+r"(x->got) : "m"(*x->reg) : "cc");
	x->got_want = x->a + x->b;
}

static void xchg(struct access *x)
{
	x->got = x->b;
	asm volatile("xchgl %0, %1" : "+r"(x->got), REG);
	x->want = x->b;
	x->got_want = x->a;
}

static void or (struct access * x)
{
	asm volatile("orl %1, %0" : REG : "r"(x->b) : "cc");
	x->want = x->a | x->b;
}

static void and (struct access * x)
{
	asm volatile("andl %1, %0" : REG : "r"(x->b) : "cc");
	x->want = x->a & x->b;
}

static void add(struct access *x)
{
	asm volatile("addl %1, %0" : REG : "r"(x->b) : "cc");
	x->want = x->a + x->b;
}

static void lock_add(struct access *x)
{
	asm volatile("lock addl %1, %0" : REG : "r"(x->b) : "cc");
	x->want = x->a + x->b;
}

static void lock_xadd(struct access *x)
{
	x->got = x->b;
	asm volatile("lock xaddl %0, %1" : "+r"(x->got), REG : : "cc");
	x->want = x->a + x->b;
	x->got_want = x->a;
}

static void cmpxchg_equal(struct access *x)
{
	x->got = x->a;
	asm volatile("lock cmpxchgl %2, %1" : "+a"(x->got), REG : "r"(x->b) : "cc");
	x->want = x->b;
	x->got_want = x->a;
}

static void cmpxchg_different(struct access *x)
{
	x->got = ~x->a;
	asm volatile("lock cmpxchgl %2, %1" : "+a"(x->got), REG : "r"(x->b) : "cc");
	x->got_want = x->a;
}

static void movnti(struct access *x)
{
	asm volatile("movnti %1, %0" : "=m"(*x->reg) : "r"(x->b));
	x->want = x->b;
}

static void movd(struct access *x)
{
	asm volatile("movd %1, %%xmm1; movd %%xmm1, %0" : "=r"(x->got) : "m"(*x->reg));
	asm volatile("movd %1, %%xmm2; movd %%xmm2, %0" : "=m"(*x->reg) : "r"(x->b));
	x->got_want = x->a;
	x->want = x->b;
}

static void movss(struct access *x)
{
	asm volatile("movss %1, %%xmm3; movd %%xmm3, %0" : "=r"(x->got) : "m"(*x->reg));
	asm volatile("movd %1, %%xmm4; movss %%xmm4, %0" : "=m"(*x->reg) : "r"(x->b));
	x->got_want = x->a;
	x->want = x->b;
}

static void stosd(struct access *x)
{
	volatile uint32_t *to = x->reg;

	asm volatile("stosl" : "+D"(to) : "a"(x->b) : "memory");
	x->want = x->b;
	x->got = (uint32_t)(uint64_t)to;
	x->got_want = (uint32_t)(uint64_t)x->reg + 4;
}

static void rep_stosd(struct access *x)
{
	volatile uint32_t *to = x->reg;
	uint64_t count = 1;

	asm volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(x->b) : "memory");
	x->want = x->b;
	x->got = (uint32_t)count;
}

static void lodsd(struct access *x)
{
	volatile uint32_t *from = x->reg;

	asm volatile("lodsl" : "+S"(from), "=a"(x->got) : : "memory");
	x->got_want = x->a;
}

static void movsd_from_page(struct access *x)
{
	volatile uint32_t *from = x->reg;
	uint32_t *to = &x->got;
	uint64_t count = 1;

	asm volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
	x->got_want = x->a;
}

static void movsd_to_page(struct access *x)
{
	uint32_t *from = &x->b;
	volatile uint32_t *to = x->reg;

	asm volatile("movsl" : "+S"(from), "+D"(to) : : "memory");
	x->want = x->b;
}

/* PUSH and POP move four bytes in 32-bit code: compat.S */
uint32_t compat_push(volatile uint32_t *reg);
void compat_pop(volatile uint32_t *reg, uint32_t value);

static void push_from_page(struct access *x)
{
	x->got = compat_push(x->reg);
	x->got_want = x->a;
}

static void pop_to_page(struct access *x)
{
	compat_pop(x->reg, x->b);
	x->want = x->b;
}

const struct form forms[] = {
	{ "mov_read", mov_read },
	{ "mov_read_extended_register", mov_read_extended_register },
	{ "mov_read_sib", mov_read_sib },
	{ "movsxd_read", movsxd_read },
	{ "mov_write", mov_write },
	{ "mov_write_extended_register", mov_write_extended_register },
	{ "test_and_compare", test_and_compare },
	{ "add_from_memory", add_from_memory },
	{ "xchg", xchg },
	{ "or", or },
	{ "and", and},
	{ "add", add },
	{ "lock_add", lock_add },
	{ "lock_xadd", lock_xadd },
	{ "cmpxchg_equal", cmpxchg_equal },
	{ "cmpxchg_different", cmpxchg_different },
	{ "movnti", movnti },
	{ "movd", movd },
	{ "movss", movss },
	{ "stosd", stosd },
	{ "rep_stosd", rep_stosd },
	{ "lodsd", lodsd },
	{ "movsd_from_page", movsd_from_page },
	{ "movsd_to_page", movsd_to_page },
	{ "push_from_page", push_from_page },
	{ "pop_to_page", pop_to_page },
};
const unsigned form_count = sizeof(forms) / sizeof(forms[0]);
