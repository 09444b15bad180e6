#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The Debian package, from a release on: built, looked at by lintian, installed on a machine of its own, plugged into Postfix,
upgraded under a session, read back from its journal, purged.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import machine as machines
from machine import Machine
from tap import done, note, ok, same, skip_all, wait_until

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.path.abspath(os.environ.get('BUILD', TOP + '/build')) + '/sanitized'
with open(TOP + '/configure.ac', encoding='utf-8') as configure:
    VERSION = re.search(r'AC_INIT\(\[ehlo-milter\], \[(.*?)\]', configure.read()).group(1)
JOURNAL = '/var/log/ehlo-milter/sessions.jsonl'
IN_POSTFIX, ALONE = '/var/spool/postfix/ehlo-milter/ehlo-milter.sock', '/run/ehlo-milter.sock'


def run(*words, **options):
    """Its output, of both kinds; ends the script where it fails."""
    result = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors='replace', check=False, **options)
    if result.returncode != 0:
        note(result.stdout[-4000:])
        sys.exit(f'{" ".join(words)}: status {result.returncode}')
    return result.stdout


def build(folder):
    """The package of a release, as README says; its path without the suffix."""
    source = f'{folder}/ehlo-milter-{VERSION}'
    run('make', '-s', '-C', BUILD, 'distdir', 'distdir=' + source)
    shutil.copytree(source + '/contrib/debian', source + '/debian')
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith('MAKE')},
                   'DEB_BUILD_OPTIONS': 'nocheck parallel=2 noautodbgsym'}	# t/run has run the tests
    run('dpkg-buildpackage', '-us', '-uc', '-b', cwd=source, env=environment)
    architecture = run('dpkg', '--print-architecture').strip()
    return f'{folder}/ehlo-milter_{VERSION}-1_{architecture}'


def successor(package, folder):
    """The same with a higher version."""
    tree = folder + '/tree'
    run('dpkg-deb', '-R', package, tree)
    with open(tree + '/DEBIAN/control', encoding='utf-8') as file:
        text = file.read()
    with open(tree + '/DEBIAN/control', 'w', encoding='utf-8') as file:
        file.write(text.replace(f'Version: {VERSION}-1', f'Version: {VERSION}-2'))
    run('dpkg-deb', '--root-owner-group', '-b', tree, folder + '/next.deb')
    return folder + '/next.deb'


class Smtp:
    """A client on the machine, which Postfix takes for a stranger."""

    def __init__(self, machine):
        self.process = machine.start('bash', '-c', 'exec 3<> /dev/tcp/127.0.0.1/25; cat <&3 & exec cat >&3',
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def reply(self):
        line = self.process.stdout.readline()
        while line[3:4] == '-':
            line = self.process.stdout.readline()
        return line[:3]

    def say(self, line):
        self.process.stdin.write(line + '\r\n')
        self.process.stdin.flush()
        return self.reply()

    def greet(self):
        return [self.reply(), self.say('EHLO client.example'), self.say('XCLIENT ADDR=203.0.113.9 NAME=[UNAVAILABLE]'),
                self.say('EHLO desktop')]

    def send(self):
        return [self.say('MAIL FROM:<joe@shop.example>'), self.say('RCPT TO:<root@localhost>'), self.say('DATA'),
                self.say('Subject: shoes\r\n\r\n.'), self.say('QUIT')]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


# Of autopkgtest's script and of the upgrade, two each; XCLIENT makes Postfix begin another session with the milter.
READ_BACK = {'sessions': 8, 'transactions': 4, 'rejected': 4}
GREETED, SENT = ['220', '250', '220', '250'], ['250', '250', '354', '250', '221']


def property_of(machine, unit, name):
    return machine.run('systemctl', 'show', '--value', '--property=' + name, unit).strip()


def verdicts(machine):
    return [line for line in machine.run('journalctl', '--output=cat', '--unit=ehlo-milter.service').splitlines()
            if ' verdict=' in line]


def records(machine):
    return [json.loads(line) for line in machine.run('cat', JOURNAL).splitlines()]


def install_without_postfix(machine):
    machine.run('dpkg', '-i', '/root/first.deb')
    same([property_of(machine, 'ehlo-milter.' + kind, 'ActiveState') for kind in ('service', 'socket')], ['active'] * 2,
         'installed, it runs')
    same([machine.run('systemctl', 'is-enabled', 'ehlo-milter.' + kind).strip() for kind in ('service', 'socket')],
         ['enabled'] * 2, 'and will after a boot')
    same(machine.run('stat', '-c', '%F %a %U', ALONE).strip(), 'socket 660 ehlo-milter', 'without Postfix its socket is in /run')
    ok('/etc/ehlo-milter/policy.yaml ' in machine.run('dpkg-query', '-W', '-f', '${Conffiles}', 'ehlo-milter'),
       'the policy is a conffile')


def add_postfix(machine):
    """As dpkg does it when Postfix is unpacked."""
    os.rename(machine.root + '/usr/sbin/postfix.away', machine.root + '/usr/sbin/postfix')
    machine.run('dpkg-trigger', '--by-package=postfix', '/usr/lib/postfix/sbin/master')
    machine.run('dpkg', '--configure', '--pending')
    same(machine.run('stat', '-c', '%F %a %U %G', IN_POSTFIX).strip(), 'socket 660 ehlo-milter postfix',
         "when Postfix comes, the socket moves into its chroot")
    same(machine.run('stat', '-c', '%a %U %G', os.path.dirname(IN_POSTFIX)).strip(), '750 ehlo-milter postfix', 'its folder too')
    ok(not machine.succeeds('test', '-e', ALONE), 'from where it was')


def plug_in(machine):
    said = machine.run('/root/tests/postfix', check=False)
    if not ok(said.endswith('all as expected\n'), "autopkgtest's script"):
        note(said)


def upgrade(machine):
    before, pid = len(verdicts(machine)), property_of(machine, 'ehlo-milter.service', 'MainPID')
    held = Smtp(machine)
    same(held.greet(), GREETED, 'a session is under way')
    dpkg = machine.start('dpkg', '-i', '/root/next.deb', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    ok(wait_until(lambda: property_of(machine, 'ehlo-milter.service', 'ActiveState') == 'deactivating'),
       'an upgrade ends the daemon, which waits for it')
    waiting = Smtp(machine)
    same(held.send(), SENT, 'it goes on to its end')
    held.close()
    same(waiting.greet() + waiting.send(), GREETED + SENT, 'one that came meanwhile is served')
    waiting.close()
    said = dpkg.communicate()[0]
    if not ok(dpkg.returncode == 0, 'the upgrade is done'):
        note(said)
    ok(property_of(machine, 'ehlo-milter.service', 'MainPID') not in (pid, '0'), 'another daemon runs')
    same(machine.run('dpkg-query', '-W', '-f', '${Version}', 'ehlo-milter'), VERSION + '-2', 'of the new version')
    lines = verdicts(machine)[before:]
    same([('would=reject' in line, 'check=ehlo_fqdn' in line) for line in lines], [(True, True)] * 2, 'both were judged')
    same([line for line in machine.run('journalctl', '--output=cat', '-t', 'postfix/smtpd').splitlines() if 'milter' in line.lower()
          and 'reject' not in line], [], 'and Postfix has missed no milter')
    ids = {line.rsplit(' id=', 1)[1].split('.')[0] for line in lines}
    ok(wait_until(lambda: ids <= {record['id'] for record in records(machine) if record['complete']}), 'and recorded to their end')


def read_back(machine):
    """first-week-not-empty: from the package to a report, with nothing configured but Postfix."""
    same(machine.run('stat', '-c', '%a %U', os.path.dirname(JOURNAL), JOURNAL).split('\n')[:2],
         ['750 ehlo-milter', '640 ehlo-milter'], 'the journal is where the package says, and not for everybody')
    report = json.loads(machine.run('bash', '-c', f'set -o pipefail; ehlo-milter evaluate {JOURNAL} 2> /dev/null | '
                                                  'ehlo-milter report --json 2> /dev/null'))
    same({key: report['totals'][key] for key in ('sessions', 'transactions', 'rejected')}, READ_BACK,
         'and every session of a stranger is in its report, with what enforce would do')
    week = json.loads(machine.run('bash', '-c', 'ehlo-milter report --first-week --json 2> /dev/null'))
    mx = next(listener for listener in week['listeners'] if listener['listener'] == 'mx')
    same((week['sessions'], mx['refused']), (READ_BACK['sessions'], READ_BACK['rejected']), 'report --first-week needs no word more')
    same([part['found'] for part in mx['parts'] if part.get('check') == 'ehlo_fqdn'], [READ_BACK['rejected']],
         'and names the check that would refuse them')


def purge(machine):
    machine.run('dpkg', '--purge', 'ehlo-milter')
    left = [path for path in machine.changed() if 'ehlo-milter' in path]
    same(left + machine.run('find', '/run', '-name', '*ehlo-milter*').split(), [], 'purged, it leaves no file')
    ok(not machine.succeeds('pgrep', '-x', 'ehlo-milter'), 'and no process')
    same(machine.run('systemctl', 'list-units', '--all', '--plain', '--no-legend', 'ehlo-milter*').strip(), '', 'and no unit')


for program in ('dpkg-buildpackage', 'dh', 'lintian', 'postfix'):
    if not shutil.which(program):
        skip_all(f'{program} is not installed')
if machines.missing():
    skip_all(machines.missing())
if not os.path.exists(BUILD + '/Makefile'):
    skip_all(f'no build in {BUILD}')
machines.enter()
with tempfile.TemporaryDirectory(prefix='ehlo-package-') as folder:
    first = build(folder)
    said = run('lintian', '--fail-on', 'error,warning', first + '.changes')
    same([line for line in said.splitlines() if line.startswith(('E:', 'W:'))], [], 'lintian finds no errors, and warns of nothing')
    following = successor(first + '.deb', folder)

    def before(root):
        shutil.copy(first + '.deb', root + '/root/first.deb')
        shutil.copy(following, root + '/root/next.deb')
        shutil.copytree(TOP + '/contrib/debian/tests', root + '/root/tests')
        os.rename(root + '/usr/sbin/postfix', root + '/usr/sbin/postfix.away')

    with Machine(before) as host:
        install_without_postfix(host)
        add_postfix(host)
        plug_in(host)
        upgrade(host)
        read_back(host)
        purge(host)
done()
