/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that take no signals. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* As pthread_create(), every signal blocked: they are for the threads that expect them.  0, or an error number. */
int thread_start(pthread_t *thread_r, void *(*run)(void *argument), void *argument);

#endif
