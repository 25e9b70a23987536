/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/cpu/physical.h"
#include "boot/linux/initrd.h"
#include "phases/boot_info.h"
#include "phases/log/log.h"
#include "phases/phase.h"

PHASE(linux_initrd, global, linux_initrd_init,
      .does = "looks at how the second module, the initrd, begins");
PHASE_NEEDS(linux_initrd, boot_info, "the initrd is the loader's second module");
PHASE_NEEDS(linux_initrd, physical_memory, "modules are reached through the identity map");

static enum phase_result linux_initrd_init(void)
{
	const struct boot_module *module = &boot_info.modules[1];
	const void *file = physical_map(module->base, module->size);

	if (boot_info.module_count < 2 || !file) {
		return phase_absent("the loader gives no second module");
	}
	if (!initrd_known(file, module->size)) {
		log_print(LOG_WARNING, "linux: the second module begins like nothing that a kernel "
				       "unpacks; is it the initrd?");
	}
	return PHASE_DONE;
}
