/* SPDX-License-Identifier: BSD-2-Clause */
/* What Postfix's own configuration says about reaching a socket: read from its files, nothing is run. */
#ifndef APP_POSTFIX_SETUP_H
#define APP_POSTFIX_SETUP_H

#include <stdbool.h>

#define POSTFIX_PATH_BYTES 256

struct postfix_setup {
	bool found;				/* main.cf and master.cf could be read */
	bool chroot;				/* some smtpd service runs chrooted */
	char folder[POSTFIX_PATH_BYTES];	/* of main.cf */
	char queue_directory[POSTFIX_PATH_BYTES];
};

/* The folder is $MAIL_CONFIG, as for Postfix itself, else /etc/postfix. */
void postfix_setup_read(struct postfix_setup *setup_r);

/* path as a chrooted smtpd sees it: below queue_directory without that part; NULL when it lies outside. */
const char *postfix_setup_inside(const struct postfix_setup *setup, const char *path);

#endif
