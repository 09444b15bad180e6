#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How Postfix's own client sends when it is configured by mta-config, and without each line."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import postfix_lab
from daemon import free_port, policy
from smtp_sink import CASES, MESSAGE, Sink
from tap import done, ok, same, skip_all

# Opposite to what most cases want, so that a line that is left out shows.
HOSTILE = '''smtp_always_send_ehlo = {always}
smtp_never_send_ehlo = {never}
smtp_discard_ehlo_keywords = {discard}
disable_mime_output_conversion = {raw}
smtp_host_lookup = native
smtp_tls_security_level = none
'''
BASES = [dict(always='no', never='no', discard='pipelining, 8bitmime', raw='yes'),
         dict(always='yes', never='yes', discard='', raw='no')]
POSSIBLE = [case for case in CASES if case[0] != 'streaming: 1']	# MAIL, RCPT and DATA together, or nothing


def name_of(index):
    return f'out{index}'


def keys_of(case):
    """Extensions are asked for by EHLO only."""
    return case[0] if 'greeting' in case[0] else case[0] + ', greeting: ehlo'


def send(lab, index):
    domain = name_of(index) + '.example'
    subprocess.run(['sendmail', '-C', f'{lab.base}/etc', '-f', 'root', f'a@{domain}', f'b@{domain}'], input=MESSAGE,
                   check=True, env=lab.environment())


def play(base, without):
    """Each case has a transport and a domain of its own; without: (transport, option) to leave out."""
    sinks = [Sink(banner, keywords) for _, banner, keywords, _ in POSSIBLE]
    transports = ', '.join(f'{name_of(i)}: {{ {keys_of(case)} }}' for i, case in enumerate(POSSIBLE))
    maps = ', '.join(f'{{{name_of(i)}.example = {name_of(i)}:[127.0.0.1]:{s.port}}}' for i, s in enumerate(sinks))
    main = HOSTILE.format(**base) + f'transport_maps = inline:{{ {maps} }}\n'
    lab = config_lab.Postfix([free_port()], main)
    lab.write('master.cf', lab.read('master.cf') +
              ''.join(f'{name_of(i)} unix - - n - - smtp\n' for i in range(len(POSSIBLE))))
    path = lab.base + '/policy.yaml'
    with open(path, 'w', encoding='ascii') as file:
        file.write(policy() + f'outbound: {{ transports: {{ {transports} }} }}\n')
    plan = json.loads(config_lab.run('mta-config', '-c', path, '--current', '-', '--json', 'postfix',
                                     text=lab.current()).stdout)
    made = lab.configure(path)
    if made.returncode != 0:
        raise RuntimeError(made.stderr)
    for transport, option in without:
        subprocess.run(['postconf', '-PX', f'{transport}/unix/{option}'], check=True, env=lab.environment())
    if not without:
        same(lab.command('check').stderr, '', 'postfix check')
    with lab:
        for i in range(len(sinks)):
            send(lab, i)
        seen = [sink.wait() and case[3](sink) for case, sink in zip(POSSIBLE, sinks, strict=True)]
    return seen, plan


def own_options(block):
    """Those that come from the key at hand."""
    key = POSSIBLE[int(block['service'][3:])][0].split(':')[0]
    return [o['name'] for o in block['options'] if f'.{key}:' in o['origin']]


if postfix_lab.missing():
    skip_all(postfix_lab.missing())
options = {}
for number, base in enumerate(BASES):
    found, plan = play(base, [])
    for case, good in zip(POSSIBLE, found, strict=True):
        ok(good, f"{case[0]}, server says {case[1]} {' '.join(case[2])} (state {number})")
    for block in plan['services']:
        if block['service'].startswith('out'):
            options[block['service']] = own_options(block)
# Round by round one option of each transport is left out: in one of the states that must show.
needed = {(POSSIBLE[int(name[3:])][0], option): False for name, names in options.items() for option in names}
for index in range(max(map(len, options.values()))):
    gone = [(name, names[index]) for name, names in options.items() if index < len(names)]
    for base in BASES:
        found, _ = play(base, gone)
        for name, option in gone:
            if not found[int(name[3:])]:
                needed[POSSIBLE[int(name[3:])][0], option] = True
for (setting, option), is_needed in needed.items():
    ok(is_needed, f'{setting}: not so without {option}')
done()
