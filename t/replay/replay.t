#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Each folder of sessions/ is a replay: policy.yaml, session.log or session.jsonl, args (more arguments; DIR is the folder), and
expect: how each transaction is judged, the totals, the first lines of the report. Whatever the way from the log to the report,
its bytes are the same.

  UPDATE=1 t/replay/replay.t    writes what is found: read the difference
"""
import json
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import folder, records_of, run, write
from tap import done, note, ok, same

SESSIONS = HERE + '/sessions'


class Scenario:
    """One folder."""

    def __init__(self, name):
        self.name = name
        self.path = f'{SESSIONS}/{name}'
        self.log = self.path + '/session.log'
        if not os.path.exists(self.log):
            self.log = self.path + '/session.jsonl'
        self.policy = ['-c', self.path + '/policy.yaml']
        if os.path.exists(self.path + '/args'):
            with open(self.path + '/args', encoding='utf-8') as file:
                self.policy += file.read().replace('DIR', self.path).split()
        self.records = run('sessions', '--year', '2026', self.log).stdout

    def replay(self, *words):
        return run('replay', *self.policy, '--year', '2026', *words, self.log)

    def judged(self, records):
        return run('evaluate', *self.policy, data=records).stdout


def shown(value):
    return json.dumps(value)[1:-1] if value is not None else '-'


def answer(found):
    if found is None:
        return 'unknown'
    by = found['rule'] or found['check']
    return '/'.join([found['answer'], found['certainty']] + ([shown(by)] if by else []))


def lines_of(judged):
    """A line for each transaction."""
    for record in records_of(judged):
        if record['judged']['tx'] is None:
            yield f'{shown(record.get("id"))}: not seen'
            continue
        for tx in record['judged']['tx']:
            unsure = ' (unsure)' if tx['listener_unsure'] else ''
            findings = ' '.join('{}={}{}'.format(f.get('rule') or f['check'], f['result'], '!' if f['alone'] else '')
                                for f in tx['findings'])
            yield (f'{shown(record.get("id"))}.{tx["tx"]} {tx["listener"]}{unsure}: {answer(tx["after"])}; before '
                   f'{answer(tx["before"])}: {tx["change"]}; {findings or "nothing found"}')


def totals_of(report):
    found = json.loads(report)
    wanted = ['sessions', 'transactions', 'ended_before_milter', 'listener_unsure', 'rejected', 'tempfailed', 'possible',
              'undecidable', 'quarantined', 'accepted', 'newly_rejected_delivered', 'then_refused']
    return 'totals: ' + ' '.join(f'{word}={found["totals"][word]}' for word in wanted)


def is_printable(data):
    return all(byte == 10 or 32 <= byte < 127 for byte in data)


def test_scenario(name):
    scenario = Scenario(name)
    text, as_json = scenario.replay(), scenario.replay('--json')
    judged = scenario.judged(scenario.records)
    verdict = [line for line in text.stdout.decode().splitlines() if line.startswith(('Would be refused: ', 'Newly refused: '))]
    found = '\n'.join([*lines_of(judged), totals_of(as_json.stdout), '', *verdict, ''])
    expect = scenario.path + '/expect'
    if os.environ.get('UPDATE'):
        with open(expect, 'w', encoding='utf-8') as file:
            file.write(found)
    with open(expect, encoding='utf-8') as file:
        expected = file.read()
    ok(text.returncode == as_json.returncode == 0, f'{name}: exit status 0')
    if not ok(found == expected, name):
        for a, b in zip(found.split('\n'), expected.split('\n')):
            if a != b:
                note(f'found    {a}\nexpected {b}')
    ok(is_printable(text.stdout + text.stderr), f'{name}: no unescaped byte')
    ok(run('report', data=judged).stdout == text.stdout and run('report', '--json', data=judged).stdout == as_json.stdout,
       f'{name}: sessions | evaluate | report is replay')
    ok(b''.join(scenario.judged(line + b'\n') for line in scenario.records.splitlines()) == judged,
       f'{name}: evaluate knows no other line')
    test_parts(name, scenario, judged, text.stdout)


def test_parts(name, scenario, judged, whole):
    """Any parts, in any order, merged in any grouping."""
    lines = judged.splitlines(keepends=True)
    draw = random.Random(name)
    for count in (1, 2, 7):
        draw.shuffle(lines)
        paths = [write(f'part{i}', run('report', '--partial', data=b''.join(lines[i::count])).stdout)
                 for i in range(min(count, len(lines)))]
        merged = run('report', '--merge', *paths)
        ok(merged.stdout == whole, f'{name}: {count} parts')
        if len(paths) > 2:
            nested = write('nested', run('report', '--merge', '--partial', *paths[1:]).stdout)
            ok(run('report', '--merge', nested, paths[0]).stdout == whole, f'{name}: parts of parts')
    path = write('whole', scenario.replay('--partial').stdout)
    ok(run('report', '--merge', path).stdout == whole, f'{name}: replay --partial')


for scenario_name in sorted(os.listdir(SESSIONS)):
    test_scenario(scenario_name)

# --- conditions, and the statuses they end with ---

new = Scenario('new')
for condition, status in [
        ('newly_rejected>0', 1), ('newly_rejected>1', 0), ('hardened==1', 1), ('newly_rejected_delivered>0', 0),
        ('undecidable>50%', 0), ('undecidable>5%', 1), ('sessions', 64), ('newly>0', 64), ('newly_rejected>x', 64),
        ('rejected=>1', 64)]:
    same(new.replay('--fail-on', condition).returncode, status, f'--fail-on {condition}')
same(new.replay('--fail-on', 'newly_rejected>9', '--fail-on', 'hardened>0').returncode, 1, 'one of two conditions')
judged_new = new.judged(new.records)
same(run('report', '--fail-on', 'hardened>0', data=judged_new).returncode, 1, 'report --fail-on')
for words, status, text in [
        (['replay'], 64, b'expected LOG...'), (['replay', '--dns', 'x', 'log'], 64, b'unknown source of DNS'),
        (['replay', '--merge', 'log'], 64, b"unknown option '--merge'"), (['evaluate', '--fail-on', 'a'], 64, b'unknown option'),
        (['replay', '--listener', 'none', new.log], 64, b"unknown listener 'none'; expected "),
        (['replay', '-c', '/nonexistent', new.log], 78, b'/nonexistent'), (['replay', '/nonexistent'], 65, b'no such file'),
        (['replay', '--new', '/nonexistent', new.log], 78, b'/nonexistent'),
        (['replay', '--dns', 'tape:/nonexistent', new.log], 65, b'no such file'), (['evaluate', '/nonexistent'], 65, b'no such file'),
        (['report', '--merge'], 64, b'expected the files'), (['report', '--merge', '/nonexistent'], 65, b'no such file'),
        (['tape', '--dns', 'live', 'log'], 64, b'unknown option'), (['tape'], 64, b'expected LOG...'),
        (['report', '--json', '--listener', 'a'], 64, b'are for --first-week')]:
    result = run(*words, data=b'')
    ok(result.returncode == status and text in result.stderr and not result.stdout, ' '.join(words))
    if result.returncode != status or text not in result.stderr:
        note(f'status {result.returncode}, {result.stderr!r}')
result = run('report', data=b'')
ok(result.returncode == 65 and b'the input is empty' in result.stderr, 'a report of nothing')
same(run('report', data=run('evaluate', data=run('sessions', write('empty', b'')).stdout).stdout).stdout, run('replay', folder.name + '/empty').stdout,
     'an empty log has one')
# What cannot be read is told; 65 only where that is all.
good = write('good', judged_new)
whole = run('report', good).stdout
for words, status in [([good, '/nonexistent'], 0), (['/nonexistent', good], 0), (['/nonexistent', folder.name], 65)]:
    result = run('report', *words)
    ok(result.returncode == status and result.stdout == (whole if status == 0 else b'') and b'/nonexistent: no such file' in result.stderr,
       f'report {words}')
result = run('evaluate', *new.policy, new.log, '/nonexistent')
ok(result.returncode == 0 and b'/nonexistent: no such file' in result.stderr, 'evaluate')
packed = subprocess.run(['gzip', '-c'], input=judged_new * 50, stdout=subprocess.PIPE, check=True).stdout
result = run('report', write('judged.gz', packed[:len(packed) * 3 // 4]))
ok(result.returncode == 0 and b'damaged or cut off' in result.stderr and b' sessions, ' in result.stdout, 'report of a file that is cut off')
for command in ('replay', 'evaluate', 'report', 'tape'):
    result = run(command, '--help')
    ok(result.returncode == 0 and b'usage: ehlo-milter ' + command.encode() in result.stdout, f'{command} --help')

# --- lines that are none ---

mixed = b'{"id":"a"}\nnonsense\n\n{"id":1}\n{"id":"b"}\n[]\n'
found = run('evaluate', *new.policy, data=mixed)
errors = [json.loads(line) for line in found.stdout.splitlines()]
same([line.get('line', line.get('id')) for line in errors], ['a', 2, 4, 'b', 6], 'bad lines become errors with their number')
same(found.returncode, 0, 'and the work goes on')
found = run('report', data=found.stdout + b'\xff\xfe\n' + b'{"id":"c"}\n' + b'{"id":"d","judged":{"tx":[{"findings":[{}]}]}}\n' +
            b'{"id":"e","judged":{"tx":[{"findings":[],"findings":[{"check":"iprev"}]}],"tx":[{}]}}\n')
ok(found.returncode == 65 and b'judged by another policy' in found.stderr and not found.stdout,
   'report refuses what was judged by another policy')
found = run('report', data=run('evaluate', data=mixed).stdout + b'\xff\xfe\n' + b'{"id":"c"}\n')
ok(found.returncode == 0 and b'5 lines are no judged sessions' in found.stderr, 'report counts what is no judged session')
same(run('evaluate', data=b'x\ny\n').returncode, 65, 'nothing but bad lines')
part = write('one', run('report', '--partial', data=judged_new).stdout)
other = write('other', run('report', '--partial', data=run('evaluate', data=mixed).stdout).stdout)
found = run('report', '--merge', part, other)
ok(found.returncode == 65 and b'different policies' in found.stderr and not found.stdout, 'parts of different policies')
by_one = new.judged(new.records).replace(b'"dns_source":"none"', b'"dns_source":"none","listener":"mx"')
ok(b'"listener":"mx","tx"' in by_one, 'by a listener')
found = run('report', data=by_one + judged_new)
ok(found.returncode == 65 and b'judged by another policy or listener' in found.stderr, 'lines judged by another listener')
found = run('report', '--merge', part, write('by-one', run('report', '--partial', data=by_one).stdout))
ok(found.returncode == 65 and b'different policies or listeners' in found.stderr, 'so are parts')
listener = json.loads(judged_new.splitlines()[0])['judged']['tx'][0]['listener']
result = new.replay('--listener', listener, '--partial')
part_by = write('part-by', result.stdout)
same(run('report', '--merge', '--json', part_by).stdout, new.replay('--listener', listener, '--json').stdout, 'a part by a listener')
ok(f'by listener {listener}\n'.encode() in run('report', '--merge', part_by).stdout, 'which the report says')
# --- counts ---
one = json.loads(run('report', '--partial', data=judged_new).stdout)
most = 1 << 53
for word, count, status in [('sessions', most, 0), ('sessions', most + 1, 65), ('lines', (1 << 63) - 1, 65), ('bytes', -1, 65)]:
    path = write('count', json.dumps({**one, 'totals': {**one['totals'], word: count}}).encode())
    result = run('report', '--merge', '--json', path, path, path)
    ok(result.returncode == status, f'a part of {count} {word}')
    if status == 0:
        same(json.loads(result.stdout)['totals'][word], most, 'no sum is more than programs read of JSON')
        ok(run('report', '--merge', path, path).returncode == 0, 'as text')
huge = [b'{"schema":"ehlo-milter.log_lines/1","log_lines":{"lines":9223372036854775807,"missed":9007199254740993}}\n'] * 3
found = json.loads(run('report', '--json', data=run('evaluate', data=b''.join(huge)).stdout).stdout)['totals']
same((found['lines'], found['lines_missed']), (most, most), 'nor one of lines')
found = run('report', '--merge', write('text', b'{"schema":"ehlo-milter.summary/1"}'))
ok(found.returncode == 65 and not found.stdout, 'what is no part')
found = run('report', '--merge', write('shown', run('report', '--json', data=judged_new).stdout))
ok(found.returncode == 65 and b'not a whole summary' in found.stderr, 'a report that is cut for programs is no part')

# --- input that is hostile, or not a log at all ---

draw = random.Random(7)
for label, data, status in [
        ('binary garbage', draw.randbytes(200000), 65), ('a line of a mebibyte', b'x' * (1 << 20) + b'\n', 65),
        ('zeros', bytes(100000), 65), ("another program's log", b'Nov 22 05:16:02 host sshd[1]: session opened\n' * 5, 0),
        ('nothing', b'', 0)]:
    for command in ('replay', 'tape'):
        result = run(command, '--year', '2026', write('log', data))
        ok(result.returncode == status and is_printable(result.stdout + result.stderr), f'{command}: {label}')
        if result.returncode != status:
            note(f'status {result.returncode}, {result.stderr!r}')
with open(SESSIONS + '/unknown-name/session.log', 'rb') as file:
    LOG = file.read()
packed = subprocess.run(['gzip', '-c'], input=LOG * 50, stdout=subprocess.PIPE, check=True).stdout
result = run('replay', '--year', '2026', write('log.gz', packed[:len(packed) // 2]))
ok(result.returncode == 0 and b'read only in part' in result.stderr, 'a gzip file that is cut off')
for label, data in [('evaluate', draw.randbytes(100000)), ('report', draw.randbytes(100000))]:
    result = run(label, data=data)
    ok(result.returncode == 65 and is_printable(result.stdout + result.stderr), f'{label}: binary garbage')
same(run('replay', '--year', '2026', '--missed', folder.name + '/missed', write('odd', LOG + b'\x1b[31modd line\n')).returncode, 0,
     '--missed')
with open(folder.name + '/missed', 'rb') as file:
    ok(b'\\x1b[31modd line' in file.read(), '--missed: what was not understood, escaped')

# --- what became of the lines of the log ---

ODD = [b'\x1b[31modd <b>line</b>', b'b\xff\xfed', b'z\0ero', 'caf\u00e9 '.encode() * 60, b'x' * 5000]
OTHER = (b'Nov 22 05:16:02 mx sshd[1]: session opened\n' * 3 + b'Nov 22 05:16:02 mx last message repeated 2 times\n' + b'\n' * 4 +
         b'Nov 22 05:16:02 mx postfix/master[1]: daemon started\n')
lines = LOG + OTHER + b''.join(line + b'\n' for line in ODD) * 2
path = write('lines', lines)
LOG_ARGS = ['--year', '2026', path]
found = json.loads(run('replay', '--json', *LOG_ARGS).stdout)
counts = {word: found['totals'][word] for word in found['totals'] if word.startswith('lines')}
same(counts, {'lines': lines.count(b'\n'), 'lines_understood': LOG.count(b'\n'), 'lines_other': 5, 'lines_foreign': 3, 'lines_orphan': 0,
              'lines_repeated': 1, 'lines_cut': 0, 'lines_missed': 10}, 'each line of a log is counted')
same(sum(counts[word] for word in ('lines_understood', 'lines_other', 'lines_foreign', 'lines_repeated', 'lines_missed')), counts['lines'],
     'as one thing or another')
same(found['totals']['bytes'], len(lines), 'so are its bytes')
same(len(found['missed_lines']), len(ODD), 'each line that was not understood is a sample once')
text = run('replay', *LOG_ARGS)
for sample in (b'odd <b>line</b>', b'b\\xff\\xfed', b'z?ero', b'caf\\xc3\\xa9 ', b'xxxxxxxxxx...'):
    ok(sample in text.stdout and is_printable(text.stdout), f'text: {sample.decode()}')
tape = write('tape', b'* * NXDOMAIN\n')
for printed in (text.stdout, new.replay('--dns', 'tape:' + tape).stdout):
    same([line for line in printed.split(b'\n') if len(line) > 80], [], 'no line is wider than 80')
judged = run('evaluate', data=run('sessions', *LOG_ARGS).stdout).stdout
same(run('report', data=judged).stdout, text.stdout, 'sessions | evaluate | report say so too')
same(json.loads(run('report', '--json', data=judged).stdout), found, 'and for programs')
halves = [write(f'half{i}', run('report', '--partial', data=b''.join(judged.splitlines(keepends=True)[i::2])).stdout) for i in range(2)]
same(run('report', '--merge', *halves).stdout, text.stdout, 'and parts')
twice = json.loads(run('report', '--merge', '--json', halves[0], halves[1], *halves).stdout)
same((twice['totals']['lines_missed'], twice['missed_lines']), (20, found['missed_lines']), 'parts add up')
records = write('records', run('sessions', *LOG_ARGS).stdout)
found = json.loads(run('replay', '--json', records).stdout)
same((found['totals']['sessions'], found['totals']['lines_missed'], found['totals']['lines_other']), (4, 0, 1),
     'records are a log of their own')
nobody = run('replay', write('sshd', OTHER))
same(run('report', data=run('evaluate', data=run('sessions', write('sshd', OTHER)).stdout).stdout).stdout, nobody.stdout,
     'a log without a session has a report')
ok(b'of other programs                           3' in nobody.stdout, 'which says what it holds')
bad = b'{"schema":"ehlo-milter.log_lines/1","log_lines":{"lines":-1}}\n'
same([json.loads(line) for line in run('evaluate', data=bad + b'{"id":"a"}\n').stdout.splitlines()][0],
     {'error': 'log_lines: a count below zero', 'line': 1}, 'counts that are none')
done()
