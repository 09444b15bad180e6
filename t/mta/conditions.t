#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Settings that hang on the client: both MTAs ask the daemon, and refuse for now while it does not answer."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import namespace
from config_lab import audit, findings, show
from daemon import NO_DNS, Daemon
from dialogue import Connection
from tap import done, note, ok, skip_all

OWN, STRANGER = '192.0.2.9', '198.51.100.9'
MILTER, MAP = 8897, 8898
HEAD = f'''version: 1
server: {{ socket: "inet:{MILTER}@127.0.0.1", socketmap: "inet:{MAP}@127.0.0.1", log: stderr, drain: 1s }}
lists: {{ own: {{ networks: [192.0.2.0/24] }} }}
'''
POSTFIX = HEAD + f'''commands: {{ vrfy: hide, extensions: {{ dsn: {{ if: client in $own, then: true, else: false }} }} }}
listeners:
  - name: internal
    match: {{ client: $own }}
    checks: {{ {NO_DNS} }}
    commands: {{ extensions: {{ pipelining: false, etrn: true }} }}
  - name: mx
    match: any
    mode: enforce
    checks: {{ {NO_DNS} }}
    commands: {{ extensions: {{ etrn: false }} }}
'''
SENDMAIL = HEAD + f'''commands:
  vrfy: {{ if: client in $own, then: allow, else: hide }}
  extensions: {{ dsn: {{ if: client in $own, then: true, else: false }} }}
listeners:
  - name: internal
    match: {{ client: $own }}
    checks: {{ {NO_DNS} }}
    commands: {{ expn: allow, etrn: allow }}
  - name: mx
    match: any
    mode: enforce
    checks: {{ {NO_DNS} }}
    commands:
      expn: disable
      etrn: {{ if: "client_name == 'stranger.example.net'", then: domain, else: block }}
      etrn_domains: [example.com]
      helo: {{ if: "client_name == 'nobody.example'", then: allow, else: refuse }}
'''


def clean(daemon, port, listener, label, *source):
    report = audit(daemon.policy, listener, port, *source)
    if not ok(report['status'] == 0 and not findings(report), label):
        note(show(report))
    return report


def unlike(daemon, port, listener, expected, label, *source):
    """Held to the listener of the others."""
    report = audit(daemon.policy, listener, port, *source)
    if not ok(findings(report) == expected, label):
        note(show(report))


def say(port, source, *lines):
    connection = Connection(port, source)
    replies = [connection.reply()] + [connection.command(line) for line in lines]
    connection.close()
    return replies


def starts(replies, code, label):
    if not ok(replies[-1].startswith(code), label):
        note(replies)


def postfix():
    lab = config_lab.Postfix([2200], config_lab.OPEN)
    with Daemon(POSTFIX, socket_spec=f'inet:{MILTER}@127.0.0.1', quiet=True) as daemon:
        made = lab.configure(daemon.policy)
        ok(made.returncode == 0 and not made.stderr and not lab.command('check').stderr, 'postfix: configured') \
            or note(made.stderr)
        with lab:
            own, stranger = (('--xclient', address, '--known', 'bob') for address in (OWN, STRANGER))
            clean(daemon, 2200, 'internal', 'postfix: a client of our own gets what its listener says', *own)
            clean(daemon, 2200, 'mx', 'postfix: a stranger gets what his says', *stranger)
            # The condition on dsn is the same for both: only what their listeners say differs.
            unlike(daemon, 2200, 'internal', ['commands.extensions.pipelining: false', 'commands.extensions.etrn: true'],
                   'postfix: and not the other', *stranger)
            daemon.process.terminate()
            daemon.process.wait(30)
            starts(say(2200, None, f'XCLIENT ADDR={STRANGER} NAME=[UNAVAILABLE]', 'EHLO a.example'), '421',
                   'postfix: EHLO is put off while nobody answers the map')


def sendmail(root):
    with Daemon(SENDMAIL, socket_spec=f'inet:{MILTER}@127.0.0.1', quiet=True) as daemon:
        output = config_lab.sendmail_output(daemon.policy)
        with config_lab.Sendmail(root, [22000], '', output) as lab:
            own, stranger = (('--bind', address) for address in (OWN, STRANGER))
            clean(daemon, 22000, 'internal', 'sendmail: a client of our own gets what its listener says', *own)
            clean(daemon, 22000, 'mx', 'sendmail: a stranger gets what his says', *stranger)
            unlike(daemon, 22000, 'internal', ['commands.expn: allow', 'commands.etrn: allow'],
                   'sendmail: and not the other', *stranger)
            starts(say(22000, STRANGER, 'EHLO a.example', 'ETRN example.com'), '250', 'sendmail: etrn by client_name')
            starts(say(22000, STRANGER, 'EHLO a.example', 'ETRN example.net'), '554', 'sendmail: for its domain only')
            starts(say(22000, STRANGER, 'HELO a.example', 'MAIL FROM:<>'), '503', 'sendmail: helo by client_name')
            open_now = Connection(22000, STRANGER)
            open_now.reply()
            open_now.command('EHLO a.example')
            daemon.process.terminate()
            daemon.process.wait(30)
            starts([open_now.command('VRFY root')], '451', 'sendmail: VRFY is put off while nobody answers the map')
            starts([open_now.command('ETRN example.com')], '451', 'sendmail: ETRN too')
            open_now.close()
            starts(say(22000, STRANGER, 'EHLO a.example', 'MAIL FROM:<>'), '4', 'sendmail: a new session is put off')
            tested = lab.test('/quit\n')
            ok(tested.returncode == 0 and not tested.stderr, 'sendmail -bt takes the output') or note(tested)


if namespace.missing():
    skip_all(namespace.missing())
namespace.enter({OWN, STRANGER}, {STRANGER: 'stranger.example.net', OWN: 'own.example.org'})
config_lab.with_each_mta(postfix, sendmail)
done()
