#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test: cases that pass and fail, what is told of them, what they exercise, and every error of a file of cases."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from program import PROGRAM, folder, write
from tap import done, note, ok, same

TOP = HERE + '/../..'
POLICY = '''version: 1
lists:
  blocked: { domains: [.bulk.example] }
listeners:
  - { name: submission, match: { daemon_port: 587 }, profile: submission, mode: enforce }
  - name: mx
    match: any
    profile: none
    mode: enforce
    checks: { ehlo_fqdn: reject, iprev: { no_ptr: tag } }
    rules:
      - { name: blocklisted, if: ehlo in $blocked, then: reject, reply: "551 5.1.1 Domain '{ehlo}' is blocklisted" }
      - { name: shadow, if: null_sender, then: tempfail, mode: observe }
      - { name: later, if: tls, then: reject, since: 2026-03-01, until: 2026-03-31 }
'''


policy = write('policy.yaml', POLICY)
# Without a port the listener would be unsure.
HEAD = 'version: 1\ndefaults: { port: 25 }\n'


def run(*paths, options=(), policy=policy):
    return subprocess.run([PROGRAM, 'test', '-c', policy, *options, *paths], capture_output=True, text=True, check=False)


def cases(text, head='version: 1\n'):
    return write('cases.yaml', head + text)


def outcome(text):
    """The exit status, and the lines that tell of cases."""
    result = run(cases(text, HEAD))
    told = [line.replace(folder.name + '/', '') for line in result.stdout.splitlines() if not line.startswith(' ')]
    return (result.returncode, *told)


def passes(rows, label):
    result = run(cases(f'cases:\n{rows}', HEAD))
    if not ok(result.returncode == 0, label):
        note(result.stdout + result.stderr)


# --- the starter file ---
example = run(TOP + '/contrib/policy-tests.yaml', policy=TOP + '/policy.yaml.example')
same((example.returncode, example.stdout.splitlines()[1:]), (0, []),
     'contrib/policy-tests.yaml passes with policy.yaml.example, and exercises all of it')
enforced = write('enforced.yaml', open(TOP + '/policy.yaml.example', encoding='ascii').read().replace(
    'mode: observe               # observe', 'mode: enforce               # observe'))
example = run(TOP + '/contrib/policy-tests.yaml', policy=enforced)
same(example.returncode, 0, 'and when that enforces')

# --- what a case may say ---
passes('  - { ehlo: desktop, expect: reject }\n', 'an action alone')
passes('  - { ehlo: desktop, port: 587, expect: { action: accept, listener: submission } }\n', 'match decides')
passes('  - { ehlo: desktop, port: 587, listener: mx, expect: { action: reject, listener: mx } }\n', 'a listener by name')
passes('  - { ehlo: desktop, expect: { check: ehlo_fqdn, result: fail, stage: mail, told: reject } }\n', 'the decider')
passes('  - { ehlo: A.bulk.example, expect: { rule: blocklisted, reply: "551 5.1.1 Domain \'A.bulk" } }\n', 'a reply')
passes('  - { helo: a.example, mail_from: "<>", expect: { action: tempfail, told: accept, rule: shadow } }\n',
       'a rule in observe: what it were, and what is told')
passes('  - { ehlo: a.example, tls: TLSv1.3, date: 2026-03-31, expect: { rule: later } }\n', 'a date within')
passes('  - { ehlo: a.example, tls: TLSv1.3, date: 2026-04-01, expect: { action: accept, rules: { later: false } } }\n',
       'a date behind')
passes('  - { ehlo: a.example, tls: "", expect: { rules: { later: false, blocklisted: false } } }\n', "tls: ''")
passes('  - { unknown: [ehlo], expect: { rules: { blocklisted: unknown }, checks: { ehlo_fqdn: unknown } } }\n', 'unknown')
passes('  - { client: 192.0.2.1, ehlo: a.example, dns: "1.2.0.192.in-addr.arpa PTR NXDOMAIN", '
       'expect: { action: accept, tagged: true, checks: { iprev: no_ptr } } }\n', 'a tape of one line')
passes('  - { client: 192.0.2.1, ptr: a.example, ehlo: a.example, expect: { checks: { iprev: pass }, tagged: false } }\n',
       'without DNS the MTA\'s word counts')
passes('  - { port: 0, ehlo: desktop, expect: { checks: { ehlo_fqdn: skipped } } }\n', 'port 0 is a local submission')
passes('''  - expect: reject
    ehlo: desktop
    dns: ['1.2.0.192.in-addr.arpa PTR NOERROR 60 a.example.']
    client: 192.0.2.1
    each:
      - { dns: 'a.example A NOERROR 60 192.0.2.2', expect: { checks: { iprev: fail } } }
      - { dns: 'a.example A NOERROR 60 192.0.2.1', expect: { checks: { iprev: pass } } }
      - { dns: none, client_resolve: FAIL, expect: { checks: { iprev: no_ptr } } }
''', 'layers of DNS')
passes('''  - { ehlo: a.example, none: [ehlo], expect: { checks: { ehlo_fqdn: none } } }
  - { listener: mx, host: mx.example, daemon_name: x, daemon_addr: 192.0.2.1, service: s, mta: sendmail, client_port: 1,
      auth: joe, rcpt: bob@example.org, ehlo: x.example, expect: accept }
''', 'every other fact')

# --- what fails ---
same(outcome('cases:\n  - { name: one, ehlo: desktop, expect: accept }\n  - { ehlo: a.example, expect: accept }\n')[:2],
     (1, 'cases.yaml:4: one: action: expected accept, found reject'), 'a case that fails, with its place and name')
same(outcome('''cases:
  - { ehlo: desktop, expect: { action: tempfail, rule: blocklisted, result: pass, reply: 450, stage: rcpt, told: accept,
      listener: submission, tagged: true, checks: { iprev: pass, greeting: pass }, rules: { shadow: true } } }
'''), (1,
       'cases.yaml:4: listener: expected submission, found mx',
       'cases.yaml:4: action: expected tempfail, found reject',
       'cases.yaml:4: told: expected accept, found reject',
       'cases.yaml:4: stage: expected rcpt, found mail',
       'cases.yaml:4: decided by: expected rule blocklisted, found check ehlo_fqdn',
       'cases.yaml:4: result: expected pass, found fail',
       'cases.yaml:4: reply: expected 450, found 550 5.5.4 HELO/EHLO name is not fully qualified, RFC 5321 2.3.5 (-)',
       'cases.yaml:4: tagged: expected true, found false',
       'cases.yaml:4: check iprev: expected pass, found unknown',
       'cases.yaml:4: check greeting: expected pass, found off',
       'cases.yaml:4: rule shadow: expected true, found false',
       '1 case, 1 failed',
       'no case exercises (a check: finds something; a rule: is true)'), 'everything that is compared')
result = run(cases('cases:\n  - { ehlo: desktop, expect: accept }\n', HEAD))
ok('\n    verdict: reject at mail, by check ehlo_fqdn\n' in result.stdout and "\n      ehlo                      'desktop'\n"
   in result.stdout, 'with the explanation')
ok('\n  listener submission\n  listener mx: checks iprev\n  listener mx: rules blocklisted, shadow, later\n' in result.stdout,
   'and what is not exercised')
same(outcome('cases: [ { rule: x, expect: accept } ]\n')[0], 65, 'an error in the file')

# --- for programs ---
first, second = (write('one.yaml', 'version: 1\ncases: [ { name: a, port: 25, ehlo: desktop, expect: accept } ]\n'),
                 write('two.yaml', 'version: 1\ncases: [ { ehlo: a.bulk.example, expect: { rule: blocklisted } } ]\n'))
result = run(first, second, options=['--json'])
answer = json.loads(result.stdout)
same(result.returncode, 1, '--json: a failing case')
same(list(answer), ['policy_sha256', 'cases', 'count', 'failed', 'not_exercised'], 'its keys')
same((answer['count'], answer['failed']), (2, 1), 'how many')
same([{key: case[key] for key in ('file', 'line', 'name', 'passed', 'mismatches')} for case in answer['cases']],
     [{'file': first, 'line': 2, 'name': 'a', 'passed': False,
       'mismatches': [{'what': 'action', 'expected': 'accept', 'found': 'reject'}]},
      {'file': second, 'line': 2, 'name': None, 'passed': True, 'mismatches': []}], 'the cases')
same((answer['cases'][0]['explain']['verdict']['check'], answer['cases'][1]['explain']), ('ehlo_fqdn', None),
     'the explanation of what failed')
same(answer['not_exercised'], {
    'listeners': ['submission'],
    'checks': [{'listener': 'submission', 'check': c} for c in ('greeting', 'ehlo_syntax', 'mail_from_dns')] +
              [{'listener': 'mx', 'check': 'iprev'}],
    'rules': [{'listener': 'mx', 'rule': 'shadow'}, {'listener': 'mx', 'rule': 'later'}]}, 'what is not exercised')

# --- every error has its place ---
ERRORS = (
    ('cases: []\n', '2:8: error: no cases; expected a list of at least one'),
    ('cases: { ehlo: a }\n', '2:8: error: no cases; expected a list'),
    ('cases: [ desktop ]\n', '2:10: error: this is text; expected keys and values'),
    ('cases:\n  - { ehlo: a }\n', "3:5: error: key 'expect' is missing"),
    ('cases:\n  - { elho: a, expect: accept }\n', "3:7: error: unknown key 'elho'; did you mean 'ehlo'?"),
    ('cases:\n  - { ehlo: a, helo: b, expect: accept }\n', "3:16: error: 'ehlo' and 'helo' are the same fact"),
    ('cases:\n  - { port: 25, daemon_port: 25, expect: accept }\n', "error: 'daemon_port' and 'port' are the same fact"),
    ('cases:\n  - { client: 192.0.2.256, expect: accept }\n', "3:15: error: '192.0.2.256' is no IP address"),
    ('cases:\n  - { client: 192.0.2.0/24, expect: accept }\n', "3:15: error: '192.0.2.0/24' is no IP address"),
    ('cases:\n  - { port: 65536, expect: accept }\n', '3:13: error: 65536 is too large'),
    ('cases:\n  - { mta: exim, expect: accept }\n', "3:12: error: unknown value 'exim'; expected postfix, sendmail or other"),
    ('cases:\n  - { date: 2026-02-30, expect: accept }\n', "3:13: error: '2026-02-30' is no date"),
    ('cases:\n  - { client_resolve: GOOD, expect: accept }\n', "unknown value 'GOOD'; expected OK, FAIL, FORGED or TEMP"),
    ('cases:\n  - { listener: nx, expect: accept }\n', "3:17: error: unknown listener 'nx'; did you mean 'mx'?"),
    ('cases:\n  - { none: [verb], expect: accept }\n', "3:14: error: 'verb' cannot be none; expected client"),
    ('cases:\n  - { unknown: [clients], expect: accept }\n', "3:17: error: 'clients' cannot be unknown; expected client"),
    ('cases:\n  - { ehlo: a, expect: refuse }\n', "3:24: error: unknown value 'refuse'; expected accept, quarantine, "),
    ('cases:\n  - { ehlo: a, expect: {} }\n', '3:24: error: nothing is expected'),
    ('cases:\n  - { ehlo: a, expect: { actoin: reject } }\n', "3:26: error: unknown key 'actoin'; did you mean 'action'?"),
    ('cases:\n  - { ehlo: a, expect: { check: ehlo_fqdm } }\n', "3:33: error: unknown check 'ehlo_fqdm'; did you mean"),
    ('cases:\n  - { ehlo: a, expect: { rule: blocklist } }\n', "3:32: error: unknown rule 'blocklist'; did you mean"),
    ('cases:\n  - { ehlo: a, expect: { listener: my } }\n', "3:36: error: unknown listener 'my'; did you mean 'mx'?"),
    ('cases:\n  - { ehlo: a, expect: { result: failed } }\n', "3:34: error: unknown result 'failed'; did you mean 'fail'?"),
    ('cases:\n  - { ehlo: a, expect: { checks: { iprev: bad } } }\n', "3:43: error: unknown result 'bad'"),
    ('cases:\n  - { ehlo: a, expect: { checks: { iprov: pass } } }\n', "3:36: error: unknown check 'iprov'; did you mean"),
    ('cases:\n  - { ehlo: a, expect: { rules: { shadow: yes } } }\n', "3:43: error: unknown value 'yes'; expected false, "),
    ('cases:\n  - { ehlo: a, expect: { action: accept, reply: 550 } }\n', '3:24: error: an accept is decided by nothing'),
    ('cases:\n  - { ehlo: a, expect: { check: iprev, rule: shadow } }\n', '3:46: error: either a check decides or a rule'),
    ('cases:\n  - { ehlo: a, expect: { tagged: maybe } }\n', "3:34: error: 'maybe' is no boolean"),
    ('cases:\n  - { expect: reject, each: [] }\n', '3:29: error: expected a list of rows'),
    ('cases:\n  - { expect: reject, each: [ { each: [] } ] }\n', "3:33: error: unknown key 'each'"),
    ('defaults: { name: x }\ncases: [ { ehlo: a, expect: accept } ]\n', "2:13: error: unknown key 'name'"),
    ('cases:\n  - { dns: [[a]], expect: accept }\n', '3:13: error: this is a list; expected a line of a tape'),
    ('cases:\n  - { dns: "a.example A", expect: accept }\n', "3:24: error: unknown status ''"),
    ('defaults:\n  dns: |\n    a.example A NOERROR 60 192.0.2.1\n    b.example A NOERROR 60 word\n'
     'cases:\n  - { dns: ["c.example A NXDOMAIN", "d.example MX NOERROR 60 x y"], expect: accept }\n'
     '  - { ehlo: a, expect: accept }\n',
     '5:28: error: '),
    ('defaults:\n  dns: |\n    a.example A NOERROR 60 192.0.2.1\n'
     'cases:\n  - { dns: ["c.example A NXDOMAIN", "d.example A NOERROR 60 x"], expect: accept }\n', '6:61: error: '),
    ('version: 1\n', "2:1: error: duplicate key 'version'"),
)
for text, expected in ERRORS:
    result = run(cases(text))
    told = result.stderr.replace(folder.name + '/', '')
    if not ok(result.returncode == 65 and not result.stdout and 'cases.yaml:' + expected in told
              or expected in told and result.returncode == 65 and not expected[0].isdigit(), 'error: ' + expected):
        note(f'status {result.returncode}\n{told}')
for head, expected in (('', "1:1: error: key 'version' is missing"), ('version: 2\n', '1:10: error: version 2 is not')):
    result = run(cases('cases: [ { ehlo: a, expect: accept } ]\n', head=head))
    ok(result.returncode == 65 and expected in result.stderr, 'error: ' + expected)
result = run(folder.name + '/none.yaml')
ok(result.returncode == 65 and 'none.yaml: error: no such file or directory' in result.stderr, 'no such file')
same(run(cases('cases: [ { ehlo: a.b, expect: accept } ]\n'), policy=write('bad.yaml', 'version: 1\n')).returncode, 78,
     'a bad policy')
same(run().returncode, 64, 'no file is named')
same(run('x', options=['--what']).returncode, 64, 'an unknown option')
done()
