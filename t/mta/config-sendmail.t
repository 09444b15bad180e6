#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each value of each key: a Sendmail configured by mta-config is audited clean, and without the line it is not."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import namespace
import sendmail_lab
from config_lab import audit, audit_clean, audit_others, findings, show
from dialogue import Connection
from daemon import Daemon
from tap import done, note, ok, same

MILTER_PORT = 8897
CLIENT = ('--bind', '192.0.2.10')
# Sendmail cannot do these; no line makes it.
IMPOSSIBLE = {('etrn', 'silent'), ('ehlo', 'refuse'), ('extensions.8bitmime', 'false'), ('extensions.size', 'false'),
              *((f'extensions.{name}', 'true') for name in (
                  'chunking', 'vrfy', 'smtputf8', 'requiretls', 'no_soliciting', 'future_release', 'mt_priority'))}
# One DeliverByMin for all listeners: see deliver_by() below.
APART = ('extensions.deliver_by',)
# Sendmail as Debian ships it, and shut as far as its options go.
OPEN = ''
SHUT = "define(`confPRIVACY_FLAGS', `authwarnings,novrfy,noexpn,noetrn,noreceipts')dnl\n"
SHUT_DAEMON = ', M=EAS'


def is_possible(key, value):
    return (key, value) not in IMPOSSIBLE and key not in APART


def rows_of(keep=is_possible):
    numbers = iter(range(22000, 23000))
    return config_lab.listeners(keep, lambda: [next(numbers)])


def look_alike(row, other):
    # Line endings are looked at in messages, which an audit does not send; see line_endings() below.
    # The audit asks for nobody's domain, which block refuses too.
    return row.key == 'line_endings' or (row.value, other.value) == ('domain', 'block')


def rules_of(lines, row):
    """The numbers of the lines that bear this listener's key; each rule stands below its origin."""
    found = []
    for number, line in enumerate(lines):
        if re.search(rf": listener {re.escape(row.name)}: commands\.{re.escape(row.key)}:", line):
            while lines[number].startswith('`#'):
                number += 1
            if number not in found:
                found.append(number)
    return found


def audit_without(root, daemon, rows, output, before, options, missed):
    """Round by round one rule of each listener is left out: a rule of one is nothing to the others."""
    lines = output.splitlines()
    rules = {row: rules_of(lines, row) for row in rows}
    for index in range(max(map(len, rules.values()))):
        gone = {row: numbers[index] for row, numbers in rules.items() if index < len(numbers)}
        left = ''.join(line + '\n' for number, line in enumerate(lines) if number not in gone.values())
        with config_lab.Sendmail(root, [row.port for row in gone], before, left, options):
            for row, number in gone.items():
                report = audit(daemon.policy, row.name, row.port, *CLIENT)
                found = findings(report)
                label = f'{row.name} without {lines[number]}'
                missed.setdefault(label, False)
                if found == [row.point]:
                    missed[label] = True
                elif not ok(found == [], f'{label}: nothing else is found'):
                    note(show(report))


def play(root, state, before, options, missed):
    rows = rows_of()
    ports = [row.port for row in rows]
    text = config_lab.policy(f'inet:{MILTER_PORT}@127.0.0.1', rows)
    with Daemon(text, socket_spec=f'inet:{MILTER_PORT}@127.0.0.1', quiet=True) as daemon:
        plain = config_lab.Sendmail(root, ports, before, options=options)
        current = f'{plain.base}/sendmail.cf'
        output = config_lab.sendmail_output(daemon.policy, '--current', current)
        lab = config_lab.Sendmail(root, ports, before, output, options)
        tested = lab.test('/quit\n')
        same((tested.returncode, tested.stderr), (0, ''), f'{state}: sendmail -bt takes the output')
        again = config_lab.sendmail_output(daemon.policy, '--current', f'{lab.base}/sendmail.cf')
        same(again, output, f'{state}: what is configured is configured the same again')
        with lab:
            audit_clean(daemon.policy, rows, state, *CLIENT)
            audit_others(daemon.policy, rows, state, look_alike, *CLIENT)
        audit_without(root, daemon, rows, output, before, options, missed)


def send(port, lines):
    """A message, sent as it stands; the reply to its end."""
    connection = Connection(port, '192.0.2.10')
    connection.reply()
    for line in ('EHLO client.example.net', 'MAIL FROM:<>', 'RCPT TO:<root@mx.example.org>', 'DATA'):
        connection.command(line)
    connection.socket.sendall(lines)
    reply = connection.reply()
    connection.close()
    return reply


def line_endings(root):
    """Sendmail looks at them in messages."""
    rows = rows_of(lambda key, value: key == 'line_endings')
    text = config_lab.policy(f'inet:{MILTER_PORT}@127.0.0.1', rows)
    crlf, lenient = rows
    with Daemon(text, socket_spec=f'inet:{MILTER_PORT}@127.0.0.1', quiet=True) as daemon:
        output = config_lab.sendmail_output(daemon.policy)
        with config_lab.Sendmail(root, [row.port for row in rows], '', output):
            ok(send(crlf.port, b'a\nb\r\n.\r\n').startswith('421'), 'line-endings-crlf: a bare LF ends the session')
            ok(send(crlf.port, b'a\r\nb\r\n.\r\n').startswith('250'), 'line-endings-crlf: CRLF')
            ok(send(lenient.port, b'a\nb\n.\n').startswith('250'), 'line-endings-lenient: LF ends the message')
        without = ''.join(line + '\n' for line in output.splitlines() if not line.startswith('R`line-endings-lenient'))
        with config_lab.Sendmail(root, [row.port for row in rows], '', without):
            ok(send(lenient.port, b'a\nb\r\n.\r\n').startswith('421'), 'line-endings-lenient without its line: refused')


def etrn_domains(root):
    """An audit tries the first domain; here are all."""
    rows = rows_of(lambda key, value: value == 'domain')
    text = config_lab.policy(f'inet:{MILTER_PORT}@127.0.0.1', rows)
    cases = (('example.com', '250'), ('Example.COM', '250'), ('example.net', '250'), ('a.example.net', '250'),
             ('@example.net', '250'), ('a.example.com', '554'), ('@example.com', '554'), ('other.example', '554'),
             ('#queue', '554'))
    with Daemon(text, socket_spec=f'inet:{MILTER_PORT}@127.0.0.1', quiet=True) as daemon:
        output = config_lab.sendmail_output(daemon.policy)
        with config_lab.Sendmail(root, [rows[0].port], '', output):
            for domain, code in cases:
                connection = Connection(rows[0].port, '192.0.2.10')
                connection.reply()
                connection.command('EHLO client.example.net')
                reply = connection.command('ETRN ' + domain)
                connection.close()
                if not ok(reply.startswith(code), f'etrn: domain: {domain} is answered by {code}'):
                    note(reply)


def deliver_by(root):
    """One option for all listeners, so one Sendmail for each value."""
    for value in config_lab.BOOLEANS:
        rows = [row for row in rows_of(lambda key, v: key in APART) if row.value == value]
        text = config_lab.policy(f'inet:{MILTER_PORT}@127.0.0.1', rows)
        with Daemon(text, socket_spec=f'inet:{MILTER_PORT}@127.0.0.1', quiet=True) as daemon:
            output = config_lab.sendmail_output(daemon.policy)
            line = next(line for line in output.splitlines() if 'DELIVER_BY' in line)
            hostile = line.replace('-1', 'X').replace('`0', '`-1').replace('X', '0') + '\n'
            with config_lab.Sendmail(root, [rows[0].port], hostile, output):
                audit_clean(daemon.policy, rows, 'deliver_by', *CLIENT)
            with config_lab.Sendmail(root, [rows[0].port], hostile, output.replace(line + '\n', '')):
                report = audit(daemon.policy, rows[0].name, rows[0].port, *CLIENT)
                same(findings(report), [rows[0].point], f'{rows[0].name} without {line}: exactly that is found')


unpacked = sendmail_lab.unpack_or_skip()
namespace.enter({'192.0.2.10'}, {'192.0.2.10': 'client.example.net'})
needed = {}
play(unpacked, 'as it comes', OPEN, '', needed)
play(unpacked, 'shut', SHUT, SHUT_DAEMON, needed)
deliver_by(unpacked)
line_endings(unpacked)
etrn_domains(unpacked)
for name, is_needed in needed.items():
    # On by default, and no option switches it off; seen above without an audit; only the first domain is audited.
    if not re.match('ext-pipelining-true|line-endings|etrn-domain without .*example.net', name):
        ok(is_needed, f'{name}: exactly that is found')
done()
