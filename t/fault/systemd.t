#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""R5, R16: what systemd is told, the socket that it hands over, and the units in contrib, as far as that goes without systemd."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import PROGRAM, Daemon, policy
from inheriting import Inheriting
from manager import Manager
from milter_client import Session
from session_log import policy_with_log, records
from tap import PATIENCE_S, done, note, ok, same, wait_until

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
QUIET = policy('profile: none')
EXPOSURE_MAX = 1.5


def judge(path):
    with Session(path) as s:
        s.connect()
        s.helo('client.example')
        return s.mail()


def listens(path):
    """A socket has its path before anybody listens at it."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


# --- sd_notify ---
with tempfile.TemporaryDirectory() as folder:
    for name, variable in ((folder + '/notify', folder + '/notify'), ('\0ehlo-milter-test-%d' % os.getpid(),
                                                                     '@ehlo-milter-test-%d' % os.getpid())):
        manager = Manager(name)
        with Daemon(QUIET, environment={'NOTIFY_SOCKET': variable}) as daemon:
            same(manager.hear().split('\n')[0], 'READY=1', 'ready, when the worker is: to ' + name.strip('\0').split('/')[-1])
            daemon.reload()
            said = manager.hear()
            ok(said.startswith('RELOADING=1\nMONOTONIC_USEC='), 'a reload is told')
            ok(manager.hear().startswith('READY=1\nSTATUS=worker '), 'and its end')
            daemon.write_policy('version: 2\n')
            daemon.process.send_signal(signal.SIGHUP)
            manager.hear_until('RELOADING=1')
            ok('STATUS=the policy is not loaded' in manager.hear(), 'one that failed too')
            daemon.process.terminate()
            same(manager.hear().split('\n')[0], 'STOPPING=1', 'the end is told')

    manager = Manager(folder + '/watch')
    with Daemon(QUIET.replace('server: {', 'server: { drain: 200ms,', 1),
                environment={'NOTIFY_SOCKET': folder + '/watch', 'WATCHDOG_USEC': '900000'}) as daemon:
        for _ in range(3):
            manager.hear_until('WATCHDOG=1')
        ok(True, 'the watchdog is told that the milter answers')
        ok(not any('self-check' in line for line in daemon.log()), 'without a word in the log')
        worker = daemon.workers()[0]
        os.kill(worker, signal.SIGSTOP)
        daemon.wait_for(lambda: any('self-check: the milter does not answer' in line for line in daemon.log()))
        ok(True, 'a worker that is stuck does not pass the self-check')
        os.kill(worker, signal.SIGCONT)
        manager.hear_until('WATCHDOG=1')
        ok(True, 'until it answers again')
        daemon.write_policy('version: 2\n')
        os.kill(worker, signal.SIGKILL)
        daemon.wait_for(lambda: any('another one is tried' in line for line in daemon.log()))
        manager.heard()
        for _ in range(3):
            manager.hear_until('WATCHDOG=1')
        ok(True, 'nor is a daemon stuck that has only a broken policy to start a worker with: systemd could do no better')
        daemon.write_policy(QUIET)
        daemon.wait_for(lambda: daemon.status()['workers']['serving'] == 1)
        ok(True, 'and it serves when that is mended')
    # A message that is under way while the daemon looks at itself.
    with Daemon(policy_with_log(folder + '/sessions', 'checks: { ehlo_fqdn: { fail: tag } }'),
                environment={'NOTIFY_SOCKET': folder + '/watch', 'WATCHDOG_USEC': '900000'}) as daemon:
        with daemon.session() as s:
            s.connect()
            s.helo('desktop')
            s.mail()
            for _ in range(2):
                manager.hear_until('WATCHDOG=1')
            changes, answer = s.end_of_message()
            same((len(changes), answer), (1, 'c'), 'the self-check takes no right to change mail away')
        ok(not any('does not let a milter' in line for line in daemon.log()), 'and nobody says that the MTA had done so')
        said = subprocess.run([PROGRAM, 'status', '-c', daemon.policy, '--socket', daemon.spec, '--json'], capture_output=True,
                              text=True, check=False, env=daemon.environment)
        same(json.loads(said.stdout)['sessions']['started'], 1, 'it is counted as no session')
    same([record['helo'][0]['name'] for record in records(folder + '/sessions')], ['desktop'], 'nor recorded as one')
    with Daemon(QUIET, environment={'NOTIFY_SOCKET': folder + '/watch', 'WATCHDOG_USEC': '100000', 'WATCHDOG_PID': '1'}) as daemon:
        time.sleep(0.3)
        ok(all('self-check' not in line for line in daemon.log()), 'a watchdog of another process is none')

# --- a socket that is handed over ---
INHERIT = QUIET.replace('server: {', 'server: { socket: systemd,', 1)


def refusal(*sockets):
    try:
        with Inheriting(INHERIT, *sockets) as daemon:
            return 'it runs'
    except SystemExit:
        return None


with tempfile.TemporaryDirectory() as folder:
    path = folder + '/s'
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(100)
    with Inheriting(INHERIT, listening) as daemon:
        same(judge(path), 'a', 'a unix socket that was handed over is served')
        same(daemon.reload()[0], 0, 'reload finds the daemon, whatever the socket is')
        same(judge(path), 'a', 'and serves')
        held = Session(path)
        held.connect()
        daemon.process.terminate()
        same(held.helo('client.example'), 'c', 'TERM: an open session is answered')
        held.close()
        daemon.process.wait(30)
        ok(os.path.exists(path), 'the socket is left to whoever made it')
    waiting = Session(path, negotiate=False)
    with Inheriting(INHERIT, listening) as daemon:
        same(judge(path), 'a', 'the next one serves it')
        waiting.negotiate(0, 0)
        same((waiting.connect(), waiting.helo('client.example')), ('c', 'c'), 'and whoever has waited')
        waiting.close()

    port = socket.create_server(('127.0.0.1', 0))
    with Inheriting(INHERIT, port) as daemon:
        same(judge(port.getsockname()), 'a', 'an inet socket that was handed over is served')

    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    result = []
    for sockets, expected in (((), 'no socket was handed over'), ((listening, port), 'more than one socket'),
                              ((datagrams,), 'no listening stream socket'), ((socket.socket(),), 'no listening stream socket')):
        starter = 'import os,sys; os.environ["LISTEN_PID"]=str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])'
        with open(folder + '/p.yaml', 'w', encoding='ascii') as file:
            file.write(INHERIT)

        def hand_over(handed=sockets):
            for number, one in enumerate(handed):
                os.dup2(one.fileno(), 3 + number, inheritable=True)
        result = subprocess.run([sys.executable, '-c', starter, PROGRAM, 'run', '-c', folder + '/p.yaml'], capture_output=True,
                                text=True, check=False, stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=hand_over,
                                env=dict(os.environ, LISTEN_FDS=str(len(sockets)), RUNTIME_DIRECTORY=folder))
        same((result.returncode, expected in result.stderr), (69, True), f'systemd: {expected}')

# --- the units ---


def tool(name):
    found = shutil.which(name)
    if not found:
        ok(True, f'{name} # SKIP it is not installed')
    return found


def unit_folder(folder):
    """The units, with the program where it is."""
    for name in ('ehlo-milter.service', 'ehlo-milter.socket'):
        with open(f'{TOP}/contrib/systemd/{name}', encoding='utf-8') as file:
            text = file.read().replace('/usr/sbin/ehlo-milter', PROGRAM)
        with open(f'{folder}/{name}', 'w', encoding='utf-8') as file:
            file.write(text)
    return [folder + '/ehlo-milter.service', folder + '/ehlo-milter.socket']


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


with tempfile.TemporaryDirectory() as folder:
    units = unit_folder(folder)
    if tool('systemd-analyze'):
        result = run('systemd-analyze', 'verify', '--man=no', *units)
        same((result.returncode, result.stdout + result.stderr), (0, ''), 'systemd-analyze verify has nothing to say')
        result = run('systemd-analyze', 'security', '--offline=true', f'--threshold={EXPOSURE_MAX * 10:.0f}', '--no-pager', units[0])
        same(result.returncode, 0, f'its exposure level is at most {EXPOSURE_MAX}')
        note(next((line for line in result.stdout.splitlines() if 'exposure level' in line), result.stderr))
    with open(units[0], encoding='utf-8') as file:
        unit = file.read()
    ok('\nStartLimitIntervalSec=0\n' in unit, 'systemd does not give up: it begins when its addresses have come')
    ok('\nOOMPolicy=continue\n' in unit, 'nor does it end it when a worker is killed for want of memory')
    if tool('systemd-sysusers'):
        os.makedirs(folder + '/root/etc')
        result = run('systemd-sysusers', f'--root={folder}/root', f'{TOP}/contrib/systemd/ehlo-milter.sysusers')
        with open(folder + '/root/etc/passwd', encoding='ascii') as file:
            ok(result.returncode == 0 and file.read().startswith('ehlo-milter:'), 'sysusers makes the user')
    if tool('systemd-tmpfiles'):
        with open(f'{TOP}/contrib/systemd/ehlo-milter.tmpfiles', encoding='ascii') as file:
            text = file.read()
        for name in ('ehlo-milter', 'postfix', 'adm'):
            text = text.replace(f' {name} ', f' {os.geteuid()} ')
        with open(folder + '/tmpfiles.conf', 'w', encoding='ascii') as file:
            file.write(text)
        result = run('systemd-tmpfiles', '--create', f'--root={folder}/root', folder + '/tmpfiles.conf')
        same((result.returncode, os.path.isdir(folder + '/root/run/ehlo-milter')), (0, True), 'tmpfiles makes the folders')
    if tool('systemd-socket-activate'):
        with open(folder + '/policy.yaml', 'w', encoding='ascii') as file:
            file.write(INHERIT.replace('server: {', 'server: { user: root,', 1))
        path = folder + '/activated'
        activated = subprocess.Popen(['systemd-socket-activate', '-l', path, '-E', 'ASAN_OPTIONS', '-E', 'RUNTIME_DIRECTORY=' + folder,
                                      PROGRAM, 'run', '-c',
                                      folder + '/policy.yaml'], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: listens(path))
        same(judge(path), 'a', 'systemd-socket-activate: a connection starts the daemon, which serves it and others')
        activated.terminate()
        same(activated.wait(PATIENCE_S), 0, 'and it ends well')
    if tool('apparmor_parser'):
        result = run('apparmor_parser', '-Q', '-K', '-T', TOP + '/contrib/apparmor/usr.sbin.ehlo-milter')
        ok(result.returncode == 0 and 'rror' not in result.stderr, 'the AppArmor profile is good')
done()
