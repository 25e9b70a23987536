/* SPDX-License-Identifier: BSD-2-Clause */
/* with: arch/x86/svm/detect.c */
/* Which processors are refused, with which words, and what is known of those that are not. */
#include "arch/x86/svm/detect.h"

#include "harness/tests/host/check.h"

/* What an EPYC says of itself, and firmware that has turned SVM on and locked it. */
static const struct svm_facts good = {
	.max_extended_leaf = 0x8000001f,
	.feature_ecx = 0x00400387, /* SVM is bit 2 */
	.feature_edx = 0x2fd3fbff, /* 1 GiB pages: bit 26 */
	.svm_ebx = 0x8000,
	.svm_edx = 0x0001bcff, /* nested paging 0, NRIP save 3, flush by ASID 6 */
	.vm_cr = 0x8,
};

static const char *detect(struct svm_facts facts, struct svm_features *features)
{
	*features = (struct svm_features){ .asids = 0xdead };
	return svm_detect(&facts, features);
}

static void refused(struct svm_facts facts, const char *words)
{
	struct svm_features features;

	check_case = words;
	CHECK_ERROR(detect(facts, &features), words);
	CHECK_EQ(features.asids, 0xdead);
}

#define WITH(field, value)                 \
	({                                 \
		struct svm_facts f = good; \
		f.field = (value);         \
		f;                         \
	})

static void refusals(void)
{
	struct svm_facts none = { .max_extended_leaf = 0x80000008 };

	refused(none, "has no SVM");
	refused((struct svm_facts){ 0 }, "has no SVM");
	refused(WITH(max_extended_leaf, 0x80000009), "has no SVM");
	refused(WITH(feature_ecx, good.feature_ecx & ~4u), "has no SVM");
	refused(WITH(vm_cr, 0x18), "locked SVM off");
	refused(WITH(vm_cr, 0x10), "SVM is off");
	refused(WITH(svm_edx, good.svm_edx & ~1u), "nested paging");
	refused(WITH(svm_ebx, 2), "address space ids");
	refused(WITH(svm_ebx, 0), "address space ids");
}

static void features_are(struct svm_facts facts, struct svm_features wanted)
{
	struct svm_features features;

	CHECK_OK(detect(facts, &features));
	CHECK_EQ(features.asids, wanted.asids);
	CHECK_EQ(features.next_rip, wanted.next_rip);
	CHECK_EQ(features.flush_by_asid, wanted.flush_by_asid);
	CHECK_EQ(features.invlpgb, wanted.invlpgb);
	CHECK_EQ(features.pages_1g, wanted.pages_1g);
}

int main(void)
{
	struct svm_features all = { 0x8000, true, true, false, true };

	refusals();
	check_case = "accepted";
	features_are(good, all);
	features_are(WITH(vm_cr, 0), all);
	features_are(WITH(max_extended_leaf, 0x8000000a), all);
	features_are(WITH(svm_ebx, 3), (struct svm_features){ 3, true, true, false, true });
	features_are(WITH(svm_edx, 1), (struct svm_features){ 0x8000, .pages_1g = true });
	features_are(WITH(svm_edx, 9),
		     (struct svm_features){ 0x8000, .next_rip = true, .pages_1g = true });
	features_are(WITH(svm_edx, 0x41),
		     (struct svm_features){ 0x8000, .flush_by_asid = true, .pages_1g = true });
	features_are(WITH(svm_edx, 0x1000001),
		     (struct svm_features){ 0x8000, .invlpgb = true, .pages_1g = true });
	features_are(WITH(feature_edx, 0x2bd3fbff),
		     (struct svm_features){ 0x8000, true, true, false, false });
	return 0;
}
