# SPDX-License-Identifier: BSD-2-Clause
"""Makes the Nth call of a kind fail in the processes that are started with its environment: t/preload/failing.c."""
import mmap
import os
import struct

KINDS = ('allocation', 'sandbox', 'open', 'socket', 'accept', 'thread', 'write', 'fork')
BUILD = os.path.abspath(os.environ.get('BUILD', 'build'))
LIBRARY = BUILD + '/clang/t/preload/failing.so'
# Two ways to have calls fail: the program, and what is preloaded into it.
PRELOADED = (BUILD + '/clang/ehlo-milter', LIBRARY)
LINKED = (BUILD + '/sanitized/t/preload/ehlo-milter', '')	# with AddressSanitizer


class Faults:
    """The plans that all these processes share; nothing fails until arm()."""

    def __init__(self, folder, library=LIBRARY):
        path = os.path.join(folder, 'faults')
        with open(path, 'w+b') as file:
            file.write(struct.pack('ll', -1, 0) * len(KINDS))
            file.flush()
            self.plans = mmap.mmap(file.fileno(), 0)
        self.environment = {'FAILING': path, **({'LD_PRELOAD': library} if library else {})}

    def set(self, kind, left):
        struct.pack_into('l', self.plans, KINDS.index(kind) * 16, left)

    def arm(self, kind, number):
        """The call NUMBER from now on fails, from 0."""
        self.set(kind, number)

    def disarm(self, kind):
        """Did it fail?"""
        happened = struct.unpack_from('l', self.plans, KINDS.index(kind) * 16)[0] < 0
        self.set(kind, -1)
        return happened

    def count(self, kind):
        """Of the calls so far."""
        return struct.unpack_from('l', self.plans, KINDS.index(kind) * 16 + 8)[0]
