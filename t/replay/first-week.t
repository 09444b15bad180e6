#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
report --first-week: what it says of a journal whose sessions are known; its exemptions, pasted, let their candidates pass and
change nothing else; its edits, made where they say, turn on what was called safe.
"""
import datetime
import json
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from pages import is_sound
from program import folder, records_of, run, write
from tap import done, note, ok, same

# The loader warns of exemptions that have ended, so the week is the last one.
TODAY = datetime.datetime.now(datetime.timezone.utc).date()
POLICY = '''version: 1
server:
  socket: inet:8897@127.0.0.1
  session_log: { path: SPOOL }
listeners:
  - name: submission
    match: { daemon_port: 587 }
    profile: submission
  - name: mx
    match: any
    profile: none
    mode: observe
    checks:
      greeting: reject
      ehlo_fqdn: reject
      ehlo_syntax: { fail: reject }
      iprev: { no_ptr: tempfail }
    rules:
      - name: word
        if: ehlo contains 'spam'
        then: reject
'''
HOSTILE = "de'sk\x1b<b>#: \u202e\u00ff"


def record(number, day, client, helo, name=None, tls=None, spf='none', sender='joe@shop.example'):
    """A session as the daemon records it, with the answers of DNS that iprev takes."""
    question = '.'.join(reversed(client.split('.'))) + '.in-addr.arpa'
    dns = [{'q': question, 'type': 'PTR', 'status': 'NXDOMAIN', 'answers': []}]
    if name:
        dns = [{'q': question, 'type': 'PTR', 'status': 'NOERROR', 'ttl': 60, 'answers': [name + '.']},
               {'q': name, 'type': 'A', 'status': 'NOERROR', 'ttl': 60, 'answers': [client]}]
    return {'schema': 'ehlo-milter.session/1', 'id': f'S{number:015d}', 'source': 'daemon', 'mta': 'postfix',
            'start': f'{TODAY - datetime.timedelta(days=8 - day)}T{number % 24:02}:00:00Z', 'complete': True, 'server_port': 25,
            'client_address': client, 'client_name': name, 'client_port': 4000, 'helo': [{'verb': None, 'name': helo}],
            'tls': {'version': tls} if tls else None, 'sasl_username': None, 'tx': [{'sender': sender}], 'dns': dns,
            'checks': [{'check': 'spf_mail_from', 'result': spf, 'tx': None}],
            'verdicts': [{'tx': 0, 'action': 'accept', 'reply': None, 'check': None, 'rule': None, 'would': None}]}


def week(days=7, good=60):
    """Good mail, bots, and four clients that are welcome although something is wrong with them."""
    found = []

    def add(*words, **keys):
        found.append(record(len(found), *words, **keys))
    for day in range(1, days + 1):
        for i in range(good):
            add(day, f'198.51.100.{i + 1}', f'mail{i}.good.example', name=f'mail{i}.good.example', tls='TLSv1.3', spf='pass')
        for i in range(3):
            add(day, f'203.0.113.{day * 10 + i}', 'localhost.localdomain' if i else 'PC', sender='spam@x.example')
        add(day, '203.0.113.99', f'bot{day}', name='dsl-203-0-113-99.access.example')
        add(day, '192.0.2.7', 'Desktop' if day % 2 else 'desktop.', name='office.shop.example', tls='TLSv1.2')
        add(day, '192.0.2.7', 'mail.shop.example', name='office.shop.example', tls='TLSv1.2')
        add(day, '192.0.2.8', HOSTILE, name='odd.shop.example', tls='TLSv1.2', spf='pass', sender="j'\x1b<x>@shop.example")
        add(day, '192.0.2.9', 'mail.partner.example', tls='TLSv1.2', spf='pass', sender='a@partner.example')
    add(days, '192.0.2.10', '[192.0.2.1', name='lit.example', spf='pass', sender='')
    return found


def journal(name, records):
    return write(name, ''.join(json.dumps(each) + '\n' for each in records))


def report(*words, policy=None):
    found = run('report', '--first-week', '--quiet', '-c', policy or PATH, '--json', *words)
    if found.returncode != 0:
        note(f'{words}: {found.returncode} {found.stderr.decode()}')
    return json.loads(found.stdout)


def mx(found):
    return found['listeners'][1]


def advice(found):
    return {part.get('check') or part['rule']: part['advice'] for part in mx(found)['parts']}


SPOOL = folder.name + '/sessions.jsonl'
POLICY = POLICY.replace('SPOOL', SPOOL)
PATH = write('policy.yaml', POLICY)
WEEK = week()
LOG = journal('week.jsonl', WEEK)

# --- what it says ---

found = report(LOG)
same((found['sessions'], found['days'], mx(found)['refused'], mx(found)['possible'], mx(found)['undecidable']),
     (len(WEEK), 7, 7 * 7 + 1, 0, 0), 'sessions, and those that would have been refused')
same({part.get('check') or part['rule']: (part['found'], part['alone'], part['candidates'], part['advice']) for part in mx(found)['parts']},
     {'greeting': (0, 0, 0, 'safe'), 'ehlo_syntax': (8, 8, 2, 'look_first'), 'ehlo_fqdn': (21, 14, 1, 'look_first'),
      'iprev': (28, 21, 1, 'look_first'), 'word': (0, 0, 0, 'safe')}, 'by which check, and which are safe')
same({(c['client'], c['ehlo'], ' '.join(c['checks'])): (c['sessions'], c['days'], ' '.join(c['evidence'])) for c in found['candidates']},
     {('192.0.2.8', HOSTILE, 'ehlo_syntax'): (7, 7, 'tls name_confirmed spf_pass several_days'),
      ('192.0.2.9', 'mail.partner.example', 'iprev'): (7, 7, 'tls spf_pass several_days'),
      ('192.0.2.7', 'Desktop', 'ehlo_fqdn'): (7, 7, 'tls name_confirmed several_days'),
      ('192.0.2.10', '[192.0.2.1', 'ehlo_syntax'): (1, 1, 'name_confirmed spf_pass')}, 'candidates, with the evidence')
same([(c['client'], c['id']) for c in found['candidates']][:1], [('192.0.2.8', next(r['id'] for r in WEEK if r['client_address'] == '192.0.2.8'))],
     'the most evidence first, with its first session')
text = run('report', '--first-week', '-c', PATH, LOG).stdout
ok(all(byte == 10 or 32 <= byte < 127 for byte in text), 'text: no unescaped byte')
ok(b"de'sk\\x1b<b>#: \\xe2\\x80\\xae" in text, 'text: the hostile name is there')
same([line for line in text.decode().splitlines() if len(line) > 80 and '.yaml' not in line and 'reason:' not in line], [], 'text: 80 columns')
for each in found['candidates']:
    ok(each['exemption'] in text.decode(), f'text: the exemption of {each["client"]}')
page_path = folder.name + '/week.html'
same(run('report', '--first-week', '-c', PATH, '--html', page_path, LOG).stdout, text, 'a page beside the text')
with open(page_path, 'rb') as file:
    page = file.read()
is_sound('page', page)
ok(b'de&#39;sk\\x1b&lt;b&gt;#: \\u202e\\u00ff' in page and b'<b>#' not in page, 'page: the hostile name is no markup')
ok(b'mode: enforce' in page and b'192.0.2.7 and ehlo' in page, 'page: edit and exemptions')

# --- the same whatever the order ---

draw = random.Random(1)
for _ in range(3):
    shuffled = WEEK[:]
    draw.shuffle(shuffled)
    cut = draw.randrange(len(shuffled))
    paths = [journal('one', shuffled[:cut]), journal('two', shuffled[cut:])]
    again = report(*paths)
    same({**again, 'commands': ''}, {**found, 'commands': ''}, 'in another order, in two files: the same')
same(run('report', '--first-week', '-c', PATH, LOG).stdout, text, 'the same bytes')

# --- sessions of several transactions, and redacted ones ---

TWICE = {**record(1, 1, '192.0.2.7', 'desktop', name='office.shop.example'), 'tx': [{'sender': 'a@b.example'}, {'sender': 'c@d.example'}],
         'checks': [{'check': 'spf_mail_from', 'result': 'fail', 'tx': 0}, {'check': 'spf_mail_from', 'result': 'pass', 'tx': 1}]}
same([c['evidence'] for c in report(journal('twice', [TWICE]))['candidates']], [['name_confirmed', 'spf_pass']],
     'the evidence is that of all transactions that would be kept out')
PRIVATE = {**record(1, 1, '192.0.2.9', 'mail.partner.example', tls='TLSv1.2', spf='pass'), 'client_resolve': 'FAIL'}
del PRIVATE['dns']
HASHED = {**PRIVATE, 'helo': [{'verb': None, 'name': 'hash-1a2b-00112233445566778899aabbccddeeff'}], 'redacted': ['helo', 'dns', 'reply']}
TRUNCATED = {**PRIVATE, 'client_address': '192.0.2.0', 'redacted': ['client_address', 'client_name', 'reverse_client_name', 'dns', 'reply']}
for name, each, condition in [('private', PRIVATE, 'client == 192.0.2.9 and ehlo == mail.partner.example'),
                              ('hashed', HASHED, 'client == 192.0.2.9'), ('truncated', TRUNCATED, None)]:
    path = journal(name, [each])
    conditions = [c['exemption'] and c['exemption'].split('\n')[0].split('if: ')[1].replace("'", '') for c in report(path)['candidates']]
    same(conditions, [condition], f'{name}: an exemption names nobody by what is not told')
    same(b'Exemptions' in run('report', '--first-week', '-c', PATH, path).stdout, condition is not None, f'{name}: so does the text')

APART = [record(number, day, '192.0.2.7', 'desktop', name='office.shop.example', tls='TLSv1.2') for number, day in ((1, -60), (2, 4))]
same([c['evidence'] for c in report(journal('apart', APART))['candidates']], [['tls', 'name_confirmed', 'several_days']],
     'a client that came on two days 64 apart came on several')
MONTHS = [record(number, number - 1, '192.0.2.7', 'desktop', name='office.shop.example', tls='TLSv1.2') for number in range(1, 101)]
for sessions, counted in [(MONTHS[:64], '64 days'), (MONTHS, 'at least 64 days')]:
    path = journal('months', sessions)
    page = folder.name + '/months.html'
    text = run('report', '--first-week', '-c', PATH, '--html', page, path).stdout.decode()
    with open(page, encoding='ascii') as file:
        for shown in (text, file.read()):
            same({at for at in re.findall(r' on ((?:at least )?\d+ days)', shown) if ' 5 ' not in at}, {counted}, f'{len(sessions)} days: {counted}')
latest = report(journal('latest', [{**MONTHS[0], 'start': start} for start in ('9999-12-30T20:00:00-03:00', '9999-12-31T20:00:00-12:00')]))
same((latest['last'], [c['last'] for c in latest['candidates']]), ('9999-12-31T23:59:59.999999Z', ['9999-12-31']),
     'no day is later than the last of 9999')
policy = write('latest.yaml', POLICY.replace('    mode: observe\n', '    mode: observe\n    exempt:\n' + latest['candidates'][0]['exemption'], 1))
ok('until: 9999-12-31' in latest['candidates'][0]['exemption'] and run('check', '--strict', '-c', policy).returncode == 0,
   'and an exemption ends then')

# --- exemptions: pasted, and judged again ---


def answers(policy):
    """What each session is answered."""
    judged = run('evaluate', '-c', policy, LOG).stdout
    return {r['id']: (r['judged']['tx'][0]['after']['answer'], r['judged']['tx'][0]['after']['certainty']) for r in records_of(judged)}


def is_of(session, candidate):
    """The sessions that the exemption is meant for; a greeting that no expression can hold stands for all of the client's."""
    names = {r['helo'][0]['name'].lower().rstrip('.') for r in (session,)} if "ehlo ==" in candidate['exemption'] else None
    return session['client_address'] == candidate['client'] and (not names or candidate['ehlo'].lower().rstrip('.') in names)


def pasted(text, exemptions):
    """Into the listener mx."""
    return text.replace('    mode: observe\n', '    mode: observe\n    exempt:\n' + ''.join(exemptions), 1)


before = answers(PATH)
for number, candidate in enumerate(found['candidates']):
    policy = write(f'exempt{number}.yaml', pasted(POLICY, [candidate['exemption']]))
    checked = run('check', '--strict', '-c', policy)
    if not ok(checked.returncode == 0, f"{candidate['client']}: check --strict takes the exemption"):
        note(checked.stderr.decode())
    after = answers(policy)
    meant = {r['id'] for r in WEEK if is_of(r, candidate)}
    same({key for key in before if before[key] != after[key]}, {key for key in meant if before[key][0] != 'accept'},
         f"{candidate['client']}: nothing else changes")
    same({after[key] for key in meant}, {('accept', 'certain')}, f"{candidate['client']}: it passes")
    replayed = json.loads(run('replay', '--json', '-c', PATH, '--new', policy, LOG).stdout)['changes']
    same({key: value for key, value in replayed.items() if value}, {'newly_accepted': candidate['sessions'], 'same': len(WEEK) - candidate['sessions']},
         f"{candidate['client']}: replay --new says so")

# --- the edits ---


def edited(text, edit):
    """A policy after the edit, made by what it says: "line N, ..." and lines to write."""
    lines = text.split('\n')
    for place, where, new in reversed(re.findall(r'^line (\d+), ([^\n]*)\n((?:    [^\n]*\n)+)', edit, re.M)):
        at = int(place) - 1
        indent = re.match(r' *(- )?', lines[at]).group()
        new = [line[4:] for line in new.rstrip('\n').split('\n')]
        if 'in place of' in where or 'in its place' in where:
            lines[at:at + 1] = [indent + line for line in new]
        else:
            inside = ' ' * len(indent) + ('  ' if 'check' in where else '')
            lines[at + 1:at + 1] = [inside + line for line in new]
    return '\n'.join(lines)


part_edit = mx(found)['edit']
same(part_edit, 'line 14, listener mx, check greeting, in its place\n    greeting: { fail: reject, mode: enforce }\n'
     'line 19, listener mx, rule word, one key more\n    mode: enforce\n', 'the edit of what is safe')
policy = write('edited.yaml', edited(POLICY, part_edit))
same(run('check', '--strict', '-c', policy).returncode, 0, 'which check takes')
after = report(LOG, policy=policy)
same({name for name, word in advice(after).items() if word == 'in_force'}, {'greeting', 'word'}, 'and which turns it on')
same(mx(after)['edit'], None, 'then nothing is left to turn on')
same(answers(policy), before, 'and judges as before')

welcome = pasted(POLICY, [c['exemption'] for c in found['candidates']])
policy = write('welcome.yaml', welcome)
all_safe = report(LOG, policy=policy)
same((all_safe['candidates'], set(advice(all_safe).values())), ([], {'safe'}), 'with all exemptions everything is safe')
same(mx(all_safe)['edit'], 'line 12, listener mx, in place of mode: observe\n    mode: enforce\n', 'and one word turns it on')
policy = write('enforcing.yaml', edited(welcome, mx(all_safe)['edit']))
same((run('check', '--strict', '-c', policy).returncode, set(advice(report(LOG, policy=policy)).values())), (0, {'in_force'}), 'which it does')
for label, old, new, expected in [
        ('no key mode', '    mode: observe\n', '', 'a new key'),
        ('a check observed by itself', 'greeting: reject', 'greeting:\n        fail: reject\n        mode: observe',
         'check greeting, in place of mode: observe'),
        ('a check with a map', 'greeting: reject', 'greeting:\n        fail: reject', 'in place of mode: observe'),
        ('a rule observed by itself', '        then: reject', '        then: reject\n        mode: observe', 'rule word, in place of')]:
    changed = welcome.replace(old, new, 1)
    policy = write('changed.yaml', changed)
    edit = mx(report(LOG, policy=policy))['edit']
    ok(expected in edit, f'{label}: {expected}')
    policy = write('enforcing.yaml', edited(changed, edit))
    same((run('check', '--strict', '-c', policy).returncode, set(advice(report(LOG, policy=policy)).values())), (0, {'in_force'}),
         f'{label}: the edit turns everything on')
profile = POLICY.replace('    profile: none\n', '    profile: strict\n').replace(POLICY[POLICY.index('    checks:'):POLICY.index('    rules:')], '')
policy = write('profile.yaml', profile)
edit = mx(report(LOG, policy=policy))['edit']
ok('with a key checks that is new\n    greeting: { mode: enforce }' in edit or 'a new key\n    mode: enforce' in edit, 'a check of the profile alone')
share = welcome.replace('    mode: observe\n', '    mode: enforce\n').replace('      ehlo_fqdn: reject\n', '      ehlo_fqdn: { fail: reject, enforce_percent: 10 }\n')
edit = mx(report(LOG, policy=write('share.yaml', share)))['edit']
same(re.sub(r'^line \d+', 'line N', edit), 'line N, listener mx, check ehlo_fqdn, without its enforce_percent\n',
     'what holds for a share of the clients is turned on by no mode')
off = write('off.yaml', POLICY.replace('server:\n', 'server:\n  enforce: false\n').replace('mode: observe', 'mode: enforce'))
ok(b'server: { enforce: false } out' in run('report', '--first-week', '-c', off, LOG).stdout, 'server.enforce: false is told')

# --- what is not said to be safe ---

few = report(journal('few', WEEK[:50]))
ok(set(advice(few).values()) <= {'not_known', 'look_first'} and 'too few sessions' in json.dumps(few), 'too few sessions')
short = report(journal('short', week(days=4)))
ok('safe' not in advice(short).values() and 'too few days' in json.dumps(short), 'too few days')
dark = [dict(r) for r in WEEK]
for each in dark[:5]:
    each.update(source='postfix-log', helo=[{'verb': 'EHLO'}])
doubt = report(journal('dark', dark))
same((advice(doubt)['ehlo_fqdn'], advice(doubt)['greeting'], advice(doubt)['word']), ('look_first', 'safe', 'not_known'), 'what could not tell')
ok('it could not tell in 5 of' in json.dumps(doubt), 'with the figures')
dark[0]['helo'] = WEEK[0]['helo']
bare = report(journal('bare', [{k: v for k, v in r.items() if k != 'server_port'} for r in WEEK]))
ok('safe' not in advice(bare).values() and 'may belong to another listener' in json.dumps(bare), 'a listener that nobody knows')

# --- where the journal is ---

result = run('report', '--first-week', '-c', write('none.yaml', POLICY.replace(f'  session_log: {{ path: {SPOOL} }}\n', '')))
ok(result.returncode == 65 and b'session_log: { path:' in result.stderr and not result.stdout, 'no journal: how to have one')
result = run('report', '--first-week', '-c', PATH)
ok(result.returncode == 65 and b'no session in' in result.stderr and not result.stdout, 'an empty journal')
write('sessions.jsonl', '')
result = run('report', '--first-week', '-c', PATH)
ok(result.returncode == 65 and b'no session in' in result.stderr and b'yet' in result.stderr, 'a journal without a session')
os.rename(journal('first', WEEK[:200]), SPOOL + '.20261126T030251.123456Z')
os.rename(journal('second', WEEK[200:]), SPOOL)
rotated = run('report', '--first-week', '--json', '-c', PATH)
same(json.loads(rotated.stdout)['candidates'], found['candidates'], "the policy's own journal, rotated")
ok(f'{SPOOL}*' in rotated.stdout.decode(), 'the commands name all of it')
result = run('report', '--first-week', '-c', PATH, '/nonexistent')
ok(result.returncode == 65 and b'no such file' in result.stderr, 'a file that is not there')
result = run('report', '--first-week', '-c', PATH, write('damaged', open(LOG, 'rb').read() + b'\x1b[31m{"id":\n' * 3))
ok(result.returncode == 0 and b'3 lines were no session records' in result.stdout, 'damaged lines are told')
for words in (['--first-week', '--merge'], ['--first-week', '--partial'], ['--first-week', '--new', PATH], ['--listener', 'mx'],
              ['--format', 'session'], ['--first-week', '--fail-on', 'sessions>0'], ['--first-week', '--listener', 'none', LOG]):
    same(run('report', *words, data=b'').returncode, 64, f"usage: {' '.join(words[:2])}")
ok(b'--first-week' in run('report', '--help').stdout, '--help')
built_in = run('report', '--first-week', LOG)
ok(built_in.returncode == 0 and b'write a policy file first' in built_in.stdout or os.path.exists('/etc/ehlo-milter/policy.yaml'),
   'the built-in policy has nowhere to write to')
done()
