# SPDX-License-Identifier: BSD-2-Clause
"""What postfix.t and sendmail.t share: every session file, grouped by policy, one daemon for each."""
import glob
import itertools
import os

import dialogue
import tap
from daemon import Daemon

HERE = os.path.dirname(os.path.abspath(__file__))


def sessions_for(mta_name):
    """(policy, file name, head, steps), sorted by policy."""
    found = []
    for path in glob.glob(HERE + '/sessions/*.txt'):
        keys, steps = dialogue.read(path)
        if keys.get('only', mta_name) == mta_name:
            found.append((keys['policy'], os.path.basename(path)[:-4], keys, steps))
    return sorted(found, key=lambda row: row[:2])


def policy_text(name):
    with open(f'{HERE}/policies/{name}.yaml', encoding='utf-8') as file:
        return file.read()


def run(mta, milter_port, before_end=lambda daemon: None):
    """One test a session; before_end(daemon) runs with the policy 'standard'."""
    for policy, rows in itertools.groupby(sessions_for(mta.name), key=lambda row: row[0]):
        with Daemon(policy_text(policy), socket_spec=f'inet:{milter_port}@127.0.0.1') as daemon:
            for _, name, keys, steps in rows:
                problem, lines = dialogue.play(mta, daemon, keys, steps)
                if not tap.ok(problem is None, name):
                    tap.note('\n'.join([problem, *lines]))
            if policy == 'standard':
                before_end(daemon)
