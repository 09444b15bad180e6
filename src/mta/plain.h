/* SPDX-License-Identifier: BSD-2-Clause */
/* What can stand in the files of an MTA as it is: nothing there takes it apart, or reads more into it. */
#ifndef MTA_PLAIN_H
#define MTA_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* A word that may stand in main.cf, master.cf, a rule of Sendmail and m4: letters, digits, '-', '_' and '.'. */
bool name_is_plain(const char *name);

/* A socket as the policy has it: names, '/', ':', '@', '[', ']', '+' and '~'. */
bool socket_is_plain(const char *socket);
#define SOCKET_PLAIN_EXPECTED "choose a path of letters, digits and any of -_./:@[]+~, without a word of m4 such as dnl"

/* A list of names between commas and blanks. */
bool names_are_plain(const char *list);

/* Is a control character in it, but for a tab?  Printed again, it could move a terminal or end a line. */
bool has_control(const char *text, size_t length);

/* Does each '{' have its '}'?  Else it would end the braces that the value is printed in, or never end. */
bool braces_are_closed(const char *value);

#endif
