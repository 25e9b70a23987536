/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuzz targets share: each writes its own first inputs where libFuzzer looks for a corpus. */
#ifndef HARNESS_TESTS_HOST_FUZZ_H
#define HARNESS_TESTS_HOST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Writes one input into the last argument that is no option, if there is one. */
static void fuzz_seed(int argc, char **argv, const char *name, const void *bytes, size_t size)
{
	const char *folder = argv[argc - 1];
	char path[512];
	FILE *file;

	if (argc < 2 || folder[0] == '-') {
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

#endif
