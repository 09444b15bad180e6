# SPDX-License-Identifier: BSD-2-Clause
"""A host to try things on: namespaces of a script's own, in which what is written under /etc, /var and /usr/local is lost."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading

import namespace
import tap

# Emptied, but for what is copied: of a host's own files nothing is to be seen or changed.
EMPTY = ('/run', '/var/log', '/opt', '/usr/local', '/var/spool/postfix')
COPIED = ('/etc',)


def missing():
    """Why there can be none here; None when there can."""
    return namespace.missing()


def enter(program, names=None):
    """
    Runs the script again on it.  program stands in PATH as ehlo-milter; names: as of namespace.enter(), which it is by.
    Returns a new folder, which is the working directory too, and HOME.
    """
    namespace.enter([address for address in names or {} if not address.startswith('127.')], names or {})
    for folder in COPIED:
        copy = tempfile.mkdtemp(prefix='ehlo-copy-')
        subprocess.run(['mount', '-t', 'tmpfs', 'none', copy], check=True)
        subprocess.run(['cp', '-a', folder + '/.', copy], check=True)
        subprocess.run(['mount', '--rbind', copy, folder], check=True)
        subprocess.run(['umount', '--lazy', copy], check=True)
        os.rmdir(copy)
    for folder in EMPTY:
        if os.path.isdir(folder):
            subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', folder], check=True)
    os.makedirs('/usr/local/sbin', exist_ok=True)
    os.symlink(program, '/usr/local/sbin/ehlo-milter')
    work = tempfile.mkdtemp(prefix='ehlo-host-', dir='/run')
    os.chdir(work)
    os.environ.update(HOME=work, PATH='/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
    os.environ.pop('MAIL_CONFIG', None)
    return work


def write(path, text):
    """A file, with its folders."""
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def stand_in(name, script):
    """A program of this name, before all others."""
    write('/usr/local/bin/' + name, '#!/bin/sh\n' + script)
    os.chmod('/usr/local/bin/' + name, 0o755)


def copy(source, path):
    """A file or folder of the sources."""
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    if os.path.isdir(source):
        shutil.copytree(source, path, dirs_exist_ok=True)
    else:
        shutil.copy(source, path)


# --- what examples and README take for granted ---

TOP = os.path.abspath(os.path.dirname(os.path.abspath(__file__)) + '/../..')
RECORD = ('{"schema":"ehlo-milter.session/1","id":"01JD8XA7Q2M4T9VB","source":"daemon","mta":"postfix","complete":true,'
          '"start":"2026-11-22T05:16:02.123456Z","client_address":"203.0.113.9","client_port":34082,"client_name":null,'
          '"reverse_client_name":null,"client_resolve":"FAIL","server_port":25,"sasl_username":null,"tls":null,'
          '"helo":[{"verb":"EHLO","name":"desktop"}],"tx":[{"queue_id":null,"sender":"joe@shop.example"}],"dns":[],'
          '"verdicts":[{"tx":0,"action":"accept","reply":null,"check":null,"rule":null,"would":null}]}\n')
MAIL_LOG = '''Nov 22 05:10:37 mx postfix/smtpd[1]: connect from mail.shop.example[203.0.113.9]
Nov 22 05:10:38 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from mail.shop.example[203.0.113.9]: 450 4.1.1 <a@example.org>: Recipient address rejected: later; from=<joe@shop.example> to=<a@example.org> proto=ESMTP helo=<desktop>
Nov 22 05:10:38 mx postfix/smtpd[1]: disconnect from mail.shop.example[203.0.113.9] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4
'''


def policy_text(metrics=''):
    """The annotated tour, with what examples name beside it."""
    with open(TOP + '/policy.yaml.example', encoding='utf-8') as file:
        text = file.read()
    text = text.replace('\nserver:\n', '\nserver:\n  log: stderr\n' + metrics, 1)
    return text.replace('\nlists:\n', '\nlists:\n  zone: { dns_zone: { zone: bl.example.org } }\n', 1)


def furnish():
    """Policies, logs, a record, and the configuration of other programs."""
    write('/etc/ehlo-milter/policy.yaml', policy_text('  metrics: inet:9878@127.0.0.1\n'))
    for path in ('policy.yaml', 'new.yaml', 'new-policy.yaml'):
        write(path, policy_text())
    copy(TOP + '/contrib', 'contrib')
    copy(TOP + '/contrib/policy-tests.yaml', 'mine.yaml')
    write('/var/log/ehlo-milter/sessions.jsonl', RECORD)
    write('sessions.jsonl', RECORD)
    for path in ('/var/log/mail.log', '/var/log/mail.log.1', 'monday.log', 'tuesday.log'):
        write(path, MAIL_LOG)
    copy(TOP + '/t/import/stalwart-old.in', '/opt/stalwart/etc/config.toml')
    copy(TOP + '/t/import/messaging-server.in', 'imta.cnf')
    write('option.dat', 'HIDE_VERIFY=1\n')
    copy(TOP + '/t/mta-config/all-keys.sendmail-merged.current', '/etc/mail/sendmail.cf')
    os.makedirs('/var/spool/postfix/ehlo-milter', mode=0o750, exist_ok=True)
    stand_in('journalctl', f'cat {TOP}/t/logs/samples/journal.json\n')


def start(program):
    """A furnished host to run program on; where there can be none, nothing of the script is run."""
    if missing():
        tap.skip_all(missing())
    enter(program, {'127.0.0.1': 'mx.example.org'})
    furnish()


# --- running examples ---

# What is no failure of an example: findings, and a server that has no TLS.
STATUSES = {'audit': (0, 1, 69), 'replay': (0, 1)}


class Examples:
    """Runs command lines, each as one test.  'ehlo-milter run' stays, until the next one or stop(); --watch is interrupted."""

    def __init__(self):
        self.daemon = None

    def start(self, line):
        """The daemon is ready, and goes on."""
        self.stop()
        self.daemon = subprocess.Popen(['sh', '-c', 'exec ' + line], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
        impatience = threading.Timer(tap.PATIENCE_S, self.daemon.kill)
        impatience.start()
        said = ''
        for text in self.daemon.stderr:
            said += text
            if 'ready: ' in text:
                break
        impatience.cancel()
        if not tap.ok(self.daemon.poll() is None and 'ready: ' in said, line):
            tap.note(said)

    def stop(self):
        if not self.daemon:
            return
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.stderr.read()
        tap.same(self.daemon.wait(tap.PATIENCE_S), 0, 'the daemon ends with status 0')
        self.daemon = None

    def try_line(self, line):
        commands = re.findall(r'ehlo-milter ([a-z][a-z-]*)', line)
        if commands[-1:] == ['run']:
            self.start(line.split('#')[0])
        elif '--watch' in line:
            process = subprocess.Popen(['sh', '-c', 'exec ' + line], stdout=subprocess.PIPE, text=True)
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=tap.PATIENCE_S)
            tap.same((first.startswith('ehlo-milter '), process.returncode), (True, -signal.SIGINT), line)
        else:
            result = subprocess.run(['bash', '-o', 'pipefail', '-c', line], capture_output=True, text=True, check=False,
                                    timeout=10 * tap.PATIENCE_S, stdin=subprocess.DEVNULL)
            good = result.returncode in STATUSES.get(commands[-1] if commands else '', (0,))
            if not tap.ok(good and 'AddressSanitizer' not in result.stderr, line):
                tap.note(f'status {result.returncode}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}')
