# SPDX-License-Identifier: BSD-2-Clause
"""What the tests with a real MTA share: every session file of a folder, grouped by policy, one daemon for each."""
import glob
import itertools
import os

import dialogue
import dns_lab
import namespace
import postfix_lab
import sendmail_lab
import tap
from daemon import Daemon, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
SENDMAIL_MILTER_PORT = 8897	# in a namespace of our own every port is free


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


def zone(folder):
    """What the name server of the sessions in dns/ or spf/ answers."""
    with open(f'{HERE}/{folder}/zone', encoding='ascii') as file:
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


def postfix_beside_name_server(folder):
    """The whole of a script."""
    missing = postfix_lab.missing() or dns_lab.missing() or namespace.missing()
    if missing:
        tap.skip_all(missing)
    # Postfix takes clients with IPv6 addresses by XCLIENT.
    namespace.enter({address for address in client_addresses('postfix', folder) if ':' not in address}, {})
    port = free_port()
    with dns_lab.NameServer(zone(folder), port=53), postfix_lab.Postfix(port, clients_have_addresses=True) as lab:
        run(lab, port, folder)
    tap.done()


def sendmail_beside_name_server(folder):
    """The whole of a script."""
    if dns_lab.missing():
        tap.skip_all(dns_lab.missing())
    root = sendmail_lab.unpack_or_skip()
    namespace.enter(client_addresses('sendmail', folder), {})
    with dns_lab.NameServer(zone(folder), port=53), sendmail_lab.Sendmail(root, SENDMAIL_MILTER_PORT) as lab:
        run(lab, SENDMAIL_MILTER_PORT, folder)
    tap.done()
