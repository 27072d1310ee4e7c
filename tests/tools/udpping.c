/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udpping serve PORT: sends back every datagram.
 * udpping ask ADDRESS PORT SECONDS [each]: sends one datagram after the other, with 500
 * microseconds in between, and waits for each answer, a second at most. Prints, in microseconds:
 * how many came, the median, the 99th and 99.9th percentile and the longest of their round trips,
 * and how many were lost. With "each": a line for each that came, when it was sent
 * (CLOCK_MONOTONIC) and its round trip. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TRIPS_MAX 2000000
#define PAUSE_US  500

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int serve(int fd, struct sockaddr_in *address)
{
	char datagram[64];

	if (bind(fd, (struct sockaddr *)address, sizeof(*address)) != 0) {
		perror("udpping: bind");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t length = recvfrom(fd, datagram, sizeof(datagram), 0,
					  (struct sockaddr *)&from, &size);

		if (length > 0)
			sendto(fd, datagram, (size_t)length, 0, (struct sockaddr *)&from, size);
	}
}

static int compare(const void *one, const void *other)
{
	uint32_t first = *(const uint32_t *)one, second = *(const uint32_t *)other;

	return first < second ? -1 : first > second;
}

static void print(uint32_t *trips, size_t count, size_t lost)
{
	qsort(trips, count, sizeof(trips[0]), compare);
	printf("%zu %u %u %u %u %zu\n", count, trips[count / 2], trips[count * 99 / 100],
	       trips[count * 999 / 1000], trips[count - 1], lost);
}

static int ask(int fd, const struct sockaddr_in *address, unsigned long seconds, int each)
{
	static uint32_t trips[TRIPS_MAX];
	static uint64_t sent[TRIPS_MAX];
	struct timeval patience = { 1, 0 };
	uint64_t end = now_us() + seconds * 1000000;
	size_t count = 0, lost = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		perror("udpping: connect");
		return 1;
	}
	for (uint32_t number = 0; now_us() < end && count < TRIPS_MAX; number++) {
		uint64_t before = now_us();
		uint32_t answer = number + 1;

		if (send(fd, &number, sizeof(number), 0) != sizeof(number))
			return 1;
		/* the answer to one that was given up may come late */
		while (answer != number && recv(fd, &answer, sizeof(answer), 0) == sizeof(answer))
			;
		if (answer == number) {
			sent[count] = before;
			trips[count++] = (uint32_t)(now_us() - before);
		} else
			lost++;
		usleep(PAUSE_US);
	}
	if (count == 0) {
		fputs("udpping: no answer at all\n", stderr);
		return 1;
	}
	if (!each)
		print(trips, count, lost);
	for (size_t i = 0; each && i < count; i++)
		printf("%llu %u\n", (unsigned long long)sent[i], trips[i]);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	/* Else the kernel lets our pauses end together with the timers of others on this core: a
	 * packet that comes from elsewhere is not so punctual. */
	prctl(PR_SET_TIMERSLACK, 1);

	if (argc == 3 && strcmp(argv[1], "serve") == 0) {
		address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
		return serve(fd, &address);
	}
	if ((argc == 5 || (argc == 6 && strcmp(argv[5], "each") == 0)) &&
	    strcmp(argv[1], "ask") == 0 && inet_pton(AF_INET, argv[2], &address.sin_addr) == 1) {
		address.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
		return ask(fd, &address, strtoul(argv[4], NULL, 10), argc == 6);
	}
	fputs("usage: udpping serve PORT | udpping ask ADDRESS PORT SECONDS [each]\n", stderr);
	return 2;
}
