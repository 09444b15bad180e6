#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions rebuilt from Postfix logs say nothing that the recorded dialogues contradict, and all that the log holds."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import records_of
from tap import done, note, ok, same, skip_all
from transcripts import faults, greeting_in_effect, of_lines

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
SAMPLES = os.path.join(os.environ.get('SHARED', HERE + '/../../../shared'), 'samples/postfix')
if not os.path.isdir(SAMPLES):
    skip_all(f'no {SAMPLES}')
folder = tempfile.TemporaryDirectory()


def sessions(*words, text=None):
    """The records of a log."""
    result = subprocess.run([PROGRAM, 'sessions', '--year', '2026', '--quiet', *words], input=text, capture_output=True, check=False,
                            timeout=60)
    assert result.returncode == 0, result.stderr
    return records_of(result.stdout)


# Two blocks of lines overlap: which service is meant.
SERVICE = {'q9-timeout': 'timeout', 'q9-lost-after-data': 'inbound'}
# What smtpd took a command for is in the log, and not what the client has sent.
EXPECTED = {
    'q3-noop-commands': ['commands.vrfy is 0', 'commands.expn is 0', 'commands.etrn is 0'],
    'q3-pcre-marker': ["greeting {'verb': 'HELO', 'name': 'plain.example (HELO)', 't_us': 0}"],
}

# --- each block of mail.log against its dialogue ---
with open(SAMPLES + '/mail.log', 'rb') as log:
    LINES = log.readlines()
with open(SAMPLES + '/mail.dialogues.txt', encoding='utf-8', errors='surrogateescape') as text:
    BLOCKS = re.split(r'(?m)^=== ', text.read())[1:]
named = compared = 0
for block in BLOCKS:
    head, *lines = block.split('\n')
    label = head.split()[0]
    first, last = map(int, re.search(r'\[mail\.log:(\d+)-(\d+)\]', head).groups())
    block_lines = LINES[first - 1:last]
    records = sessions('-', text=b''.join(block_lines))
    # The first that begins in the block (of its service); postscreen hands some over to smtpd.
    begins = [line[7:15].decode() for line in block_lines if b'onnect from ' in line.replace(b'CONNECT', b'connect') and
              SERVICE.get(label, '').encode() in line and b'disconnect' not in line]
    records = [r for r in records if r.get('start', '')[11:19] in begins and
               r.get('listener') == SERVICE.get(label, r.get('listener'))]
    if not records:
        ok(False, f'{label}: a session')
        continue
    record = min(records, key=lambda r: r['start'])
    truth = of_lines(lines, '>> ', '<< ')
    same(faults(record, truth), EXPECTED.get(label, []), f'{label}: as the dialogue')
    compared += 1
    named += any('name' in greeting for greeting in record.get('helo') or [])
same((len(BLOCKS), compared), (128, 128), 'dialogues compared')
ok(named == 52, f'{named} sessions know a name of HELO')

# --- the whole log ---
records = sessions(SAMPLES + '/mail.log')
same(len(records), 132, 'sessions of mail.log')
same([r['start'][11:19] for r in records if not r['complete']], ['05:11:12', '05:13:13'], 'smtpd died in two of them')
same(len({r['id'] for r in records}), len(records), 'each has an id of its own')
same(sessions(SAMPLES + '/mail.log'), records, 'the same every time')

# --- tricks.log: what the recipes that enrich a log give ---
records = sessions(SAMPLES + '/tricks.log')
with open(SAMPLES + '/tricks.dialogue.txt', encoding='utf-8') as text:
    dialogues = [d for d in text.read().split('---\n') if d.strip()]
same(len(records), len(dialogues), 'sessions of tricks.log')
for number, (record, dialogue) in enumerate(zip(records, dialogues)):
    truth = of_lines(dialogue.splitlines(), 'C: ', 'S: ')
    same(faults(record, truth), [], f'tricks.log, session {number}')
    # INFO at every stage, warn_if_reject, or -v: the name is there.
    if number in (1, 2, 8, 9):
        greeting = greeting_in_effect(record, 0)
        same((greeting['verb'], greeting['name']), truth.greetings[-1][:2], f'tricks.log, session {number}: the greeting is known')
same(records[1]['client_port'], 34082, 'smtpd_client_port_logging')
same(records[2]['verdicts'][0]['would']['reply'],
     '450 4.7.1 <client.example.org>: Helo command rejected: Host not found', 'reject_warning is what it would have done')
same([r['listener'] for r in records[1:4]], ['info27027', 'warn27028', 'mx27026'], 'the service of syslog_name')
same(records[4]['helo'], [], 'no greeting')
same(records[0]['tx'][0]['delivered'], False, 'what the discard transport has taken is delivered to nobody')

# --- mail-dns.log: names of clients ---
CASES = [('127.0.0.2', 'good.example', 'good.example', 'OK'), ('127.0.0.3', None, 'forged.example', 'FORGED'),
         ('127.0.0.4', None, 'nofwd.example', 'FORGED'), ('127.0.0.5', None, '?', '?'),
         ('127.0.0.6', None, 'tempfwd.example', 'TEMP'), ('127.0.0.7', None, '?', '?'),
         ('127.0.0.8', 'a1.example', 'a1.example', 'OK'), ('127.0.0.9', None, '?', '?'),
         ('127.0.0.1', 'localhost', 'localhost', 'OK')]
found = [(r['client_address'], r['client_name'], r.get('reverse_client_name', '?'), r.get('client_resolve', '?'))
         for r in sessions(SAMPLES + '/mail-dns.log')]
same(found, [case for case in CASES for _ in range(2)], 'names of clients, confirmed and not')
if not all(found):
    note(found)
done()
