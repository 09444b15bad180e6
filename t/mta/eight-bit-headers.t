#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""eight_bit_headers: reject, in both MTAs, configured by mta-config: headers that hold other than ASCII."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import namespace
from daemon import Daemon, free_port
from dialogue import Connection
from tap import done, note, ok, skip_all

REJECT, OBSERVE, ACCEPT = 0, 1, 2
ASCII, UTF8 = 'Subject: cafe', 'Subject: caf\u00e9'
REFUSED = '554 5.6.0 8-bit bytes in a header, RFC 5322 2.2 ('


def policy_of(milter, ports):
    rest = 'exempt_loopback: false\n    profile: none\n'
    head = f'version: 1\nserver: {{ socket: "inet:{milter}@127.0.0.1", log: stderr }}\n'
    return head + 'commands: { eight_bit_headers: reject }\nlisteners:\n' + ''.join(
        f'  - name: {name}\n    match: {{ daemon_port: {port} }}\n    {keys}\n    {rest}' for port, (name, keys) in zip(ports, (
            ('reject', 'mode: enforce'), ('observe', 'mode: observe'),
            ('accept', 'mode: enforce\n    commands: { eight_bit_headers: accept }')))) + '  - { name: rest, match: any }\n'


def send(port, header, parameters='', body='text'):
    """The last reply; and whether SMTPUTF8 was offered."""
    connection = Connection(port)
    connection.reply()
    greeting = connection.command('EHLO mail.shop.example')
    for line in f'MAIL FROM:<joe@shop.example>{parameters}', 'RCPT TO:<root@example.org>', 'DATA':
        reply = connection.command(line)
    for line in header, 'From: a@b.example', '', body:
        connection.send(line)
    reply = connection.command('.') if reply.startswith('354') else reply
    connection.close()
    return reply, 'SMTPUTF8' in greeting


def starts(reply, start, label):
    ok(reply.startswith(start), label) or note(reply)


def play(mta, daemon, ports):
    starts(send(ports[REJECT], UTF8)[0], REFUSED, mta + ': refused')
    starts(send(ports[REJECT], 'Subject: a\r\n caf\u00e9')[0], REFUSED, mta + ': in a line that is folded too')
    starts(send(ports[REJECT], ASCII, ' BODY=8BITMIME', 'caf\u00e9')[0], '250', mta + ': in the body they pass')
    if send(ports[REJECT], ASCII)[1]:
        starts(send(ports[REJECT], UTF8, ' SMTPUTF8')[0], '250', mta + ': in a message of SMTPUTF8 too')
    else:
        note(mta + ' does not offer SMTPUTF8')
    starts(send(ports[OBSERVE], UTF8)[0], '250', mta + ': only observed')
    starts(send(ports[ACCEPT], UTF8)[0], '250', mta + ': accepted by another listener')
    lines = [line for line in daemon.log() if 'command=eight_bit_headers' in line]
    ok(len(lines) == 3 and all(' verdict=reject listener=reject ' in line for line in lines[:2])
       and ' verdict=accept would=reject listener=observe ' in lines[2], mta + ': the log tells it') or note(lines)
    if mta == 'sendmail':	# Postfix has no queue id at MAIL
        ok(not any('NOQUEUE' in line for line in lines), mta + ': with the queue id')


def postfix():
    milter, *ports = (free_port() for _ in range(4))
    lab = config_lab.Postfix(ports, 'smtputf8_enable = yes\n')
    with Daemon(policy_of(milter, ports), socket_spec=f'inet:{milter}@127.0.0.1', quiet=True) as daemon:
        made = lab.configure(daemon.policy)
        ok(made.returncode == 0 and not made.stderr, 'postfix: configured') or note(made.stderr)
        with lab:
            play('postfix', daemon, ports)


def sendmail(root):
    milter, *ports = (free_port() for _ in range(4))
    with Daemon(policy_of(milter, ports), socket_spec=f'inet:{milter}@127.0.0.1', quiet=True) as daemon:
        with config_lab.Sendmail(root, ports, '', config_lab.sendmail_output(daemon.policy)):
            play('sendmail', daemon, ports)


if namespace.missing():
    skip_all(namespace.missing())
namespace.enter({}, {})
config_lab.with_each_mta(postfix, sendmail)
done()
