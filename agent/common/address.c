/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

size_t address_octets(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

static unsigned int address_bits(uint8_t family)
{
	return (unsigned int)address_octets(family) * 8;
}

struct address address_mask(uint8_t family, unsigned int length)
{
	struct address mask = { .half = { 0, 0 } };

	if (length > address_bits(family))
		length = address_bits(family);
	for (unsigned int bit = 0; bit < length; bit++)
		mask.octet[bit / 8] = (uint8_t)(mask.octet[bit / 8] | 0x80U >> bit % 8);
	return mask;
}

void address_text(uint8_t family, struct address address, unsigned int length,
		  char text[ADDRESS_TEXT_SIZE])
{
	if (!inet_ntop(family, address.octet, text, ADDRESS_TEXT_SIZE))
		text[0] = '\0';
	if (length < address_bits(family)) {
		size_t used = strlen(text);

		snprintf(text + used, ADDRESS_TEXT_SIZE - used, "/%u", length);
	}
}

bool address_parse(const char *text, uint8_t *family, struct address *address, unsigned int *length)
{
	char host[ADDRESS_TEXT_SIZE], *slash, *end;
	struct address read = { .half = { 0, 0 } };

	if (strlen(text) >= sizeof(host))
		return false;
	strcpy(host, text);
	slash = strchr(host, '/');
	if (slash)
		*slash = '\0';
	*family = strchr(host, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*family, host, read.octet) != 1)
		return false;
	*length = address_bits(*family);
	if (slash) {
		unsigned long number = strtoul(slash + 1, &end, 10);

		if (slash[1] < '0' || slash[1] > '9' || *end || number > *length)
			return false;
		*length = (unsigned int)number;
	}
	if (!address_equal(read, address_and(read, address_mask(*family, *length))))
		return false;
	*address = read;
	return true;
}
