# SPDX-License-Identifier: BSD-2-Clause
"""Makes the Nth call of a kind fail in the processes that are started with its environment: t/preload/failing.c."""
import mmap
import os
import struct

KINDS = ('allocation', 'sandbox', 'open', 'socket', 'accept', 'thread', 'write', 'fork')
LIBRARY = os.path.abspath(os.path.join(os.environ.get('BUILD', 'build'), 'clang/t/preload/failing.so'))


class Faults:
    """The plans that all these processes share; nothing fails until arm()."""

    def __init__(self, folder):
        path = os.path.join(folder, 'faults')
        with open(path, 'w+b') as file:
            file.write(struct.pack('ll', -1, 0) * len(KINDS))
            file.flush()
            self.plans = mmap.mmap(file.fileno(), 0)
        self.environment = {'LD_PRELOAD': LIBRARY, 'FAILING': path}

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
