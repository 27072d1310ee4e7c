/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The count changes with every sample, but people read it seldom. */
#define INTERVAL_MS 5000

/* "default: 238551 of 262144 entries (91%)" */
static void describe_fill(const struct snapshot_sample *sample, char *text, size_t size)
{
	if (!sample->has_values)
		snprintf(text, size, "%s", sample->name);
	else if (sample->max_entries)
		snprintf(text, size, "%s: %" PRIu32 " of %" PRIu32 " entries (%" PRIu32 "%%)",
			 sample->name, sample->entries, sample->max_entries,
			 snapshot_percent(sample->entries, sample->max_entries));
	else
		snprintf(text, size, "%s: %" PRIu32 " entries, no limit", sample->name,
			 sample->entries);
}

bool status_line_is_trouble(const struct snapshot_sample *sample)
{
	return (sample->status != STATUS_OK && !sample->is_deleted) || sample->dropping;
}

/* Do not cut within a character: the manager refuses text that is not UTF-8. */
static void cut(char text[SD_NOTIFY_STATUS_SIZE])
{
	static const char mark[] = "...";
	size_t end = SD_NOTIFY_STATUS_SIZE - sizeof(mark);

	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	memcpy(text + end, mark, sizeof(mark));
}

void status_line_add(char text[SD_NOTIFY_STATUS_SIZE], const struct snapshot_sample *sample)
{
	bool is_bad = sample->status != STATUS_OK;
	char fill[SNAPSHOT_NAME_SIZE + 64];
	size_t used = strlen(text);
	int length;

	describe_fill(sample, fill, sizeof(fill));
	length = snprintf(text + used, SD_NOTIFY_STATUS_SIZE - used, "%s%s%s%s%s", used ? "; " : "",
			  fill, sample->dropping ? ", dropping" : "", is_bad ? ": " : "",
			  is_bad ? sample->status_text : "");
	if (length < 0 || (size_t)length >= SD_NOTIFY_STATUS_SIZE - used)
		cut(text);
}

bool status_line_is_due(struct status_line *line, const char *text, size_t trouble, uint64_t now_ms)
{
	bool is_urgent = !line->text[0] || trouble != line->trouble;

	if (strcmp(text, line->text) == 0)
		return false;
	if (!is_urgent && now_ms - line->told_ms < INTERVAL_MS)
		return false;
	snprintf(line->text, sizeof(line->text), "%s", text);
	line->trouble = trouble;
	line->told_ms = now_ms;
	return true;
}
