#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logs that real MTAs wrote, whose dialogues are known: what a policy makes of them, and that less detail contradicts no more."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import records_of
from tap import done, note, ok, same, skip_all

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
SAMPLES = os.environ.get('SHARED', '../shared') + '/samples'
if not os.path.isdir(SAMPLES):
    skip_all('SHARED names no folder with samples')
# Nearly all clients are on loopback.
POLICY = '''version: 1
listeners:
  - name: mx
    match: any
    profile: none
    exempt_loopback: false
    checks: { greeting: reject, ehlo_syntax: { fail: reject }, ehlo_fqdn: reject, iprev: { no_ptr: log, fail: log } }
'''
folder = tempfile.TemporaryDirectory()
with open(folder.name + '/policy.yaml', 'w', encoding='ascii') as file:
    file.write(POLICY)


def run(*words, data=None):
    return subprocess.run([PROGRAM, *words], input=data, capture_output=True, check=True, timeout=60).stdout


def judged(name):
    records = run('sessions', '--quiet', '--year', '2026', f'{SAMPLES}/{name}')
    return records_of(run('evaluate', '-c', folder.name + '/policy.yaml', data=records))


def totals(name):
    found = json.loads(run('replay', '--json', '--quiet', '--year', '2026', '-c', folder.name + '/policy.yaml', f'{SAMPLES}/{name}'))
    words = ('sessions', 'transactions', 'ended_before_milter', 'rejected', 'possible', 'undecidable', 'accepted', 'then_refused')
    return [found['totals'][word] for word in words]


def refusal(answer):
    return answer['answer'] in ('reject', 'tempfail')


for name, expected in [
        ('postfix/mail.log', [129, 123, 3, 6, 1, 52, 70, 31]), ('postfix/mail-dns.log', [18, 0, 0, 0, 0, 6, 12, 6]),
        ('postfix/tricks.log', [10, 7, 0, 1, 0, 2, 7, 1]), ('sendmail/experiments.log', [60, 26, 0, 0, 3, 38, 19, 39]),
        ('sendmail/loglevel-9.log', [16, 6, 0, 0, 0, 8, 8, 5]), ('sendmail/loglevel-15.log', [16, 8, 0, 1, 0, 0, 15, 6]),
        ('sendmail/traffic.log', [28, 29, 0, 0, 0, 27, 1, 0]), ('sendmail/traffic.X', [29, 29, 0, 5, 6, 0, 18, 0])]:
    same(totals(name), expected, name)

# No log holds the port: clients on loopback are exempt by each listener, and that is certain.
with open(folder.name + '/ports.yaml', 'w', encoding='ascii') as file:
    file.write("""version: 1
listeners:
  - { name: submission, match: { daemon_port: 587 }, profile: submission }
  - { name: mx, match: any, profile: standard }
""")
report = run('replay', '--quiet', '--year', '2026', '-c', folder.name + '/ports.yaml', SAMPLES + '/postfix/mail.log')
ok(b'at least 0, at most 13\n' in report, 'certain is what each listener would refuse, possible what one of them would')
ok(b'ehlo-milter tape' in report, 'and the report says how to have DNS decide')
ok(b'--listener NAME' in report, 'and the report says how to judge by one')

with open(folder.name + '/names.yaml', 'w', encoding='ascii') as file:
    file.write('version: 1\nlisteners: [{ name: mx, match: any, profile: none, checks: { ehlo_fqdn: reject } }]\n')
report = run('replay', '--quiet', '--year', '2026', '-c', folder.name + '/names.yaml', SAMPLES + '/postfix/mail.log')
ok(b'unknown' in report and b'ehlo-milter tape' not in report, 'but not where no check asks it')

# The same 16 dialogues at four levels: what is certain at one is never the contrary of what is certain at another. One was
# refused at EHLO, which only the highest level tells: it counts as if MAIL had come, while without that word it left.
levels = {level: judged(f'sendmail/loglevel-{level}.log') for level in (9, 10, 14, 15)}
wrong = []
certain = 0
for level, sessions in levels.items():
    for less, more in zip(sessions, levels[15]):
        for a, b in zip(less['judged']['tx'], more['judged']['tx']):
            told_less = a['before'] is None and b['before'] is not None and not more['tx']
            if a['after']['certainty'] == b['after']['certainty'] == 'certain' and not told_less:
                certain += 1
                if refusal(a['after']) != refusal(b['after']):
                    wrong.append((level, less['id'], a['after'], b['after']))
ok(not wrong and certain > 30, f'levels 9 to 15 of Sendmail agree in {certain} certain judgements')
for entry in wrong:
    note(entry)
done()
