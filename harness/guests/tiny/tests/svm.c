/* SPDX-License-Identifier: BSD-2-Clause */
/* SVM as a guest sees it whose firmware locked it off: its instructions do not exist. */
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/tests/tests.h"

#define EXPECT_UD(name)                                                                 \
	do {                                                                            \
		int vector_;                                                            \
		asm volatile(TRY name TRY_END : : "a"(0), "c"(0) : "memory");           \
		vector_ = fault_vector();                                               \
		EXPECT(vector_ == VECTOR_UD, name " gives %d instead of #UD", vector_); \
	} while (0)

static void expect_all(void)
{
	EXPECT_UD("vmrun");
	EXPECT_UD("vmload");
	EXPECT_UD("vmsave");
	EXPECT_UD("stgi");
	EXPECT_UD("clgi");
	EXPECT_UD("skinit");
	EXPECT_UD("invlpga");
	EXPECT_UD("vmmcall");
	EXPECT_UD("vmcall");
}

static void user_vmmcall(void)
{
	asm volatile(TRY "vmmcall" TRY_END : : "a"(0) : "memory");
}

void test_svm(void)
{
	expect_all();
	user_run(user_vmmcall);
	EXPECT(fault_vector() == VECTOR_UD, "VMMCALL at CPL 3 gives no #UD");
	expect_all();
}
