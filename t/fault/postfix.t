#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T25, R3, R6: a real Postfix notices nothing of reloads, and loses nothing when workers are killed.

postfix.t --long: 100 reloads in 60 s, and 50 killed workers.
"""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import postfix_lab
from daemon import Daemon, free_port
from postfix_mail import Mail, delivered
from stream import Stream
from tap import done, note, ok, same, skip_all

LONG = '--long' in sys.argv
RELOADS, SECONDS, KILLS = (100, 60, 50) if LONG else (6, 3, 5)
POLICY = '''version: 1
server: {{ log: stderr }}
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    exempt_loopback: false
    rules:
      - {{ name: number, if: ehlo == "refused.example", then: reject, reply: "550 5.7.1 policy {number}" }}
'''


def refused_twice(mail):
    """The numbers of the policies that answered two transactions of one session."""
    client = mail.client('refused.example')
    answers = []
    for _ in range(2):
        answers.append(client.mail('joe@shop.example')[1].decode())
        client.rset()
        time.sleep(0.02)
    client.close()
    return tuple(int(re.search(r'policy (\d+)', answer).group(1)) for answer in answers)


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def milter_complaints(postfix):
    return [line for line in postfix.log() if re.search(r'warning: milter|milter.*(error|timeout)', line)]


def reload_under_load(daemon, postfix):
    mail, outcomes = Mail(postfix.ports['mx']), []
    with Stream(lambda: refused_twice(mail), per_second=50) as refused, Stream(mail.send, per_second=20, threads=2) as sent:
        for number in range(1, RELOADS + 1):
            due = time.monotonic() + SECONDS / RELOADS
            daemon.write_policy(POLICY.format(number=number))
            outcomes.append(daemon.reload()[0])
            time.sleep(max(0, due - time.monotonic()))
    note(f'{RELOADS} reloads, {len(refused.results)} sessions refused, {len(sent.results)} mails sent')
    same(set(outcomes), {0}, 'reloads go well')
    same(refused.errors[:3] + sent.errors[:3], [], 'every session has its answers')
    same([r for r in refused.results if len(set(r)) != 1], [], 'none sees two policies')
    same(set(sent.results), {250}, 'every mail is accepted')
    same(milter_complaints(postfix), [], 'Postfix has nothing to complain of')
    ok(wait_until(lambda: delivered(postfix) == sorted(mail.accepted)), 'every mail is delivered once')
    return mail


def kill_under_load(daemon, postfix, mail):
    killed, cut = 0, []
    with Stream(mail.send, per_second=40) as sent:
        while killed < KILLS:
            daemon.wait_for(daemon.workers)
            held = mail.client('client.example')
            os.kill(daemon.workers()[0], signal.SIGKILL)
            killed += 1
            cut.append(held.mail('joe@shop.example')[0])
            held.close()
            start, count = time.monotonic(), sent.results.count(250)
            wait_until(lambda: sent.results.count(250) > count, 30)
            note(f'accepted again after {time.monotonic() - start:.2f} s')
            time.sleep(1.2 if LONG else 0.2)	# who dies again at once is given a pause
    codes = {code: sent.results.count(code) for code in set(sent.results)}
    note(f'{killed} workers killed, answers {codes}, {len(sent.errors)} connections lost')
    same([code for code in codes if code != 250 and code // 100 != 4], [], 'killed workers: every answer is 2xx or 4xx')
    same(sent.errors[:3], [], 'and there always is one')
    same({code // 100 for code in cut}, {4}, 'sessions that a killed worker held are put off')
    ok(wait_until(lambda: len(delivered(postfix)) >= len(mail.accepted)), 'what was accepted is delivered')
    same(delivered(postfix), sorted(mail.accepted), 'once each')
    same(mail.send(), 250, 'and it goes on')


reason = postfix_lab.missing()
if reason:
    skip_all(reason)
port = free_port()
with Daemon(POLICY.format(number=0), socket_spec=f'inet:{port}@127.0.0.1') as daemon, \
     postfix_lab.Postfix(port) as postfix:
    mail = reload_under_load(daemon, postfix)
    kill_under_load(daemon, postfix, mail)
done()
