#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The socket map goes over to the next worker with a reload, and stays where it is when the policy is broken."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import NO_DNS, Daemon, free_port
from tap import done, ok, same

POLICY = '''version: 1
server: {{ log: stderr, socketmap: "{map}" }}
lists: {{ own: {{ networks: [{own}] }} }}
commands: {{ vrfy: {{ if: client in $own, then: allow, else: hide }} }}
listeners:
  - {{ name: mx, match: any, checks: {{ {no_dns} }} }}
'''
QUESTION = b'ehlomilter vrfy^MTA^25^192.0.2.9^OK^^^a.example'


class Client:
    """Asks again and again on one connection, as an MTA does."""

    def __init__(self, where):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.socket.settimeout(30)
        self.socket.connect(where)

    def ask(self):
        self.socket.sendall(b'%d:%s,' % (len(QUESTION), QUESTION))
        return self.socket.recv(4000).split(b':', 1)[1]


def ask(where):
    client = Client(where)
    try:
        return client.ask()
    finally:
        client.socket.close()


def write(daemon, spec, own):
    daemon.write_policy(POLICY.format(map=spec, own=own, no_dns=NO_DNS))


port = free_port()
for kind in ('unix', 'inet'):
    with Daemon(POLICY.format(map=f'inet:{port}@127.0.0.1', own='192.0.2.0/24', no_dns=NO_DNS)) as daemon:
        where, spec = ('127.0.0.1', port), f'inet:{port}@127.0.0.1'
        if kind == 'unix':
            where, spec = daemon.folder.name + '/map', f'unix:{daemon.folder.name}/map'
            write(daemon, spec, '192.0.2.0/24')
            same(daemon.reload()[0], 0, 'the socket map moves to another socket with a reload')
        first = ask(where)
        kept = Client(where)
        with daemon.session() as session:
            session.connect()
            write(daemon, spec, '198.51.100.0/24')
            same(daemon.reload()[0], 0, f'{kind}: reload beside a session that stays')
            daemon.wait_for(lambda: ask(where) != first)	# the old worker is told to leave it in the same moment
            second = ask(where)
            ok(True, 'whoever connects now is answered by the new policy')
            same(kept.ask(), first, 'and whoever was connected before by the old one')
        daemon.wait_for(lambda: len(daemon.workers()) == 1)
        same(ask(where), second, 'which leaves the socket alone when it ends')
        daemon.write_policy('version: 2\n')
        same((daemon.reload()[0], ask(where)), (78, second), 'a broken policy changes nothing')
    ok(kind == 'inet' or not os.path.exists(where), 'it is gone with the daemon')
done()
