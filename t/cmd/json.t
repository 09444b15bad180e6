#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""--json: every command has it, but for those whose output is another format or none; what they print is JSON, with the facts."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import scratch_host
from smtp_sink import Sink
from tap import PATIENCE_S, done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
scratch_host.start(PROGRAM)
scratch_host.write('bad.yaml', 'version: 1\nlistners: []\n')
scratch_host.write('bad.cf', '\0')


def run(*words, text=''):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, input=text, timeout=PATIENCE_S)


def parsed(words, status=0, keys=(), text=''):
    """The one object, of which some keys are named; None where it is none."""
    result = run(*words, text=text)
    label = ' '.join(words)
    try:
        value = json.loads(result.stdout)
    except ValueError as error:
        ok(False, f'{label}: {error}')
        note(result.stdout[:500] + result.stderr)
        return None
    if not ok(result.returncode == status and set(keys) <= set(value), label):
        note(f'status {result.returncode}, keys {list(value)}\n{result.stderr}')
    return value


everything = json.loads(run('help', '--json').stdout)
have = {entry['command'] for entry in everything if 'command' in entry and any(o['name'] == 'json' for o in entry['options'])}
NOT = {'run',		# a daemon, which logs
       'tape'}		# its output is what --dns tape: reads
same({entry['command'] for entry in everything if 'command' in entry} - have, NOT, 'every command has --json but those that say why not')

same(parsed(('check', '--json'), keys=('policy', 'listeners', 'mta', 'errors'))['errors'], [], 'check: no errors')
ok(2 in [error['line'] for error in parsed(('check', '--json', '-c', 'bad.yaml'), 78)['errors']], 'check: errors with their line')
value = parsed(('explain', '--json', '--dns', 'none', '--ehlo', 'desktop'), keys=('verdict', 'checks', 'facts'))
ok(value['facts']['ehlo'] == 'desktop', 'explain: the facts')
value = parsed(('explain', '--json', '--id', '01JD8XA7Q2M4T9VB'), keys=('verdict',))
same(parsed(('test', '--json', 'mine.yaml'), keys=('cases', 'count'))['failed'], 0, 'test: how many failed')
same(parsed(('lookup', '--json', 'own_networks', '127.0.0.1'))['found'], True, 'lookup: found')
for mta in ('postfix', 'sendmail'):
    parsed(('mta-config', '--json', mta))
sink = Sink(banner='ESMTP Postfix', port=25)
parsed(('audit', '--json', '--listener', 'mx', 'mx.example.org:25'), 0)
value = parsed(('replay', '--json', '/var/log/mail.log'), keys=('totals', 'changes'))
for source, path in (('stalwart', '/opt/stalwart/etc/config.toml'), ('messaging-server', 'imta.cnf')):
    value = parsed(('import', '--json', source, path), keys=('source', 'file', 'policy', 'errors', 'warnings'))
    same(value['policy'], run('import', source, path).stdout, f'import {source}: the draft is that without --json')
value = parsed(('import', '--json', 'postfix', 'bad.cf'), 65, keys=('errors',))
ok(value['policy'] is None and value['errors'][0]['file'] == 'bad.cf', 'import: an error with its place')
for entry in everything:
    name = entry.get('command') or entry['check']
    same(parsed(('help', '--json', name)), entry, f'help {name}: the same as in the whole')

# --- lines ---
records = run('sessions', '--json', '/var/log/mail.log').stdout
ok(records and all(json.loads(line)['schema'].startswith('ehlo-milter.') for line in records.splitlines()), 'sessions: an object a line')
same(records, run('sessions', '/var/log/mail.log').stdout, 'sessions: the same without --json')
judged = run('evaluate', '--json', text=records).stdout
same(len(judged.splitlines()), len(records.splitlines()), 'evaluate: as many')
ok(any('judged' in json.loads(line) for line in judged.splitlines()), 'evaluate: judged')
value = parsed(('report', '--json'), keys=('totals', 'changes'), text=judged)
same(value, json.loads(run('replay', '--json', '/var/log/mail.log').stdout), 'report: that of replay')

# --- the daemon ---
value = parsed(('reload', '--json'), 69, keys=('status', 'text', 'policy_sha256'))
same((value['status'], value['text']), (69, None), 'reload: nobody answers')
ok(2 in [error['line'] for error in parsed(('reload', '--json', '-c', 'bad.yaml'), 78)['errors']], 'reload: a policy with errors')
host = scratch_host.Examples()
host.start('ehlo-milter run')
value = parsed(('reload', '--json'), keys=('policy', 'errors'))
same((value['status'], bool(value['text'])), (0, True), 'reload: the new policy serves')
parsed(('status', '--json'))
metrics = subprocess.run(['curl', '-s', 'http://127.0.0.1:9878/metrics'], capture_output=True, text=True, check=False).stdout
parsed(('status', '--json', '-'), text=metrics)
host.stop()
done()
