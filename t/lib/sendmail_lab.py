# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Sendmail unpacked beside another MTA, in a network and mount namespace of its own."""
import glob
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

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
    if os.geteuid() != 0:
        return 'a Sendmail in namespaces needs root'
    for program in ('unshare', 'ip', 'apt-get', 'dpkg'):
        if not shutil.which(program):
            return f'{program} is not installed'
    return None


def unpack(folder):
    """Downloads and unpacks the packages once; returns the folder of their files, None when they cannot be had."""
    root = os.path.join(folder, 'root')
    if os.path.exists(os.path.join(root, 'done')):
        return root
    debs = os.path.join(folder, 'debs')
    os.makedirs(debs, exist_ok=True)
    if subprocess.run(['apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', *PACKAGES], cwd=debs,
                      stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode != 0:
        return None
    for deb in glob.glob(debs + '/*.deb'):
        subprocess.run(['dpkg', '-x', deb, root], check=True)
    with open(os.path.join(root, 'done'), 'w', encoding='ascii'):
        pass
    return root


def enter_namespaces(addresses, names):
    """
    Runs the script again in namespaces of its own: loopback with further client addresses, no name server, and
    names (a map of addresses) in the hosts file.
    """
    if os.environ.get('EHLO_NAMESPACE') != 'yes':
        os.environ['EHLO_NAMESPACE'] = 'yes'
        os.execvp('unshare', ['unshare', '-n', '-m', '--propagation', 'private', sys.executable, *sys.argv])
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    for address in addresses:
        subprocess.run(['ip', 'addr', 'add', address + '/32', 'dev', 'lo'], check=True)
    files = {'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
             'nsswitch.conf': 'hosts: files dns\npasswd: files\ngroup: files\n',
             'hosts': '127.0.0.1 localhost\n' + ''.join(f'{a} {n}\n' for a, n in names.items())}
    folder = tempfile.mkdtemp(prefix='ehlo-etc-')
    subprocess.run(['mount', '-t', 'tmpfs', 'none', folder], check=True)	# goes with the namespace
    for name, text in files.items():
        with open(f'{folder}/{name}', 'w', encoding='ascii') as file:
            file.write(text)
        subprocess.run(['mount', '--bind', f'{folder}/{name}', f'/etc/{name}'], check=True)
    return folder


class Sendmail:
    """A context, inside the namespaces."""
    name = 'sendmail'
    ports = PORTS

    def __init__(self, root, milter_port):
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
            file.write(MC.format(base=base, milter=milter_port, **PORTS))
        macros = f'{root}/usr/share/sendmail/cf/'
        with open(f'{base}/sendmail.cf', 'wb') as file:
            subprocess.run([f'{root}/usr/bin/m4', f'-D_CF_DIR_={macros}', f'{macros}m4/cf.m4',
                            f'{base}/sendmail.mc'], stdout=file, stderr=subprocess.DEVNULL, check=True)
        subprocess.run([self.program, '-C', f'{base}/sendmail.cf', '-bi'], capture_output=True, check=True)

    def __enter__(self):
        with open(f'{self.base}/stdout', 'wb') as out:
            self.process = subprocess.Popen([self.program, '-C', f'{self.base}/sendmail.cf', '-bD'],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        end = time.monotonic() + 30
        for port in PORTS.values():
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
        self.process.wait(30)
        self.folder.cleanup()
