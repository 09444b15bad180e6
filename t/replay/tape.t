#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tapes and the network: tape asks each question once, and what it writes gives the same replay as the network does."""
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import faults
from dns_responder import NXDOMAIN, SERVFAIL, Responder, address, encode_name, record
from tap import done, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
CLANG = os.path.join(os.environ.get('BUILD', 'build'), 'clang/ehlo-milter')
POLICY = '''version: 1
dns: { servers: ['SERVER'], timeout: 1s, deadline: 3s }
listeners:
  - name: mx
    match: any
    profile: none
    checks:
      iprev: { no_ptr: reject, fail: tempfail, temperror: tag }
      mail_from_dns: { fail: reject, null_mx: reject, blocked: reject, temperror: tempfail }
      spf_mail_from: { fail: reject, softfail: log, temperror: tag }
      ehlo_resolves: { fail: log, temperror: log }
'''
# No log of Postfix tells the port.
UNSURE = '''version: 1
dns: { servers: ['SERVER'], timeout: 1s, deadline: 3s }
listeners:
  - { name: submission, match: { daemon_port: 587 }, profile: none, checks: { iprev: { no_ptr: reject }, mail_from_dns: { fail: reject } } }
  - { name: mx, match: any, profile: none, checks: { iprev: { no_ptr: reject } } }
'''
folder = tempfile.TemporaryDirectory()


def rule(question):
    """A zone by arithmetic: TTLs are 0, so that only a source that keeps its answers asks once."""
    name, kind = question.name.lower(), question.kind
    if name.startswith('fail'):
        return question.reply(rcode=SERVFAIL)
    if name.startswith('gone'):
        return question.reply(rcode=NXDOMAIN)
    if name.endswith('.in-addr.arpa'):
        last = int(name.split('.')[0])
        if last % 5 == 0:
            return question.reply(rcode=NXDOMAIN)
        return question.reply(record(None, 'PTR', 0, encode_name(f'host{last if last % 5 > 1 else 77}.example')))
    if kind == 'A' and name.startswith('host'):
        return question.reply(record(None, 'A', 0, address('203.0.113.' + name[4:].split('.')[0])))
    if kind == 'MX':
        return question.reply(record(None, 'MX', 0, struct.pack('>H', 10) + encode_name('host9.example')))
    if kind == 'TXT':
        text = b'v=spf1 ip4:203.0.113.0/28 include:host1.example -all' if name.startswith('dom') else b'v=spf1 -all'
        return question.reply(record(None, 'TXT', 0, bytes([len(text)]) + text))
    return question.reply()


def log_lines():
    for number in range(1, 201):
        client = number % 40 + 1
        domain = ['dom1.example', 'dom2.example', 'gone.example', 'fail.example'][number % 4]
        yield (f'{{"id":"SESSION{number:09d}","start":"2026-11-22T05:16:02Z","source":"postfix-log","sasl_username":null,'
               f'"client_address":"203.0.113.{client}","helo":[{{"verb":"EHLO","name":"host{number % 7}.example"}}],'
               f'"tx":[{{"sender":"joe@{domain}","delivered":true}}]}}\n')


def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=120)


def path_of(name, text):
    path = f'{folder.name}/{name}'
    with open(path, 'wb') as file:
        file.write(text)
    return path


def without_source(report):
    """The third line names the source of DNS."""
    lines = report.decode().splitlines()
    return lines[:1] + [lines[1].split(', DNS:')[0]] + lines[2:]


log = path_of('log', ''.join(log_lines()).encode())
with Responder(rule) as server:
    policy = path_of('policy.yaml', POLICY.replace('SERVER', f'127.0.0.1:{server.port}').encode())
    tape = run('tape', '-c', policy, log)
    asked = Counter((question.name.lower(), question.kind) for question in server.questions)
    ok(tape.returncode == 0 and tape.stdout, 'tape')
    same(sorted(key for key, count in asked.items() if count > 1 and not key[0].startswith('fail')), [],
         'each question is asked once')
    before = server.asked()
    live = run('replay', '-c', policy, '--dns', 'live', log)
    ok(live.returncode == 0 and server.asked() > before and b'DNS: live' in live.stdout, 'replay --dns live asks')
    before = server.asked()
    taped = run('replay', '-c', policy, '--dns', 'tape:' + path_of('tape', tape.stdout), log)
    same(server.asked(), before, 'replay --dns tape asks nobody')
    if os.path.exists(faults.LIBRARY):
        counted = faults.Faults(folder.name)
        for dns in ([], ['--dns', 'tape:' + folder.name + '/tape']):
            subprocess.run([CLANG, 'replay', '-c', policy, *dns, log], capture_output=True, check=True,
                           env={**os.environ, **counted.environment})
        same((counted.count('open') > 0, counted.count('socket')), (True, 0), 'T23: without --dns live no socket is made')
    same(without_source(taped.stdout), without_source(live.stdout), 'and gives the same as the network')
    ok(b'DNS: tape ' in taped.stdout, 'a report tells the source of DNS')
    again = run('tape', '-c', policy, log)
    # In which order answers come to sessions that wait side by side is the network's affair.
    same(sorted(again.stdout.splitlines()), sorted(tape.stdout.splitlines()), 'the same tape again, line by line')
    records = path_of('records', run('sessions', log).stdout)
    judged = run('evaluate', '-c', policy, '--dns', 'tape:' + folder.name + '/tape', records)
    same(run('report', path_of('judged', judged.stdout)).stdout, taped.stdout, 'evaluate --dns tape')
    other = run('replay', '-c', policy, '--partial', '--dns', 'tape:' + path_of('tape2', tape.stdout + b'# another\n'), log)
    part = run('replay', '-c', policy, '--partial', '--dns', 'tape:' + folder.name + '/tape', log)
    merged = run('report', '--merge', path_of('a', other.stdout), path_of('b', part.stdout))
    ok(merged.returncode == 65 and b'different DNS' in merged.stderr, 'parts by different tapes do not merge')
    lines = tape.stdout.decode().splitlines()
    same(len({tuple(line.split()[:2]) for line in lines}), len([key for key in asked]), 'the tape holds each question')

with Responder(rule) as server:
    policy = path_of('unsure.yaml', UNSURE.replace('SERVER', f'127.0.0.1:{server.port}').encode())
    whole = run('tape', '-c', policy, log)
    live = run('replay', '-c', policy, '--dns', 'live', log)
    taped = run('replay', '-c', policy, '--dns', 'tape:' + path_of('tape3', whole.stdout), log)
    same(without_source(taped.stdout), without_source(live.stdout), 'the tape holds the questions of each listener that it may be')

# --- interrupted, and gone on with ---

gate, asked_first = threading.Event(), threading.Event()


def held(question):
    """The first answer waits for the test; the others behind it."""
    asked_first.set()
    gate.wait(60)
    return rule(question)


def interrupt(process):
    """While the first answer is held back: the work is not done, and its signal is caught."""
    asked_first.wait(60)
    process.send_signal(signal.SIGINT)
    gate.set()
    return process.communicate(timeout=120)


with Responder(held) as server:
    patient = POLICY.replace('timeout: 1s, deadline: 3s', 'timeout: 15s, deadline: 20s')
    policy = path_of('policy.yaml', patient.replace('SERVER', f'127.0.0.1:{server.port}').encode())
    process = subprocess.Popen([PROGRAM, 'tape', '-c', policy, log], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    begun, _ = interrupt(process)
    asked = {(question.name.lower().rstrip('.'), question.kind) for question in server.questions}
    taped_names = {tuple(line.lower().split()[:2]) for line in begun.decode().splitlines()}
    same(process.returncode, 130, 'tape that is interrupted: exit status 130')
    same({(name.rstrip('.'), kind.upper()) for name, kind in taped_names}, asked, 'what was asked is on the tape')
    ok(0 < len(begun.splitlines()) < len(tape.stdout.splitlines()), 'and it has stopped early')
    server.questions.clear()
    rest = run('tape', '-c', policy, '--resume', path_of('begun', begun), log)
    again = {(question.name.lower().rstrip('.'), question.kind) for question in server.questions}
    ok(rest.returncode == 0 and again and not again & asked, '--resume asks nothing twice')
    same(sorted((begun + rest.stdout).splitlines()), sorted(tape.stdout.splitlines()), 'both are the whole tape')
    before = server.asked()
    nothing = run('tape', '-c', policy, '--resume', path_of('begun', begun + rest.stdout), log)
    same((server.asked() - before, nothing.stdout), (0, b''), '--resume with a whole tape')
    gate.clear()
    asked_first.clear()
    process = subprocess.Popen([PROGRAM, 'replay', '-c', policy, '--dns', 'live', log], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    shown, _ = interrupt(process)
    ok(process.returncode == 130 and b'INTERRUPTED' in shown, 'replay that is interrupted shows what there is')
same(run('tape', '--resume', '/nonexistent', log).returncode, 65, '--resume without a tape')
done()
