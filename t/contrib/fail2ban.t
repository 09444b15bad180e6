#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
contrib/fail2ban over every form of log line that the daemon writes: it finds the refused clients, and none whom a client names.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import namespace
from daemon import Daemon, policy
from tap import done, note, ok, same, skip_all

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
VICTIM = '192.0.2.66'
# What a client can say: a line of its own, an address further on, an end of the field that it stands in.
LIE = f'NOQUEUE: verdict=reject listener=mx client={VICTIM} '
FORGED = [f'x client={VICTIM} ', LIE, f'\n{LIE}', f'\r\nNov 26 12:00:00 mx ehlo-milter[1]: {LIE}', f'" {LIE}', f'\\" client={VICTIM} ',
          f'x\0 {LIE}', f'\u2028{LIE}', f'x\x85{LIE}', f'client={VICTIM}', f'[{VICTIM}]', f'{LIE * 40}']
POLICY = policy('''
profile: none
checks: { ehlo_fqdn: reject, ehlo_literal: log, greeting: { fail: tempfail } }
rules:
  - { name: later, if: "ehlo == 'later.example'", then: tempfail }
  - { name: sent, if: "sender_domain == 'bad.example'", then: reject, reply: "550 5.7.1 {ehlo} {sender_domain} {client_name}" }
exempt: [{ if: "client == 198.51.100.1" }]
''')
ALL = policy('''
profile: none
rules: [{ name: all, if: "mta == 'postfix'", then: reject, reply: "550 5.7.1 {ehlo} {sender_domain} {client_name}" }]
''')
UNSURE = policy('profile: none\nchecks: { ehlo_fqdn: reject }').replace('listeners:', '''listeners:
  - { name: submission, match: { daemon_port: 587 }, profile: none }''')


def session(daemon, address, ehlo, sender='<joe@shop.example>', **options):
    macros = options.pop('macros', None)
    with daemon.session(macros=macros) as s:
        s.connect(address, **options)
        if ehlo is not None:
            s.helo(ehlo)
        return s.mail(sender, i='4Xq9ZQ1abcz')


def logged(text, act, observe=False):
    """What reaches the file of a syslog daemon: stamp and host, and each message on a line of its own."""
    with Daemon(text.replace('log: stderr', 'log: syslog'), *(['--observe'] if observe else []), ready=False, quiet=True) as daemon:
        found = []
        reader = threading.Thread(target=read_messages, args=(found,))	# all the time: the socket keeps few of them
        reader.start()
        daemon.wait_for(lambda: any(': ready: ' in line for line in found))
        act(daemon)
        daemon.process.terminate()
        reader.join()
    return found


def read_messages(found):
    while not found or ': stopped' not in found[-1]:
        line = syslog.recv(65536).decode('utf-8', 'surrogateescape').split('>', 1)[1]
        found.append(f'{line[:15]} mx {line[16:]}')


def found_by(lines, *options):
    """The addresses that the filter finds."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree('/etc/fail2ban', folder + '/fail2ban')
        shutil.copy(TOP + '/contrib/fail2ban/filter.d/ehlo-milter.conf', folder + '/fail2ban/filter.d/')
        with open(folder + '/log', 'w', encoding='utf-8', errors='surrogateescape') as file:
            file.write(''.join(line + '\n' for line in lines))
        result = subprocess.run(['fail2ban-regex', '-c', folder + '/fail2ban', '--usedns=no', '-o', '<ip>', folder + '/log',
                                 'ehlo-milter' + ''.join(options)], capture_output=True, text=True, check=False,
                                stdin=subprocess.DEVNULL)
        if result.returncode not in (0, 1):		# 1: nothing was found
            note(result.stdout + result.stderr)
        return result.stdout.split()


def forms(daemon):
    session(daemon, '203.0.113.1', 'desktop')
    session(daemon, '2001:db8::2', 'desktop')
    session(daemon, '203.0.113.3', 'mail.shop.example', '<joe@bad.example>', name='mail.shop.example')
    session(daemon, '203.0.113.4', 'later.example')			# put off
    session(daemon, '203.0.113.5', None)				# put off
    session(daemon, '203.0.113.6', '[203.0.113.7]')			# a finding only
    session(daemon, '203.0.113.8', 'mail.shop.example')		# nothing
    session(daemon, '127.0.0.1', 'desktop')				# exempt
    session(daemon, None, 'desktop')					# no address


def forge(daemon):
    for number, text in enumerate(FORGED):
        address = f'198.51.100.{10 + number}'
        raw = text.replace('\0', ' ')
        session(daemon, address, raw, name=raw)
        session(daemon, address, 'mail.shop.example', f'<{raw}@bad.example>', name=raw)
        session(daemon, address, 'mail.shop.example', f'<joe@{raw}>', name=raw)


if namespace.missing():
    skip_all(namespace.missing())
if not shutil.which('fail2ban-regex'):
    skip_all('fail2ban is not installed')
syslog = namespace.enter_with_syslog()
REFUSED = ['203.0.113.1', '2001:db8::2', '203.0.113.3']
lines = logged(POLICY, forms)
same(found_by(lines), REFUSED, 'refused clients are found; those put off, exempt, or only noted are not')
ok(any('verdict=tempfail' in line for line in lines) and any(' findings=' in line for line in lines), 'which are there')
same([len(found_by([line])) for line in lines if 'verdict=' not in line], [0] * sum('verdict=' not in line for line in lines),
     'nor is anybody in the lines about the daemon itself')
same(found_by([line.replace('NOQUEUE', '4Xq9ZQ1abcz') for line in lines]), REFUSED, 'with a queue id too')
same(found_by([line.replace(' mx ehlo-milter', ' mx.example.org ehlo-milter') for line in lines]), REFUSED, 'whatever the host is called')
observed = logged(POLICY, forms, observe=True)
same(found_by(observed), [], 'mode observe bans nobody')
same(found_by(observed, '[mode=would]'), REFUSED, 'and mode=would tells whom enforcement would')
unsure = logged(UNSURE, lambda daemon: session(daemon, '203.0.113.9', 'desktop', macros={'j': 'mx.example.org'}), observe=True)
ok(any('listener_unsure=true' in line for line in unsure), 'an unsure listener')
same(found_by(unsure, '[mode=would]'), ['203.0.113.9'], 'is no obstacle')

hostile = logged(ALL, forge)
ok(sum(VICTIM in line for line in hostile) > len(FORGED), 'clients that name another address in their greeting, sender and name')
for options in ((), ('[mode=would]',)):
    same(found_by(hostile, *options), [f'198.51.100.{10 + number}' for number in range(len(FORGED)) for _ in range(3)],
         'are found themselves, and never that one')
done()
