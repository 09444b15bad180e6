#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Callbacks in any order: each greeting and each transaction is judged by itself."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import LEAN, Daemon, policy
from dns_responder import NXDOMAIN, SERVFAIL, Responder, address, encode_name, record
from tap import done, note, ok, same

FQDN = 'y 550 5.5.4 HELO/EHLO name is not fully qualified'

with Daemon(policy()) as daemon:
    with daemon.session() as s:
        same(s.helo('mail.shop.example'), 'c', 'HELO without CONNECT')
        same(s.mail(), 'c', 'then MAIL')
    with daemon.session() as s:
        s.helo('desktop')
        ok(s.mail().startswith(FQDN), 'an unknown client address alone exempts nobody')
    with daemon.session() as s:
        s.connect()
        ok(s.mail().startswith('y 503 5.5.1 Send HELO/EHLO first ('), 'MAIL without greeting')
        ok(s.mail().startswith('y 503 5.5.1 '), 'and again')
        s.helo('mail.shop.example')
        same(s.mail(), 'c', 'a greeting mends it')
    with daemon.session() as s:
        ok(s.mail().startswith('y 503 5.5.1 '), 'MAIL first of all')
    with daemon.session() as s:
        s.connect()
        same(s.helo('desktop'), 'c', 'EHLO is never refused with reply_at: mail')
        ok(s.mail().startswith(FQDN), 'bad name')
        s.helo('mail.shop.example')
        same(s.mail(), 'c', 'a good one after it is let through')
        s.helo('desktop')
        ok(s.mail().startswith(FQDN), 'and a bad one after that is not')
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        s.helo('mail.shop.example')
        same(s.mail(), 'c', 'only the last greeting counts')
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
        same(s.mail('<a@shop.example>'), 'c', 'first message')
        s.abort()
        same(s.mail('<b@shop.example>'), 'c', 'second message')
        s.abort()
        s.abort()
        s.helo('')
        ok(s.mail().startswith('y 550 5.5.4 Invalid HELO/EHLO name'), 'an empty argument')
    with daemon.session() as s:
        s.connect()
        s.connect('192.0.2.1')
        s.helo('desktop')
        ok(s.mail().startswith(FQDN), 'CONNECT twice')
    with daemon.session() as s:
        s.abort()
        s.connect()
        s.abort()
    daemon.session().close()
    lines = daemon.wait_for_verdicts(8)
    same([line.rsplit('.', 1)[1] for line in lines if 'ehlo=desktop' in line and 'client=203' in line],
         ['1', '3', '1'], 'ids count the transactions')

# What DNS failed to say for one message it may say for the next, in the same session.
failing = threading.Event()
failing.set()


def respond(question):
    if failing.is_set():
        return question.reply(rcode=SERVFAIL)
    if question.kind == 'PTR':
        return question.reply(record(None, 'PTR', 300, encode_name('mail.shop.example')))
    return question.reply(record(None, 'A', 300, address('203.0.113.9'))) if question.kind == 'A' else question.reply(rcode=NXDOMAIN)


with Responder(respond) as dns:
    text = policy('profile: none\nchecks: { iprev: { no_ptr: reject, temperror: tempfail }, spf_helo: { fail: log, temperror: tempfail } }')
    with Daemon(text.replace('version: 1', f"version: 1\ndns: {{ servers: ['{dns.server}'], cache: 0 }}")) as daemon:
        with daemon.session() as s:
            s.connect()
            s.helo('mail.shop.example')
            ok(s.mail().startswith('y 451 4.7.2'), 'DNS fails for one message')
            ok(s.mail().startswith('y 451 4.7.2'), 'and again')
            failing.clear()
            same(s.mail(), 'a', 'but not for the next')

with Daemon(policy(), environment=LEAN) as daemon:
    with daemon.session() as s:
        s.connect()
        for i in range(1000):
            s.helo('mail.shop.example' * 10)
            s.mail()
        before = daemon.rss_kib()
        for i in range(10000):
            s.helo(f'mail{i}.shop.example' * 10)
            s.mail(f'<joe{i}@shop.example>')
        grown = daemon.rss_kib() - before
        if not ok(grown < 1000, '10,000 transactions in a session do not add up'):
            note(f'{grown} KiB')
done()
