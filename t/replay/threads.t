#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replay unpacks and judges on all processors, and reports the same as on one."""
import gzip
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import PROGRAM, folder, run, write
from tap import done, note, ok, same, wait_until

PROCESSORS = os.sched_getaffinity(0)
COUNT = 5000
NEW = ['--new', HERE + '/sessions/new/new.yaml', '-c', HERE + '/sessions/new/policy.yaml']
TAPE = HERE + '/sessions/tape'


def session(number):
    """Many clients, some of them often; greetings good and bad; mail taken, refused, and none at all; a postscreen."""
    begin = f'2026-11-{number % 28 + 1:02}T05:10:37.{number:06}+00:00 mx postfix/'
    smtpd = f'{begin}smtpd[{1000 + number}]: '
    client = f'a{number % 700}.example[192.0.{number % 5}.{number % 250}]'
    helo = ('a.example', 'bare', '[192.0.2.1]', 'dsl-1.example.net')[number % 4]
    if number % 11 == 0:
        return f'{begin}postscreen[7]: CONNECT from [192.0.2.{number % 250}]:{number + 1024} to [198.51.100.1]:25\n' \
               f'{begin}postscreen[7]: HANGUP after 0.1 from [192.0.2.{number % 250}]:{number + 1024} in tests before SMTP handshake\n'
    middle = f'{smtpd}NOQUEUE: reject: RCPT from {client}: 554 5.7.1 no; from=<s{number}@b{number % 60}.example> to=<r@b.example> ' \
             f'proto=ESMTP helo=<{helo}>\n' if number % 3 else f'{smtpd}{number:010X}: client={client}\n'
    return f'{smtpd}connect from {client}\n{middle}{smtpd}disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4\n'


def on(processors, *words):
    """Standard output of a command that may use these."""
    result = subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=300,
                            preexec_fn=lambda: os.sched_setaffinity(0, processors))
    if result.returncode != 0 or b'Sanitizer' in result.stderr:
        note(result.stderr.decode(errors='replace')[-3000:])
        return None
    return result.stdout


def compare(name, *words):
    alone = on({min(PROCESSORS)}, 'replay', *words)
    ok(alone is not None and alone == on(PROCESSORS, 'replay', *words), f'{name}: the same on one processor and on all')
    return alone


text = ''.join(map(session, range(COUNT)))
log = write('mail.log', text)
records = write('session.jsonl', run('sessions', '--quiet', log).stdout)
partial = compare('a log', '--partial', log)
found = json.loads(partial)
same(found['totals']['sessions'] + found['totals']['ended_before_milter'], COUNT, 'no session is lost or doubled')
compare('its text', log)
same(compare('a packed log', '--partial', write('mail.log.gz', gzip.compress(text.encode(), 1))), partial, 'is read ahead')
cut = gzip.compress(text.encode(), 1)[:-5000]
compare('one that is cut off', '--partial', write('cut.log.gz', cut))
compare('session records', '--partial', records)
compare('two policies', '--partial', *NEW, log)
with open(TAPE + '/session.jsonl', 'rb') as file:
    taped = write('taped.jsonl', file.read() * 300)
compare('DNS of records and of a tape', '--partial', '-c', TAPE + '/policy.yaml', '--dns', 'tape:' + TAPE + '/dns.tape', taped)

with subprocess.Popen([PROGRAM, 'replay', '-'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
    ok(wait_until(lambda: len(os.listdir(f'/proc/{process.pid}/task')) >= min(len(PROCESSORS), 9)),
       f'{len(PROCESSORS)} processors, as many threads')
    process.stdin.close()
    process.wait(60)
folder.cleanup()
done()
