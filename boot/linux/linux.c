/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload `linux`: the 64-bit boot protocol (Linux: Documentation/arch/x86/boot.rst), in phases. */
#include "arch/x86/cpu/image.h"
#include "arch/x86/cpu/physical.h"
#include "arch/x86/vcpu/start.h"
#include "boot/guest_map.h"
#include "boot/linux/boot_data.h"
#include "boot/linux/bzimage.h"
#include "boot/linux/moves.h"
#include "phases/boot_info.h"
#include "phases/log/log.h"
#include "phases/memory/string.h"
#include "phases/phase.h"

#define MIB(bytes) ((unsigned)(((bytes) + 0xfffff) >> 20))
#define ENTRY_64 0x200 /* the 64-bit entry, from the kernel's first byte */

INIT_BSS struct guest_start guest_start;

static INIT_BSS struct bzimage image;
INIT_BSS struct linux_plan linux_plan;
static INIT_BSS struct linux_boot_data *boot_data; /* in the guest's memory */

static INIT_TEXT struct memory_span initrd_source(void)
{
	if (boot_info.module_count < 2) {
		return (struct memory_span){ 0, 0 };
	}
	return (struct memory_span){ boot_info.modules[1].base, boot_info.modules[1].size };
}

PHASE(linux_kernel, global, linux_kernel_init,
      .does = "checks that the first module is a Linux kernel that we can start", .vital = true);
PHASE_NEEDS(linux_kernel, boot_info, "the kernel is the loader's first module");

static enum phase_result linux_kernel_init(void)
{
	const struct boot_module *module = &boot_info.modules[0];
	void *file = physical_map(module->base, module->size);
	const char *error;

	if (!boot_info.module_count) {
		return phase_failed("no kernel: the loader gives no modules; add a line "
				    "`module2 /vmlinuz` to its menu entry");
	}
	if (boot_info.module_count > 2) {
		log_print(LOG_WARNING, "linux: only the first two modules are used");
	}
	if (!file) {
		return phase_failed("the kernel does not lie below 4 GiB; try another loader");
	}
	error = bzimage_parse(file, module->size, &image);
	if (error) {
		return phase_failed("%s", error);
	}
	if (strlen(module->cmdline) > image.header.cmdline_size) {
		return phase_failed("the kernel takes a command line of at most %u characters; "
				    "shorten it", image.header.cmdline_size);
	}
	return PHASE_DONE;
}

PHASE(linux_plan, global, linux_plan_init,
      .does = "chooses where the kernel, its initrd and its boot data go", .vital = true);
PHASE_NEEDS(linux_plan, linux_kernel, "the kernel's header says where it can be");
PHASE_WANTS(linux_plan, linux_initrd,
	    "a warning of a wrong file stands before an error of its size");
PHASE_NEEDS(linux_plan, guest_map, "it says which memory is the guest's");
PHASE_NEEDS(linux_plan, guest_rsdp, "the page of the RSDP is no longer free");

static enum phase_result linux_plan_init(void)
{
	/* Nothing goes where our first copy is wiped meanwhile. */
	static INIT_BSS struct memory_map map;
	struct linux_request request = {
		.map = &map,
		.header = &image.header,
		.kernel = { boot_info.modules[0].base + image.setup_size, image.kernel_size },
		.initrd = initrd_source(),
		.boot_data_size = sizeof(struct linux_boot_data),
	};
	const char *error = "the machine's memory map has too many ranges; try another loader";

	map = guest_map;
	if (request.initrd.size && !physical_map(request.initrd.base, request.initrd.size)) {
		error = "the initrd does not lie below 4 GiB; try another loader";
	} else if (memory_map_set(&map, image_load_address, image_size(), MEMORY_RESERVED)) {
		error = linux_place(&request, &linux_plan);
	}
	if (error) {
		return phase_failed("%s (kernel %u MiB, initrd %u MiB, memory %u MiB)", error,
				    MIB((uint64_t)image.header.init_size), MIB(request.initrd.size),
				    MIB(memory_map_usable(&guest_map)));
	}
	boot_data = physical_map(linux_plan.boot_data, sizeof(*boot_data));
	return PHASE_DONE;
}

/* The modules' memory was looked at, and the plan keeps to what is mapped. */
INIT_TEXT void linux_carry_out(const struct linux_moves *moves)
{
	for (unsigned i = 0; i < moves->count; i++) {
		const struct linux_move *move = &moves->moves[i];

		memmove(physical_map(move->to, move->size), physical_map(move->from, move->size),
			move->size);
	}
}

PHASE(linux_kernel_move, parallel, linux_kernel_move_init,
      .does = "moves the kernel to where it goes", .vital = true);
PHASE_NEEDS(linux_kernel_move, linux_plan, "it says where to");
PHASE_WANTS(linux_kernel_move, linux_halves, "what another processor moves is not moved here");
PHASE_NEEDS(linux_kernel_move, physical_memory,
	    "the guest's memory is reached through the identity map");

static enum phase_result linux_kernel_move_init(void)
{
	linux_carry_out(&linux_plan.kernel_moves);
	return PHASE_DONE;
}

PHASE(linux_initrd_move, parallel, linux_initrd_move_init,
      .does = "moves the initrd to where it goes, if it cannot stay", .vital = true);
PHASE_NEEDS(linux_initrd_move, linux_plan, "it says where to");
PHASE_NEEDS(linux_initrd_move, physical_memory,
	    "the guest's memory is reached through the identity map");

static enum phase_result linux_initrd_move_init(void)
{
	if (linux_plan.kernel_moves.count > 1) {
		log_print(LOG_INFO, "linux: memory is too tight for two moves at the same time");
	}
	linux_carry_out(&linux_plan.initrd_moves);
	return PHASE_DONE;
}

PHASE(linux_page_tables, parallel, linux_page_tables_init,
      .does = "gives the kernel page tables, which map the lowest 4 GiB, and a GDT", .vital = true);
PHASE_NEEDS(linux_page_tables, linux_plan, "it says where they go: where no module lies");

static enum phase_result linux_page_tables_init(void)
{
	linux_page_tables(boot_data, linux_plan.boot_data);
	linux_descriptors(boot_data);
	return PHASE_DONE;
}

PHASE(linux_zero_page, parallel, linux_zero_page_init,
      .does = "tells the kernel its command line, memory map, initrd, screen and ACPI tables",
      .vital = true);
PHASE_NEEDS(linux_zero_page, linux_plan, "it says where it goes, and what else is where");

static enum phase_result linux_zero_page_init(void)
{
	struct zero_page_request request = {
		.image = &image,
		.map = &guest_map,
		.screen = &boot_info.screen,
		.kernel = linux_plan.kernel,
		.command_line =
			linux_plan.boot_data + offsetof(struct linux_boot_data, command_line),
		.rsdp = guest_rsdp,
		.initrd = { linux_plan.initrd, initrd_source().size },
	};

	memcpy(boot_data->command_line, boot_info.modules[0].cmdline, BOOT_CMDLINE);
	zero_page_build(&boot_data->zero_page, &request);
	return PHASE_DONE;
}

PHASE(linux_state, guest, linux_state_init,
      .does = "says in which state the boot processor enters the kernel", .vital = true);
PHASE_NEEDS(linux_state, linux_kernel_move, "the kernel is entered where it was moved to");
PHASE_WANTS(linux_state, linux_kernel_half, "the kernel is entered when all of it is there");
PHASE_NEEDS(linux_state, linux_initrd_move, "the kernel unpacks it where the zero page says");
PHASE_NEEDS(linux_state, linux_page_tables, "the kernel is entered with paging on");
PHASE_NEEDS(linux_state, linux_zero_page, "RSI points to it");
PHASE_PROVIDES(linux_state, guest_start);

static enum phase_result linux_state_init(void)
{
	uint64_t base = linux_plan.boot_data;

	guest_start = (struct guest_start){
		.rip = linux_plan.kernel + ENTRY_64,
		.rsi = base + offsetof(struct linux_boot_data, zero_page),
		.cr3 = base + offsetof(struct linux_boot_data, pml4),
		.gdt_base = base + offsetof(struct linux_boot_data, gdt),
		.gdt_limit = sizeof(boot_data->gdt) - 1,
		.cs = BOOT_CS,
		.ds = BOOT_DS,
	};
	return PHASE_DONE;
}
