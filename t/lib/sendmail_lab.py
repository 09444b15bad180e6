# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Sendmail unpacked beside another MTA, in a network and mount namespace of its own."""
import fcntl
import glob
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

import namespace
from tap import PATIENCE_S, skip_all

HERE = os.path.dirname(os.path.abspath(__file__))

PACKAGES = ('sendmail-bin', 'sendmail-base', 'sendmail-cf', 'm4')
PORTS = {'mx': 22025, 'submission': 22587}	# in a namespace of our own every port is free
MC = r'''divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.example.org')dnl
define(`confPID_FILE', `{base}/pid')dnl
define(`QUEUE_DIR', `{base}/queue')dnl
define(`ALIAS_FILE', `{base}/aliases')dnl
define(`STATUS_FILE', `{base}/statistics')dnl
define(`HELP_FILE', `{base}/helpfile')dnl
define(`confCW_FILE', `-o {base}/local-host-names')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit,HelpFileInUnsafeDirPath')dnl
define(`confTO_IDENT', `0')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confDELAY_LA', `1000')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confDELIVERY_MODE', `q')dnl
define(`confSERVER_CERT', `{base}/cert.pem')dnl
define(`confSERVER_KEY', `{base}/key.pem')dnl
define(`confCACERT', `{base}/cert.pem')dnl
define(`confCACERT_PATH', `{base}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
DAEMON_OPTIONS(`Name=mx, Family=inet, Addr=127.0.0.1, Port={mx}')dnl
DAEMON_OPTIONS(`Name=submission, Family=inet, Addr=127.0.0.1, Port={submission}')dnl
INPUT_MAIL_FILTER(`ehlo-milter', `S=inet:{milter}@127.0.0.1, F=T, T=C:5s;S:5s;R:30s;E:30s')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
'''


def missing():
    """Why there can be no lab here; None when there can."""
    for program in ('apt-get', 'dpkg'):
        if not shutil.which(program):
            return f'{program} is not installed'
    return namespace.missing()


def unpack(folder=os.path.join(os.environ.get('BUILD', HERE + '/../../build'), 'sendmail')):
    """Downloads and unpacks the packages once; returns the folder of their files, None when they cannot be had."""
    debs = os.path.join(folder, 'debs')
    os.makedirs(debs, exist_ok=True)
    with open(os.path.join(folder, 'lock'), 'w', encoding='ascii') as lock:	# two tests may want it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        return unpack_locked(os.path.join(folder, 'root'), debs)


def unpack_or_skip():
    """The same; without it nothing of the script is run."""
    reason = missing()
    root = None if reason else unpack()
    if not root:
        skip_all(reason or 'the packages of Sendmail cannot be downloaded')
    return root


def unpack_locked(root, debs):
    if os.path.exists(os.path.join(root, 'done')):
        return root
    if subprocess.run(['apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', *PACKAGES], cwd=debs,
                      stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode != 0:
        return None
    for deb in glob.glob(debs + '/*.deb'):
        subprocess.run(['dpkg', '-x', deb, root], check=True)
    with open(os.path.join(root, 'done'), 'w', encoding='ascii'):
        pass
    return root


def head_of(path):
    """The header fields in a queue file: lines 'H?FLAGS?NAME: VALUE' and those that continue them."""
    fields, within = [], False
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            within = line.startswith('H') or (within and line[0] in ' \t')
            if within:
                fields.append(re.sub(r'^H(\?[^?]*\?)+', '', line))
    return ''.join(fields)


class Sendmail:
    """A context, inside the namespaces.  Messages stay in the queue."""
    name = 'sendmail'
    clients_have_addresses = True

    def __init__(self, root, milter_port, mc=MC, ports=None, label='sendmail'):
        self.ports = ports or PORTS
        self.label = label  # in syslog
        self.folder = tempfile.TemporaryDirectory(prefix='ehlo-sendmail-')
        self.base = base = self.folder.name
        self.program = f'{root}/usr/libexec/sendmail/sendmail'
        os.mkdir(f'{base}/queue', 0o700)
        for name in ('aliases', 'statistics', 'helpfile'):
            with open(f'{base}/{name}', 'w', encoding='ascii') as file:
                file.write('postmaster: root\n' if name == 'aliases' else '')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                        '/CN=mx.example.org', '-keyout', f'{base}/key.pem', '-out', f'{base}/cert.pem'],
                       check=True, capture_output=True)
        os.chmod(f'{base}/key.pem', 0o600)
        with open(f'{base}/sendmail.mc', 'w', encoding='ascii') as file:
            file.write(mc.format(base=base, milter=milter_port, **{**PORTS, **self.ports}))
        macros = f'{root}/usr/share/sendmail/cf/'
        with open(f'{base}/sendmail.cf', 'wb') as file:
            subprocess.run([f'{root}/usr/bin/m4', f'-D_CF_DIR_={macros}', f'{macros}m4/cf.m4',
                            f'{base}/sendmail.mc'], stdout=file, stderr=subprocess.DEVNULL, check=True)
        subprocess.run([self.program, '-C', f'{base}/sendmail.cf', '-bi'], capture_output=True, check=True)

    def delivered(self):
        """The heads of the messages that have been taken, oldest first."""
        paths = glob.glob(f'{self.base}/queue/qf*')
        return [head_of(path) for path in sorted(paths, key=lambda path: os.stat(path).st_mtime_ns)]

    def held(self):
        """How many messages are in quarantine."""
        return len(glob.glob(f'{self.base}/queue/hf*'))

    def __enter__(self):
        with open(f'{self.base}/stdout', 'wb') as out:
            self.process = subprocess.Popen([self.program, '-L', self.label, '-C', f'{self.base}/sendmail.cf', '-bD'],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        end = time.monotonic() + PATIENCE_S
        for port in self.ports.values():
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(('127.0.0.1', port)) == 0:
                        break
                if time.monotonic() > end or self.process.poll() is not None:
                    with open(f'{self.base}/stdout', encoding='utf-8', errors='replace') as file:
                        raise RuntimeError('Sendmail does not listen: ' + file.read())
                time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.folder.cleanup()
