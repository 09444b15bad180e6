/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays on the heap that grow, and may be trimmed. */
#ifndef CORE_GROW_H
#define CORE_GROW_H

#include <stdbool.h>
#include <stdlib.h>

/* Room for wanted elements; grows by half, so that little stays unused.  NULL: memory is out. */
static inline void *grow(void *space, size_t *capacity, size_t wanted, size_t element_bytes)
{
	size_t more = *capacity + *capacity / 2 + 16;
	void *moved;

	if (wanted <= *capacity)
		return space;
	if (more < wanted)
		more = wanted;
	moved = reallocarray(space, more, element_bytes);
	if (moved)
		*capacity = more;
	return moved;
}

/* Gives back what grow() took too much; a failure costs only that. */
static inline void *trim(void *space, size_t *capacity, size_t used, size_t element_bytes)
{
	void *moved = used > 0 && used < *capacity ? realloc(space, used * element_bytes) : NULL;

	if (!moved)
		return space;
	*capacity = used;
	return moved;
}

#endif
