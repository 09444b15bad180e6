#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Sessions by chance through a real Postfix that asks real policy servers: what these log tells the names of clients whose mail was
taken, and nothing that is not so.

log-policy.t: 300 sessions; log-policy.t COUNT SEED: others.
"""
import os
import re
import shutil
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import chance
import dns_lab
import namespace
import postfix_lab
import tap
from daemon import Daemon, free_port
from program import records_of, run, write
from syslog_lines import SyslogLines

NUMBERS = [int(word) for word in sys.argv[1:]]
COUNT, SEED = (NUMBERS + [300, 2][len(NUMBERS):])[:2]
SPAWNED = {'policyd-spf': '/usr/bin/policyd-spf {base}/etc/policyd-spf.conf', 'policyd-spf-perl': '/usr/sbin/postfix-policyd-spf-perl'}
LISTENING = ('postfwd', 'policyd-weight')
PROGRAMS = ('/usr/bin/policyd-spf', '/usr/sbin/postfix-policyd-spf-perl', '/usr/sbin/postfwd1', '/usr/sbin/policyd-weight')
# Some write names in small letters.
FEATURES = {'policyd-spf': ['small', 'tls', 'bdat'], 'policyd-spf-perl': ['tls', 'bdat'], 'postfwd': ['tls', 'bdat'],
            'policyd-weight': ['small', 'bdat'], 'ehlo-milter': ['tls', 'bdat']}
POLICY = '''version: 1
server: { log: syslog, log_level: debug, user: root }
listeners: [{ name: mx, match: any, profile: standard, mode: observe }]
'''
SETTINGS = '''maillog_file =
smtpd_client_connection_count_limit = 0
smtpd_authorized_xclient_hosts = 0.0.0.0/0
smtpd_milters =
non_smtpd_milters =
'''


class Postfix(postfix_lab.Postfix):
    """Each service asks the policy server, or the milter, of its name.  It logs by syslog(3), as they do."""

    milter = f'inet:127.0.0.1:{free_port()}'

    def log(self):
        return syslog.text(b'', b'mx').decode(errors='replace').splitlines()

    def service(self, name):
        text = f'127.0.0.1:{self.ports[name]} inet n - n - - smtpd\n  -o syslog_name=postfix/{name}\n'
        if name == 'ehlo-milter':
            return text + f'  -o smtpd_milters={self.milter}\n'
        server = f'inet:127.0.0.1:{self.ports[name + "-server"]}' if name in LISTENING else f'unix:private/{name}'
        text += f'  -o {{ smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service {server} }}\n'
        if name in SPAWNED:
            text += f'{name} unix - n n - 0 spawn user=nobody argv={SPAWNED[name].format(base=self.base)}\n'
        return text


def weight_conf(base, port):
    os.mkdir(f'{base}/weight', 0o700)
    shutil.chown(f'{base}/weight', 'nobody', 'nogroup')
    with open(f'{base}/etc/policyd-weight.conf', 'w', encoding='ascii') as file:
        file.write(f'''$LOCKPATH = '{base}/weight/'; $SPATH = '{base}/weight/cache'; $PIDFILE = '{base}/weight/pid'; $USER = 'nobody'; $GROUP = 'nogroup';
$TCP_PORT = {port}; @dnsbl_score = (); @rhsbl_score = (); $REJECTLEVEL = 1000; $MAXDNSBLHITS = 100; $MAXDNSBLSCORE = 1000; $DEFER_LEVEL = 1000; 1;
''')


class Server:
    """A policy server that listens; it ends with all its processes, of which it makes many."""

    def __init__(self, *words):
        self.process = subprocess.Popen(['unshare', '--pid', '--fork', '--kill-child', 'sh', '-c', '"$@"; exec sleep infinity', 'sh', *words],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


missing = postfix_lab.missing() or dns_lab.missing() or namespace.missing()
missing = missing or next((f'{path} is not installed' for path in PROGRAMS if not os.path.exists(path)), None)
if missing:
    tap.skip_all(missing)
namespace.enter((), {}, networks=[chance.NETWORK])
namespace.own_dev()
lab = Postfix(free_port(), {f'{name}-server': free_port() for name in LISTENING}, clients_have_addresses=True, services=FEATURES, settings=SETTINGS)
with open(f'{lab.base}/etc/policyd-spf.conf', 'w', encoding='ascii') as file:
    file.write('debugLevel = 1\nHELO_reject = False\nMail_From_reject = False\nskip_addresses = 127.0.0.0/8\n')
weight_conf(lab.base, lab.ports['policyd-weight-server'])
syslog = SyslogLines()


def listens(port):
    try:
        socket.create_connection(('127.0.0.1', port)).close()
    except OSError:
        return False
    return True


def is_named(record):
    return any('name' in entry for entry in record.get('helo') or [])


with dns_lab.NameServer(chance.zone(COUNT), port=53), lab, \
     Server('postfwd1', '-d', '-i', '127.0.0.1', '-p', str(lab.ports['postfwd-server']), '-u', 'nobody', '-g', 'nogroup', '-r', 'id=ALL; action=dunno',
            '--pidfile', f'{lab.base}/postfwd.pid'), \
     Server('policyd-weight', '-f', f'{lab.base}/etc/policyd-weight.conf', '-D', 'start'), \
     Daemon(POLICY, socket_spec=Postfix.milter.replace(':127.0.0.1:', ':') + '@127.0.0.1', ready=False):
    tap.ok(all(tap.wait_until(lambda port=lab.ports[f'{name}-server']: listens(port)) for name in LISTENING), 'policy servers listen')
    tap.ok(tap.wait_until(lambda: any('ehlo-milter' in line and 'ready: ' in line for line in lab.log())), 'so does the daemon')
    sessions = chance.play_all(COUNT, SEED, {name: (lab.ports[name], FEATURES[name]) for name in FEATURES})
    tap.ok(tap.wait_until(lambda: lab.has_ended(len(sessions))), f'{COUNT} sessions, seed {SEED}')
    maillog = write('maillog', syslog.text(b'', b'mx'))
    delivered = set(re.findall(r'^X-Chance: (\S+)', '\n'.join(lab.delivered()), re.M))
    records = chance.compare(maillog, sessions, delivered=delivered)
    chance.compare_arrangements(maillog, SEED)
    ways = dict.fromkeys(('late', 'few', 'holed', 'cut', 'head', 'tail'), lambda drawn: True)
    chance.compare_mangled(maillog, sessions, SEED, ways, delivered=delivered)
    with open(maillog, 'rb') as file:
        without = [line for line in file if not re.match(rb'.{15} mx (policyd|postfix/policy|postfwd|ehlo-milter)', line)]
    known = {record['id'] for record in records_of(run('sessions', '--quiet', write('without', b''.join(without))).stdout) if is_named(record)}
# Of mail that was taken, where nothing else in the log tells the name.
asked = [r for r in records if r['id'] not in known and r.get('helo') and any('queue_id' in tx and 'sender' in tx for tx in r.get('tx') or [])]
named = [r['listener'] for r in asked if is_named(r)]
tap.ok(len(named) > 0.5 * len(asked), f'{len(named)} of {len(asked)} names that policy servers alone tell')
tap.ok(all(named.count(name) > 0 for name in FEATURES), f'{", ".join(f"{named.count(name)} by {name}" for name in FEATURES)}')
tap.done()
