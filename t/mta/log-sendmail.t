#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Sessions by chance through real Sendmails, each with a LogLevel of its own, and what their log tells of them: nothing that is not
so, as far as their clients know; nor what is left of it where lines come late or are lost.

log-sendmail.t: 250 sessions; --long: 3,000; log-sendmail.t COUNT SEED: others.
"""
import contextlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import chance
import dns_lab
import namespace
import sendmail_lab
import tap
from chance_client import PASSWORD, USERS
from daemon import Daemon
from program import write
from syslog_lines import SyslogLines

NUMBERS = [int(word) for word in sys.argv[1:] if word.isdigit()]
COUNT, SEED = (NUMBERS + [3000 if '--long' in sys.argv else 250, 1][len(NUMBERS):])[:2]
MILTER_PORT = 22999
LEVELS = {9: 'authwarnings', 10: 'authwarnings,noexpn,novrfy', 12: 'authwarnings,needmailhelo', 14: 'authwarnings', 15: 'authwarnings,goaway'}
# One waits before its greeting, and refuses those who do not.
PAUSES = {12: "FEATURE(`greet_pause', `500')dnl\n"}
SETTINGS = '''define(`confLOG_LEVEL', `{level}')dnl
define(`confPRIVACY_FLAGS', `{privacy}')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
define(`confTO_COMMAND', `4s')dnl
define(`confMAX_MESSAGE_SIZE', `20000')dnl
'''
RULESETS = '''LOCAL_RULESETS
SLocal_check_mail
R$* @ reject . example $*	$#error $@ 5.7.1 $: "550 5.7.1 ruleset says no"
R$* @ defer . example $*	$#error $@ 4.7.1 $: "451 4.7.1 ruleset says later"
SLocal_check_rcpt
R$* reject @ $*	$#error $@ 5.7.1 $: "550 5.7.1 ruleset refuses recipient"
R$* defer @ $*	$#error $@ 4.7.1 $: "451 4.7.1 ruleset defers recipient"
SLocal_check_relay
R$* $| $* . 77	$#error $@ 5.7.1 $: "550 5.7.1 not from here"
R$* $| $* . 78	$#error $@ 4.7.1 $: "451 4.7.1 not from here now"
'''
SASL = '/usr/lib/sasl2'	# where Sendmail looks for its Sendmail.conf


def sendmail(root, number, level, privacy):
    ports = {'mx': 22100 + number}
    mc = sendmail_lab.MC.replace("DAEMON_OPTIONS(`Name=submission", "dnl DAEMON_OPTIONS(`Name=submission")
    head, end = mc.split("FEATURE(`no_default_msa')dnl\n")
    mc = head + SETTINGS.replace('{level}', str(level)).replace('{privacy}', privacy) + PAUSES.get(level, '') + "FEATURE(`no_default_msa')dnl\n" + end + RULESETS
    return sendmail_lab.Sendmail(root, MILTER_PORT, mc=mc, ports=ports, label=f'sm-{level}')


def give_logins():
    subprocess.run(['mount', '-t', 'tmpfs', 'none', SASL], check=True)
    with open(f'{SASL}/Sendmail.conf', 'w', encoding='ascii') as file:
        file.write(f'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {SASL}/db\nmech_list: PLAIN LOGIN\n')
    for user in USERS:
        subprocess.run(['saslpasswd2', '-c', '-p', '-f', f'{SASL}/db', '-u', 'mx.example.org', user], input=PASSWORD + '\n', text=True, check=True)


def serving(daemons):
    """What Sendmail's processes that serve a client still say of themselves; those of other tests are in namespaces of their own."""
    here = str(os.stat('/proc/self/ns/net').st_ino)
    found = subprocess.run(['ps', '-e', '-o', 'netns=,pid=,args='], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in found.splitlines()]
    return [args for netns, pid, args in rows if netns == here and args.startswith('sendmail: ') and int(pid) not in daemons]


root = sendmail_lab.unpack_or_skip()
if dns_lab.missing() or not os.path.isdir(SASL):
    tap.skip_all(dns_lab.missing() or f'there is no {SASL}')
namespace.enter((), {}, networks=[chance.NETWORK])
namespace.own_dev()
log = SyslogLines()
give_logins()
labs = {level: sendmail(root, number, level, privacy) for number, (level, privacy) in enumerate(LEVELS.items())}
with contextlib.ExitStack() as stack:
    stack.enter_context(dns_lab.NameServer(chance.zone(COUNT), port=53))
    stack.enter_context(Daemon(chance.POLICY, socket_spec=f'inet:{MILTER_PORT}@127.0.0.1'))
    for lab in labs.values():
        stack.enter_context(lab)
    services = {str(level): (lab.ports['mx'], ['tls', 'auth'] + ['early'] * (level in PAUSES)) for level, lab in labs.items()}
    services['15 or late'] = (labs[15].ports['mx'], ['tls', 'auth', 'idle', 'errors'])
    sessions = chance.play_all(COUNT, SEED, services)
    daemons = {lab.process.pid for lab in labs.values()}
    if not tap.ok(tap.wait_until(lambda: not serving(daemons)), f'{COUNT} sessions, seed {SEED}, none is open'):
        tap.note('\n'.join(serving(daemons)))
# A host for each LogLevel, of which 9 has no line of a connection.
path = write('maillog', log.text(rb'sm-\d+', rb'mx.\g<tag>'))
records = chance.compare(path, sessions, all_logged=lambda drawn: drawn.service != '9')
chance.compare_arrangements(path, SEED)
# Only with LogLevel 15 it tells where a session ends, and only from 10 on where it begins.
chance.compare_mangled(path, sessions, SEED, {'late': lambda drawn: True, 'tail': lambda drawn: True, 'head': lambda drawn: '15' in drawn.service,
                                              'holed': lambda drawn: drawn.service != '9'})
heard = [record for record in records if 'commands' in record and 'quit' in record['commands']]
tap.ok(len(heard) > COUNT / 10, f'{len(heard)} records hold a whole dialogue')
tap.done()
