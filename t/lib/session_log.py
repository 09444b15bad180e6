# SPDX-License-Identifier: BSD-2-Clause
"""The session log under test: a policy with one, its records, and what explain makes of them."""
import glob
import json
import os
import subprocess

from daemon import PROGRAM, policy

KEYS = {'schema', 'id', 'host', 'source', 'mta', 'listener', 'policy_sha256', 'start', 'duration_us', 'complete', 'helo',
        'tx', 'checks', 'verdicts', 'missing', 'redacted', 'truncated'}


def policy_with_log(path, keys='', options='', text=None, **settings):
    """As daemon.policy(); options: further keys of session_log."""
    text = text or policy(keys, **settings)
    return text.replace('server: {', f'server: {{ session_log: {{ path: "{path}"{", " if options else ""}{options} }},', 1)


def files(path):
    """The log and its predecessors, the oldest first."""
    return sorted(glob.glob(path + '.*')) + ([path] if os.path.exists(path) else [])


def total_bytes(path):
    """Of all files; a rotation between the list and the look makes it look again."""
    while True:
        try:
            return sum(map(os.path.getsize, files(path)))
        except FileNotFoundError:
            pass


def lines(path):
    found = []
    for name in files(path):
        with open(name, 'rb') as file:
            found += file.read().splitlines(keepends=True)
    return found


def records(path):
    """In the order in which the sessions began: they end in another."""
    return sorted((json.loads(line) for line in lines(path)), key=lambda record: record['start'])


def explain(policy_path, session_id, *options, text=False):
    """The object of explain --json, or its text; None where it fails, with what it said."""
    words = [PROGRAM, 'explain', '-c', policy_path, '--id', session_id, *options, *([] if text else ['--json'])]
    result = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        return None, result.stderr
    return (result.stdout if text else json.loads(result.stdout)), result.stderr


def judged(explanation):
    """Verdict and would of an explanation, as they stand in a record."""
    def outcome(part):
        return part and {key: part[key] for key in ('action', 'reply', 'check', 'rule')}
    return {**outcome(explanation['verdict']), 'would': outcome(explanation['would'])}


def differences(record, policy_path):
    """Transactions whose recorded verdict is not that of explain --id."""
    found = []
    for verdict in record['verdicts']:
        if verdict['tx'] is None:
            continue
        then = {key: value for key, value in verdict.items() if key != 'tx'}
        explanation, said = explain(policy_path, f"{record['id']}.{verdict['tx'] + 1}")
        now = explanation and judged(explanation)
        if now != then:
            found.append((record['id'], verdict['tx'], then, now or said))
    return found
