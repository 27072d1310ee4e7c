/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects that mibs/NF-CONNTRACK-MIB.txt says can be read: what a test expects of the module.
 */
#ifndef MIB_FILE_H
#define MIB_FILE_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MIB_FILE       "mibs/NF-CONNTRACK-MIB.txt"
#define MIB_FILE_MAX   512
#define MIB_FILE_DEPTH 3

/* A name of the module; `path` leads to it from nfctObjects. */
struct mib_file_object {
	char name[64], parent[64], syntax[32], access[32];
	unsigned long path[MIB_FILE_DEPTH];
	size_t depth;
};

struct mib_file {
	struct mib_file_object objects[MIB_FILE_MAX];
	size_t count;
};

static inline const struct mib_file_object *mib_file_find(const struct mib_file *file,
							  const char *name)
{
	for (size_t i = 0; i < file->count; i++) {
		if (strcmp(file->objects[i].name, name) == 0)
			return &file->objects[i];
	}
	return NULL;
}

/* Ends a definition; one that is not below nfctObjects is left out. */
static inline void mib_file_add(struct mib_file *file, struct mib_file_object *object,
				unsigned long number)
{
	const struct mib_file_object *parent = mib_file_find(file, object->parent);

	if (!parent && strcmp(object->parent, "nfctObjects") != 0)
		return;
	if (parent) {
		memcpy(object->path, parent->path, sizeof(object->path));
		object->depth = parent->depth;
	}
	object->path[object->depth++] = number;
	file->objects[file->count++] = *object;
}

/* False if there is no such file here. A name is defined before it is a parent. */
static inline bool mib_file_read(struct mib_file *file)
{
	FILE *stream = fopen(MIB_FILE, "r");
	struct mib_file_object now = { .depth = 0 };
	unsigned long number;
	char line[256], what[32];

	if (!stream)
		return false;
	file->count = 0;
	while (fgets(line, sizeof(line), stream) && file->count < MIB_FILE_MAX) {
		struct mib_file_object start = { .depth = 0 };

		if (isalpha((unsigned char)line[0]) &&
		    sscanf(line, "%63[a-zA-Z0-9] %31[A-Z-]", start.name, what) == 2)
			now = start;
		sscanf(line, " SYNTAX %31[a-zA-Z0-9]", now.syntax);
		sscanf(line, " MAX-ACCESS %31[a-z-]", now.access);
		if (sscanf(line, " ::= { %63[a-zA-Z0-9] %lu }", now.parent, &number) == 2 ||
		    sscanf(line, "%*s OBJECT IDENTIFIER ::= { %63[a-zA-Z0-9] %lu }", now.parent,
			   &number) == 2)
			mib_file_add(file, &now, number);
	}
	fclose(stream);
	return true;
}

static inline bool mib_file_is_readable(const struct mib_file_object *object)
{
	return strcmp(object->access, "read-only") == 0;
}

#endif
