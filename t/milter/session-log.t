#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records of sessions: what happened, fact by fact, and judged again with the same verdict."""
import gzip
import hashlib
import json
import os
import re
import random
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import session_log
from daemon import Daemon, free_port
from milter_client import POSTFIX, SENDMAIL, Session
from session_log import explain, policy_with_log, records
from tap import done, note, ok, same

folder = tempfile.TemporaryDirectory()
LINE_MAX = 65536


def path_of(name):
    return os.path.join(folder.name, name, 'sessions.jsonl')


def fresh(name):
    os.mkdir(os.path.join(folder.name, name))
    return path_of(name)


def written(daemon, path, count):
    daemon.wait_for(lambda: os.path.exists(path) and len(session_log.lines(path)) >= count)
    return records(path)


# --- one session, every fact of it ---
path = fresh('facts')
before = time.time()
with Daemon(policy_with_log(path, 'checks: { ehlo_literal: log }')) as daemon:
    with daemon.session(macros=dict(SENDMAIL, **{'{client_resolve}': 'FORGED', '{client_ptr}': 'host.shop.example',
                                                 '{if_addr}': '198.51.100.2', '{service}': 'smtp'})) as s:
        s.connect('203.0.113.9', 'mail.shop.example', 40123)
        s.helo('desktop')
        refused = s.mail('<joe@shop.example>', r='SMTP')
        s.helo('mail.shop.example')
        s.mail('<>', r='ESMTP', i='4XyZ')
        s.rcpt()
        s.mail('<b@shop.example>', r='ESMTP', auth_authen='joe', tls_version='TLSv1.3')
    record, = written(daemon, path, 1)
    found = {k: record[k] for k in record if k not in ('start', 'duration_us', 'helo', 'tx', 'checks', 'verdicts', 'id',
                                                       'policy_sha256')}
    same(found, {'schema': 'ehlo-milter.session/1', 'host': 'mx.example.org', 'source': 'daemon', 'mta': 'sendmail',
                 'listener': 'mx', 'complete': True, 'client_address': '203.0.113.9', 'client_port': 40123,
                 'client_name': 'mail.shop.example', 'reverse_client_name': 'host.shop.example',
                 'client_resolve': 'FORGED', 'server_address': '198.51.100.1', 'server_port': 25,
                 'interface_address': '198.51.100.2', 'daemon_name': 'mx', 'service': 'smtp',
                 'tls': {'version': 'TLSv1.3'}, 'sasl_username': 'joe',
                 'missing': ['commands.vrfy', 'commands.expn', 'commands.etrn', 'dns'], 'redacted': [], 'truncated': 0},
         'facts of the session')
    same([(h['verb'], h['name']) for h in record['helo']], [('HELO', 'desktop'), ('EHLO', 'mail.shop.example')],
         'greetings, with the verbs that MAIL told')
    same([{k: v for k, v in tx.items() if k != 't_us'} for tx in record['tx']],
         [{'queue_id': None, 'sender': 'joe@shop.example', 'sasl_username': None, 'tls_version': None},
          {'queue_id': '4XyZ', 'sender': '', 'sasl_username': None, 'tls_version': None},
          {'queue_id': None, 'sender': 'b@shop.example'}], 'transactions, each with its login where it differs')
    times = [h['t_us'] for h in record['helo']] + [tx['t_us'] for tx in record['tx']]
    ok(times[0] < times[2] < times[1] < times[3] < times[4] <= record['duration_us'], 'in the order of their times')
    start = time.mktime(time.strptime(record['start'][:19], '%Y-%m-%dT%H:%M:%S')) - time.timezone
    ok(int(before) <= start <= time.time(), 'start')
    same(record['verdicts'],
         [{'tx': 0, 'action': 'reject', 'reply': refused[2:], 'check': 'ehlo_fqdn', 'rule': None, 'would': None},
          {'tx': 1, 'action': 'accept', 'reply': None, 'check': None, 'rule': None, 'would': None},
          {'tx': 2, 'action': 'accept', 'reply': None, 'check': None, 'rule': None, 'would': None}], 'verdicts')
    results = {(c['check'], c['tx']): c['result'] for c in record['checks']}
    same({key: results.get(key) for key in (('ehlo_fqdn', 0), ('ehlo_fqdn', 1), ('ehlo_fqdn', 2), ('iprev', None))},
         {('ehlo_fqdn', 0): 'fail', ('ehlo_fqdn', 1): 'pass', ('ehlo_fqdn', 2): 'skipped', ('iprev', None): None},
         'results, for each transaction where they differ, and none of a check that is off')
    with open(daemon.policy, 'rb') as file:
        same(record['policy_sha256'], hashlib.sha256(file.read()).hexdigest(), 'the policy')
    ok(record['id'] in refused, 'the id is that of the reply')
    ok(set(record) >= session_log.KEYS, 'every key of the contract')
    same(os.stat(path).st_mode & 0o777, 0o640, 'its mode is 0640')
    ok(b'bob' not in b''.join(session_log.lines(path)), 'recipients are not written')

    # --- explain --id ---
    same(session_log.differences(record, daemon.policy), [], 'judged again, the verdicts are the same')
    explanation, said = explain(daemon.policy, record['id'] + '.1')
    same((explanation['facts']['ehlo'], explanation['facts']['verb'], explanation['facts']['sender']),
         ('desktop', 'HELO', 'joe@shop.example'), 'explain --id ID.1')
    explanation, said = explain(daemon.policy, record['id'])
    same(explanation['facts']['sender'], 'b@shop.example', 'without .N the last transaction')
    text, said = explain(daemon.policy, record['id'] + '.1', text=True)
    for part in (f"session {record['id']} of {record['start']}, transaction 1 of 3\n", refused[2:],
                 'answered then: reject, by check ehlo_fqdn\n', 'ehlo_fqdn fail'):
        ok(part in re.sub(' +', ' ', text), 'explain says: ' + part.strip()[:40])
    ok('another policy' not in text, 'and that it is the same policy')
    other = os.path.join(folder.name, 'other.yaml')
    with open(other, 'w', encoding='utf-8') as file:
        file.write(policy_with_log(path, 'profile: none'))
    text, said = explain(other, record['id'] + '.1', text=True)
    ok('by another policy than this one: sha256 ' + record['policy_sha256'] in text and 'verdict: accept' in text,
       'another policy is named')
    for words, expected in (((record['id'] + '.4',), 'no transaction of that number'),
                            ((record['id'][:-1] + ('Y' if record['id'].endswith('Z') else 'Z'),), 'no such session'), (('xx',), 'is no id of a session'),
                            ((record['id'], '--ehlo', 'x'), "'--ehlo' does not go with '--id'")):
        explanation, said = explain(daemon.policy, *words)
        ok(explanation is None and expected in said, 'refused: ' + expected)
explanation, said = explain(os.path.join(folder.name, 'none.yaml'), record['id'])
ok(explanation is None, 'without a policy')

# --- what a client may send ---
path = fresh('bytes')
with Daemon(policy_with_log(path)) as daemon:
    with daemon.session() as s:
        s.connect(None)
        s.helo(b'caf\xe9 "x"\\\n\x7f')
        s.mail(b'<\xff\x80@shop.example>')
    with daemon.session() as s:
        s.connect('2001:db8::9')
        s.helo('x' * 5000)
        s.mail('<' + 'a' * 3000 + '@shop.example>')
    with daemon.session() as s:
        s.connect()
        s.mail()
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
    first, second, third, fourth = written(daemon, path, 4)
    same((first['enc'], first['helo'][0]['name'].encode('latin-1'), first['tx'][0]['sender'].encode('latin-1')),
         ('latin1', b'caf\xe9 "x"\\\n\x7f', b'\xff\x80@shop.example'), 'every byte of a name comes back')
    same(first['client_address'], None, 'a client without address has none')
    ok('name' not in second['helo'][0] and 'sender' not in second['tx'][0] and second['truncated'] == 2 and
       {'helo.name', 'tx.sender'} <= set(second['missing']), 'what is too long is unknown, not cut')
    same((third['helo'], third['tx'][0]['sender'], third['verdicts'][0]['check']), ([], 'joe@shop.example', 'greeting'),
         'no greeting')
    same((fourth['tx'], fourth['verdicts'], fourth['checks']), ([], [], []), 'no transaction')
    for record in (first, third):
        same(session_log.differences(record, daemon.policy), [], 'judged again')

# --- one session, many transactions ---
path = fresh('many')
with Daemon(policy_with_log(path)) as daemon:
    with daemon.session() as s:
        s.connect()
        for i in range(1000):
            if i % 100 == 0:
                s.helo('desktop' if i % 200 == 0 else 'mail.shop.example')
            s.mail(f'<user{i}@shop.example>')
        s.rcpt()
    record, = written(daemon, path, 1)
    ok(len(session_log.lines(path)[0]) <= LINE_MAX, '1,000 transactions: a line of at most 64 KiB')
    count = len(record['tx'])
    ok(20 < count < 1000 and record['truncated'] >= 1000 - count, 'cut ones are counted')
    same([tx['sender'] for tx in record['tx']], [f'user{i}@shop.example' for i in range(count)],
         'what is there is the begin, without gaps')
    same([v['tx'] for v in record['verdicts']], list(range(count)), 'with a verdict each')
    ok('did not fit' in explain(daemon.policy, record['id'], text=True)[0], 'explain says that some are missing')
with Daemon(policy_with_log(fresh('hostile'))) as daemon:
    with daemon.session() as s:
        s.connect()
        for i in range(100):
            s.helo(b'\xff' * 2000)
            s.mail(b'<' + b'\xfe' * 1990 + b'@x>')
    written(daemon, path_of('hostile'), 1)
    ok(len(session_log.lines(path_of('hostile'))[0]) <= LINE_MAX, 'bytes that take most room: a line of at most 64 KiB')

# --- sessions of all kinds, judged again ---
RULES = '''
rules:
  - { name: word, if: ehlo == "mail.shop.example" and not null_sender, then: tempfail }
  - { name: seen, if: authenticated or client in 192.0.2.0/24, then: tempfail, mode: observe }
exempt: [{ if: 'ehlo ends_with ".partner.example"', reason: partner }]
checks: { ehlo_literal: log, ehlo_verb: reject, ehlo_fqdn: { fail: reject, enforce_percent: 50 },
          ehlo_syntax: { fail: reject, softfail: reject, reply: "550 5.5.4 {client_name} says {ehlo} ({id})" } }
'''
NAMES = ('desktop', 'mail.shop.example', '[192.0.2.1]', '192.0.2.1', '', 'mx.example.org', 'a..b', 'localhost', 'x y',
         'gw.partner.example')
SENDERS = ('<joe@shop.example>', '<>', '<joe@[192.0.2.1]>', 'joe', '<a@b@c>', '<<a@x.example>>', '"j o"@shop.example', '')
path = fresh('all')
random.seed(7)
with Daemon(policy_with_log(path, RULES)) as daemon:
    for i in range(80):
        macros = dict(random.choice((POSTFIX, SENDMAIL)))
        for name in random.sample(sorted(macros), random.choice((0, 0, 1, 2))):
            del macros[name]
        if random.random() < 0.3:
            macros['{client_resolve}'] = random.choice(('OK', 'FAIL', 'FORGED', 'TEMP'))
        with daemon.session(macros=macros) as s:
            s.connect(random.choice(('203.0.113.9', '192.0.2.77', '127.0.0.1', '2001:db8::1', None)),
                      random.choice((None, 'gw.partner.example', 'unknown')), random.choice((0, 1024)))
            for n in range(random.randint(1, 3)):
                if random.random() < 0.7:
                    s.helo(random.choice(NAMES))
                if n == 0 or random.random() < 0.9:
                    options = {'r': random.choice(('SMTP', 'ESMTP', 'ESMTPS'))}
                    if random.random() < 0.2:
                        options['auth_authen'] = 'joe'
                    s.mail(random.choice(SENDERS), **options)
    found = written(daemon, path, 80)
    wrong = [difference for record in found for difference in session_log.differences(record, daemon.policy)]
    same(len({r['id'] for r in found}), 80, '80 sessions')
    if not ok(not wrong, f"{sum(len(r['verdicts']) for r in found)} verdicts, judged again: the same"):
        note('\n'.join(map(str, wrong[:5])))
    kinds = {v['action'] for r in found for v in r['verdicts']} | {bool(v['would']) for r in found for v in r['verdicts']}
    same(kinds, {'accept', 'reject', 'tempfail', True, False}, 'among them all kinds')

# --- answers before MAIL, and at RCPT ---
path = fresh('early')
with Daemon(policy_with_log(path, 'reply_at: ehlo\nexempt_authenticated: false')) as daemon:
    with daemon.session() as s:
        s.connect()
        refused = s.helo('desktop')
    record, = written(daemon, path, 1)
    same([(v['tx'], v['action'], v['reply']) for v in record['verdicts']], [(None, 'reject', refused[2:])],
         'answered at EHLO: a verdict of no transaction')
path = fresh('rcpt')
with Daemon(policy_with_log(path, 'reply_at: rcpt\nalways_deliver_to: [postmaster]')) as daemon:
    with daemon.session() as s:
        s.connect()
        s.helo('desktop')
        s.mail()
        s.rcpt('<postmaster@example.org>')
        refused = s.rcpt()
        s.rcpt('<postmaster@example.org>')
    record, = written(daemon, path, 1)
    same([(v['tx'], v['action'], v['reply']) for v in record['verdicts']], [(0, 'reject', refused[2:])],
         'answered at RCPT: the strictest answer')

# --- clients that are gone at once: by a unix socket libmilter throws away what they have said ---
path, port = fresh('quick'), free_port()
with Daemon(policy_with_log(path), socket_spec=f'inet:{port}@127.0.0.1') as daemon:
    for _ in range(20):
        with Session(('127.0.0.1', port)) as s:
            s.connect()
    found = written(daemon, path, 20)
    same({(r['client_address'], r['complete'], len(r['helo']), len(r['tx'])) for r in found}, {('203.0.113.9', True, 0, 0)},
         '20 clients that connect and leave: a record each')

# --- the end of the daemon ---
path = fresh('open')
daemon = Daemon(policy_with_log(path).replace('server: {', 'server: { drain: 1s,', 1))
with daemon:
    held = daemon.session()
    held.connect()
    held.helo('mail.shop.example')
    held.mail()
record, = records(path)
same((record['complete'], record['verdicts'][0]['action']), (False, 'accept'), 'an open session is recorded as incomplete')
held.socket.close()

# --- rotation ---
def long_session(daemon):
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
        for n in range(80):
            s.mail(f'<{"x" * 40}{n}@shop.example>')


path = fresh('rotation')
with Daemon(policy_with_log(path, options='max_size: 1M')) as daemon:
    sizes = []
    for i in range(60):
        long_session(daemon)
        daemon.wait_for(lambda: True)
        sizes.append(session_log.total_bytes(path))
    daemon.wait_for(lambda: json.loads(session_log.lines(path)[-1]) is not None)
    names = session_log.files(path)
    ok(max(sizes) <= 1 << 20, 'all files together stay within max_size')
    ok(len(names) > 3 and all(os.path.getsize(name) <= 1 << 17 for name in names), 'each is at most an eighth of it')
    ok(all(json.loads(line)['complete'] for line in session_log.lines(path)), 'every line is whole')
    old = records(names[1])[0]['id']
    same(explain(daemon.policy, old)[0]['facts']['ehlo'], 'mail.shop.example', 'explain --id finds one in a rotated file')
    with open(names[1], 'rb') as file, gzip.open(names[1] + '.gz', 'wb') as packed:
        packed.write(file.read())
    os.unlink(names[1])
    ok(explain(daemon.policy, old)[0], 'and when that is compressed')
    os.rename(path, path + '.1')
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
    daemon.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 0)
    same(len(records(path + '.1')) > 0, True, 'a file that somebody else rotates is let go')

# The name of what it would be renamed to is too long for any file system.
path = os.path.join(os.path.dirname(fresh('stuck')), 'r' * 240)
with Daemon(policy_with_log(path, options='max_size: 1M')) as daemon:
    def cannot_be_renamed():
        return [line for line in daemon.log() if 'cannot be renamed to begin a new one: File name too long' in line]

    for i in range(20):
        long_session(daemon)
    daemon.wait_for(cannot_be_renamed)
    daemon.wait_for(lambda: os.path.exists(path) and len(records(path)) == 20)
    same((session_log.files(path), len(cannot_be_renamed())), ([path], 1), 'what cannot be renamed goes on, which is said once')

# --- what cannot be written ---
path = path_of('later')
with Daemon(policy_with_log(path)) as daemon:
    def session():
        with daemon.session() as s:
            s.connect()
            s.helo('desktop')
            return s.mail()[:5]
    same({session() for _ in range(5)}, {'y 550'}, 'a missing folder: sessions are answered')
    daemon.wait_for(lambda: any('No such file or directory' in line for line in daemon.log()))
    time.sleep(1.1)
    session()
    session()
    same(len([line for line in daemon.log() if 'session log' in line]), 1, 'it is said once')
    os.mkdir(os.path.dirname(path))
    daemon.wait_for(lambda: session() and os.path.exists(path) and os.path.getsize(path) > 0)
    daemon.wait_for(lambda: any('is written again' in line for line in daemon.log()))
    ok(True, 'and said when it is over')
path = fresh('link')
os.symlink(os.path.join(folder.name, 'target'), path)
with Daemon(policy_with_log(path)) as daemon:
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
    daemon.wait_for(lambda: any('symbolic link' in line for line in daemon.log()))
    ok(not os.path.exists(os.path.join(folder.name, 'target')), 'a symbolic link is not followed')

path = fresh('pipe')
os.mkfifo(path)
daemon = Daemon(policy_with_log(path), quiet=True)
with daemon:
    answers = set()
    for i in range(300):
        with daemon.session() as s:
            s.connect()
            s.helo('desktop')
            for _ in range(10):
                answers.add(s.mail(b'<' + b'\xff' * 1900 + b'@shop.example>')[:5])
        if any('too slow' in line for line in daemon.log()):
            break
    same(answers, {'y 550'}, 'a pipe that nobody reads: sessions are answered')
    said = [line for line in daemon.log() if 'too slow' in line]
    ok(len(said) == 1 and 'records are lost so far, mail goes on' in said[0], 'what is lost is counted, and said once')
    ok(daemon.status()['session_records_lost'] > 0, 'and in the metrics')
same(daemon.process.returncode, 0, 'and the daemon ends all the same')

# --- privacy ---
with open(os.path.join(folder.name, 'key'), 'wb') as file:
    file.write(os.urandom(32))
with open(os.path.join(folder.name, 'short'), 'wb') as file:
    file.write(b'secret')
KEY = f', key_file: {folder.name}/key'


def private(name, options, key=KEY):
    path = fresh(name)
    with Daemon(policy_with_log(path, options=f'privacy: {{ {options}{key} }}')) as daemon:
        for address in ('203.0.113.9', '203.0.113.10', '203.0.113.9', '2001:db8:1:2::3'):
            with daemon.session(macros=dict(POSTFIX, **{'{client_ptr}': 'secret-name.example'})) as s:
                s.connect(address, 'secret-name.example')
                s.helo('desktop-secret')
                s.mail('<joe-secret@shop.example>', auth_authen='')
                s.mail('<joe-secret@shop.example>', auth_authen='login-secret')
        found = written(daemon, path, 4)
        text = explain(daemon.policy, found[0]['id'], text=True)[0]
    return found, b''.join(session_log.lines(path)), text


def never(raw, words, label):
    ok(not [word for word in words if word.encode() in raw], label)


found, raw, text = private('hashed', 'sender: hash, client_address: hash, helo: hash, sasl_username: hash')
never(raw, ('secret', '203.0.113.', '2001:db8:', 'shop.example'), 'hash: nothing of them is left')
same(found[0]['redacted'], ['client_address', 'client_name', 'reverse_client_name', 'helo', 'sender', 'sasl_username',
                            'dns', 'reply'], 'redacted lists what was changed')
addresses = [r['client_address'] for r in found]
ok(addresses[0] == addresses[2] and len(set(addresses)) == 3 and all(a.startswith('fd') for a in addresses),
   'a client has one pseudonym')
ok(all(len(v) == 42 and v.startswith('hash-') for v in (found[0]['helo'][0]['name'], found[0]['sasl_username'],
                                                       found[0]['tx'][0]['sender'])), 'of 128 bits')
same(found[0]['verdicts'][0]['reply'], '550 5.5.4', 'a reply is left its codes')
ok('redacted, so unknown here: client_address, ' in text, 'explain says what is unknown')
found, raw, text = private('truncated', 'client_address: truncate, sender: domain, sasl_username: drop', '')
never(raw, ('203.0.113.9"', '203.0.113.10', ':3"', 'joe-secret', 'login-secret', 'secret-name'), 'truncate, domain and drop')
same([r['client_address'] for r in found], ['203.0.113.0'] * 3 + ['2001:db8:1::'], 'addresses to /24 and /48')
same((found[0]['tx'][0]['sender'], found[0]['sasl_username'], found[0]['tx'][0]['sasl_username']),
     ('@shop.example', '', None), 'that there was a login is kept, and a domain')
found, raw, text = private('dropped', 'sender: drop', '')
ok('sender' not in found[0]['tx'][0] and 'tx.sender' in found[0]['missing'], 'drop')
path = fresh('keyless')
with Daemon(policy_with_log(path, options=f'privacy: {{ helo: hash, key_file: {folder.name}/short }}')) as daemon:
    with daemon.session() as s:
        s.connect()
        s.helo('mail.shop.example')
    ok(any('shorter than 32 bytes' in line for line in daemon.log()) and not os.path.exists(path),
       'without a good key nothing is recorded')
done()
