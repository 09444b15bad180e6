/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the functions that have a safer form a compile error; forced into every file by the build. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* The libraries' own headers must be read before the names are taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Fortified headers make a macro of it, which cannot be poisoned as it is. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll localtime gmtime ctime asctime
#pragma GCC poison system popen

#endif
