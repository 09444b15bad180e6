# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as systemd starts it, with sockets that are open."""
import os
import tempfile

from daemon import PROGRAM, Daemon


class Inheriting(Daemon):
    """Started as systemd does it: with descriptors from 3 on, and the number of its process."""

    def __init__(self, text, *sockets, environment=None):
        with tempfile.TemporaryDirectory() as folder:
            starter = folder + '/start'
            with open(starter, 'w', encoding='ascii') as file:
                file.write('#!/bin/sh\nLISTEN_PID=$$ exec "$EHLO_MILTER_PROGRAM" "$@"\n')
            os.chmod(starter, 0o755)

            def hand_over():
                for number, one in enumerate(sockets):
                    os.dup2(one.fileno(), 3 + number)
                    os.set_inheritable(3 + number, True)	# which dup2() leaves alone if the number is the same
            super().__init__(text, socket_spec='systemd', program=starter, close_fds=False, preexec_fn=hand_over,
                             quiet=True, environment={'LISTEN_FDS': str(len(sockets)), 'EHLO_MILTER_PROGRAM': PROGRAM,
                                                      **(environment or {})})
