#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each value of each key: a Postfix configured by mta-config is audited clean, and without the line it is not."""
import itertools
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import namespace
import postfix_lab
from config_lab import audit, audit_clean, audit_others, findings, show
from daemon import Daemon, free_port
from tap import done, note, ok, same, skip_all

CLIENT = ('--xclient', '192.0.2.9', '--known', 'bob')
# Postfix 3.7 cannot do these; no line makes it.
IMPOSSIBLE = {('expn', 'allow'), *((f'extensions.{name}', 'true') for name in (
    'requiretls', 'no_soliciting', 'future_release', 'deliver_by', 'mt_priority'))}


def is_possible(key, value):
    return (key, value) not in IMPOSSIBLE


def look_alike(row, other):
    # The audit asks for nobody's domain, which all of these refuse; domain leaves the keyword as it is.
    return row.value == 'domain' and other.value in ('block', 'disable')


def without(block, index):
    return [(o['name'], o['value']) for i, o in enumerate(block['options']) if i != index]


def lines_of(plan, row):
    """The options of this listener's own key, and its block."""
    for block in plan['services']:
        if block['listener'] == row.name:
            return block, [i for i, o in enumerate(block['options']) if f'commands.{row.key}:' in o['origin']]
    return None, []


def make_variants(lab, plan, rows):
    """A service on a port of its own for each line that is left out."""
    variants = []
    for row in rows:
        block, indices = lines_of(plan, row)
        for index, port in zip(indices, row.spares, strict=False):
            variants.append((row, block['options'][index], port))
            lab.write('master.cf', lab.plain(port, without(block, index)) + lab.read('master.cf'))
    return variants


numbers = itertools.count(2201)


def free_ports():
    return [next(numbers) for _ in range(1 + config_lab.SPARES)]


def encrypted(daemon, rows, wrapped):
    """The same by STARTTLS, and from the first byte."""
    for row, port, option in ((rows[0], rows[0].port, '--starttls'), (rows[0], wrapped, '--tls')):
        report = audit(daemon.policy, row.name, port, '--known', 'bob', option, *(CLIENT if option == '--starttls' else ()))
        same((findings(report), report['status'], str(report['tls'])[:5]), ([], 0, 'TLSv1'), f'audited by {option}')


def play(state, main, missed, left_out=()):
    port = free_port()
    rows = config_lab.listeners(lambda key, value: is_possible(key, value) and key not in left_out, free_ports)
    text = config_lab.policy(f'inet:{port}@127.0.0.1', rows)
    lab = config_lab.Postfix([row.port for row in rows], main)
    with Daemon(text, socket_spec=f'inet:{port}@127.0.0.1', quiet=True) as daemon:
        current = lab.current()
        plan = json.loads(config_lab.run('mta-config', '-c', daemon.policy, '--current', '-', '--json', 'postfix',
                                         text=current).stdout)
        made = lab.configure(daemon.policy)
        same((made.returncode, made.stderr), (0, ''), f'{state}: the output of mta-config runs in a shell')
        before = lab.read('master.cf')
        lab.configure(daemon.policy)
        same(lab.read('master.cf'), before, f'{state}: what is configured is configured the same again')
        variants = make_variants(lab, plan, rows)
        wrapped = rows[0].spares[-1]
        block, _ = lines_of(plan, rows[0])
        lab.write('master.cf', lab.plain(wrapped, [*without(block, -1), ('smtpd_tls_wrappermode', 'yes')])
                  + lab.read('master.cf'))
        checked = lab.command('check')
        same((checked.returncode, checked.stderr), (0, ''), f'{state}: postfix check')
        with lab:
            audit_clean(daemon.policy, rows, state, *CLIENT)
            audit_others(daemon.policy, rows, state, look_alike, *CLIENT)
            if main == config_lab.OPEN:
                encrypted(daemon, rows, wrapped)
            for row, line, variant_port in variants:
                source = CLIENT if row.key != 'line_endings' else ()
                report = audit(daemon.policy, row.name, variant_port, *source, '--known', 'bob')
                found = findings(report)
                label = f"{row.name} without {line['name']}"
                if found == [row.point]:
                    missed.setdefault(label, False)
                    missed[label] = True
                else:
                    missed.setdefault(label, False)
                    if not ok(found == [], f'{state}: {label}: nothing else is found'):
                        note(show(report))


if postfix_lab.missing() or namespace.missing():
    skip_all(postfix_lab.missing() or namespace.missing())
# In a namespace of our own nobody else takes a port.
namespace.enter(set(), {})
needed = {}
play('as it comes', config_lab.OPEN, needed)
# 'expn: disable' alone is refused where VRFY, which must answer for it, is switched off.
play('shut', config_lab.SHUT, needed, left_out=('expn',))
for name, is_needed in needed.items():
    ok(is_needed, f'{name}: exactly that is found')
done()
