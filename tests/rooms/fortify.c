/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checked printf() and the like, as glibc has them: with these, libraries of a distribution that
 * uses glibc run on musl too. The flag asks for more checks, which musl does not have. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

int __printf_chk(int flag, const char *format, ...);
int __fprintf_chk(FILE *file, int flag, const char *format, ...);
int __vfprintf_chk(FILE *file, int flag, const char *format, va_list arguments);
int __snprintf_chk(char *text, size_t length, int flag, size_t size, const char *format, ...);

int __printf_chk(int flag, const char *format, ...)
{
	va_list arguments;
	int result;

	(void)flag;
	va_start(arguments, format);
	result = vprintf(format, arguments);
	va_end(arguments);
	return result;
}

int __vfprintf_chk(FILE *file, int flag, const char *format, va_list arguments)
{
	(void)flag;
	return vfprintf(file, format, arguments);
}

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
	va_list arguments;
	int result;

	va_start(arguments, format);
	result = __vfprintf_chk(file, flag, format, arguments);
	va_end(arguments);
	return result;
}

int __snprintf_chk(char *text, size_t length, int flag, size_t size, const char *format, ...)
{
	va_list arguments;
	int result;

	(void)flag;
	(void)size;
	va_start(arguments, format);
	result = vsnprintf(text, length, format, arguments);
	va_end(arguments);
	return result;
}
