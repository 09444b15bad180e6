# SPDX-License-Identifier: BSD-2-Clause
"""MTAs that are configured by nothing but what mta-config prints, one listener for each value of each key."""
import json
import os
import subprocess

import postfix_lab
import sendmail_lab
from daemon import NO_DNS, PROGRAM
from tap import note, ok, skip_all

# Two states to start from: as the MTA comes, and shut as far as its options go.
OPEN = '''smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
'''
SHUT = OPEN + '''disable_vrfy_command = yes
smtpd_noop_commands = VRFY
smtpd_etrn_restrictions = reject
smtpd_discard_ehlo_keywords = pipelining, chunking, dsn, vrfy, etrn, smtputf8, 8bitmime, size, starttls, auth
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
'''
BOOLEANS = ('true', 'false')
VALUES = {'vrfy': ('allow', 'hide'), 'expn': ('allow', 'disable'),
          'etrn': ('allow', 'domain', 'silent', 'block', 'disable'),
          'helo': ('allow', 'refuse'), 'ehlo': ('allow', 'refuse'), 'line_endings': ('crlf', 'lenient'),
          **{'extensions.' + name: BOOLEANS for name in (
              'pipelining', 'chunking', 'dsn', 'vrfy', 'etrn', 'smtputf8', '8bitmime', 'size', 'starttls', 'auth',
              'requiretls', 'no_soliciting', 'future_release', 'deliver_by', 'mt_priority')}}


class Listener:
    """A listener of the policy that names one key."""

    def __init__(self, key, value, ports):
        self.key, self.value, self.port, self.spares = key, value, ports[0], ports[1:]
        self.name = f"{key.replace('extensions.', 'ext-')}-{value}".replace('_', '-')
        self.point = f'commands.{key}: {value}'

    def yaml(self):
        setting = f'{self.key}: {self.value}'
        if self.key.startswith('extensions.'):
            setting = f"extensions: {{ {self.key.split('.')[1]}: {self.value} }}"
        if self.value == 'domain':
            setting += ', etrn_domains: [example.com, .example.net]'
        return (f'  - name: {self.name}\n    match: {{ daemon_port: {[self.port, *self.spares]} }}\n    mode: enforce\n'
                f'    checks: {{ {NO_DNS} }}\n    commands: {{ {setting} }}\n')


SPARES = 4	# ports of a listener on which a line of it is left out


def listeners(possible, ports_of):
    """One for each value that is possible; ports_of() gives its ports, the first of which is always open."""
    return [Listener(key, value, ports_of()) for key, values in VALUES.items() for value in values
            if possible(key, value)]


def policy(socket, rows, more=''):
    return (f'version: 1\nserver: {{ socket: "{socket}", log: stderr }}\n{more}listeners:\n'
            + ''.join(row.yaml() for row in rows) + '  - { name: rest, match: any }\n')


def run(*words, text=None):
    return subprocess.run([PROGRAM, *words], input=text, capture_output=True, text=True, check=False, timeout=120)


def audit(policy_path, listener, port, *options):
    """The report, with the exit status in it."""
    result = run('audit', '-c', policy_path, '--listener', listener, '--json', *options, f'127.0.0.1:{port}')
    if result.returncode not in (0, 1):
        raise RuntimeError(result.stderr)
    report = json.loads(result.stdout)
    report['status'] = result.returncode
    return report


def findings(report):
    return [point['point'] for point in report['points'] if point['verdict'] in ('finding', 'open')]


def show(report):
    return '\n'.join(f"{p['verdict']}: {p['point']}: {p['asked']} -> {p['found']} {p['text']}" for p in report['points'])


def audit_clean(policy_path, rows, label, *options):
    """Each listener of the policy is as it is wanted."""
    for row in rows:
        report = audit(policy_path, row.name, row.port, *options)
        if not ok(report['status'] == 0 and not findings(report), f'{label}: {row.name} is audited clean'):
            note(show(report))


def audit_others(policy_path, rows, label, look_alike, *options):
    """The same listener, held to every other value of its key: exactly that is found, unless an audit cannot tell the two."""
    for row in rows:
        for other in rows:
            if other.key != row.key or other is row or look_alike(row, other):
                continue
            report = audit(policy_path, other.name, row.port, *options)
            if not ok(findings(report) == [other.point] and report['status'] == 1,
                      f'{label}: {row.name} is found out where {other.name} is wanted'):
                note(show(report))


def with_each_mta(on_postfix, on_sendmail):
    """on_postfix() and on_sendmail(root of its files), as far as these MTAs can be had."""
    root = sendmail_lab.unpack()
    if postfix_lab.missing() and not root:
        skip_all('neither Postfix nor Sendmail can be had')
    if postfix_lab.missing():
        note('left out: ' + postfix_lab.missing())
    else:
        on_postfix()
    if root:
        on_sendmail(root)
    else:
        note('left out: the packages of Sendmail cannot be downloaded')


class Postfix(postfix_lab.Postfix):
    """Services without options of their own; configure() runs what mta-config prints."""

    def __init__(self, ports, main):
        super().__init__(1, {name: 1 for name in postfix_lab.SERVICES})
        text = ''.join(line + '\n' for line in self.read('main.cf').splitlines()
                       if not line.split(' ')[0] in ('smtpd_milters', 'non_smtpd_milters', 'milter_default_action',
                                                     'smtpd_tls_security_level'))
        self.write('main.cf', text + main + 'relay_domains = example.com\nrelay_recipient_maps =\nmax_idle = 1s\n'
                   'cyrus_sasl_config_path = /nonexistent\n')
        self.write('master.cf', ''.join(self.plain(port) for port in ports) + postfix_lab.BACKGROUND +
                   'flush unix n - n 1000? 0 flush\nsmtp unix - - n - - smtp\nrelay unix - - n - - smtp\n')

    @staticmethod
    def plain(port, options=()):
        return f'127.0.0.1:{port} inet n - n - - smtpd\n' + ''.join(
            f"  -o {{ {name} = {value} }}\n" for name, value in options)

    def read(self, name):
        with open(f'{self.base}/etc/{name}', encoding='ascii') as file:
            return file.read()

    def environment(self):
        return dict(os.environ, MAIL_CONFIG=f'{self.base}/etc')

    def current(self):
        """What the administrator is told to feed to --current."""
        return subprocess.run('postconf -n; postconf -M; postconf mail_version', shell=True, text=True, check=True,
                              stdout=subprocess.PIPE, env=self.environment()).stdout

    def configure(self, policy_path, *options):
        made = run('mta-config', '-c', policy_path, '--current', '-', '--postconf', *options, 'postfix',
                   text=self.current())
        if made.returncode != 0:
            raise RuntimeError(made.stderr)
        return subprocess.run(['sh'], input=made.stdout, text=True, check=False, env=self.environment(),
                              capture_output=True)


def sendmail_output(policy_path, *options):
    made = run('mta-config', '-c', policy_path, *options, 'sendmail')
    if made.returncode != 0:
        raise RuntimeError(made.stderr)
    return made.stdout


class Sendmail(sendmail_lab.Sendmail):
    """Daemons without anything but a name and a port; before stands above what mta-config prints, which is lines."""

    def __init__(self, root, ports, before='', lines='', options=''):
        text = ''.join(line + '\n' for line in sendmail_lab.MC.splitlines()
                       if not line.startswith(('DAEMON_OPTIONS', 'INPUT_MAIL_FILTER', 'MAILER')))
        daemons = ''.join(f"DAEMON_OPTIONS(`Name=d{port}, Family=inet, Addr=127.0.0.1, Port={port}{options}')dnl\n"
                          for port in ports)
        # Where every daemon is without AUTH or STARTTLS, Sendmail does not make ready for them at all.
        daemons += "DAEMON_OPTIONS(`Name=plain, Family=inet, Addr=127.0.0.1, Port=24999')dnl\n"
        escaped = (before + daemons + lines).replace('{', '{{').replace('}', '}}')
        self.ports = {str(port): port for port in ports}
        super().__init__(root, 0, mc=text + escaped + "MAILER(`local')dnl\nMAILER(`smtp')dnl\n", ports=self.ports)

    def test(self, text):
        """What sendmail -bt says to it."""
        return subprocess.run([self.program, '-C', f'{self.base}/sendmail.cf', '-bt'], input=text, text=True,
                              capture_output=True, check=False)
