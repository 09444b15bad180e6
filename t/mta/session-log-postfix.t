#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The sessions that a real Postfix had, recorded, and judged again from their records."""
import itertools
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import dialogue
import dns_lab
import namespace
import postfix_lab
import run_sessions
import session_log
import tap
from daemon import Daemon, free_port

missing = postfix_lab.missing() or dns_lab.missing() or namespace.missing()
if missing:
    tap.skip_all(missing)
FOLDERS = ('sessions', 'dns')
namespace.enter({address for folder in FOLDERS for address in run_sessions.client_addresses('postfix', folder)
                 if ':' not in address}, {})
port = free_port()
folder = tempfile.TemporaryDirectory()
all_records = 0


def verdicts_of(line):
    """What a log line says of a transaction: its id, verdict and would."""
    words = dict(word.split('=', 1) for word in line.split() if '=' in word)
    return words['id'], words['verdict'], words.get('would', words['verdict'])


def play(lab, name, rows):
    """The sessions of one policy; their records, and what is wrong with them."""
    path = f'{folder.name}/{name}.jsonl'
    text = run_sessions.policy_text(name)
    text = session_log.policy_with_log(path, text=text, options='record_all: true')
    with Daemon(text, socket_spec=f'inet:{port}@127.0.0.1') as daemon:
        for _, _, keys, steps in rows:
            dialogue.play(lab, daemon, keys, steps)
        logged = [verdicts_of(line) for line in daemon.verdicts()]
        ids = {session.split('.')[0] for session, _, _ in logged}
        daemon.wait_for(lambda: os.path.exists(path) and len(session_log.lines(path)) >= len(rows) and
                        ids <= {record['id'] for record in session_log.records(path)})
        found = session_log.records(path)
        wrong = [d for record in found for d in session_log.differences(record, daemon.policy)]
    told = {}
    for record in found:
        for verdict in record['verdicts']:
            number = 0 if verdict['tx'] is None else verdict['tx'] + 1
            told[f"{record['id']}.{number}"] = (verdict['action'], (verdict['would'] or verdict)['action'])
    return found, wrong, [(line, told.get(line[0])) for line in logged if told.get(line[0]) != line[1:]]


with dns_lab.NameServer(run_sessions.zone('dns'), port=53), \
        postfix_lab.Postfix(port, clients_have_addresses=True) as lab:
    for which in FOLDERS:
        for policy, rows in itertools.groupby(run_sessions.sessions_for('postfix', which), key=lambda row: row[0]):
            if 'server: {' not in run_sessions.policy_text(policy):
                tap.note(f'policy {policy} has no section server')
                continue
            records, wrong, unlike = play(lab, policy, list(rows))
            all_records += len(records)
            label = f'policy {policy} of {which}: {len(records)} sessions'
            if not tap.ok(records and not wrong, label + ', judged again: the same verdicts'):
                tap.note('\n'.join(map(str, wrong[:5])))
            if not tap.ok(not unlike, label + ': the records say what the log says'):
                tap.note('\n'.join(map(str, unlike[:5])))
            tap.same({r['mta'] for r in records} | {r['complete'] for r in records}, {'postfix', True},
                     label + ', whole')
tap.ok(all_records > 50, f'{all_records} sessions in all')
tap.done()
