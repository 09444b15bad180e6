# SPDX-License-Identifier: BSD-2-Clause
"""The service manager's side of sd_notify(3)."""
import select
import socket

from tap import PATIENCE_S


class Manager:
    """Hears what a service tells at the socket NAME."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.bind(name)

    def hear(self):
        return self.socket.recv(4096).decode()

    def hear_until(self, *starts):
        """The first of what is told that begins so."""
        while not (said := self.hear()).startswith(starts):
            pass
        return said

    def heard(self):
        """The states that have been told since, without waiting for more: READY, RELOADING, STOPPING."""
        states = []
        while select.select([self.socket], [], [], 0)[0]:
            states.append(self.hear().split('=')[0])
        return states
