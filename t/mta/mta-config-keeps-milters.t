#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What Postfix does already stays when mta-config is merged into it: milters, filters, keywords, services left alone."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import postfix_lab
from daemon import NO_DNS, Daemon, free_port
from dialogue import Connection
from tap import done, note, ok, skip_all

OTHER = '''version: 1
server: { log: stderr }
listeners:
  - name: other
    match: any
    mode: enforce
    profile: none
    exempt_loopback: false
    rules:
      - { name: r, if: ehlo in 'never.example' or ehlo starts_with 'bad', then: reject, reply: "550 5.7.1 the other milter" }
'''.replace("ehlo in 'never.example' or ", '')
OURS = '''version: 1
server: {{ socket: "inet:{port}@127.0.0.1", log: stderr }}
listeners:
  - name: mx
    match: {{ daemon_port: {mx} }}
    mode: enforce
    exempt_loopback: false
    checks: {{ ''' + NO_DNS + ''' }}
    commands: {{ vrfy: hide, extensions: {{ dsn: false, etrn: true }} }}
  - {{ name: rest, match: any }}
'''
MAIN = '''smtpd_milters = {{ inet:127.0.0.1:{other}, connect_timeout=5s }}
smtpd_command_filter = pcre:{{base}}/etc/commands.pcre
smtpd_discard_ehlo_keywords = chunking, etrn
'''


def ask(port, *lines):
    connection = Connection(port)
    connection.reply()
    replies = [connection.command(line) for line in lines]
    connection.close()
    return replies


def says(replies, expected, label):
    """The last reply begins so, and holds the rest."""
    if not ok(all(part in replies[-1] for part in expected.split('|')), label):
        note(replies)


if postfix_lab.missing():
    skip_all(postfix_lab.missing())
port, other, mx, inner = (free_port() for _ in range(4))
with Daemon(OTHER, socket_spec=f'inet:{other}@127.0.0.1', quiet=True), \
        Daemon(OURS.format(port=port, mx=mx), socket_spec=f'inet:{port}@127.0.0.1', quiet=True) as ours:
    lab = config_lab.Postfix([mx], MAIN.format(other=other))
    lab.write('main.cf', lab.read('main.cf').replace('{base}', lab.base))
    lab.write('commands.pcre', '/^XPING$/ NOOP\n/^VRFY list$/ VRFY bob\n')
    lab.write('master.cf', lab.plain(inner, [('smtpd_milters', '')]) + lab.read('master.cf'))
    for run in ('once', 'twice'):
        made = lab.configure(ours.policy)
        ok(made.returncode == 0 and not made.stderr, f'configured {run}') or note(made.stderr)
    ok(lab.read('commands.pcre').count('# ehlo-milter: begin') == 1, 'our rules stand in the filter once')
    with lab:
        says(ask(mx, 'XPING'), '250', 'the rules of the filter that was there still hold')
        says(ask(mx, 'VRFY nobody'), '252|postmaster', 'and ours come first')
        says(ask(mx, 'VRFY list'), '252|postmaster', 'before the ones that were there')
        says(ask(mx, 'EHLO bad.example', 'MAIL FROM:<>'), '550|the other milter', 'the other milter is asked')
        says(ask(mx, 'EHLO localpc', 'MAIL FROM:<>'), '550|not fully qualified', 'and ours')
        says(ask(mx, 'EHLO bad', 'MAIL FROM:<>'), '550|not fully qualified', 'ours comes first')
        keywords = ask(mx, 'EHLO a.example')[0]
        ok('CHUNKING' not in keywords, 'a keyword that was discarded stays so')
        ok('DSN' not in keywords and 'VRFY' not in keywords, 'those of the policy are discarded too')
        ok('ETRN' in keywords, 'one that the policy wants comes back')
        says(ask(inner, 'EHLO localpc', 'MAIL FROM:<>'), '250', 'a service without milters stays without')
done()
