#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""DNS lists and patterns in the daemon: what is listed, what alarms once, and the test entries at start."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import Daemon
from dns_responder import NXDOMAIN, Responder
from tap import done, ok, same

POLICY = '''version: 1
server: {{ log: stderr }}
dns: {{ servers: [ '{server}' ], timeout: 2s }}
lists:
  good: {{ dns_zone: {{ zone: good.example, answers: [127.0.0.2-127.0.0.11] }} }}
  names: {{ dns_zone: {{ zone: names.example }}, domains: [.bulk.example] }}
  gone: {{ dns_zone: {{ zone: gone.example }} }}
  every: {{ dns_zone: {{ zone: every.example }} }}
  sold: {{ dns_zone: {{ zone: sold.example }} }}
  silent: {{ dns_zone: {{ zone: silent.example }} }}
  unused: {{ dns_zone: {{ zone: unused.example }} }}
  endless: {{ patterns: ['^(a+)+$'] }}
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    exempt:
      - {{ if: client in $silent, skip: [by_exempt] }}
    rules:
      - {{ name: good, if: client in $good, then: reject, reply: "554 5.7.1 {{client}} is listed" }}
      - {{ name: names, if: ehlo in $names or sender_domain in $names, then: reject, reply: 554 5.7.1 Name is listed }}
      - {{ name: gone, if: client in $gone, then: reject }}
      - {{ name: every, if: client == 203.0.113.99 and client in $every, then: reject }}
      - {{ name: sold, if: client in $sold, then: reject }}
      - {{ name: endless, if: ehlo in $endless, then: reject }}
      - {{ name: by_exempt, if: "ehlo == 'exempt.example'", then: reject }}
'''
LISTED = {
    '2.0.0.127.good.example': '127.0.0.2', '9.113.0.203.good.example': '127.0.0.4',
    '8.113.0.203.good.example': '127.0.0.12', '7.113.0.203.good.example': '127.255.255.254',
    'test.names.example': '127.0.0.2', 'spam.example.names.example': '127.0.1.2',
    'reputation.example.names.example': '127.0.0.1',
}


def answer(question):
    zone = question.name.split('.', 1)[1] if question.name.count('.') == 1 else '.'.join(question.name.split('.')[-2:])
    if zone == 'silent.example':
        return None
    if zone in ('every.example', 'sold.example'):
        return question.address('127.0.0.2' if zone[0] == 'e' else '192.0.2.1')
    if question.name in LISTED:
        return question.address(LISTED[question.name])
    return question.reply(rcode=NXDOMAIN)


def judge(daemon, client, ehlo='mail.shop.example', sender='<joe@shop.example>'):
    with daemon.session() as session:
        session.connect(client)
        session.helo(ehlo)
        return session.mail(sender)


with Responder(answer) as responder, Daemon(POLICY.format(server=responder.server)) as daemon:
    def warnings(word):
        return [line.split('DNS list ', 1)[1] for line in daemon.log() if 'DNS list ' in line and word in line]

    # Six zones are used, one of them does not answer; what is wrong with it is told last.
    daemon.wait_for(lambda: len(warnings('silent.example: its test')) == 2)
    same(warnings('its test entry'), [
        'gone.example: its test entry for 127.0.0.2 is not listed, as it must be (RFC 5782 5): nothing will be found in it',
        'every.example: its test entry for 127.0.0.1 is listed, as it must not be (RFC 5782 5): everything may be found in it',
        'sold.example: its test entry for 127.0.0.2 answered 192.0.2.1, an error of the list: it does not serve this '
        'resolver, or is a list no more',
        'sold.example: its test entry for 127.0.0.1 answered 192.0.2.1, an error of the list: it does not serve this '
        'resolver, or is a list no more',
        'silent.example: its test entry for 127.0.0.2 got no answer (TIMEOUT)',
        'silent.example: its test entry for 127.0.0.1 got no answer (TIMEOUT)'], 'what is wrong with lists is told at start')
    ok(not any('unused.example' in question.name for question in responder.questions), 'a list that no rule uses is not asked')

    same(judge(daemon, '203.0.113.9'), 'y 554 5.7.1 203.0.113.9 is listed', 'a client that is listed')
    same(judge(daemon, '203.0.113.8'), 'a', 'an answer outside answers is no listing')
    same(judge(daemon, '203.0.113.1'), 'a', 'not listed')
    same(judge(daemon, '203.0.113.1', ehlo='spam.example'), 'y 554 5.7.1 Name is listed', 'a greeting that is listed')
    same(judge(daemon, '203.0.113.1', sender='<joe@spam.example>'), 'y 554 5.7.1 Name is listed', 'a sender that is')
    same(judge(daemon, '203.0.113.1', ehlo='mail.bulk.example'), 'y 554 5.7.1 Name is listed', 'beside a zone: a domain')
    same(judge(daemon, '203.0.113.1', sender='<joe@reputation.example>'), 'a', '127.0.0.1 is no listing')
    for _ in range(3):
        same(judge(daemon, '203.0.113.7'), 'a', 'an error of a list refuses nobody')
    same(len(warnings('good.example answered 127.255.255.254, which is an error')), 1, 'it alarms once')
    same(len(warnings('sold.example answered 192.0.2.1, which is an error')), 1, 'so does each other list')
    for _ in range(2):
        same(judge(daemon, '203.0.113.1', ehlo='a' * 80 + '!'), 'a', 'a pattern that would run for ever refuses nobody')
    same(len([line for line in daemon.log() if "pattern '^(a+)+$' was stopped by its limits" in line]), 1, 'and alarms once')
    same(judge(daemon, '203.0.113.1', ehlo='exempt.example')[:11], 'y 451 4.4.3', 'an exemption that no answer decides')
    # What the greeting decides is not asked of the list.
    asked = [question.name for question in responder.questions if question.name.endswith('every.example')]
    same(sorted(asked), ['1.0.0.127.every.example', '2.0.0.127.every.example'], 'nor what a rule does not need')
done()
