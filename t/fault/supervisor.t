#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""T13, T14, T25: the ends of supervisor and workers, wanted and not; the user that they become; sockets that lie there."""
import errno
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import PROGRAM, Daemon, free_port, policy
from faults import BUILD
from milter_client import Closed, Session
from tap import PATIENCE_S, done, note, ok, same, wait_until

QUIET = policy('profile: none')


def judge(daemon):
    with daemon.session() as s:
        s.connect()
        s.helo('client.example')
        return s.mail()


def gone(pid):
    """It has ended (and may wait for whoever has inherited it to notice)."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return file.read().rsplit(')', 1)[1].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return True


def listens(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0


# --- TERM ---
with Daemon(QUIET.replace('server: {', 'server: { drain: 300ms,', 1)) as daemon:
    s = daemon.session()
    s.connect()
    daemon.process.terminate()
    try:
        s.receive()
        ok(False, 'a session that stays open is cut at the end of server.drain')
    except Closed:
        ok(True, 'a session that stays open is cut at the end of server.drain')

with Daemon(QUIET) as daemon:
    s = daemon.session()
    s.connect()
    daemon.process.terminate()
    wait_until(lambda: not os.path.exists(daemon.path))
    time.sleep(1.1)
    daemon.process.send_signal(signal.SIGINT)
    ok(wait_until(lambda: daemon.process.poll() is not None), 'told twice, it does not wait for open sessions')

port = free_port()
with Daemon(QUIET.replace('server: {', 'server: { drain: 1h,', 1), socket_spec=f'inet:{port}@127.0.0.1') as daemon:
    s = Session(('127.0.0.1', port))
    s.connect()
    daemon.process.terminate()

    def refused():
        try:
            socket.create_connection(('127.0.0.1', port)).close()
        except ConnectionRefusedError:
            return True
        return False
    ok(wait_until(refused), 'TERM, an inet socket: further connections are refused while an open session goes on')
    same(s.helo('client.example'), 'c', 'which is answered')
    s.close()

for _ in range(10):
    with Daemon(QUIET.replace('server: {', 'server: { drain: 1h,', 1), ready=False, quiet=True) as daemon:
        daemon.wait_for(lambda: listens(daemon.path))
        s = daemon.session()
        s.connect()
        daemon.process.terminate()
        try:
            answer = s.helo('client.example')
        except Closed:
            answer = 'closed'
        s.close()
    if answer != 'c':
        break
same(answer, 'c', 'TERM while the first worker becomes ready: a session that it has taken goes on')

# --- a worker that dies ---
with Daemon(QUIET) as daemon:
    s = daemon.session()
    s.connect()
    worker = daemon.workers()[0]
    os.kill(worker, signal.SIGKILL)
    try:
        s.receive()
        ok(False, 'kill -9 of the worker costs its sessions')
    except Closed:
        ok(True, 'kill -9 of the worker costs its sessions')
    same(judge(daemon), 'a', 'the next one is served')
    daemon.wait_for(lambda: any('1 have died so far' in line for line in daemon.log()))
    ok(daemon.workers() != [worker], 'by another worker')
    s = daemon.session()
    s.connect()
    same(s.helo('client.example'), 'c', 'and has a session')
    worker = daemon.workers()[0]
    for _ in range(500):
        os.kill(worker, signal.SIGTERM)
    daemon.wait_for(lambda: any('told to end, and is replaced' in line for line in daemon.log()))
    same(judge(daemon), 'a', 'one that was told to end by somebody else is replaced')
    same(s.mail(), 'a', 'and its sessions have server.drain')
    s.close()

PLAIN, TOLD = BUILD + '/clang/ehlo-milter', BUILD + '/clang/t/preload/told.so'
if not os.path.exists(PLAIN) or not os.path.exists(TOLD):
    ok(True, f'TERM while libmilter begins # SKIP {PLAIN} or {TOLD} is not built')
else:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        environment = {'LD_PRELOAD': TOLD, 'TOLD': file.name}
    with Daemon(QUIET, program=PLAIN, environment=environment) as daemon:
        daemon.wait_for(lambda: sum('ready: ' in line for line in daemon.log()) == 2)
        same([line for line in daemon.log() if 'error: ' in line], [], 'TERM while libmilter begins is nothing that libmilter hears')
        same(judge(daemon), 'a', 'and the worker is replaced')
    ok(not os.path.exists(file.name), 'it has been told')
    with tempfile.NamedTemporaryFile(delete=False) as file:
        environment = {'LD_PRELOAD': TOLD, 'TOLD_AGAIN': file.name}
    with Daemon(QUIET, program=PLAIN, environment=environment) as daemon:
        s = daemon.session()
        s.connect()
        s.helo('client.example')
        os.kill(daemon.workers()[0], signal.SIGTERM)
        daemon.wait_for(lambda: sum('ready: ' in line for line in daemon.log()) == 2)
        time.sleep(1)
        same(s.mail(), 'a', 'nor is TERM that comes while another thread is woken')
        s.close()
    if os.path.exists(file.name):
        os.remove(file.name)

# --- a supervisor that dies ---
with Daemon(QUIET, quiet=True) as daemon:
    worker = daemon.workers()[0]
    daemon.process.kill()
    daemon.process.wait()
    again = subprocess.Popen([PROGRAM, 'run', '-c', daemon.policy, '--socket', daemon.spec], stderr=subprocess.DEVNULL,
                             stdin=subprocess.DEVNULL)
    ok(wait_until(lambda: gone(worker)), 'kill -9 of the supervisor: its worker ends with it')

    def served():
        try:
            return judge(daemon) == 'a'
        except (OSError, Closed):
            return False
    ok(wait_until(served), 'another one can start at once, on the sockets that were left behind')
    second = subprocess.run([PROGRAM, 'run', '-c', daemon.policy, '--socket', daemon.spec], capture_output=True, text=True,
                            check=False, stdin=subprocess.DEVNULL)
    same((second.returncode, 'another program answers' in second.stderr), (69, True), 'but not beside one that runs')
    again.terminate()
    same(again.wait(PATIENCE_S), 0, 'it ends well')

# --- reload, when there is nothing to ask ---
with tempfile.TemporaryDirectory() as folder:
    with open(folder + '/p.yaml', 'w', encoding='ascii') as file:
        file.write(QUIET)
    def reload(*words):
        result = subprocess.run([PROGRAM, 'reload', '-c', folder + '/p.yaml', *words], capture_output=True, text=True,
                                check=False, stdin=subprocess.DEVNULL)
        return result.returncode, result.stderr
    status, said = reload('--socket', f'unix:{folder}/s')
    same((status, 'no daemon answers there' in said), (69, True), 'reload without a daemon')
    same(reload('--socket', 'unix:/' + 100 * 'x')[0], 69, 'reload of a socket whose name is too long')
    same(reload('--sockets', 'x')[0], 64, 'reload with an unknown option')

# --- the control socket ---
with Daemon(QUIET) as daemon:
    mode = os.stat(daemon.path + '.control').st_mode
    same((stat.S_ISSOCK(mode), stat.S_IMODE(mode)), (True, 0o600), 'the control socket is for its owner')
    kept = []
    for words in (b'', b'reload', b'reload\nreload\n', b'status\n', 1000 * b'x') * 10:
        client = socket.socket(socket.AF_UNIX)
        client.connect(daemon.path + '.control')
        client.send(words)
        kept.append(client)
    same(daemon.reload()[0], 0, 'reload beside those who connect and ask for nothing')
    for client in kept:
        client.close()

def connects_as(uid, path):
    """The error of another user who connects; 0: none."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        with socket.socket(socket.AF_UNIX) as client:
            os._exit(client.connect_ex(path))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Open(Daemon):
    """Whose folder others may look into."""

    def write_policy(self, text):
        os.chmod(self.folder.name, 0o755)
        super().write_policy(text)


# --- the user ---
if os.geteuid() != 0:
    ok(True, 'the user # SKIP needs root')
else:
    nobody = pwd.getpwnam('nobody')
    text = QUIET.replace('server: {', 'server: { user: nobody, socket_mode: "0600",', 1)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(PROGRAM, folder + '/ehlo-milter')
        with Open(text, program=program) as daemon:
            ids = set()
            for pid in [daemon.process.pid, *daemon.workers()]:
                with open(f'/proc/{pid}/status', encoding='ascii') as file:
                    fields = dict(line.split(':\t', 1) for line in file.read().splitlines() if ':\t' in line)
                ids.add((tuple(fields['Uid'].split()), tuple(fields['Gid'].split()), fields['CapEff'], fields['CapPrm']))
            uid, gid = str(nobody.pw_uid), str(nobody.pw_gid)
            same(ids, {((uid,) * 4, (gid,) * 4, '0' * 16, '0' * 16)}, 'both become the user, without any capability')
            owner = os.stat(daemon.path)
            same((owner.st_uid, stat.S_IMODE(owner.st_mode)), (nobody.pw_uid, 0o600), 'who owns the socket')
            same((connects_as(nobody.pw_uid, daemon.path), connects_as(nobody.pw_uid - 1, daemon.path)), (0, errno.EACCES),
                 'T13: another user is refused')
            same(judge(daemon), 'a', 'and serves')
            same(daemon.reload()[0], 0, 'and reloads')
            os.chmod(daemon.policy, 0o600)
            status, said = daemon.reload()
            same((status, 'ermission denied' in said), (78, True), 'a policy that only root can read is refused, and why')
            daemon.quiet = True		# it cannot remove the socket from a folder of root's
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + '/p.yaml', 'w', encoding='ascii') as file:
            file.write(QUIET.replace('server: {', 'server: { user: no-such-user,', 1))
        result = subprocess.run([PROGRAM, 'run', '-c', folder + '/p.yaml', '--socket', f'unix:{folder}/s'],
                                capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        same((result.returncode, "no user 'no-such-user'; make it" in result.stderr), (78, True), 'an unknown user')
done()
