/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks over the channel, whole and broken; and what the kernel tells of a reader. */
#include "common/channel.c"
#include "common/event.h"
#include "common/snapshot.h"

#include "test.h"

static struct snapshot_sample *full_sample(void)
{
	struct snapshot_sample head = { .base.kind = SNAPSHOT_SAMPLE,
					.instance = 7,
					.name = "blue",
					.entries = 4294967295U,
					.cpu_count = 3,
					.threshold_count = 2,
					.rate_count = 1 };
	struct snapshot_sample *sample = (struct snapshot_sample *)snapshot_new(&head.base);

	sample->cpus[2].value[COUNTER_DROPS] = 99;
	strcpy(sample->thresholds[1].name, "critical");
	strcpy(sample->rates[0].name, "setup");
	return sample;
}

static struct snapshot_scan *full_scan(void)
{
	struct snapshot_scan head = { .base.kind = SNAPSHOT_SCAN,
				      .instance = 7,
				      .scans = 1ULL << 33,
				      .protocol_count = 2,
				      .state_count = 3,
				      .zone_count = 1,
				      .top_count = 5,
				      .watch_count = 1 };
	struct snapshot_scan *scan = (struct snapshot_scan *)snapshot_new(&head.base);

	scan->protocols[1].packets = 1ULL << 50;
	scan->states[2].entries = 77;
	scan->zones[0].zone = 65535;
	strcpy(scan->tops[4].text, "tcp/443");
	strcpy(scan->watches[0].name, "ssh");
	return scan;
}

/* The block as the other end receives it: elsewhere, with a 0 behind it. */
static struct snapshot *copy_of(const struct snapshot *snapshot, size_t length)
{
	char *copy = malloc(length + 1);

	memcpy(copy, snapshot, length);
	copy[length] = '\0';
	return (struct snapshot *)(void *)copy;
}

static void assert_refused(const struct snapshot *snapshot, size_t length)
{
	struct snapshot *copy = copy_of(snapshot, length);

	assert_null(snapshot_accept(copy, length));
	free(copy);
}

static void a_sample_arrives_with_its_rows(void **state)
{
	struct snapshot_sample *sent = full_sample(), *got;
	size_t length = snapshot_size(&sent->base);
	struct snapshot *copy = copy_of(&sent->base, length);

	(void)state;
	memset(sent->cpus, 0xff, sizeof(*sent->cpus)); /* the copy has rows of its own */
	got = (struct snapshot_sample *)snapshot_accept(copy, length);
	assert_non_null(got);
	assert_string_equal(got->name, "blue");
	assert_int_equal(got->entries, 4294967295U);
	assert_int_equal(got->cpus[0].value[0], 0);
	assert_int_equal(got->cpus[2].value[COUNTER_DROPS], 99);
	assert_string_equal(got->thresholds[1].name, "critical");
	assert_string_equal(got->rates[0].name, "setup");
	free(copy);
	free(sent);
}

static void a_scan_arrives_with_its_rows(void **state)
{
	struct snapshot_scan *sent = full_scan(), *got;
	size_t length = snapshot_size(&sent->base);
	struct snapshot *copy = copy_of(&sent->base, length);

	(void)state;
	free(sent);
	got = (struct snapshot_scan *)snapshot_accept(copy, length);
	assert_non_null(got);
	assert_int_equal(got->scans, 1ULL << 33);
	assert_int_equal(got->protocols[1].packets, 1ULL << 50);
	assert_int_equal(got->states[2].entries, 77);
	assert_int_equal(got->zones[0].zone, 65535);
	assert_string_equal(got->tops[4].text, "tcp/443");
	assert_string_equal(got->watches[0].name, "ssh");
	free(copy);
}

static void a_message_that_is_cut_or_too_long_is_refused(void **state)
{
	struct snapshot_sample *sample = full_sample();
	struct snapshot_scan *scan = full_scan();
	struct snapshot *sent[] = { &sample->base, &scan->base };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t length = snapshot_size(sent[i]);
		struct snapshot *longer = copy_of(sent[i], length);

		for (size_t cut = 0; cut < length; cut++)
			assert_refused(sent[i], cut);
		assert_null(snapshot_accept(longer, length + 1));
		free(longer);
		free(sent[i]);
	}
}

/* More rows than the message holds, more than there may be, and more than a size_t can count. */
static void a_count_that_lies_is_refused(void **state)
{
	static const size_t lies[] = { 10, SNAPSHOT_STATES_MAX + 1, SIZE_MAX / 8 + 3, SIZE_MAX };
	struct snapshot_scan *scan = full_scan();
	size_t length = snapshot_size(&scan->base);

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		size_t *const counts[] = { &scan->protocol_count, &scan->state_count,
					   &scan->zone_count, &scan->top_count,
					   &scan->watch_count };

		for (size_t at = 0; at < sizeof(counts) / sizeof(counts[0]); at++) {
			size_t right = *counts[at];

			*counts[at] = lies[i];
			assert_refused(&scan->base, length);
			*counts[at] = right;
		}
	}
	scan->base.kind = 0;
	assert_refused(&scan->base, length);
	scan->base.kind = SNAPSHOT_SCAN + 1;
	assert_refused(&scan->base, length);
	free(scan);
}

/* As many rows as fit the length, but more than there may be. */
static void too_many_rows_are_refused(void **state)
{
	struct snapshot_scan head = { .base.kind = SNAPSHOT_SCAN,
				      .zone_count = SNAPSHOT_ZONES_MAX + 1 };
	struct snapshot *scan = snapshot_new(&head.base);

	(void)state;
	assert_refused(scan, snapshot_size(scan));
	free(scan);
	head.zone_count = SNAPSHOT_ZONES_MAX;
	scan = snapshot_new(&head.base);
	assert_ptr_equal(snapshot_accept(scan, snapshot_size(scan)), scan);
	free(scan);
}

static void the_sender_knows_what_was_read(void **state)
{
	struct channel ours, theirs;
	struct event event = { .kind = EVENT_DROPPING_STARTED, .text = "text" };
	size_t length;
	void *got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	assert_int_equal(channel_send(ours.events, &event, sizeof(event)), 0);
	assert_int_equal(channel_progress(ours.events), CHANNEL_UNREAD);
	assert_int_equal(channel_receive(theirs.events, &got, &length), 1);
	assert_int_equal(length, sizeof(event));
	assert_memory_equal(got, &event, sizeof(event));
	assert_int_equal(((char *)got)[length], '\0'); /* a string ends here at the latest */
	free(got);
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	assert_int_equal(channel_receive(theirs.events, &got, &length), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(channel_send(ours.events, &event, sizeof(event)), 0);
	channel_close(&theirs);
	assert_int_equal(channel_progress(ours.events), CHANNEL_BROKEN);
	channel_close(&ours);
}

/* So an event whose fate is not known yet is not lost with its reader. */
static void a_message_that_is_looked_at_counts_as_unread_until_it_is_dropped(void **state)
{
	struct channel ours, theirs;
	size_t length;
	void *got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_peek(theirs.events, &got, &length), -1);
	channel_drop(theirs.events); /* nothing there: nothing happens */
	assert_int_equal(channel_send(ours.events, "one", 4), 0);
	assert_int_equal(channel_send(ours.events, "two", 4), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(channel_peek(theirs.events, &got, &length), 1);
		assert_int_equal(length, 4);
		assert_string_equal(got, "one");
		free(got);
		assert_int_equal(channel_progress(ours.events), CHANNEL_UNREAD);
	}
	channel_drop(theirs.events);
	assert_int_equal(channel_receive(theirs.events, &got, &length), 1);
	assert_string_equal(got, "two");
	free(got);
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	channel_close(&theirs);
	channel_close(&ours);
}

static void a_reader_that_had_read_all_is_not_broken(void **state)
{
	struct channel ours, theirs;
	size_t length;
	void *got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_send(ours.events, "x", 1), 0);
	assert_int_equal(channel_receive(theirs.events, &got, &length), 1);
	free(got);
	channel_close(&theirs);
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	/* and one that is gone takes nothing more */
	assert_int_equal(channel_send(ours.events, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	channel_close(&ours);
}

static void the_reader_learns_that_the_sender_is_gone(void **state)
{
	struct channel ours, theirs;
	size_t length;
	void *got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	channel_close(&ours);
	assert_int_equal(channel_receive(theirs.snapshots, &got, &length), 0);
	channel_close(&theirs);
}

/* Then the sender is told so, and what it had sent before is whole. */
static void a_full_socket_takes_no_more(void **state)
{
	struct channel ours, theirs;
	struct snapshot_scan *scan = full_scan();
	size_t length = snapshot_size(&scan->base), got_length;
	unsigned int sent = 0;
	void *got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	while (sent < 100000 && channel_send(ours.snapshots, scan, length) == 0)
		sent++;
	assert_int_equal(errno, EAGAIN);
	assert_in_range(sent, 1, 99999);
	for (unsigned int i = 0; i < sent; i++) {
		assert_int_equal(channel_receive(theirs.snapshots, &got, &got_length), 1);
		assert_non_null(snapshot_accept(got, got_length));
		free(got);
	}
	assert_int_equal(channel_send(ours.snapshots, scan, length), 0);
	channel_close(&ours);
	channel_close(&theirs);
	free(scan);
}

static void the_largest_sample_fits(void **state)
{
	struct snapshot_sample head = { .base.kind = SNAPSHOT_SAMPLE,
					.cpu_count = COUNTERS_CPU_MAX };
	struct snapshot *sample = snapshot_new(&head.base);
	struct channel ours, theirs;
	size_t length;
	void *got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_send(ours.snapshots, sample, snapshot_size(sample)), 0);
	assert_int_equal(channel_receive(theirs.snapshots, &got, &length), 1);
	assert_ptr_equal(snapshot_accept(got, length), got);
	assert_int_equal(((struct snapshot_sample *)got)->cpu_count, COUNTERS_CPU_MAX);
	free(got);
	free(sample);
	channel_close(&ours);
	channel_close(&theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_arrives_with_its_rows),
		cmocka_unit_test(a_scan_arrives_with_its_rows),
		cmocka_unit_test(a_message_that_is_cut_or_too_long_is_refused),
		cmocka_unit_test(a_count_that_lies_is_refused),
		cmocka_unit_test(too_many_rows_are_refused),
		cmocka_unit_test(the_sender_knows_what_was_read),
		cmocka_unit_test(a_message_that_is_looked_at_counts_as_unread_until_it_is_dropped),
		cmocka_unit_test(a_reader_that_had_read_all_is_not_broken),
		cmocka_unit_test(the_reader_learns_that_the_sender_is_gone),
		cmocka_unit_test(a_full_socket_takes_no_more),
		cmocka_unit_test(the_largest_sample_fits),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
