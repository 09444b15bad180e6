#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""SIGINT while a command waits on a pipe: it ends at once with status 130, shows what there is, and no half line."""
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import PROGRAM, folder, records_of, run
from tap import done, note, ok, same, wait_until

# More than is read ahead to find out the format.
COUNT = 250


def session(number):
    begin = f'Nov 22 05:10:37 mx postfix/smtpd[{1000 + number}]: '
    client = f'a{number}.example[192.0.2.{number}]'
    return (f'{begin}connect from {client}\n'
            f'{begin}NOQUEUE: reject: RCPT from {client}: 554 5.7.1 no; from=<s@a.example> to=<r@b.example> proto=ESMTP helo=<a.example>\n'
            f'{begin}disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4\n').encode()


LOG = b''.join(map(session, range(COUNT)))
# Whoever took these lines for whole ones would tell of a session more, or of a line that nobody understands.
HALF_LOG = session(COUNT)[:40]
RECORDS = b''.join(line + b'\n' for line in run('sessions', '--year', '2026', '-', data=LOG).stdout.splitlines()[:COUNT])
JUDGED = run('evaluate', data=RECORDS).stdout


def unread(pipe):
    """Bytes that nobody has read yet."""
    return struct.unpack('i', fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


def is_asleep(process):
    with open(f'/proc/{process.pid}/stat', encoding='ascii', errors='replace') as file:
        return file.read().rsplit(')', 1)[1].split()[0] == 'S'


def interrupted(words, data):
    """What a command has written when it was stopped between two pieces of its input."""
    with open(folder.name + '/output', 'w+b') as output, \
            subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE) as process:
        process.stdin.write(data)
        process.stdin.flush()
        wait_until(lambda: unread(process.stdin) == 0 and is_asleep(process))
        process.send_signal(signal.SIGINT)
        # It must not wait for more: its input stays open.
        said = process.stderr.read()
        process.wait(60)
        output.seek(0)
        found = output.read()
        same(process.returncode, 130, f'{words[0]}: status 130')
        ok(found.endswith(b'\n'), f'{words[0]}: whole lines')
        if b'Sanitizer' in said:
            note(said.decode(errors='replace'))
        return found


page = folder.name + '/page.html'
found = json.loads(interrupted(['replay', '--json', '--html', page, '--year', '2026', '-'], LOG + HALF_LOG))
same((found['partial'], found['totals']['sessions'], found['totals']['lines'], found['totals']['lines_missed']), (True, COUNT, 3 * COUNT, 0),
     'replay: what there is, marked as a part')
with open(page, 'rb') as file:
    ok(b'Interrupted:' in file.read(), 'replay: so is its page')
ok(interrupted(['replay', '--year', '2026', '-'], LOG).startswith(b'INTERRUPTED'), 'replay: and its text')
output = interrupted(['sessions', '--year', '2026', '-'], LOG + HALF_LOG)
ok(records_of(output) == records_of(RECORDS), 'sessions: those that were whole')
same(json.loads(output.splitlines()[-1])['log_lines']['lines'], 3 * COUNT, 'sessions: and how many lines that was')
output = interrupted(['evaluate'], RECORDS + RECORDS[:100])
ok(output == JUDGED, 'evaluate: the records that were whole')
output = interrupted(['report', '--json'], JUDGED + JUDGED[:100])
found = json.loads(output)
same((found['partial'], found['totals']['sessions']), (True, COUNT), 'report: what there is, marked as a part')
output = interrupted(['report', '--first-week', '--json', '-'], RECORDS + RECORDS[:100])
found = json.loads(output)
same((found['partial'], found['sessions'], found['lines_missed'], {part['advice'] for part in found['listeners'][0]['parts']} & {'safe'}),
     (True, COUNT, 0, set()), 'report --first-week: and nothing is called safe')

# --- a pipeline, whose parts are all told ---

line = f'"{PROGRAM}" sessions --quiet --year 2026 - | "{PROGRAM}" evaluate | "{PROGRAM}" report --json'
with subprocess.Popen(['sh', '-c', line], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                      start_new_session=True) as process:
    process.stdin.write(LOG + HALF_LOG)
    process.stdin.flush()
    wait_until(lambda: unread(process.stdin) == 0)
    os.killpg(process.pid, signal.SIGINT)
    output = process.stdout.read()
    process.wait(60)
found = json.loads(output) if output else {'totals': {'lines_missed': 0, 'sessions': 0}}
ok(found['totals']['lines_missed'] == 0 and found['totals']['sessions'] <= COUNT and output in (b'', output.rstrip(b'\n') + b'\n'),
   'a pipeline leaves a report of whole lines, or none')
done()
