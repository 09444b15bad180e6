#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inputs of every sort: compressed, split, damaged, hostile, not a log at all; and what the command says of them."""
import bz2
import gzip
import json
import lzma
import os
import random
import resource
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import records_of
from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
folder = tempfile.TemporaryDirectory()
F = folder.name


def write(name, data, mtime=None):
    path = os.path.join(F, name)
    with open(path, 'wb') as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    if mtime:
        os.utime(path, (mtime, mtime))
    return path


def run(*words, text=b'', stdout=subprocess.PIPE):
    result = subprocess.run([PROGRAM, 'sessions', *words], input=text, stdout=stdout, stderr=subprocess.PIPE, check=False, timeout=120)
    result.records = records_of(result.stdout or b'')
    result.said = result.stderr.decode(errors='backslashreplace')
    return result


def fits(result, status, *parts, label, sessions=None):
    good = ok(result.returncode == status and all(part in result.said for part in parts) and
              (sessions is None or len(result.records) == sessions), label)
    if not good:
        note(f'status {result.returncode}, {len(result.records)} sessions\n{result.said}')


def session(number, stamp='Nov 22 05:10:37', helo='a.example', pid=None, host='mx'):
    begin = f'{stamp} {host} postfix/smtpd[{pid or 1000 + number}]: '
    client = f'a{number}.example[192.0.2.{number % 256}]'
    return (f'{begin}connect from {client}\n'
            f'{begin}NOQUEUE: reject: RCPT from {client}: 554 5.7.1 no; from=<s@a.example> to=<r@b.example> proto=ESMTP helo=<{helo}>\n'
            f'{begin}disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4\n')


LOG = ''.join(session(n) for n in range(300)).encode()
plain = write('plain.log', LOG)
records = run('--year', '2026', plain).stdout
same(len(records_of(records)), 300, 'a plain log')

# --- compressed, told by content ---
gz = gzip.compress(LOG)
fits(run('--year', '2026', write('a', gz)), 0, label='gzip', sessions=300)
same(run('--year', '2026', F + '/a').stdout, records, 'gzip gives the same bytes')
fits(run(write('b', lzma.compress(LOG))), 0, label='xz', sessions=300)
zst = subprocess.run(['zstd', '-qc', plain], capture_output=True, check=False).stdout
fits(run(write('c', zst)), 0, label='zstd', sessions=300)
half = LOG.index(b'connect from a150') - 40
half = LOG.rindex(b'\n', 0, half) + 1
fits(run(write('d', gzip.compress(LOG[:half]) + gzip.compress(LOG[half:]))), 0, label='gzip of two members', sessions=300)
fits(run(write('e', lzma.compress(LOG[:half]) + lzma.compress(LOG[half:]))), 0, label='xz of two streams', sessions=300)
fits(run('-', text=gz), 0, label='gzip through a pipe', sessions=300)
fits(run(write('bz', bz2.compress(LOG))), 65, 'none of its', 'it is compressed by bzip2', label='a compression that is not known')

# --- cut off ---
cut = run(write('cut.gz', gz[:len(gz) // 2]))
fits(cut, 0, 'cut.gz: warning: read only in part: gzip data is damaged or cut off', label='gzip that is cut off: what is there is read')
ok(0 < len(cut.records) < 300, f'{len(cut.records)} sessions of it')
for name, data in (('xz', lzma.compress(LOG * 50)), ('zstd', zst)):
    cut = run(write('cut.' + name, data[:-20]))
    ok(cut.returncode in (0, 65) and f'{name} data is damaged or cut off' in cut.said, f'{name} that is cut off')
fits(run(write('bad.gz', gz[:10] + b'\0' * 500)), 65, 'gzip data is damaged', label='nothing but a head of gzip')
fits(run(write('tail.gz', gz + b'garbage behind it')), 0, 'gzip data is damaged', label='garbage behind gzip', sessions=300)

# --- not there, not a file, nothing in it ---
fits(run(F + '/none'), 65, 'none: error: cannot be read: no such file or directory', label='a file that is not there')
fits(run(F), 65, 'is a directory', label='a directory')
fits(run(F + '/none', plain), 0, 'no such file', label='one of two can be read', sessions=300)
fits(run(write('empty', b'')), 0, 'sessions: 0', label='an empty log is no error')
fits(run(), 64, 'expected LOG...', label='no log')
fits(run('--format', 'postfx', plain), 64, "did you mean 'postfix'", label='a format that is not known')
fits(run('--year', '26', plain), 64, '--year', label='a year that is none')
fits(run('--tz', 'Mars', plain), 64, '--tz', label='a zone that is none')
fits(run('--bare', plain), 64, '--bare needs --format', label='--bare alone')
manual = subprocess.run([PROGRAM, 'sessions', '--help'], capture_output=True, check=False)
ok(manual.returncode == 0 and b'usage: ehlo-milter sessions' in manual.stdout, '--help')
with open('/dev/full', 'wb') as full:
    fits(run(plain, stdout=full), 74, 'cannot write', label='no room for the output')

# --- other programs, garbage ---
ssh = ''.join(f'Nov 22 05:10:{n:02d} mx sshd[{n}]: Failed password for root\n' for n in range(60))
fits(run(write('auth.log', ssh)), 0, '60 of other programs', label='a log of another program: nothing for us in it', sessions=0)
apache = '192.0.2.1 - - [22/Nov/2026:05:10:37 +0000] "GET / HTTP/1.1" 200 5\n' * 20
fits(run(write('access.log', apache)), 65, 'none of its 20 lines is of a log that is known here', '20 missed',
     label='a log of a kind that is not known')
chance = random.Random(1)
garbage = bytes(chance.randrange(256) for _ in range(200000))
exim = (b'2026-11-26 06:00:01 1tFabc-000abc-2D <= s@a.example H=a.example [192.0.2.1] P=esmtps S=1234\n'
        b'2026-11-26 06:00:02 1tFabc-000abc-2D Completed\n')
fits(run(write('exim', exim)), 65, 'none of its 2 lines is of a log that is known here; it is of Exim, which is not read',
     label='a log of Exim')
fits(run(write('exim-syslog', exim.replace(b'2026-11-26 06:00:0', b'Nov 26 06:00:01 mx exim[9]: '))), 0,
     'none of its 2 lines tells of a mail session; it is of Exim', label='Exim in syslog: its lines are those of another program')
fits(run(write('dovecot', b'Nov 26 06:00:01 mx dovecot: imap-login: Login: user=<bob>\n')), 0,
     'none of its 1 lines tells of a mail session', label='another program alone')
for order in ('utf-16-le', 'utf-16-be'):
    wide = LOG.decode().replace('s@a', 'ü\u20ac\U0001f600@a')
    narrow = run('--year', '2026', write('narrow', wide)).stdout.splitlines()[:-1]
    result = run('--year', '2026', write(order, ('\ufeff' + wide.replace('\n', '\r\n')).encode(order)))
    ok(len(narrow) == 300 and result.stdout.splitlines()[:-1] == narrow and ' 0 missed' in result.said, f'{order}, as Windows writes it')
    fits(run(write(order, ('\ufeff' + wide).encode(order)[:-1])), 0, 'UTF-16 text is cut off', label=f'{order} that is cut off')
    fits(run(write(order, ('\ufeff\ud800' + wide + '\udc00\n').encode(order, 'surrogatepass'))), 0, '1 missed',
         label=f'{order} with half a character', sessions=300)
    fits(run(write(order, wide.encode(order))), 65, 'it is UTF-16 without a mark; convert it', label=f'{order} without its mark')
fits(run(write('key', b'message\t{"a":"b"}\n')), 65, '1 missed', label='a key that is no part of the object')
fits(run(write('garbage', garbage)), 65, 'none of its', label='binary garbage')
result = run('--year', '2026', write('mixed', LOG[:half] + garbage + b'\n' + LOG[half:]))
fits(result, 0, label='garbage in the middle', sessions=300)
ok(all(c == '\n' or ' ' <= c <= '~' for c in result.said), 'no byte of it reaches the terminal')
fits(run(write('nul', LOG.replace(b'connect from a7.', b'connect\0from a7.'))), 0, label='a NUL in a line')
fits(run(write('nul-column', b'hostname\0\0\nx\n')), 65, '2 missed', label='a NUL in the name of a column')
long_line = b'Nov 22 05:10:37 mx postfix/smtpd[7]: ' + b'x' * (1 << 20) + b'\n'
fits(run(write('long', LOG[:half] + long_line + LOG[half:])), 0, '1 missed', label='a line of a mebibyte', sessions=300)
longer = run(write('longer', LOG[:half] + b'y' * (9 << 20) + b'\n' + LOG[half:]))
fits(longer, 0, '1 cut, being too long', label='a line of nine', sessions=300)
fits(run(write('endless', b'z' * (9 << 20))), 65, label='one line, and no end of it')
fits(run(write('helo', session(1, helo='x' * 100000))), 0, label='a name of 100,000 bytes', sessions=1)
arrays = '{"__REALTIME_TIMESTAMP":"1",' + ','.join(['"MESSAGE":[65]'] * 30000) + ',"MESSAGE":[[[1],65],66,67,68,69,70,71,72]}\n'
run(write('arrays', arrays))
ok(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2 << 20, 'an entry of 30,000 arrays takes no more than it needs')
hostile = '\x1b[2J\x1b]0;owned\x07<script>\u202e'
result = run(write('hostile', session(1, helo='evil').replace('<s@a.example>', f'<{hostile}@a.example>')))
fits(result, 0, label='a sender aimed at the terminal', sessions=1)
ok(b'\x1b' not in result.stdout and b'\x07' not in result.stdout, 'its control bytes are escaped')
same(result.records[0]['tx'][0]['sender'], f'"{hostile}"@a.example', 'and come back, in quotes')

# --- --missed ---
missed = F + '/missed.txt'
result = run('--missed', missed, write('odd', LOG + b'what\x1bis this\nNov 22 05:10:37 mx postfix/smtpd[1]: foo bar\n'))
with open(missed, encoding='utf-8') as file:
    same(file.read(), f'{F}/odd:901: what\\x1bis this\n{F}/odd:902: Nov 22 05:10:37 mx postfix/smtpd[1]: foo bar\n',
         '--missed: every line that was not understood, with its place')
fits(run('--missed', F + '/no/folder', plain), 74, 'cannot write', label='--missed where nothing can be written')

result = run('--missed', F + '/\x1b[31m\n/x', plain)
ok(b'\\x1b[31m\\x0a/x' in result.stderr and b'\x1b' not in result.stderr, 'whose name is escaped in the message')

# --- several files: in the order of their stamps, a session across two of them ---
begin, rest = session(5, 'Nov 22 06:00:00'), session(6, 'Nov 22 07:00:00')
first = write('mail.log.1', session(4, 'Nov 22 05:00:00') + begin[:begin.index('\n') + 1])
second = write('mail.log', begin[begin.index('\n') + 1:] + rest)
for paths in ((first, second), (second, first)):
    result = run('--year', '2026', *paths)
    same([(r['client_name'], r['complete']) for r in result.records],
         [('a4.example', True), ('a5.example', True), ('a6.example', True)], 'rotated logs, in either order')
same(run('--year', '2026', first, second).stdout, run('--year', '2026', second, first).stdout, 'the same bytes')
result = run('--year', '2026', second)
same([(r['client_name'], r['complete'], 'start' in r) for r in result.records], [('a5.example', False, False), ('a6.example', True, True)],
     'a session that began before the log: its start is not known')
fits(result, 0, '2 of sessions that began before the log', label='and its lines are counted')
os.symlink(plain, F + '/link.log')
fits(run(plain, F + '/link.log', plain), 0, f"link.log: warning: is the same file as '{plain}', and read once", label='a file that is named twice', sessions=300)
fits(run(plain, write('more.log', LOG + session(400).encode())), 0, f"more.log: warning: begins with the same line as '{plain}': sessions that both hold count twice",
     label='a log and a copy of its begin', sessions=601)

# --- years ---
old = 1600000000   # 2020-09-13
result = run(write('dated', session(1, 'Sep 12 05:00:00'), old))
same(result.records[0]['start'], '2020-09-12T05:00:00.000000Z', 'the year of the file')
fits(result, 0, '--year sets it', label='and that is said')
same(run(write('dated', session(1, 'Nov 22 05:00:00'), old)).records[0]['start'][:4], '2019', 'or the year before it')
turn = session(1, 'Dec 31 23:59:59') + session(2, 'Jan  1 00:00:00')
same([r['start'][:10] for r in run('--year', '2026', write('turn', turn)).records], ['2026-12-31', '2027-01-01'], 'the turn of the year')
same(run('--year', '2026', '--tz', '+02:00', write('tz', session(1, 'Nov 22 01:00:00'))).records[0]['start'],
     '2026-11-21T23:00:00.000000Z', '--tz')
os.environ['TZ'] = 'EST5EDT,M3.2.0,M11.1.0'
seasons = write('tz', session(1, 'Jul 22 01:00:00') + session(2, 'Dec 22 01:00:00'))
same([r['start'][:19] for r in run('--year', '2026', '--tz', 'local', seasons).records],
     ['2026-07-22T05:00:00', '2026-12-22T06:00:00'], '--tz local, in summer and winter')
same([r['start'][:19] for r in run('--year', '2026', seasons).records],
     ['2026-07-22T01:00:00', '2026-12-22T01:00:00'], 'without it the zone of the machine is not looked at')
del os.environ['TZ']

# --- partitions by host give the same sessions ---
hosts = [''.join(session(n, host=f'h{n % 7}') for n in range(k, 210, 7)) for k in range(7)]
whole = sorted(run('--year', '2026', write('all', ''.join(session(n, host=f'h{n % 7}') for n in range(210)))).stdout.splitlines()[:-1])
parts = sorted(line for k in range(7) for line in run('--year', '2026', write(f'part{k}', hosts[k])).stdout.splitlines()[:-1])
same(parts, whole, 'seven hosts apart give what they give together')

# --- exports, which often have the newest first ---
clock = [f'Nov 22 05:{n // 60:02d}:{n % 60:02d}' for n in range(300)]
forth = [line for n in range(300) for line in session(n, clock[n]).splitlines()]
forth[450] = forth[450].replace('helo=<a.example>', 'helo=<' + 'x' * 300000 + '>')
forth.insert(600, '')
wanted = run('--year', '2026', write('forth', '\n'.join(forth) + '\n')).stdout.splitlines()[:-1]
same(len(wanted), 300, 'a log in order')
result = run('--year', '2026', write('back', '\n'.join(reversed(forth))))
same(result.stdout.splitlines()[:-1], wanted, 'the newest first: the same sessions')
fits(result, 0, 'its newest lines come first: it is read from the end', '900 understood', label='and that is said')
same(run('--year', '2026', write('back', '\r\n'.join(reversed(forth)) + '\r\n')).stdout.splitlines()[:-1], wanted,
     'with other ends of lines')
with open(F + '/back', 'rb') as file:
    same(subprocess.run([PROGRAM, 'sessions', '--year', '2026', '-'], stdin=file, capture_output=True, check=False).stdout.splitlines()[:-1],
         wanted, 'as standard input')
with open(F + '/back', 'rb') as file:
    back = file.read()
for name, result in (('through a pipe', run('-', text=back)), ('compressed', run(write('back.gz', gzip.compress(back))))):
    fits(result, 65, 'its newest lines come first; turn them round', label=f'{name}: nothing is made of it', sessions=0)
fits(run(F + '/back.gz', plain), 0, 'its newest lines come first', label='and another log is read', sessions=300)
head = '\ufeff"@timestamp",message\n'
rows = [f'2026-11-22T05:{n // 60:02d}:{n % 60:02d}Z,"{line}"\n' for n in range(300) for line in session(n, clock[n]).splitlines()]
wanted = run(write('rows', head + ''.join(rows))).stdout.splitlines()[:-1]
result = run(write('rows', head + ''.join(reversed(rows))))
ok(len(wanted) == 300 and result.stdout.splitlines()[:-1] == wanted and ' 0 missed' in result.said, 'a table with the newest first')
entries = [f'__CURSOR=s={n}\n__REALTIME_TIMESTAMP={1795324237000000 + n}\nSYSLOG_IDENTIFIER=postfix/smtpd\n_PID=9\n'
           'MESSAGE=connect from a[192.0.2.1]\n\n' for n in range(9, 0, -1)]
fits(run(write('entries', ''.join(entries))), 65, 'its newest lines come first', label='entries of several lines are not turned round')
items = [json.dumps({'message': line, 'timestamp': f'2026-11-22T05:{n:02d}:00Z'}) for n in range(9, 0, -1) for line in session(n).splitlines()]
fits(run(write('items', '[' + ',\n'.join(items) + ']')), 65, 'its newest lines come first; export it again', label='nor those of an array')
tossed = [line for n in range(299, 0, -2) for line in (session(n, clock[n]) + session(n - 1, clock[n - 1].replace('22 05', '22 04'))).splitlines()]
random.Random(2).shuffle(tossed)
fits(run(write('tossed', '\n'.join(tossed) + '\n')), 0, 'its lines are not in the order of time', label='in no order')
late = [line for n in range(300) for line in session(n, clock[max(0, n - n % 7 * 3)]).splitlines()]
ok('its ' not in run('--year', '2026', write('late', '\n'.join(late) + '\n')).said, 'lines that are a little late')
two = session(1, 'Nov 22 05:10:37') + session(2, 'Nov 21 05:10:37')
ok('newest' not in run(write('two', two)).said, 'two logs in one file')

# --- records through the command again are the same ---
again = run('--quiet', '-', text=records)
same(again.stdout.splitlines()[:-1], records.splitlines()[:-1], 'records of records are the same records')

# --- a table that is full, sessions that never end ---
many = ''.join(f'Nov 22 05:10:37 mx postfix/smtpd[{n}]: connect from a[192.0.2.1]\n' for n in range(1, 40001))
result = run('--year', '2026', write('many', many))
fits(result, 0, '17472 given up before their end', label='more sessions at once than the table holds', sessions=40000)

# --- sessions of one process that begin alike, others between them: each has an id of its own ---
alike, others = session(11, 'Nov 22 05:10:37'), ''.join(session(n, 'Nov 22 05:10:37') for n in range(100, 1100))
ids = [record['id'] for record in records_of(run('--year', '2026', write('alike', alike + others + alike)).stdout)]
same(len(set(ids)), len(ids), 'ids of sessions that begin alike')

idle = session(1, 'Nov 22 05:00:00').splitlines(True)[0] + session(2, 'Nov 22 06:30:00')
fits(run('--year', '2026', write('idle', idle)), 0, '1 given up before their end', label='idle for more than an hour', sessions=2)
# --- what Loki answers is held until it can be put in order, as far as it is no more than any answer ---
entries = [[f'{1763788237 * 10 ** 9 + n}', line] for n, line in enumerate(session(1).splitlines())]
entries += [[f'{1763788238 * 10 ** 9 + n}', 'x' * 1_000_000] for n in range(70)]
answer = {'status': 'success', 'data': {'resultType': 'streams', 'result': [{'stream': {}, 'values': entries}]}}
result = run('--year', '2026', write('loki.json', json.dumps(answer)))
counts = json.loads(result.stdout.splitlines()[-1])['log_lines']
ok(len(result.records) == 1 and counts['lines'] == 73 and 0 < counts['missed'] < 10, f"too large an answer of Loki: {counts['missed']} lines are missed")

done()
