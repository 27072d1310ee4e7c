/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/findings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Who certainly holds less, in percent of the entries, is not named. */
#define NAMED_PERCENT 5

/* A timeout is named if more of the table than this is there because of it. */
#define IDLE_PERCENT 50ULL

/* In the order of the text. */
enum part { UNREPLIED, IDLE, SERVICE, SOURCE, PARTS };

#define PART_SIZE (ADDRESS_TEXT_SIZE + 32)

/* Neither the error of the sketch nor what the look did not read may accuse anybody. */
static bool is_certain(const struct findings *findings, const struct snapshot_top *top)
{
	uint64_t all = findings->entries;
	uint64_t doubt = (uint64_t)top->error * 10000 + all * findings->margin;

	return all > 0 && (uint64_t)top->entries * 10000 >= all * NAMED_PERCENT * 100 + doubt;
}

static void say_unreplied(const struct findings *findings, char text[PART_SIZE])
{
	uint32_t share = findings->unreplied_share < 100 ? findings->unreplied_share : 100;

	if (share == 0 && findings->unreplied)
		snprintf(text, PART_SIZE, "under 1%% unreplied");
	else
		snprintf(text, PART_SIZE, "%" PRIu32 "%% unreplied", share);
}

/* "61% idle for a day (TCP established timeout 432000 s)" */
static void say_idle(const struct findings *findings, char text[PART_SIZE])
{
	uint64_t all = findings->entries, idle = findings->idle;

	if (idle * 10000 > all * (IDLE_PERCENT * 100 + findings->margin))
		snprintf(text, PART_SIZE,
			 "%" PRIu64 "%% idle for a day (TCP established timeout %" PRIu32 " s)",
			 idle < all ? idle * 100 / all : 100, findings->established_timeout);
}

/* "87% to tcp/80". A protocol without ports leads nowhere: "87% icmp", "87% protocol 200". */
static void say_service(const struct findings *findings, char text[PART_SIZE])
{
	const struct snapshot_top *service = &findings->service;
	const char *how = "";

	if (strchr(service->text, '/'))
		how = "to ";
	else if (isdigit((unsigned char)service->text[0]))
		how = "protocol ";
	if (is_certain(findings, service))
		snprintf(text, PART_SIZE, "%" PRIu32 "%% %s%s", service->share, how, service->text);
	else
		snprintf(text, PART_SIZE, "to many services");
}

static void say_source(const struct findings *findings, char text[PART_SIZE])
{
	const struct snapshot_top *source = &findings->source;

	if (is_certain(findings, source))
		snprintf(text, PART_SIZE, "%" PRIu32 "%% from %s", source->share, source->text);
	else
		snprintf(text, PART_SIZE, "from many sources");
}

void findings_say(const struct findings *findings, char *text, size_t size)
{
	static const enum part by_weight[PARTS] = { IDLE, SOURCE, UNREPLIED, SERVICE };
	char parts[PARTS][PART_SIZE] = { "" };
	bool fits[PARTS] = { false };
	size_t used = 0;

	text[0] = '\0';
	if (!findings->is_known || findings->entries == 0)
		return;
	say_unreplied(findings, parts[UNREPLIED]);
	say_idle(findings, parts[IDLE]);
	if (findings->service.rank)
		say_service(findings, parts[SERVICE]);
	if (findings->source.rank)
		say_source(findings, parts[SOURCE]);
	for (size_t i = 0; i < PARTS; i++) {
		size_t length = strlen(parts[by_weight[i]]) + strlen("; ");

		fits[by_weight[i]] = parts[by_weight[i]][0] && used + length < size;
		if (fits[by_weight[i]])
			used += length;
	}
	for (size_t i = 0; i < PARTS; i++) {
		size_t end = strlen(text);

		if (fits[i])
			snprintf(text + end, size - end, "%s%s", end ? "; " : ": ", parts[i]);
	}
}
