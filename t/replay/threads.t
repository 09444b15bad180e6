#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replay unpacks, takes lines apart and judges on all processors, and reports the same as on one."""
import gzip
import json
import os
import signal
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
    """Standard output and error of a command that may use these."""
    result = subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=300,
                            preexec_fn=lambda: os.sched_setaffinity(0, processors))
    if result.returncode != 0 or b'Sanitizer' in result.stderr:
        note(result.stderr.decode(errors='replace')[-3000:])
        return None
    return result.stdout, result.stderr


def compare(name, *words):
    alone = on({min(PROCESSORS)}, 'replay', *words)
    ok(alone is not None and alone == on(PROCESSORS, 'replay', *words), f'{name}: the same on one processor and on all')
    return alone and alone[0]


def interrupt(path):
    """The report of a log whose reading is interrupted while it writes of missed lines, which no pipe can hold."""
    pipe = folder.name + '/pipe'
    os.mkfifo(pipe)
    with subprocess.Popen([PROGRAM, 'replay', '--json', '--missed', pipe, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with open(pipe, 'rb') as missed:
            missed.read(1)
            process.send_signal(signal.SIGINT)
            missed.read()
        output, said = process.communicate(timeout=180)
    if b'Sanitizer' in said:
        note(said.decode(errors='replace')[-3000:])
        return None
    same(process.returncode, 130, 'interrupted: status 130')
    return json.loads(output)


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
odd = write('odd.log', text[:900000] + '\n' + session(1)[:80] + 'x' * (300 << 10) + '\n\n--\nno line\r\n' + 'y' * (5 << 20) + '\n' + text +
            'z' * (4 << 20) + '\n' + session(2)[:80] + 'x' * (1 << 20) + '\n' + text[:-40])
compare('long lines, lines that are cut, and half a line', '--partial', '--missed', '/dev/stderr', odd)
compare('many short lines, behind a long one', '--partial', write('short.log', 'x' * (2200 << 10) + '\n' + 'a\n' * 1000000 + text))
compare('several logs, of which one is not there', '--partial', log, odd, folder.name + '/none.log', folder.name + '/mail.log.gz')
found = interrupt(write('missed.log', text + 'no line of a log\n' * 20000 + text * 8))
ok(found and found['partial'] and 0 < found['totals']['lines'] < text.count('\n') * 9, 'interrupted: a part of the log')
same(sum(found['totals']['lines_' + kind] for kind in ('understood', 'other', 'foreign', 'repeated', 'missed')),
     found['totals']['lines'], 'interrupted: no line is counted that was only read ahead')
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
