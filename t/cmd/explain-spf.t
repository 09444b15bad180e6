#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""explain of SPF: each record, each of its mechanisms with its look-ups, what stopped where, and by which clause."""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import PROGRAM, write
from tap import done, note, ok, same

POLICY = '''version: 1
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    checks:
      spf_mail_from: { fail: log, softfail: log, neutral: log, permerror: log, temperror: log }
'''
STATUSES = ('SERVFAIL', 'TIMEOUT', 'REFUSED', 'NODATA')


policy = write('policy.yaml', POLICY)


def spf(owner, text):
    """A line of a zone: a record, given without its version, in as many strings as it takes."""
    text = 'v=spf1 ' + text
    return f'{owner} TXT ' + ' '.join(f'"{text[i:i + 255]}"' for i in range(0, len(text), 255))


def explain(zone, *options, domain='a.example', client='203.0.113.7', complete=True):
    lines = ['* * NXDOMAIN'] if complete else []
    for line in zone:
        owner, kind, data = line.split(None, 2)
        lines.append(line if data in STATUSES else f'{owner} {kind} NOERROR 300 {data}')
    result = subprocess.run(
        [PROGRAM, 'explain', '-c', policy, '--dns', 'tape:' + write('tape', '\n'.join(lines) + '\n'), '--client',
         client, '--ehlo', 'mail.example', '--mail-from', f'<joe@{domain}>', *options], capture_output=True, check=False)
    if result.returncode != 0:
        note(result.stderr.decode())
    return result.stdout.decode()


def check_of(zone, **options):
    answer = json.loads(explain(zone, '--json', **options))
    return next(c for c in answer['checks'] if c['check'] == 'spf_mail_from')


def steps_of(zone, **options):
    """From the result to the action, as text for people."""
    text = explain(zone, **options)
    return text[text.index('  spf_mail_from'):].split('                      action')[0]


# What a domain with several providers has, one of which publishes nonsense.
ZONE = [spf('a.example', 'ip4:192.0.2.9 mx a:gone.a.example include:one.example include:bad.example -all'),
        'a.example MX 10 mx1.a.example.', 'a.example MX 20 mx2.a.example.', 'mx1.a.example A 192.0.2.8',
        'mx2.a.example A 192.0.2.7',
        spf('one.example', 'include:two.example exists:%{i}.%{d} redirect=three.example'),
        spf('two.example', 'ip4:198.51.100.0/24 ip6:2001:db8::/32 ~all'), spf('three.example', '-all'),
        spf('bad.example', 'ip4:203.0.113.1 a:moo')]
same(steps_of(ZONE), '''\
  spf_mail_from       permerror the domain ends neither in a top-level label nor in a macro (RFC 7208 7.1)
                      sender='joe@a.example' sender_domain='a.example' client=203.0.113.7
                      stopped at a:moo in the record of bad.example
                      terms that ask DNS: 7 of at most 10, in vain: 2 of at most 2
                      a.example: v=spf1 ip4:192.0.2.9 mx a:gone.a.example include:one.example include:bad.example -all
                        ip4:192.0.2.9: no match, the client is not in the network
                        mx (a.example): no match, the client is not among the hosts' addresses
                          asked MX a.example: NOERROR 10 mx1.a.example., 20 mx2.a.example.
                          asked A mx1.a.example: NOERROR 192.0.2.8
                          asked A mx2.a.example: NOERROR 192.0.2.7
                        a:gone.a.example: no match, the name does not exist
                          asked A gone.a.example: NXDOMAIN
                        include:one.example: no match, the included record does not pass the client (fail)
                          one.example: v=spf1 include:two.example exists:%{i}.%{d} redirect=three.example
                            include:two.example: no match, the included record does not pass the client (softfail)
                              two.example: v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 ~all
                                ip4:198.51.100.0/24: no match, the client is not in the network
                                ip6:2001:db8::/32: no match, the client is of the other address family
                                ~all: match, softfail, all matches every client
                            exists:%{i}.%{d} (203.0.113.7.one.example): no match, the name does not exist
                              asked A 203.0.113.7.one.example: NXDOMAIN
                            redirect=three.example: match, fail, another record decides
                              three.example: v=spf1 -all
                                -all: match, fail, all matches every client
                        include:bad.example: stopped, permerror
                          bad.example: v=spf1 ip4:203.0.113.1 a:moo
                            a:moo: stopped, permerror, the domain ends neither in a top-level label nor in a macro
''', 'one sees which include failed, and at which term')
same([(e['value'], e['clause'], e['text']) for e in check_of(ZONE)['evidence'] if e['fact'] == 'spf'][1:4], [
    ('a.example: ip4:192.0.2.9: no match', 'RFC 7208 5.6', 'the client is not in the network'),
    ('a.example: mx (a.example): no match; asked MX a.example: NOERROR; asked A mx1.a.example: NOERROR; '
     'asked A mx2.a.example: NOERROR', 'RFC 7208 5.4', "the client is not among the hosts' addresses"),
    ('a.example: a:gone.a.example: no match; asked A gone.a.example: NXDOMAIN', 'RFC 7208 5',
     'the name does not exist')], 'as JSON: a step, its clause, its reason')
same(check_of(ZONE)['evidence'][-1]['value'], 'bad.example: v=spf1 ip4:203.0.113.1 a:moo: stopped, permerror at a:moo; '
     'asked TXT bad.example: NOERROR', 'and where it stopped')

# What decided, and what a step that is no match leads to.
for zone, domain, decided in (
        ([spf('a.example', 'ip4:192.0.2.1 a:b.example -all'), 'b.example A 203.0.113.7'], 'a.example',
         'decided by a:b.example in the record of a.example'),
        ([spf('a.example', 'redirect=b.example'), spf('b.example', '?all')], 'a.example',
         'decided by ?all in the record of b.example'),
        ([spf('a.example', 'include:b.example -all'), spf('b.example', '+all')], 'a.example',
         'decided by include:b.example in the record of a.example'),
        ([spf('a.example', 'ip4:192.0.2.1')], 'a.example', 'decided by the end of the record of a.example'),
        ([spf('a.example', 'include:b.example -all'), 'b.example TXT TIMEOUT'], 'a.example',
         'stopped at the record of b.example'),
        ([spf('a.example', 'ptr -all'), '7.113.0.203.in-addr.arpa PTR SERVFAIL'], 'a.example',
         'left open by ptr in the record of a.example'),
        ([spf('a.example', 'redirect=a.example')], 'a.example', 'stopped at redirect=a.example in the record of a.example')):
    ok(f'                      {decided}\n' in steps_of(zone, domain=domain), decided)
for zone, line in (
        ([spf('a.example', 'include:b.example -all'), 'b.example TXT SERVFAIL'],
         '                          b.example: stopped, temperror, DNS answered with a failure\n'
         '                            asked TXT b.example: SERVFAIL\n'),
        ([spf('a.example', 'include:b.example -all'), 'b.example A 192.0.2.1'],
         '                        include:b.example: stopped, permerror, the included domain publishes no SPF record\n'
         '                          b.example: the domain publishes no SPF record\n'
         '                            asked TXT b.example: NODATA\n'),
        ([spf('a.example', '-all'), spf('a.example', '+all')],
         '                      a.example: stopped, permerror, the domain publishes several SPF records\n'
         '                        asked TXT a.example: NOERROR "v=spf1 -all", "v=spf1 +all"\n'),
        ([spf('a.example', '-all ' * 500)],
         '                      a.example: stopped, permerror, the record has more than 2048 octets\n'
         '                        asked TXT a.example: NOERROR "v=spf1 -all -all'),
        ([spf('a.example', 'mx:b.example -all')] + [f'b.example MX 10 h{i}.example.' for i in range(11)],
         '                        mx:b.example: stopped, permerror, the name has more than ten MX records\n'
         '                          asked MX b.example: NOERROR 10 h0.example., 10 h1.example.'),
        ([spf('a.example', 'ptr -all'), '7.113.0.203.in-addr.arpa PTR gw.a.example.', 'gw.a.example A 203.0.113.7'],
         '                        ptr (a.example): match, pass, a confirmed name of the client is in the domain\n'
         '                          asked PTR 7.113.0.203.in-addr.arpa: NOERROR gw.a.example.\n'
         '                          asked A gw.a.example: NOERROR 203.0.113.7\n')):
    text = steps_of(zone)
    if not ok(line in text, line.splitlines()[0].strip()):
        note(text)

# The result, its reason, and the clause of RFC 7208 that makes it so.
MANY = ' '.join(f'a:h{i}.b.example' for i in range(11))
for zone, expected in (
        ([], ('none', 'no_name', '4.3')),
        (['a.example A 192.0.2.1'], ('none', 'no_record', '4.5')),
        (['a.example TXT "v=spf10 -all"'], ('none', 'no_record', '4.5')),
        ([spf('a.example', '-all')], ('fail', 'matched', '4.6.2')),
        ([spf('a.example', '')], ('neutral', 'default', '4.7')),
        ([spf('a.example', '-all'), spf('a.example', '-all ')], ('permerror', 'multiple_records', '4.5')),
        ([spf('a.example', 'all:x')], ('permerror', 'text_after_name', '12')),
        ([spf('a.example', 'moo')], ('permerror', 'unknown_mechanism', '4.6.1')),
        ([spf('a.example', 'ip4:1.2.3')], ('permerror', 'bad_address', '5.6')),
        ([spf('a.example', 'a/33')], ('permerror', 'bad_prefix_length', '5.6')),
        ([spf('a.example', 'a:%{z}.b.example')], ('permerror', 'bad_macro', '7.1')),
        ([spf('a.example', 'a:%{c}.b.example')], ('permerror', 'explanation_macro', '7.2')),
        ([spf('a.example', 'a:%{d0}.b.example')], ('permerror', 'zero_parts', '7.3')),
        ([spf('a.example', 'include')], ('permerror', 'missing_domain', '7.1')),
        ([spf('a.example', 'a:192.0.2.1')], ('permerror', 'address_as_domain', '7.1')),
        ([spf('a.example', 'redirect=b.example redirect=b.example')], ('permerror', 'repeated_modifier', '6')),
        ([spf('a.example', '=x')], ('permerror', 'bad_modifier', '4.6.1')),
        ([spf('a.example', 'ip4:192.0.2.1 ' * 150)], ('permerror', 'record_too_long', '3.4')),
        ([spf('a.example', MANY)] + [f'h{i}.b.example A 192.0.2.1' for i in range(11)],
         ('permerror', 'term_limit', '4.6.4')),
        ([spf('a.example', 'a:x.b.example a:y.b.example a:z.b.example')], ('permerror', 'void_limit', '4.6.4')),
        ([spf('a.example', 'mx')] + [f'a.example MX 10 h{i}.example.' for i in range(11)],
         ('permerror', 'mx_limit', '4.6.4')),
        ([spf('a.example', 'include:b.example')], ('permerror', 'included_none', '5.2')),
        ([spf('a.example', 'redirect=b.example')], ('permerror', 'redirected_none', '6.1')),
        ([spf('a.example', 'a:b.example'), 'b.example A SERVFAIL'], ('temperror', 'dns_servfail', '2.6.6')),
        (['a.example TXT REFUSED'], ('temperror', 'dns_refused', '2.6.6')),
        (['a.example TXT TIMEOUT'], ('temperror', 'dns_timeout', '2.6.6'))):
    found = check_of(zone)
    clauses = {e['clause'] for e in found['evidence'] if e['fact'] == 'sender'}
    same((found['result'], found['reason'], clauses), (*expected[:2], {'RFC 7208 ' + expected[2]}), expected[1])
same(check_of([], complete=False)['reason'], 'dns_not_recorded', 'a tape that does not say')

# Records by anyone on the internet.
ok(all(line == line.rstrip() for line in steps_of(ZONE).split('\n')), 'no line ends in a blank')
text = explain([r'a.example TXT "v=spf1 a:\027[31m\n\255.example ' + 'x' * 200 + '"'])
ok('a:?[31m' in text and not re.search(r'[^\n -~]', text), 'no byte reaches the terminal')
text = steps_of([spf('a.example', ' '.join(['ip4:1.2.3.4'] * 150 + ['include:b.example'] * 4)),
                 spf('b.example', ' '.join(['ip4:1.2.3.4'] * 160 + ['-all']))])
ok(text.endswith('(further steps are left out)\n') and len(text.splitlines()) < 600, 'the list of steps has an end')
done()
