/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The channel's messages, there and back, whole and broken; and what the kernel tells of a reader.
 */
#include "common/channel.c"

#include "test.h"

static struct channel_message full_sample(void)
{
	struct channel_message message = { .kind = CHANNEL_SAMPLE };
	struct snapshot_sample *sample = &message.sample;

	sample->instance = 7;
	strcpy(sample->name, "blue");
	sample->status = STATUS_STALE;
	strcpy(sample->status_text, "because");
	sample->has_figures = true;
	sample->entries = 4294967295U;
	sample->peak_time = 1234567890123;
	sample->has_buckets = true;
	sample->buckets = 65536;
	sample->dropping = true;
	sample->total.present = 0x1fff;
	sample->total.value[COUNTER_CHAIN_TOO_LONG] = 1ULL << 40;
	sample->cpu_count = 3;
	sample->cpus = calloc(3, sizeof(*sample->cpus));
	sample->cpus[2].value[COUNTER_DROPS] = 99;
	sample->threshold_count = 2;
	strcpy(sample->thresholds[1].name, "critical");
	sample->thresholds[1].rising = 95;
	sample->thresholds[1].raised = true;
	return message;
}

static struct channel_message full_scan(void)
{
	/* static: between the members stand zeros, so that rows can be compared octet by octet */
	static const struct snapshot_top service = { .kind = TOP_SERVICE,
						     .rank = 1,
						     .protocol = 6,
						     .port = 443,
						     .entries = 99,
						     .unreplied = 3,
						     .share = 50,
						     .error = 2,
						     .text = "tcp/443" };
	static const struct snapshot_watch watch = { .index = 7,
						     .name = "ssh",
						     .filter = "protocol tcp",
						     .entries = 5,
						     .rising = 10,
						     .falling = 8,
						     .raised = true,
						     .created = 1ULL << 34 };
	struct channel_message message = { .kind = CHANNEL_SCAN };
	struct snapshot_scan *scan = &message.scan;

	scan->instance = 7;
	scan->scanned = 1000000;
	scan->scans = 1ULL << 33;
	scan->has_accounting = true;
	scan->protocol_count = 2;
	scan->protocols = calloc(2, sizeof(*scan->protocols));
	scan->protocols[1] = (struct snapshot_protocol){ 2, 17, 5, 4, 3, 9, 1ULL << 50, 2 };
	scan->state_count = 1;
	scan->states = calloc(1, sizeof(*scan->states));
	scan->states[0] = (struct snapshot_state){ 6, 4, 77 };
	scan->has_identities = scan->has_create_rate = true;
	scan->created = 1ULL << 35;
	scan->create_rate = 5000;
	scan->identity_share = 25;
	scan->zone_count = 1;
	scan->zones = calloc(1, sizeof(*scan->zones));
	scan->zones[0] = (struct snapshot_zone){ 65535, 12 };
	scan->top_count = 2;
	scan->tops = calloc(2, sizeof(*scan->tops));
	memcpy(&scan->tops[1], &service, sizeof(service));
	memset(scan->tops[0].address.octet, 0xab, 16);
	scan->watch_count = 1;
	scan->watches = calloc(1, sizeof(*scan->watches));
	memcpy(&scan->watches[0], &watch, sizeof(watch));
	return message;
}

static void a_sample_comes_back_as_it_was(void **state)
{
	struct channel_message sent = full_sample(), got;
	unsigned char bytes[8192];
	ptrdiff_t length = channel_encode(&sent, bytes, sizeof(bytes));

	(void)state;
	assert_true(length > 0);
	assert_int_equal(channel_decode(bytes, (size_t)length, &got), 0);
	assert_int_equal(got.kind, CHANNEL_SAMPLE);
	assert_int_equal(got.sample.instance, 7);
	assert_string_equal(got.sample.name, "blue");
	assert_string_equal(got.sample.status_text, "because");
	assert_int_equal(got.sample.entries, 4294967295U);
	assert_int_equal(got.sample.peak_time, 1234567890123);
	assert_int_equal(got.sample.total.value[COUNTER_CHAIN_TOO_LONG], 1ULL << 40);
	assert_int_equal(got.sample.cpu_count, 3);
	assert_int_equal(got.sample.cpus[2].value[COUNTER_DROPS], 99);
	assert_int_equal(got.sample.threshold_count, 2);
	assert_memory_equal(&got.sample.thresholds[1], &sent.sample.thresholds[1],
			    sizeof(got.sample.thresholds[1]));
	channel_message_clear(&got);
	channel_message_clear(&sent);
}

static void a_scan_comes_back_as_it_was(void **state)
{
	struct channel_message sent = full_scan(), got;
	unsigned char bytes[8192];
	ptrdiff_t length = channel_encode(&sent, bytes, sizeof(bytes));

	(void)state;
	assert_true(length > 0);
	assert_int_equal(channel_decode(bytes, (size_t)length, &got), 0);
	assert_int_equal(got.scan.scans, 1ULL << 33);
	assert_int_equal(got.scan.protocols[1].packets, 1ULL << 50);
	assert_int_equal(got.scan.protocols[1].peak_entries, 9);
	assert_true(got.scan.has_create_rate && got.scan.has_identities);
	assert_int_equal(got.scan.created, 1ULL << 35);
	assert_int_equal(got.scan.create_rate, 5000);
	assert_int_equal(got.scan.identity_share, 25);
	assert_int_equal(got.scan.zones[0].zone, 65535);
	assert_int_equal(got.scan.zones[0].entries, 12);
	assert_memory_equal(got.scan.tops, sent.scan.tops, 2 * sizeof(*got.scan.tops));
	assert_memory_equal(got.scan.watches, sent.scan.watches, sizeof(*got.scan.watches));
	assert_int_equal(got.scan.states[0].entries, 77);
	channel_message_clear(&got);
	channel_message_clear(&sent);
}

/* Cut at every length, and with every byte changed: refused or understood, never out of bounds. */
static void a_broken_message_is_refused(void **state)
{
	struct channel_message sent[] = { full_sample(), full_scan() }, got;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		unsigned char bytes[8192];
		ptrdiff_t length = channel_encode(&sent[i], bytes, sizeof(bytes));

		for (ptrdiff_t cut = 0; cut < length; cut++) {
			unsigned char *exact = malloc((size_t)cut + !cut);

			memcpy(exact, bytes, (size_t)cut);
			assert_int_equal(channel_decode(exact, (size_t)cut, &got), -1);
			assert_int_equal(errno, EBADMSG);
			free(exact);
		}
		for (ptrdiff_t at = 0; at < length; at++) {
			bytes[at] ^= 0xff;
			if (channel_decode(bytes, (size_t)length, &got) == 0)
				channel_message_clear(&got);
			bytes[at] ^= 0xff;
		}
		assert_int_equal(channel_decode(bytes, (size_t)length + 1, &got), -1);
		channel_message_clear(&sent[i]);
	}
}

static void the_sender_knows_what_was_read(void **state)
{
	struct channel ours, theirs;
	struct event event = { .kind = EVENT_DROPPING_STARTED, .text = "text" };
	struct channel_message got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	assert_int_equal(channel_send_event(&ours, &event), 0);
	assert_int_equal(channel_progress(ours.events), CHANNEL_UNREAD);
	assert_int_equal(channel_receive(theirs.events, &got), 1);
	assert_string_equal(got.event.text, "text");
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	assert_int_equal(channel_receive(theirs.events, &got), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(channel_send_event(&ours, &event), 0);
	channel_close(&theirs);
	assert_int_equal(channel_progress(ours.events), CHANNEL_BROKEN);
	channel_close(&ours);
}

static void a_reader_that_had_read_all_is_not_broken(void **state)
{
	struct channel ours, theirs;
	struct event event = { .kind = EVENT_DROPPING_STARTED };
	struct channel_message got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_send_event(&ours, &event), 0);
	assert_int_equal(channel_receive(theirs.events, &got), 1);
	channel_close(&theirs);
	assert_int_equal(channel_progress(ours.events), CHANNEL_READ);
	channel_close(&ours);
}

static void the_reader_learns_that_the_sender_is_gone(void **state)
{
	struct channel ours, theirs;
	struct channel_message got;

	(void)state;
	assert_int_equal(channel_open(&ours, &theirs), 0);
	channel_close(&ours);
	assert_int_equal(channel_receive(theirs.figures, &got), 0);
	channel_close(&theirs);
}

static void the_largest_sample_fits(void **state)
{
	struct channel_message message = { .kind = CHANNEL_SAMPLE };
	struct channel ours, theirs;
	struct channel_message got;

	(void)state;
	message.sample.cpu_count = 1024;
	message.sample.cpus = calloc(1024, sizeof(*message.sample.cpus));
	assert_int_equal(channel_open(&ours, &theirs), 0);
	assert_int_equal(channel_send_sample(&ours, &message.sample), 0);
	assert_int_equal(channel_receive(theirs.figures, &got), 1);
	assert_int_equal(got.sample.cpu_count, 1024);
	channel_message_clear(&got);
	channel_message_clear(&message);
	channel_close(&ours);
	channel_close(&theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_comes_back_as_it_was),
		cmocka_unit_test(a_scan_comes_back_as_it_was),
		cmocka_unit_test(a_broken_message_is_refused),
		cmocka_unit_test(the_sender_knows_what_was_read),
		cmocka_unit_test(a_reader_that_had_read_all_is_not_broken),
		cmocka_unit_test(the_reader_learns_that_the_sender_is_gone),
		cmocka_unit_test(the_largest_sample_fits),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
