#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""explain: the contract of its JSON, every option, the samples, and bytes that must not reach the terminal."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
SHARED = os.environ.get('SHARED', '../shared')
POLICY = '''version: 1
lists:
  own: { networks: [192.0.2.0/24] }
listeners:
  - { name: submission, match: { daemon_port: 587 }, profile: submission, mode: enforce }
  - name: mx
    match: any
    profile: standard
    mode: enforce
    exempt:
      - { if: client in $own, skip: [ehlo_fqdn], reason: our own }
    rules:
      - { name: word, if: ehlo == 'bad.example', then: reject, reply: "551 5.1.1 Your domain '{ehlo}' has been blocklisted." }
      - { name: later, if: client_name == 'x.example', then: tempfail, mode: observe }
'''
folder = tempfile.TemporaryDirectory()
policy = folder.name + '/policy.yaml'
with open(policy, 'w', encoding='ascii') as file:
    file.write(POLICY)


def run(*options, command='explain'):
    options = ('--dns', 'none', *options) if command == 'explain' and '--dns' not in options else options
    return subprocess.run([os.fsencode(PROGRAM), command.encode(), b'-c', policy.encode(),
                           *[o if isinstance(o, bytes) else o.encode() for o in options]],
                          capture_output=True, check=False)


def explain(*options):
    result = run('--json', *options)
    if result.returncode != 0:
        note(result.stderr.decode())
    return json.loads(result.stdout)


def result_of(answer, check):
    return next((c['result'] for c in answer['checks'] if c['check'] == check), None)


# The contract: keys and their order.
bad = explain('--client', '203.0.113.9', '--ehlo', 'desktop', '--mail-from', '<Joe@Shop.Example>', '--port', '25')
same(list(bad), ['listener', 'listener_unsure', 'policy_sha256', 'facts', 'checks', 'rules', 'exempt', 'verdict',
                 'would'], 'the keys of an explanation')
same(list(bad['checks'][0]), ['check', 'stage', 'result', 'reason', 'action', 'mode', 'reply', 'evidence', 'dns'],
     'of a check')
same([c['check'] for c in bad['checks']],
     ['greeting', 'ehlo_syntax', 'ehlo_fqdn', 'ehlo_literal', 'ehlo_own_name', 'ehlo_resolves', 'ehlo_matches_client',
      'iprev', 'mail_from_dns', 'spf_helo', 'spf_mail_from'], 'every check that is not off')
same(bad['facts'], {
    'listener': 'mx', 'daemon_port': 25, 'client': '203.0.113.9', 'ehlo': 'desktop', 'verb': 'EHLO',
    'ehlo_kind': 'unqualified', 'sender': 'Joe@Shop.Example', 'sender_domain': 'shop.example',
    'sender_kind': 'mailbox', 'null_sender': False, 'authenticated': False, 'auth_user': None, 'tls': False,
    'tls_version': None}, 'facts: none is null, unknown is left out')
same(bad['verdict'], {
    'action': 'reject', 'stage': 'mail',
    'reply': '550 5.5.4 HELO/EHLO name is not fully qualified, RFC 5321 2.3.5 (-)',
    'check': 'ehlo_fqdn', 'rule': None}, 'the verdict')
same(bad['would'], None, 'would is null when equal')
same(bad['checks'][2]['evidence'][0], {
    'fact': 'ehlo', 'value': 'desktop', 'clause': 'RFC 5321 2.3.5', 'text': 'the name has only one label'}, 'evidence')
same(bad['rules'][1], {'rule': 'later', 'result': None, 'action': None, 'mode': 'observe', 'reply': None},
     'a rule that is unknown')

# Every option, and what its absence means.
same(explain('--port', '25')['verdict']['action'], 'accept', 'nothing given: connect and quit is no finding')
same(result_of(explain('--port', '25'), 'greeting'), 'none', 'no MAIL: greeting is none')
same(explain('--port', '25', '--mail-from', '<>')['verdict']['check'], 'greeting', 'MAIL without greeting')
same(explain('--port', '25', '--ehlo', '')['verdict']['check'], 'ehlo_syntax', 'an empty argument')
for path, sender in (('<Joe@Shop.Example.>', 'Joe@Shop.Example'), ('joe@shop.example.', 'joe@shop.example'),
                     ('<@r.example,@s.example:joe@shop.example.>', 'joe@shop.example'), ('<@r.example:joe>', 'joe'),
                     ('<joe.>', 'joe.'), ('<joe..doe@shop.example.>', 'joe..doe@shop.example'), ('<joe@[192.0.2.1]>', 'joe@[192.0.2.1]'),
                     ('<joe@shop..>', 'joe@shop..'), ('<>', ''), ('', ''), ('<joe@shop.example', 'joe@shop.example'),
                     ('<@r.example:joe..doe@shop.example>', 'joe..doe@shop.example'),
                     ('<@r..example:joe@shop.example.>', 'joe@shop.example')):
    same(explain('--port', '25', '--mail-from', path)['facts']['sender'], sender, f'the sender of {path}')
stranger = '--client', '203.0.113.9', '--ehlo', 'desktop'
same(explain('--port', '25', *stranger)['verdict']['action'], 'reject', 'without MAIL: what MAIL would get')
same(explain(*stranger)['listener_unsure'], True, 'no port: the listener is unsure')
same(explain(*stranger)['verdict']['action'], 'accept', 'and only observes')
same(explain(*stranger)['would']['action'], 'reject', 'telling what would be')
same(explain('--listener', 'mx', *stranger)['verdict']['action'], 'reject', '--listener')
same(explain('--listener', 'mx', '--ehlo', 'desktop')['verdict']['reply'][:9], '451 4.4.3',
     'no client: whether it is exempt cannot be decided')
same(explain('--port', '587', '--ehlo', 'desktop')['listener'], 'submission', '--port')
same(explain('--listener', 'mx', '--ehlo', 'desktop', '--auth', 'joe')['exempt'][0]['if'], 'authenticated', '--auth')
same(explain('--listener', 'mx', '--ehlo', 'desktop', '--auth', 'joe')['facts']['auth_user'], 'joe', 'its fact')
same(explain('--listener', 'mx', '--tls', 'TLSv1.3')['facts']['tls'], True, '--tls')
same(explain('--listener', 'mx', '--helo', 'a.example')['facts']['verb'], 'HELO', '--helo')
same(explain('--listener', 'mx', '--mta', 'sendmail')['facts']['mta'], 'sendmail', '--mta')
same(explain('--listener', 'mx', '--client-port', '99')['facts']['client_port'], 99, '--client-port')
same(explain('--listener', 'mx', '--ptr', 'x.example')['facts']['client_name'], 'x.example', '--ptr')
same(explain('--listener', 'mx', '--ptr', '')['facts']['client_name'], None, "--ptr ''")
same(explain('--listener', 'mx', '--ptr', 'x.example')['would']['rule'], 'later', 'a rule in observe')
same(explain('--listener', 'mx', '--client', '::ffff:192.0.2.7')['facts']['client'], '192.0.2.7', 'a mapped client')
same(explain('--listener', 'mx', '--client', '192.0.2.7', '--ehlo', 'desktop')['exempt'],
     [{'if': 'client in $own', 'skip': ['ehlo_fqdn'], 'reason': 'our own', 'line': 11}], 'an exemption')
same(explain('--listener', 'mx', '--client', '127.0.0.1', '--ehlo', 'x')['exempt'][0]['if'], 'loopback', 'loopback')
same(explain('--listener', 'mx', '--port', '0', '--ehlo', 'x')['exempt'][0]['if'], 'local_submission', 'port 0')
same(explain('--listener', 'mx', '--ehlo', 'bad.example')['verdict']['reply'],
     "551 5.1.1 Your domain 'bad.example' has been blocklisted.", 'a reply of a rule')
same(result_of(explain('--listener', 'mx', '--client', '203.0.113.9', '--ehlo', 'localhost.localdomain'),
               'ehlo_own_name'), 'fail', 'localhost.localdomain from outside')
same(explain('--listener', 'mx', '--rcpt', '<bob@example.org>', '--dns', 'none', '--all')['verdict']['stage'], 'rcpt',
     '--rcpt, --dns none, --all')

# Wrong usage.
for options in (('--client', '192.0.2.256'), ('--port', '70000'), ('--mta', 'exim'), ('--ehlo', 'a', '--helo', 'b'),
                ('--dns', 'tape:'), ('--dns', 'what'), ('--id', 'X'), ('--nonsense',), ('--client',), ('word',),
                ('--listener', 'nobody')):
    answer = run(*options)
    ok(answer.returncode == 64 and not answer.stdout, 'usage: ' + ' '.join(options))

# Text for people.
text = run('--listener', 'mx', '--client', '203.0.113.9', '--ehlo', 'desktop', '--mail-from', 'joe@shop.example')
text = text.stdout.decode()
for part in ('  ehlo_fqdn           fail      the name has only one label (RFC 5321 2.3.5)\n',
             "ehlo='desktop' ehlo_kind='unqualified'\n", 'action reject, mode enforce\n',
             'verdict: reject at mail, by check ehlo_fqdn\n  550 5.5.4 ', 'in mode observe: accept\n',
             "    - if: 'client == 203.0.113.9'\n      skip: [ehlo_fqdn]\n"):
    ok(part in text, f'text: {part.splitlines()[0].strip()}')
ok(all(line == line.rstrip() for line in text.split('\n')), 'no line ends in a blank')
ok('\nto let just this pass, in listener mx, if DNS does not stop it too (see --all):\n' in text,
   'the suggested exemption may not be enough where DNS was not asked')
whole = run('--all', '--listener', 'mx', '--client', '203.0.113.9', '--ehlo', 'desktop', '--mail-from', 'joe@shop.example')
ok(b'\nto let just this pass, in listener mx:\n' in whole.stdout, 'with --all it is')
suggestion = text[text.index('  exempt:\n'):].replace('say why', 'x')
with open(folder.name + '/pasted.yaml', 'w', encoding='ascii') as file:
    file.write('version: 1\nlisteners:\n  - name: mx\n    match: any\n    mode: enforce\n' +
               ''.join('  ' + line + '\n' for line in suggestion.splitlines()))
pasted = subprocess.run([PROGRAM, 'explain', '-c', folder.name + '/pasted.yaml', '--dns', 'none', '--client',
                         '203.0.113.9', '--ehlo', 'desktop', '--mail-from', 'joe@shop.example', '--json'], capture_output=True, check=False)
same(pasted.returncode == 0 and json.loads(pasted.stdout)['verdict']['action'], 'accept',
     'the suggested exemption, pasted, lets the session pass')

# Bytes that a terminal must not see.
random.seed(1)
dirty = 0
for _ in range(150):
    name = bytes(random.randrange(1, 256) for _ in range(random.randrange(0, 40)))
    for options in (('--listener', b'mx', '--ehlo', name, '--mail-from', name, '--ptr', name, '--auth', name),
                    ('--listener', name), ('--client', name), (b'--' + name,)):
        answer = run(*options)
        dirty += bool(re.search(rb'[^\n -~]', answer.stdout + answer.stderr))
    as_json = run('--json', '--listener', 'mx', '--ehlo', name, '--mail-from', name)
    json.loads(as_json.stdout.decode())
same(dirty, 0, 'random arguments: printable ASCII and newlines only, and JSON that is JSON')


# The samples.
def decode(text):
    return re.sub(rb'\\x(..)|\\\\', lambda m: bytes([int(m[1], 16)]) if m[1] else b'\\', text.encode())


def rows(name):
    path = os.path.join(SHARED, 'samples', name)
    if not os.path.exists(path):
        ok(True, f'# SKIP no {name}')
        return
    with open(path, encoding='utf-8') as table:
        for line in table:
            if not line.startswith('#'):
                yield line.rstrip('\n').split('\t')


for name, syntax, fqdn, *_ in rows('ehlo-names.tsv'):
    answer = explain('--listener', 'mx', '--ehlo', decode(name))
    found = result_of(answer, 'ehlo_syntax').replace('softfail', 'fail'), result_of(answer, 'ehlo_fqdn')
    same(found, (syntax, fqdn), 'name ' + name[:60])
for argument, expected, *_ in rows('mail-from.tsv'):
    facts = explain('--listener', 'mx', '--mail-from', decode(argument))['facts']
    found = 'BAD' if facts['sender_kind'] == 'invalid' else facts['sender_domain'] or 'NONE'
    same(found, expected, 'sender ' + argument[:60])
done()
