#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""check, lookup, help, run's refusals, and what the program says of itself."""
import json
import os
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
TOP = os.path.abspath(HERE + '/../..')
folder = tempfile.TemporaryDirectory()
F = folder.name
CHECKS = ('greeting', 'ehlo_verb', 'ehlo_syntax', 'ehlo_fqdn', 'ehlo_literal', 'ehlo_own_name')


def write(name, text):
    path = os.path.join(F, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def run(*words, mail_config='/nonexistent'):
    """Without the host's own Postfix, unless a test makes one up."""
    result = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, cwd=F, timeout=60,
                            stdin=subprocess.DEVNULL, env=dict(os.environ, MAIL_CONFIG=mail_config))
    result.all = result.stdout + result.stderr
    return result


def fits(result, status, *parts, label):
    good = ok(result.returncode == status and all(part in result.all for part in parts), label)
    if not good:
        note(f'status {result.returncode}\n{result.all}')


ONE = 'version: 1\n{server}listeners:\n  - {{ name: mx, match: any{keys} }}\n'


def policy(name='p.yaml', server='', keys=''):
    return write(name, ONE.format(server=server, keys=keys))


LOG = 'server: { session_log: { path: /var/log/ehlo-milter/sessions.jsonl } }\n'
good, warned = policy(server=LOG), policy('w.yaml', keys=', checks: { ehlo_verb: reject }')
broken = write('b.yaml', 'version: 1\nlistners: []\nserver: { enforce: yes }\n')

# --- check ---
fits(run('check', '-c', good), 0, 'policy: good, 0 warnings', 'listener mx: profile standard, mode observe',
     'smtpd_milters = { inet:127.0.0.1:8897, ', "INPUT_MAIL_FILTER(`ehlo-milter', `S=inet:8897@127.0.0.1, ",
     label='check of a good policy')
same(run('check', '-c', good).stderr.split(' sha256 ')[0], f'policy: {good}', 'the policy is named first')
fits(run('check', '-c', broken), 78, "b.yaml:2:1: error: unknown key 'listners'; did you mean 'listeners'?",
     'b.yaml:3:20: error: ', label='all errors in one run')
fits(run('check', '-c', F + '/none.yaml'), 78, 'none.yaml', 'no such file', label='a file that is not there')
fits(run('check', '-c', warned), 0, 'warning', 'RFC 5321 3.2', label='a warning')
fits(run('check', '-c', warned, '--strict'), 1, 'RFC 5321 3.2', label='--strict')
answer = json.loads(run('check', '-c', warned, '--json').stdout)
same((answer['errors'], answer['warnings'][0]['line'], answer['listeners'][0]['name']), ([], 3, 'mx'), '--json')
answer = json.loads(run('check', '-c', broken, '--json').stdout)
ok((2, 1) in [(e['line'], e['column']) for e in answer['errors']], '--json with errors')
sha = subprocess.run(['sha256sum', good], capture_output=True, text=True, check=True).stdout.split()[0]
fits(run('check', '-c', good), 0, f'sha256 {sha}', label='sha256 is that of the file')
# --- observing without a record ---
silent = policy('silent.yaml')
fits(run('check', '-c', silent, '--strict'), 1, "listener 'mx' only observes, and its sessions are not recorded",
     label='observe without session_log is warned of')
ok('not recorded' not in run('lookup', '-c', silent, 'self', 'localhost').all, 'but not wherever a policy is loaded')
fits(run('check', '-c', policy('enforcing.yaml', keys=', mode: enforce'), '--strict'), 0, '0 warnings',
     label='nor where every listener enforces')
fits(run('check', '-c', policy('capped.yaml', 'server: { enforce: false }\n', ', mode: enforce'), '--strict'), 1,
     'not recorded', label='unless enforce: false caps it')


# --- what the daemon would miss ---
RECORDED = 'session_log: { path: %s/sessions.jsonl, privacy: { helo: hash, key_file: %s/key } }'
fits(run('check', '-c', policy('unmade.yaml', f'server: {{ metrics: "unix:{F}/no/metrics", socketmap: "unix:{F}/nor/map", '
                               f'{RECORDED % (F + "/none", F)} }}\n'), '--strict'), 1,
     f"the metrics' folder {F}/no is not there", f"the socketmap's folder {F}/nor is not there",
     f'server.session_log: the folder {F}/none is not there', f'key_file: {F}/key: No such file', label='folders and files that are not there')
write('key', 'k' * 32)
fits(run('check', '-c', policy('made.yaml', f'server: {{ metrics: "unix:{F}/metrics", socketmap: "unix:{F}/map", '
                               f'{RECORDED % (F, F)} }}\n'), '--strict'), 0, '0 warnings', label='that are there')

with socket.socket() as listening:
    listening.bind(('127.0.0.1', 0))
    listening.listen()
    busy = policy('busy.yaml', f'server: {{ socket: "inet:{listening.getsockname()[1]}@127.0.0.1" }}\n')
    fits(run('check', '-c', busy), 0, 'a milter listens there', label='a socket that answers')
    fits(run('run', '-c', busy), 69, 'the port is in use', 'choose another port', label='run: a port in use')

# --- chroot ---
MASTER = 'smtp inet n - {chroot} - - smtpd\nsubmission inet n - n - - smtpd\n  -o x=y\npickup unix n - y 60 1 pickup\n'
for name, chroot, main, expected in (
        ('yes', 'y', 'compatibility_level = 3.6\n', True), ('no', 'n', 'compatibility_level = 3.6\n', False),
        ('default-new', '-', 'compatibility_level = 3.6\n', False), ('default-old', '-', '', True)):
    write(f'postfix-{name}/main.cf', main + f'queue_directory = {F}/spool\n')
    write(f'postfix-{name}/master.cf', MASTER.format(chroot=chroot))
    answer = json.loads(run('check', '-c', good, '--json', mail_config=f'{F}/postfix-{name}').stdout)
    same((answer['postfix']['found'], answer['postfix']['chroot']), (True, expected), f'chroot: {name}')
os.makedirs(F + '/spool/ehlo', mode=0o750)
inside = policy('inside.yaml', f'server: {{ socket: "unix:{F}/spool/ehlo/sock" }}\n')
outside = policy('outside.yaml', f'server: {{ socket: "unix:{F}/sock" }}\n')
fits(run('check', '-c', inside, mail_config=F + '/postfix-yes'), 0, 'smtpd_milters = { unix:ehlo/sock, ',
     label='the path as a chrooted smtpd sees it')
fits(run('check', '-c', inside, mail_config=F + '/postfix-no'), 0, f'smtpd_milters = {{ unix:{F}/spool/ehlo/sock, ',
     label='the whole path without chroot')
fits(run('check', '-c', outside, '--strict', mail_config=F + '/postfix-yes'), 1, 'cannot reach socket',
     label='a socket outside the chroot is warned of')

# --- --print loads again to the same ---
full = write('full.yaml', '''version: 1
server:
  reply_suffix: 'See {id}'
  session_log: { path: "/var/log/it's.jsonl", record_all: true, max_size: 1536M, max_age: 400d,
                 privacy: { sender: domain, client_address: hash, helo: hash, sasl_username: drop, key_file: /k } }
commands: { vrfy: hide, etrn_domains: [example.org] }
outbound: { streaming: 0, transports: { relay: { greeting: noehlo, etrn: false }, plain: {} } }
listeners:
  - { name: sub, match: { daemon_port: [465, 587], daemon_name: "a'b", service: "s'" }, profile: submission }
  - name: mx
    match: any
    reply_at: rcpt
    always_deliver_to: [postmaster, "o'neill"]
    mode: enforce
    profile: strict
    commands: { vrfy: default, etrn: domain, etrn_domains: [.example.net], extensions: { dsn: false, size: true } }
    checks:
      ehlo_literal: log
      ehlo_syntax: { fail: tempfail, mode: observe, since: 2020-01-01 }
      ehlo_fqdn: { fail: reject, enforce_percent: 10, reply: "550 5.5.4 it's {ehlo}" }
      iprev: { no_ptr: reject, dns_source: mta, reply: { no_ptr: 550 5.7.25 No name } }
    exempt: [{ if: 'ehlo == "it''s"', skip: [ehlo_fqdn, r], reason: "a 'b'", until: 2030-01-01 }]
    rules: [{ name: r, if: tls and ehlo_fqdn == fail, then: reject, reply: "550 5.7.1 'no'", since: 2020-01-01, enforce_percent: 5 }]
''')
printed = run('check', '-c', full, '--print').stdout
again = run('check', '-c', write('again.yaml', printed), '--print').stdout
same(again, printed, 'what --print says loads again to the same')
ok("if: 'ehlo == \"it''s\"'" in printed, '--print: quotes')
for line in ('outbound: { streaming: 0, transports: { relay: { greeting: noehlo, etrn: false }, plain: {  } } }',
             "      etrn_domains: ['.example.net']", '        dsn: false', "    path: '/var/log/it''s.jsonl'",
             '    max_size: 1536M', '    max_age: 34560000s',
             "      daemon_name: ['a''b']", "      service: ['s''']", "    always_deliver_to: ['postmaster', 'o''neill']"):
    ok(line + '\n' in printed, f'--print: {line.strip()}')

# --- the built-in policy and the example ---
if not os.path.exists('/etc/ehlo-milter/policy.yaml'):
    fits(run('check'), 0, 'policy: (built-in) sha256 ', 'good, 0 warnings', 'mode observe', 'inet:8897@127.0.0.1',
         label='the built-in policy')
example = run('check', '-c', TOP + '/policy.yaml.example', '--strict')
fits(example, 0, 'good, 0 warnings', label='policy.yaml.example: no error, no warning')
ok('mode enforce' not in example.stdout, 'policy.yaml.example: mode observe')
fits(run('check', '-c', TOP + '/contrib/quickstart.yaml', '--strict'), 0, 'mode enforce', label='quickstart.yaml')

# --- lookup ---
lists = write('l.yaml', '''version: 1
lists:
  own: { networks: [192.0.2.0/24, $loopback, 192.0.2.128/25] }
  bad: { domains: [example.org, '.bulk.example', '*.below.example'], domains_file: more.txt }
listeners: [{ name: mx, match: any }]
''')
write('more.txt', '# more\nspam.example\n')
for words, expected in (
        (('own', '192.0.2.200'), 'yes: 192.0.2.128/25 in $own, l.yaml:3\n'),
        (('$own', '192.0.2.1'), 'yes: 192.0.2.0/24 in $own, l.yaml:3\n'),
        (('own', '::1'), 'yes: ::1 in $loopback, built in\n'),
        (('own', '[192.0.2.1]'), 'yes: 192.0.2.0/24 in $own, l.yaml:3\n'),
        (('own', '203.0.113.1'), 'no\n'),
        (('own', 'word'), 'no\n'),
        (('bad', 'Example.ORG.'), 'yes: example.org in $bad, l.yaml:4\n'),
        (('bad', 'x.example.org'), 'no\n'),
        (('bad', 'bulk.example'), 'yes: .bulk.example in $bad, l.yaml:4\n'),
        (('bad', 'a.b.bulk.example'), 'yes: .bulk.example in $bad, l.yaml:4\n'),
        (('bad', 'below.example'), 'no\n'),
        (('bad', 'x.below.example'), 'yes: *.below.example in $bad, l.yaml:4\n'),
        (('bad', 'spam.example'), 'yes: spam.example in $bad, more.txt:2\n'),
        (('private', '10.1.2.3'), 'yes: 10.0.0.0/8 in $private, built in\n'),
        (('self', 'localhost'), 'yes: localhost in $self, built in\n'),
        (('self', 'mx.example.org'), 'unknown: only a session tells the rest of $self\n')):
    answer = run('lookup', '-c', lists, *words)
    same((answer.returncode, answer.stdout.replace(F + '/', '')), (0, expected), 'lookup ' + ' '.join(words))
answer = json.loads(run('lookup', '--json', '-c', lists, 'bad', 'spam.example').stdout)
same((answer['found'], answer['line']), (True, 2), 'lookup --json')
asked = write('asked.yaml', '''version: 1
lists:
  zone: { dns_zone: { zone: bl.example.org, answers: [127.0.0.2-127.0.0.11] } }
  mixed: { networks: [192.0.2.0/24, $zone] }
  names: { domains: [spam.example], patterns: ['^dsl[0-9]', '^(a+)+$'], patterns_file: more.patterns }
listeners: [{ name: mx, match: any }]
''')
write('more.patterns', '# more\n\\.pool\\.\n')
tape = write('zone.tape', '''2.0.0.127.bl.example.org A NOERROR 60 127.0.0.2
1.0.0.127.bl.example.org A NXDOMAIN
3.0.0.127.bl.example.org A NOERROR 60 127.0.0.12
4.0.0.127.bl.example.org A NOERROR 60 127.255.255.254
5.0.0.127.bl.example.org A TIMEOUT
spam.example.bl.example.org A NOERROR 60 127.0.0.4
''')
for words, expected in (
        (('zone', '127.0.0.2'), 'yes: 127.0.0.2 for 2.0.0.127.bl.example.org in $zone, asked.yaml:3\n'),
        (('mixed', '127.0.0.2'), 'yes: 127.0.0.2 for 2.0.0.127.bl.example.org in $zone, asked.yaml:3\n'),
        (('mixed', '192.0.2.1'), 'yes: 192.0.2.0/24 in $mixed, asked.yaml:4\n'),
        (('zone', '127.0.0.1'), 'no\n'),
        (('zone', '127.0.0.3'), 'no\n'),
        (('zone', '127.0.0.4'), 'unknown: DNS did not tell\n'),
        (('zone', '127.0.0.5'), 'unknown: DNS did not tell\n'),
        (('zone', '127.0.0.6'), 'unknown: DNS did not tell\n'),
        (('zone', 'Spam.example'), 'yes: 127.0.0.4 for spam.example.bl.example.org in $zone, asked.yaml:3\n'),
        (('mixed', 'spam.example'), 'no\n'),
        (('names', 'spam.example'), 'yes: spam.example in $names, asked.yaml:5\n'),
        (('names', 'DSL9.example'), 'yes: ^dsl[0-9] in $names, asked.yaml:5\n'),
        (('names', 'a.pool.example'), 'yes: \\\\.pool\\\\. in $names, more.patterns:2\n'),
        (('names', 'mail.example'), 'no\n')):
    answer = run('lookup', '-c', asked, '--dns', 'tape:' + tape, *words)
    same((answer.returncode, answer.stdout.replace(F + '/', '')), (0, expected), 'lookup ' + ' '.join(words))
fits(run('lookup', '-c', asked, '--dns', 'tape:' + tape, 'zone', '127.0.0.4'), 0, 'answered 127.255.255.254',
     label='lookup: an error of a DNS list is told')
fits(run('lookup', '-c', asked, 'names', 'a' * 100 + '!'), 0, "'^(a+)+$' was stopped by its limits",
     label='lookup: a pattern that would run for ever')
fits(run('lookup', '-c', asked, '--dns', 'none', 'zone', '127.0.0.2'), 0, 'unknown: DNS did not tell',
     label='lookup: without DNS')
fits(run('lookup', '-c', asked, '--dns', 'tapes', 'zone', '127.0.0.2'), 64, "unknown source of DNS 'tapes'",
     label='lookup: a bad source')
fits(run('lookup', '-c', lists, 'owm', '::1'), 64, "did you mean 'own'?", label='lookup: an unknown list')
fits(run('lookup', '-c', lists, 'own'), 64, 'expected LIST VALUE', label='lookup: no value')

# --- run ---
fits(run('run', '-c', broken), 78, 'b.yaml:2:1: error', label='run never starts on a bad policy')
nowhere = policy('nowhere.yaml', f'server: {{ socket: "unix:{F}/no/sock" }}\n')
fits(run('run', '-c', nowhere), 69, 'cannot use folder', 'make it', label='run: no folder for the socket')
write('taken', 'x')
fits(run('run', '-c', good, '--socket', f'unix:{F}/taken'), 69, 'is no socket', label='run: a file in its place')
os.symlink('/dev/null', F + '/link')
fits(run('run', '-c', good, '--socket', f'unix:{F}/link'), 69, 'is no socket', label='run: a symbolic link')
os.mkdir(F + '/open')
os.chmod(F + '/open', 0o777)
fits(run('run', '-c', good, '--socket', f'unix:{F}/open/s'), 69, 'everybody may write', label='run: an open folder')
group = policy('group.yaml', f'server: {{ socket: "unix:{F}/g", socket_group: no-such-group }}\n')
fits(run('run', '-c', group), 69, "no group 'no-such-group'", label='run: an unknown group')
fits(run('check', '-c', group, '--strict'), 1, "server.socket_group: there is no group 'no-such-group' here", label='check: too')
user = policy('user.yaml', 'server: { user: no-such-user }\n')
fits(run('run', '-c', user), 78, "no user 'no-such-user'", label='run: an unknown user')
fits(run('check', '-c', user, '--strict'), 1, "server.user: there is no user 'no-such-user' here", label='check: too')
fits(run('run', '-c', good, '--socket', 'pipe:1'), 78, 'expected unix:', label='run: a bad socket')
fits(run('run', '--socket'), 64, 'needs a value', label='run: an option without value')

fits(run('worker'), 64, "'worker' is started by 'ehlo-milter run' only", label='worker is no command for people')
fits(run('reload', '-c', broken), 78, 'b.yaml:2:1: error', 'goes on with what it has', label='reload of a bad policy asks nobody')

# --- help ---
fits(run('help'), 0, *CHECKS, 'run', 'explain', label='help: the overview')
fits(run('--help'), 0, 'usage: ehlo-milter COMMAND', label='--help')
fits(run('help', 'ehlo_fdqn'), 64, "did you mean 'ehlo_fqdn'?", label='help: an unknown word')
odd = write('odd.yaml', ONE.format(server='server: { socket: "unix:/run/a b,c}" }\n', keys=''))
fits(run('check', '-c', odd), 78, "odd.yaml:2: error: server.socket: 'unix:/run/a b,c}' cannot stand in the MTA's files; choose a path",
     label='check of a socket that no line for an MTA can hold')
fits(run('--version'), 0, 'ehlo-milter 0.', 'libmilter ', 'libyaml ', 'PCRE2 ', 'libidn2 ', 'c-ares 1.', 'libspf2 1.',
     label='--version')
fits(run('explian'), 64, "did you mean 'explain'?", label='an unknown command')
fits(run(), 64, 'no command', label='no command')
full_disk = subprocess.run([PROGRAM, 'help'], stdout=open('/dev/full', 'w', encoding='ascii'), stderr=subprocess.PIPE,
                           text=True, check=False)
same((full_disk.returncode, 'cannot write' in full_disk.stderr), (74, True), 'output that cannot be written')

done()
