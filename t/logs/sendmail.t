#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions rebuilt from Sendmail logs and transcripts say nothing that the recorded dialogues contradict."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import records_of
from tap import done, ok, same, skip_all
from transcripts import Truth, faults, of_lines

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
SAMPLES = os.path.join(os.environ.get('SHARED', HERE + '/../../../shared'), 'samples/sendmail')
if not os.path.isdir(SAMPLES):
    skip_all(f'no {SAMPLES}')


def sessions(*words, text=None):
    """The records of a log, and what was said of it."""
    result = subprocess.run([PROGRAM, 'sessions', '--year', '2026', *words], input=text, capture_output=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return records_of(result.stdout), result.stderr.decode()


def blocks(name):
    """Head, lines of the log, and dialogue of each block."""
    with open(f'{SAMPLES}/{name}.dialogues.txt', encoding='utf-8', errors='surrogateescape') as text:
        for block in re.split(r'(?m)^### ', text.read())[1:]:
            head, *lines = block.split('\n')
            found = re.search(r'\[\S+\.log:(\d+)-(\d+)\]', head)
            yield head, found and tuple(map(int, found.groups())), lines


def client_of(head):
    return re.search(r'client (\S+) ->', head).group(1)


# --- LogLevel 9, and the experiments at 9: little is told, and nothing wrong ---
# Late lines of dropped sessions stand beyond their blocks, but sessions begin in the order of the dialogues.
for record, (head, _, dialogue) in zip(sessions(SAMPLES + '/loglevel-9.log')[0], blocks('loglevel-9')):
    same(faults(record, of_lines(dialogue, 'C: ', 'S: ')), [], f'loglevel-9: {head}: as the dialogue')
with open(SAMPLES + '/experiments.log', 'rb') as log:
    lines = log.readlines()
for head, place, dialogue in blocks('experiments'):
    if not place:
        continue
    records, _ = sessions('--quiet', '-', text=b''.join(lines[place[0] - 1:place[1]]))
    same(len(records), 1, f'experiments: {head}: one session')
    same(faults(records[0], of_lines(dialogue, 'C: ', 'S: ')), [], f'experiments: {head}: as the dialogue')
    if 'client_address' in records[0]:
        same(records[0]['client_address'], client_of(head), f'experiments: {head}: the client')

# --- the same sixteen at every level ---
for level, greeted in ((9, 2), (10, 3), (14, 3), (15, 14)):
    records, said = sessions(f'{SAMPLES}/loglevel-{level}.log')
    same(len(records), 16, f'LogLevel {level}: sessions')
    ok(' 0 missed' in said, f'LogLevel {level}: every line is understood')
    same(sum(any('name' in greeting for greeting in r.get('helo') or []) for r in records), greeted,
         f'LogLevel {level}: names of HELO')
same(sessions(f'{SAMPLES}/loglevel-9.raw')[0][0]['tx'][0]['sender'], 'u@sender.test', 'datagrams as they come: no host, a PRI')

# --- LogLevel 15 holds the dialogue: all of it is known ---
records, _ = sessions(f'{SAMPLES}/loglevel-15.log')
for record, (head, _, dialogue) in zip(records, blocks('loglevel-15')):
    truth = of_lines(dialogue, 'C: ', 'S: ')
    same(faults(record, truth), [], f'LogLevel 15: {head}: as the dialogue')
    effective = [g[:2] for g in truth.greetings if g[2]] or [g[:2] for g in truth.greetings]
    same([(g['verb'], g['name']) for g in record['helo']], effective, f'LogLevel 15: {head}: every greeting')
    same([tx['sender'] for tx in record['tx']], [tx['sender'] for tx in truth.txs], f'LogLevel 15: {head}: every MAIL')
    same((record['client_name'], record['complete']), ('good.client.test', True), f'LogLevel 15: {head}: client and end')

# --- client names ---
NAMES = {'192.0.2.10': ('good.client.test', 'good.client.test', 'OK'), '192.0.2.20': (None, 'forged.client.test', 'FORGED'),
         '192.0.2.30': (None, '?', '?'), '192.0.2.40': (None, '?', '?'), '198.51.100.7': (None, 'tempa.client.test', 'FORGED'),
         '203.0.113.5': ('one.test', 'one.test', 'OK'), '2001:db8::10': (None, '?', '?')}
records, _ = sessions(f'{SAMPLES}/experiments.log')
found = {r['client_address']: (r['client_name'], r.get('reverse_client_name', '?'), r.get('client_resolve', '?'))
         for r in records if 'client_name' in r}
same(found, NAMES, 'confirmed, forged, without a name, IPv6')
unsure = [(r['reverse_client_name'], 'client_resolve' in r) for r in records if 'client_address' in r and 'client_name' not in r]
ok(unsure and set(unsure) == {('good.client.test', False)}, 'lines that do not tell whether a name is confirmed')
same({r['daemon_name'] for r in records if 'daemon_name' in r}, {'MTA', 'MTA6'}, 'the listeners')

# --- traffic.X is its own truth, but for the NUL case ---
truths = {}
with open(SAMPLES + '/traffic.X', 'rb') as text:
    for line in text.read().decode('latin-1').split('\n'):
        for part in re.split(r'(?<=\S)(?=\d{5} >>> )', line):
            found = re.match(r'(\d+) (<<<|>>>) ?(.*)', part)
            if not found:
                continue
            truth = truths.setdefault(found.group(1), Truth())
            if found.group(3) == '[EOF]':
                continue
            (truth.command if found.group(2) == '<<<' else truth.reply)(found.group(3))
records, said = sessions(SAMPLES + '/traffic.X')
same(len(records), len(truths), 'traffic.X: sessions')
ok(' 0 missed' in said, 'traffic.X: every line is understood')
for record, truth in zip(records, truths.values()):
    # A record's strings hold the bytes as they came.
    for greeting in record['helo']:
        greeting['name'] = greeting['name'].encode('latin-1' if record.get('enc') else 'utf-8').decode('latin-1')
    label = truth.greetings[0][1][:40] if truth.greetings else 'no greeting'
    same(faults(record, truth), [], f'traffic.X: {label!r}: as the dialogue')
    effective = [g[:2] for g in truth.greetings if g[2]] or [g[:2] for g in truth.greetings]
    same([(g['verb'], g['name']) for g in record['helo']], effective, f'traffic.X: {label!r}: every greeting')
ok(any(r.get('enc') == 'latin1' for r in records), 'traffic.X: a byte that is no UTF-8 is kept')

# --- traffic.log, LogLevel 9, is of the same sessions ---
records, _ = sessions(SAMPLES + '/traffic.log')
by_sender = [r for r in records if r.get('tx')]
pids = {r['tx'][0]['queue_id'][-6:].lstrip('0'): r for r in by_sender}
for pid, record in pids.items():
    # ESMTP is there after an EHLO that was refused, too: what a milter is told as macro r.
    expected = ['tx 0: EHLO, not HELO'] if ('EHLO', 'bad_!', False) in truths[pid].greetings else []
    same(faults(record, truths[pid]), expected, f'traffic.log: {pid}: as the transcript')
done()
