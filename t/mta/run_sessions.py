# SPDX-License-Identifier: BSD-2-Clause
"""What the tests with a real MTA share: every session file of a folder, grouped by policy, one daemon for each."""
import glob
import itertools
import os

import dialogue
import tap
from daemon import Daemon

HERE = os.path.dirname(os.path.abspath(__file__))


def sessions_for(mta_name, folder='sessions'):
    """(policy, file name, head, steps), sorted by policy."""
    found = []
    for path in glob.glob(f'{HERE}/{folder}/*.txt'):
        keys, steps = dialogue.read(path)
        if keys.get('only', mta_name) == mta_name:
            found.append((keys['policy'], os.path.basename(path)[:-4], keys, steps))
    return sorted(found, key=lambda row: row[:2])


def policy_text(name):
    with open(f'{HERE}/policies/{name}.yaml', encoding='utf-8') as file:
        return file.read()


def zone():
    """What the name server of the sessions in dns/ answers."""
    with open(HERE + '/dns/zone', encoding='ascii') as file:
        return file.read()


def client_addresses(mta_name, folder='sessions'):
    """Those that need an address of their own on loopback."""
    heads = [keys for _, _, keys, _ in sessions_for(mta_name, folder)]
    return {keys['client'] for keys in heads if 'client' in keys} - {'127.0.0.1'}


def run(mta, milter_port, folder='sessions', before_end=lambda daemon: None):
    """One test a session; before_end(daemon) runs with the policy 'standard'."""
    for policy, rows in itertools.groupby(sessions_for(mta.name, folder), key=lambda row: row[0]):
        with Daemon(policy_text(policy), socket_spec=f'inet:{milter_port}@127.0.0.1') as daemon:
            for _, name, keys, steps in rows:
                problem, lines = dialogue.play(mta, daemon, keys, steps)
                if not tap.ok(problem is None, name):
                    tap.note('\n'.join([problem, *lines]))
            if policy == 'standard':
                before_end(daemon)
