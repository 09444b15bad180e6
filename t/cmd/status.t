#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""status: what it shows of given figures (status/NAME.metrics), and of a daemon.

status.t --update writes what it shows into status/NAME.text and NAME.json; read the diff.
"""
import json
import os
import pty
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from daemon import PROGRAM, Daemon, policy
from tap import done, ok, same

SAMPLES = os.path.join(HERE, 'status')


def status(*words, text=None, environment=None):
    found = subprocess.run([PROGRAM, 'status', *words], input=text, capture_output=True, check=False,
                           env={**os.environ, **(environment or {})})
    return found.returncode, found.stdout.decode(), found.stderr.decode(errors='replace')


def check_sample(name):
    path = os.path.join(SAMPLES, name)
    for kind, words in (('text', []), ('json', ['--json'])):
        code, out, _ = status(*words, path + '.metrics')
        if '--update' in sys.argv:
            with open(f'{path}.{kind}', 'w', encoding='utf-8') as file:
                file.write(out)
        with open(f'{path}.{kind}', encoding='utf-8') as file:
            same((code, out), (0, file.read()), f'{name} as {kind}')
        if kind == 'text':
            ok(max(map(len, out.splitlines())) <= 80 and '\033' not in out, 'in 80 columns, without colour')
        else:
            json.loads(out)


def check_bad_input():
    with open(os.path.join(SAMPLES, 'busy.metrics'), 'rb') as file:
        good = file.read()
    for label, text, said in (
            ('nothing', b'', '-: there are no metrics of ehlo-milter in it'),
            ('metrics of another program', b'up 1\nnode_load1{a="b"} 2\n', '-: there are no metrics of ehlo-milter in it'),
            ('a line without a value', good.replace(b'ehlo_milter_dns_down 1', b'ehlo_milter_dns_down'), ': this is no line'),
            ('a value that is no number', good.replace(b'ehlo_milter_dns_down 1', b'ehlo_milter_dns_down x'), ': this is no line'),
            ('labels without an end', good.replace(b'version="0.1.0"}', b'version="0.1.0'), ': this is no line'),
            ('binary data', bytes(range(256)) * 9, '-: there are no metrics of ehlo-milter in it')):
        code, out, error = status('-', text=text)
        same((code, out, said in error), (65, '', True), label)
    code, out, _ = status('-', text=good.replace(b'/etc/ehlo-milter', b'\x1b[2J\xff\x07'))
    same((code, '\033' in out or '\007' in out), (0, False), 'nothing that a terminal would obey')
    for cut in range(0, len(good), 997):
        code = status('-', text=good[:cut])[0]
        if code not in (0, 65):
            same(code, 0, f'cut after {cut} bytes')
    ok(True, 'cut anywhere')
    same(status('--watch', 'file')[0], 64, 'a file cannot be watched')
    same(status('/nonexistent')[0], 65, 'a file that is missing')


def on_terminal(environment, *words):
    """What it writes to a terminal until it ends, or for its first two pages, and its exit status."""
    leader, follower = pty.openpty()
    with subprocess.Popen([PROGRAM, 'status', *words], stdout=follower, stderr=subprocess.DEVNULL, start_new_session=True,
                          env={**os.environ, 'TERM': 'xterm', **environment}) as process:
        os.close(follower)
        text = b''
        while '--watch' not in words or text.count(b'WHAT DECIDED') < 2:
            try:
                text += os.read(leader, 10000)
            except OSError:
                break
        process.send_signal(signal.SIGINT)
        code = process.wait(20)
    os.close(leader)
    return code, text.decode()


def check_daemon():
    with Daemon(policy()) as daemon:
        here = ['--socket', daemon.spec]
        with daemon.session() as s:
            s.connect()
            s.helo('desktop')
            s.mail()
            found = json.loads(status('--json', *here)[1])
            same(found['sessions']['open'], 1, 'a session that is open')
        daemon.wait_for(lambda: not json.loads(status('--json', *here)[1])['sessions']['open'])
        found = json.loads(status('--json', '-c', daemon.policy, *here)[1])
        same((found['listeners'][0]['sessions']['rejected'], found['reasons'], found['policy']['path'], found['workers']),
             (1, [{'listener': 'mx', 'check': 'ehlo_fqdn', 'rule': None, 'result': 'fail', 'action': 'reject',
                   'mode': 'enforce', 'count': 1}], daemon.policy, {'starting': 0, 'serving': 1, 'draining': 0}),
             'the figures of a daemon without server.metrics')
        code, text = on_terminal({'NO_COLOR': ''}, *here)
        same((code, '\033[1m' in text), (0, True), 'bold on a terminal')
        same('\033' in on_terminal({'NO_COLOR': '1'}, *here)[1], False, 'but not with NO_COLOR')
        code, text = on_terminal({'NO_COLOR': '1'}, *here, '--watch')
        same((code, text.count('\033[H\033[2J') >= 2, '/s' in text), (-signal.SIGINT, True, True), 'watched until Ctrl-C')
        for _ in range(40):		# whoever leaves at once holds nobody up
            subprocess.Popen([PROGRAM, 'status', *here], stdout=subprocess.DEVNULL).kill()
        same(daemon.reload()[0], 0, 'and reloads go on')
        spec = daemon.spec
    code, out, error = status('--socket', spec)
    same((code, out, 'no daemon answers there; start it' in error), (69, '', True), 'no daemon')


for sample in ('fresh', 'busy'):
    check_sample(sample)
check_bad_input()
check_daemon()
done()
