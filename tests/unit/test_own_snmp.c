/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose SNMP it is: in a network namespace whose addresses are known. */
#include "scan/own_snmp.c"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "test.h"

static struct address address_of(uint8_t family, const char *text)
{
	struct address address = { .half = { 0, 0 } };

	assert_int_equal(inet_pton(family, text, &address), 1);
	return address;
}

static struct ct_entry udp(uint8_t family, const char *source, const char *destination,
			   uint16_t source_port, uint16_t destination_port)
{
	return (struct ct_entry){ .family = family,
				  .protocol = IPPROTO_UDP,
				  .source = address_of(family, source),
				  .destination = address_of(family, destination),
				  .source_port = source_port,
				  .destination_port = destination_port };
}

static bool tells(struct ct_entry entry)
{
	struct own_snmp snmp = { 0 };

	own_snmp_add(&snmp, &entry);
	return own_snmp_is_tracked(&snmp);
}

/* lo with 127.0.0.1/8, ::1 and, on aliases, two addresses of one subnet and its broadcast address.
 * It leads everywhere else, too. */
static int set_up(void **state)
{
	static char device[] = "lo";
	static const char *const more[] = { "192.0.2.1", "192.0.2.2" };
	struct rtentry default_route;
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) != 0)
		fail_msg("a network namespace is needed (run as root): %s", strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = -1; i < 2; i++) {
		struct ifreq request = { .ifr_flags = IFF_UP };
		struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

		strcpy(request.ifr_name, "lo");
		if (i < 0) {
			assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
			continue;
		}
		snprintf(request.ifr_name, sizeof(request.ifr_name), "lo:%d", i);
		address->sin_family = AF_INET;
		address->sin_addr.s_addr = inet_addr(more[i]);
		assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
		address->sin_addr.s_addr = inet_addr("255.255.255.0");
		assert_int_equal(ioctl(fd, SIOCSIFNETMASK, &request), 0);
		address->sin_addr.s_addr = inet_addr("192.0.2.255");
		assert_int_equal(ioctl(fd, SIOCSIFBRDADDR, &request), 0);
	}
	memset(&default_route, 0, sizeof(default_route));
	default_route.rt_flags = RTF_UP;
	default_route.rt_dev = device;
	default_route.rt_dst.sa_family = AF_INET;
	default_route.rt_genmask.sa_family = AF_INET;
	assert_int_equal(ioctl(fd, SIOCADDRT, &default_route), 0);
	close(fd);
	return 0;
}

/* Both directions of both services, as the kernel may have met the first packet. */
static void what_comes_from_or_goes_to_an_address_of_the_host(void **state)
{
	(void)state;
	assert_true(tells(udp(AF_INET, "198.51.100.7", "192.0.2.1", 40000, 161)));
	assert_true(tells(udp(AF_INET, "192.0.2.1", "198.51.100.7", 40000, 162)));
	assert_true(tells(udp(AF_INET, "192.0.2.2", "198.51.100.7", 161, 40000)));
	assert_true(tells(udp(AF_INET, "127.0.0.1", "127.0.0.1", 40000, 161)));
	assert_true(tells(udp(AF_INET6, "::1", "::1", 40000, 161)));
}

static void what_others_send_each_other_is_theirs(void **state)
{
	struct ct_entry tcp = udp(AF_INET, "192.0.2.1", "192.0.2.2", 40000, 161);

	(void)state;
	assert_false(tells(udp(AF_INET, "198.51.100.7", "203.0.113.1", 40000, 161)));
	assert_false(tells(udp(AF_INET6, "2001:db8::7", "2001:db8::1", 40000, 162)));
	/* what this host asks of others, and the answer when the question was not tracked */
	assert_false(tells(udp(AF_INET, "192.0.2.1", "203.0.113.1", 40000, 161)));
	assert_false(tells(udp(AF_INET, "203.0.113.1", "192.0.2.1", 161, 40000)));
	/* neither is everything of the host's */
	assert_false(tells(udp(AF_INET, "198.51.100.7", "192.0.2.1", 40000, 53)));
	tcp.protocol = IPPROTO_TCP;
	assert_false(tells(tcp));
}

/* Somebody looks for printers. */
static void what_goes_to_all_is_nobodys(void **state)
{
	(void)state;
	assert_false(tells(udp(AF_INET, "198.51.100.7", "255.255.255.255", 40000, 161)));
	assert_false(tells(udp(AF_INET, "198.51.100.7", "192.0.2.255", 40000, 161)));
	assert_false(tells(udp(AF_INET, "198.51.100.7", "224.0.0.1", 40000, 161)));
	assert_false(tells(udp(AF_INET6, "2001:db8::7", "ff02::1", 40000, 161)));
	assert_false(tells(udp(AF_INET, "0.0.0.0", "203.0.113.1", 40000, 161)));
	assert_false(tells(udp(AF_INET6, "::", "2001:db8::1", 40000, 161)));
}

/* In this namespace alone. */
static void set_nonlocal_bind(const char *value)
{
	int fd = open("/proc/sys/net/ipv4/ip_nonlocal_bind", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, 1) != 1)
		skip(); /* a /proc that is read-only */
	close(fd);
}

static void a_host_that_binds_to_anything_knows_its_own(void **state)
{
	(void)state;
	set_nonlocal_bind("1");
	assert_true(tells(udp(AF_INET, "198.51.100.7", "192.0.2.1", 40000, 161)));
	assert_true(tells(udp(AF_INET, "127.0.0.1", "127.0.0.1", 40000, 161)));
	assert_false(tells(udp(AF_INET, "198.51.100.7", "203.0.113.1", 40000, 161)));
	set_nonlocal_bind("0");
}

/* Each of 64 entries is chosen in 16 of 64 scans; the first 16 and the last are no better off. */
static void each_has_the_same_chance_to_be_chosen(void **state)
{
	unsigned int chosen[64] = { 0 };
	struct own_snmp snmp = { .random = 1 };

	(void)state;
	for (int scan = 0; scan < 10000; scan++) {
		own_snmp_clear(&snmp);
		for (uint64_t i = 0; i < 64; i++) {
			struct ct_entry entry = { .destination = { .half = { i, 0 } },
						  .protocol = IPPROTO_UDP,
						  .destination_port = 161 };

			own_snmp_add(&snmp, &entry);
		}
		for (int i = 0; i < OWN_SNMP_CHOSEN; i++)
			chosen[snmp.chosen[i].address.half[0]]++;
	}
	for (int i = 0; i < 64; i++) /* 2500, deviation 43 */
		assert_in_range(chosen[i], 2500 - 5 * 43, 2500 + 5 * 43);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_from_or_goes_to_an_address_of_the_host),
		cmocka_unit_test(what_others_send_each_other_is_theirs),
		cmocka_unit_test(what_goes_to_all_is_nobodys),
		cmocka_unit_test(a_host_that_binds_to_anything_knows_its_own),
		cmocka_unit_test(each_has_the_same_chance_to_be_chosen),
	};

	return cmocka_run_group_tests_name("own_snmp", tests, set_up, NULL);
}
