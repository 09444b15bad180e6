# SPDX-License-Identifier: BSD-2-Clause
"""A Postfix of its own beside the system's: three services on loopback, stopped by its own command."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time

from daemon import free_port
from tap import PATIENCE_S

SERVICES = ('mx', 'submission', 'dot')
MAIN = '''compatibility_level = 3.6
queue_directory = {base}/spool
data_directory = {base}/lib
daemon_directory = {daemon_directory}
command_directory = {command_directory}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/maillog
maillog_file_prefixes = {base}
inet_interfaces = 127.0.0.1
inet_protocols = all
myhostname = mx.example.org
mydomain = example.org
myorigin = example.org
mydestination = example.org
mynetworks = 127.0.0.0/8
local_recipient_maps = inline:{{bob=x, postmaster=x, root=x}}
alias_maps =
alias_database =
local_transport = virtual:
virtual_mailbox_domains =
virtual_mailbox_base = {base}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
relay_transport = discard:
default_transport = discard:
disable_dns_lookups = yes
smtpd_error_sleep_time = 0
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_tls_cert_file = {base}/etc/cert.pem
smtpd_tls_key_file = {base}/etc/key.pem
smtpd_tls_security_level = may
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_default_action = tempfail
'''
# HELO NAME reaches the milter with a dot behind the name, EHLO NAME without.
MARKER = r'''/^EHLO[[:space:]]+(.*[^[:space:].])[[:space:]]*\.[.[:space:]]*$/  EHLO $1
/^EHLO[[:space:]]+[.[:space:]]+$/  EHLO
/^HELO[[:space:]]+(.*[^[:space:].])[.[:space:]]*$/  HELO $1.
/^HELO[[:space:]]+[.[:space:]]+$/  HELO
'''
BACKGROUND = '''pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
dnsblog unix - - n - 0 dnsblog
postlog unix-dgram n - n - 1 postlogd
'''


def missing():
    """Why there can be no lab here; None when there can."""
    if os.geteuid() != 0:
        return 'a private Postfix needs root'
    return None if shutil.which('postfix') else 'Postfix is not installed'


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def default(name):
    return subprocess.run(['postconf', '-dh', name], check=True, capture_output=True, text=True).stdout.strip()


def replaced(main, settings):
    """main.cf with these settings."""
    names = {line.split(' =')[0] for line in settings.splitlines()}
    # Braces are format()'s, but for {base}.
    settings = settings.replace('{', '{{').replace('}', '}}').replace('{{base}}', '{base}')
    return ''.join(line + '\n' for line in main.splitlines() if line.split(' =')[0] not in names) + settings


class Postfix:
    """
    A context; ports[SERVICE] is where a service listens.  Clients come by XCLIENT, or, with clients_have_addresses, from
    addresses of their own, so that Postfix looks their names up itself.  settings: lines of main.cf in place of those here.
    """
    name = 'postfix'

    def __init__(self, milter_port, ports=None, clients_have_addresses=False, services=SERVICES, settings=''):
        self.clients_have_addresses = clients_have_addresses
        self.folder = tempfile.TemporaryDirectory(prefix='ehlo-postfix-')
        self.base = self.folder.name
        self.ports = dict(ports or {})
        for service in services:
            while service not in self.ports or list(self.ports.values()).count(self.ports[service]) > 1:
                self.ports[service] = free_port()
        os.chmod(self.base, 0o711)
        for name in ('etc', 'spool', 'lib', 'mail'):
            os.mkdir(f'{self.base}/{name}')
        shutil.chown(f'{self.base}/lib', 'postfix')
        shutil.chown(f'{self.base}/mail', 'nobody')
        self.write('main.cf', replaced(MAIN, settings).format(base=self.base, milter=f'inet:127.0.0.1:{milter_port}',
                                          nobody=pwd.getpwnam('nobody').pw_uid,
                                          daemon_directory=default('daemon_directory'),
                                          command_directory=default('command_directory')))
        self.write('master.cf', ''.join(map(self.service, services)) + BACKGROUND)
        self.write('helo-dot.regexp', MARKER)
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                        '/CN=mx.example.org', '-keyout', f'{self.base}/etc/key.pem', '-out',
                        f'{self.base}/etc/cert.pem'], check=True, capture_output=True)

    def write(self, name, text):
        with open(f'{self.base}/etc/{name}', 'w', encoding='ascii') as file:
            file.write(text)

    def service(self, name):
        text = (f'127.0.0.1:{self.ports[name]} inet n - n - - smtpd\n  -o syslog_name=postfix/{name}\n'
                f'  -o milter_macro_daemon_name={name}\n')
        if name == 'dot':
            text += f'  -o smtpd_command_filter=regexp:{self.base}/etc/helo-dot.regexp\n'
        return text

    def command(self, *words):
        return subprocess.run(['postfix', '-c', f'{self.base}/etc', *words], capture_output=True, text=True,
                              check=False)

    def log(self):
        try:
            return read(f'{self.base}/maillog').splitlines()
        except FileNotFoundError:
            return []

    def delivered(self):
        """The messages that have been delivered, oldest first."""
        paths = glob.glob(f'{self.base}/mail/box/new/*')
        return [read(path) for path in sorted(paths, key=lambda path: os.stat(path).st_mtime_ns)]

    def has_ended(self, count):
        """So many sessions have ended in the log, and no message is on its way."""
        waiting = sum(len(files) for folder in ('incoming', 'active') for _, _, files in os.walk(f'{self.base}/spool/{folder}'))
        return waiting == 0 and sum(': disconnect from ' in line or 'postscreen' in line and ': DISCONNECT ' in line for line in self.log()) >= count

    def held(self):
        """How many messages are in quarantine."""
        return len(glob.glob(f'{self.base}/spool/hold/*'))

    def submit(self, text):
        """Mail by the sendmail command, as a program on this host would send it."""
        subprocess.run(['sendmail', '-C', f'{self.base}/etc', '-f', 'root', 'bob@example.org'], input=text,
                       text=True, check=True, env=dict(os.environ, MAIL_CONFIG=f'{self.base}/etc'))

    def __enter__(self):
        started = self.command('start')	# returns when the ports are open, or with an error
        if started.returncode != 0:
            raise RuntimeError(started.stderr + '\n'.join(self.log()[-20:]))
        return self

    def __exit__(self, *_):
        self.command('stop')
        end = time.monotonic() + PATIENCE_S
        while self.command('status').returncode == 0 and time.monotonic() < end:
            time.sleep(0.1)
        self.folder.cleanup()
