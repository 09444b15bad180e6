#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is counted of sessions with a real Postfix: greetings, TLS, and what status says of them."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import postfix_lab
from daemon import NO_DNS, PROGRAM, Daemon, free_port
from dialogue import Connection
from tap import done, same, skip_all

POLICY = f'''version: 1
server: {{ log: stderr }}
listeners:
  - name: dot
    match: {{ daemon_name: dot }}
    helo_marker: trailing_dot
    mode: enforce
    exempt_loopback: false
    checks: {{ {NO_DNS} }}
  - {{ name: mx, match: any, mode: enforce, exempt_loopback: false, checks: {{ {NO_DNS} }} }}
'''


def talk(port, *lines):
    client = Connection(port)
    client.reply()
    for line in lines:
        if line == 'STARTTLS':
            client.start_tls()
        else:
            client.command(line)
    client.command('QUIT')
    client.close()


def figures(daemon):
    found = json.loads(subprocess.run([PROGRAM, 'status', '--json', '--socket', daemon.spec], check=True, env=daemon.environment,
                                      capture_output=True, text=True).stdout)
    return found['sessions'], {listener['listener']: listener for listener in found['listeners']}


def some(words):
    return {word: count for word, count in words.items() if count}


missing = postfix_lab.missing()
if missing:
    skip_all(missing)
port = free_port()
with Daemon(POLICY, socket_spec=f'inet:{port}@127.0.0.1') as daemon, postfix_lab.Postfix(port) as postfix:
    MAIL = 'MAIL FROM:<joe@shop.example>'
    talk(postfix.ports['mx'], 'EHLO client.example', MAIL)
    talk(postfix.ports['mx'], 'EHLO client.example', 'STARTTLS', 'EHLO client.example', MAIL)
    talk(postfix.ports['mx'], 'EHLO client.example', 'STARTTLS', MAIL)
    talk(postfix.ports['mx'], 'EHLO desktop', MAIL)
    talk(postfix.ports['mx'], 'NOOP')
    talk(postfix.ports['dot'], 'HELO client.example', MAIL)
    talk(postfix.ports['dot'], 'EHLO client.example', MAIL)
    daemon.wait_for(lambda: figures(daemon)[0]['ended'] == 7)
    sessions, listeners = figures(daemon)
    same((sessions['started'], sessions['open'], sessions['lost']), (7, 0, 0), 'each session is counted once')
    mx = listeners['mx']
    same(some(mx['sessions']), {'no_mail': 1, 'accepted': 3, 'rejected': 1}, 'how they ended')
    same(some(mx['greetings']), {'unknown': 4, 'none': 1}, 'Postfix does not tell HELO from EHLO')
    same(some(listeners['dot']['greetings']), {'EHLO': 1, 'HELO': 1}, 'but with the marker it does')
    same(some(mx['tls']), {'none': 2, 'TLSv1.3': 2, 'unknown': 1}, 'TLS')
    same(some(mx['tls_greetings']), {'again': 1, 'not_again': 1}, 'who greets again after STARTTLS')
    same(some(mx['logged_in']), {'no': 4, 'unknown': 1}, 'nobody has logged in')
done()
