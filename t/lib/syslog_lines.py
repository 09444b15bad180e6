# SPDX-License-Identifier: BSD-2-Clause
"""What programs write to syslog(3), in a mount namespace whose /dev is the script's own, as lines of a file."""
import os
import re
import socket
import threading


class SyslogLines:
    """Of all messages since it was made."""

    def __init__(self):
        self.messages = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind('/dev/log')
        os.chmod('/dev/log', 0o666)
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            self.messages.append(self.socket.recv(65536))

    def text(self, tag, host):
        """In the form of RFC 3164: host, which may refer to the groups of the pattern tag, stands before what tag matches."""
        return b''.join(re.sub(rb'^<\d+>(?P<stamp>.{15}) (?P<tag>' + tag + rb')', rb'\g<stamp> ' + host + rb' \g<tag>', message)
                        .rstrip(b'\n\0') + b'\n' for message in self.messages)
