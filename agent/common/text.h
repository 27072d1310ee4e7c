/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that goes into a line: of the log, of a notification, of the status that systemd shows. It
 * is plain if it is UTF-8 (RFC 3629) without characters that end a line, steer a terminal or
 * change the direction of what follows: U+0000-001F, U+007F-009F, U+2028-202E, U+2066-2069 and
 * U+FEFF. Pure: no I/O. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_FAULT_SIZE 48

/* True if `length` octets at `text` are plain; else `fault` names the first that is not, such as
 * "the character U+001B" or "the octet 0xE9, which is not UTF-8". */
bool text_is_plain(const char *text, size_t length, char fault[TEXT_FAULT_SIZE]);

/* Writes '?' for what is not plain, and drops a character that was cut off at the end. The text
 * does not grow. */
void text_make_plain(char *text);

#endif
