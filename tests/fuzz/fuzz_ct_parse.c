/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel sends: a receive buffer of netlink messages, each of which is parsed as an entry
 * and gathered by everything there is. */
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "scan/aggregate.h"
#include "kernel/ct_attr.h"

/* The end of a scan takes much longer than an entry. */
#define INPUTS_A_SCAN 1000

static const char settings[] =
	"top = 100\nzones = true\n"
	"watch \"a\" { index = 1 protocol = \"tcp\" destination-port = \"1-1024\" }\n"
	"watch \"b\" { index = 2 source = \"2001:db8::/32\" status = { \"assured\", \"nat\" } }\n"
	"watch \"c\" { index = 3 zone = 7 mark = \"0x10/0xf0\" }\n"
	"watch \"e\" { index = 5 nat-source = \"192.0.2.0/24\" }\n"
	"watch \"d\" { index = 4 state = \"ESTABLISHED\" protocol = \"tcp\" }\n";

/* Whole tables, and parts of them, some looks each. */
static double part_of(unsigned int inputs)
{
	return inputs / INPUTS_A_SCAN % 8 < 3 ? 1 : 0.25;
}

static void begin(struct aggregate *aggregate, struct aggregate_memory *memory, unsigned int inputs)
{
	const struct aggregate_plan plan = { .expected = 100, .part = part_of(inputs) };

	if (aggregate_begin(aggregate, memory, &plan) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config *config;
	static struct aggregate *aggregate;
	static struct aggregate_memory *memory;
	static unsigned int inputs;
	struct aggregate_result result;
	char error[CONFIG_ERROR_SIZE];
	struct nlmsghdr *buffer = malloc(size ? size : 1), *message = buffer;
	struct ct_entry entry;
	int left = (int)size;

	if (!config) {
		config = config_parse("fuzz", settings, sizeof(settings) - 1, error);
		aggregate = aggregate_new(config, AGGREGATE_LOOK);
		memory = aggregate_memory_new();
		begin(aggregate, memory, inputs);
	}
	memcpy(buffer, data, size);
	for (; ct_message_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (ct_parse_entry(message, &entry))
			aggregate_add(aggregate, &entry);
	}
	free(buffer);
	if (++inputs % INPUTS_A_SCAN)
		return 0;
	if (aggregate_finish(aggregate, 1000, 2000, part_of(inputs - 1), NULL, &result) != 0)
		abort();
	free(result.scan);
	begin(aggregate, memory, inputs);
	return 0;
}
