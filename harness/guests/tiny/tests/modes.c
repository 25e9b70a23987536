/* SPDX-License-Identifier: BSD-2-Clause */
/* Real mode, PAE and 32-bit paging, with an MSR access in each: modes_code.S. */
#include "harness/guests/tiny/lib/asm.h"
#include "harness/guests/tiny/lib/cpu.h"
#include "harness/guests/tiny/lib/memory.h"
#include "harness/guests/tiny/lib/options.h"
#include "harness/guests/tiny/lib/print.h"
#include "harness/guests/tiny/tests/tests.h"

#define ALIAS            0xc0000000U /* where both 32-bit tables show the word's frame */
#define PSE_PAGE         0x400000UL
#define BIOS_SEGMENT_MIN 0xc000

struct modes_data {
	uint64_t rsp;
	uint32_t cr3, cr3_pae, cr3_pse, alias;
	uint32_t far16;
	uint16_t far16_selector, far_real, far_real_segment;
	uint32_t far32;
	uint16_t far32_selector;
	uint32_t far64;
	uint16_t far64_selector, gdt_limit;
	uint32_t gdt_base;
	uint16_t idt_limit;
	uint32_t idt_base;
	uint8_t bios, pad;
	uint16_t int12;
	uint32_t efer_compat, efer_protected, efer_real, efer_real_prefix, cpuid_ebx;
	uint32_t word_pae, efer_pae, word_pse, efer_pse;
} __attribute__((packed));

extern const uint8_t modes_code[], modes_code_end[], modes_data[];

#define PAGE_ALIGNED __attribute__((aligned(PAGE_SIZE)))
static uint64_t pae_pointers[4] PAGE_ALIGNED, pae_top[512] PAGE_ALIGNED;
static uint32_t pse_directory[1024] PAGE_ALIGNED;
static volatile uint32_t word;

static void build_tables(struct modes_data *d)
{
	uint64_t address = (uint64_t)&word;

	for (unsigned i = 0; i < 4; i++) { /* the directories of long mode, but for the last GiB */
		pae_pointers[i] = (uint64_t)(i < 3 ? page_directories[i] : pae_top) | PTE_P;
	}
	pae_top[0] = (address & ~(LARGE_PAGE - 1)) | PTE_P | PTE_W | PTE_LARGE;
	for (unsigned i = 0; i < 1024; i++) {
		pse_directory[i] = (uint32_t)(i * PSE_PAGE | PTE_P | PTE_W | PTE_LARGE);
	}
	pse_directory[ALIAS / PSE_PAGE] =
		(uint32_t)((address & ~(PSE_PAGE - 1)) | PTE_P | PTE_W | PTE_LARGE);
	d->cr3_pae = (uint32_t)(uint64_t)pae_pointers;
	d->cr3_pse = (uint32_t)(uint64_t)pse_directory;
}

static void set_segment_base(uint64_t *descriptor, uint64_t base)
{
	*descriptor &= ~0xff0000ffffff0000;
	*descriptor |= (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
}

static struct modes_data *lay_out(uint8_t *page)
{
	struct modes_data *d = (struct modes_data *)(page + (modes_data - modes_code));
	struct cpu *cpu = this_cpu();

	copy_bytes(page, modes_code, (uint64_t)(modes_code_end - modes_code));
	set_segment_base(&cpu->gdt[CODE16 / 8], (uint64_t)page);
	set_segment_base(&cpu->gdt[DATA16 / 8], (uint64_t)page);
	d->far_real_segment = (uint16_t)((uint64_t)page >> 4);
	d->far32 += (uint32_t)(uint64_t)page;
	d->far64 += (uint32_t)(uint64_t)page;
	d->gdt_limit = sizeof(cpu->gdt) - 1;
	d->gdt_base = (uint32_t)(uint64_t)cpu->gdt;
	/* INT 12h belongs to a BIOS only if its vector points into one */
	d->bios = *(volatile uint16_t *)(0x12 * 4 + 2) >= BIOS_SEGMENT_MIN;
	build_tables(d);
	return d;
}

static void go(uint8_t *page, struct modes_data *d)
{
	uint64_t efer = rdmsr(MSR_EFER);
	uint32_t legacy = (uint32_t)efer & (uint32_t) ~(EFER_LME | EFER_LMA);

	word = 41;
	/* the alias shows the word at its place in a 2 MiB frame; in the 4 MiB one it may be higher */
	d->alias = ALIAS + (uint32_t)((uint64_t)&word & (LARGE_PAGE - 1));
	pse_directory[ALIAS / PSE_PAGE] &= ~(uint32_t)(PSE_PAGE - 1);
	pse_directory[ALIAS / PSE_PAGE] |= PTE_P | PTE_W | PTE_LARGE;
	((void (*)(uint8_t *))page)(page);
	idt_load();
	wrmsr(MSR_GS_BASE, (uint64_t)this_cpu());
	EXPECT_EQUAL("EFER in compatibility mode", d->efer_compat, (uint32_t)efer);
	EXPECT_EQUAL("EFER in protected mode", d->efer_protected, legacy);
	EXPECT_EQUAL("EFER in real mode", d->efer_real, legacy);
	EXPECT_EQUAL("EFER in real mode with prefixes", d->efer_real_prefix, legacy);
	EXPECT_EQUAL("EFER with PAE paging", d->efer_pae, legacy);
	EXPECT_EQUAL("EFER with 32-bit paging", d->efer_pse, legacy);
	EXPECT_EQUAL("CPUID in real mode", d->cpuid_ebx, cpuid(0).ebx);
	EXPECT_EQUAL("the word through PAE paging", d->word_pae, 42);
	EXPECT_EQUAL("the word through 32-bit paging", d->word_pse, 43);
	EXPECT_EQUAL("the word", word, 43);
	EXPECT_EQUAL("EFER again", rdmsr(MSR_EFER), efer);
	EXPECT(!d->bios || (d->int12 >= 512 && d->int12 <= 640), "INT 12h gives %u KiB", d->int12);
}

void test_modes(void)
{
	uint8_t *page = low_page();
	struct modes_data *d = lay_out(page);

	for (uint32_t i = 0; i < option_number("n", 20); i++) {
		go(page, d);
	}
}
