#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""audit against servers that are made up: what each answer means, and that no server can hold or fool it."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from tap import done, note, ok, same

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
folder = tempfile.TemporaryDirectory()
KEYWORDS = ['PIPELINING', 'VRFY', 'ETRN', 'DSN', 'AUTH=LOGIN PLAIN', 'SIZE 1000']


class Server:
    """Answers by a function of (line, session); sessions count from 1.  Keeps every line that it was sent."""

    def __init__(self, answer, banner='220 mx.example.org ESMTP Postfix'):
        self.answer, self.banner = answer, banner
        self.lines, self.sessions = [], 0
        self.most = 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        threads = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            # Those that the client has closed end by themselves; one that it holds open beside this one does not.
            for thread in threads:
                thread.join(5)
            threads = [thread for thread in threads if thread.is_alive()]
            self.sessions += 1
            self.most = max(self.most, len(threads) + 1)
            threads.append(threading.Thread(target=self.session, args=(connection, self.sessions), daemon=True))
            threads[-1].start()

    def session(self, connection, number):
        try:
            self.send(connection, self.banner)
            file = connection.makefile('rb')
            while line := file.readline():
                self.lines.append(line)
                reply = self.answer(line.decode('latin-1').rstrip('\r\n'), number)
                if reply is None:
                    break
                self.send(connection, reply)
        except OSError:
            pass
        connection.close()

    @staticmethod
    def send(connection, reply):
        if callable(reply):
            reply(connection)
        elif reply:
            connection.sendall(reply if isinstance(reply, bytes) else (reply + '\r\n').encode('latin-1'))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def policy(commands='', more='', name='p.yaml'):
    path = os.path.join(folder.name, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('version: 1\nlisteners:\n  - name: mx\n    match: any\n    mode: enforce\n    exempt_loopback: false\n'
                   + (f'    commands: {{ {commands} }}\n' if commands else '') + more)
    return path


def audit(server, path, *options, json_wanted=True):
    words = [PROGRAM, 'audit', '-c', path, '--listener', 'mx', *(['--json'] if json_wanted else []), *options,
             f'127.0.0.1:{server.port}']
    start = time.monotonic()
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)
    result.seconds = time.monotonic() - start
    result.report = json.loads(result.stdout) if json_wanted and result.stdout else None
    return result


def polite(changes=None, greeted=None):
    """A server that does all that the default policy wants; changes: a verb to its reply, or a function."""
    changes = changes or {}
    greeted = {} if greeted is None else greeted

    def answer(line, number):
        verb, _, argument = line.partition(' ')
        verb = verb.upper()
        if verb in changes:
            change = changes[verb]
            reply = change(argument, number) if callable(change) else change
            if verb == 'EHLO' and str(reply).startswith('250'):
                greeted[number] = argument
            return reply
        if verb in ('EHLO', 'HELO'):
            greeted[number] = argument
            if verb == 'HELO':
                return '250 mx.example.org'
            return '250-mx.example.org\r\n' + '\r\n'.join('250-' + k for k in KEYWORDS) + '\r\n250 HELP'
        if verb == 'MAIL':
            if number not in greeted:
                return '503 5.5.1 Error: send HELO/EHLO first'
            return '250 2.1.0 Ok' if '.' in greeted[number] else '550 5.5.4 not qualified'
        if verb == 'QUIT':
            return '221 2.0.0 Bye'
        if verb == 'VRFY':
            return f'252 2.0.0 {argument}' if argument == 'postmaster' else '550 5.1.1 unknown'
        return {'RSET': '250 2.0.0 Ok', 'EXPN': '500 5.5.2 Error: command not recognized',
                'ETRN': '459 service unavailable'}.get(verb, '500 5.5.2 unknown')
    return answer


def verdicts(result):
    return {p['point']: p['verdict'] for p in result.report['points']}


def check(label, commands, changes, expected, *options, status=None, more=''):
    """expected: the points that are not ok."""
    with Server(polite(changes)) as server:
        result = audit(server, policy(commands, more), *options)
    if not result.report:
        ok(False, label)
        note(result.stderr)
        return result
    bad = {p: v for p, v in verdicts(result).items() if v != 'ok'}
    if status is None:
        status = 1 if any(v in ('finding', 'open') for v in bad.values()) else 0
    if not ok((bad, result.returncode) == (expected, status), label):
        note(f'status {result.returncode}, {bad}')
        note(json.dumps(result.report, indent=1))
    return result


V = 'commands.vrfy: '
SAME = lambda argument, number: '252 2.5.2 Cannot VRFY user'
NO_VRFY = {'EHLO': '250-mx.example.org\r\n250-ETRN\r\n250 HELP'}

# --- nothing to find ---
result = check('a server that does what the policy says', '', {}, {})
same(result.report['mta'], 'postfix', 'the MTA by its banner')
check('vrfy: allow', 'vrfy: allow', {}, {})
check('the EHLO reply of another MTA tells it apart', 'etrn: allow', {}, {})

# --- findings, each alone ---
check('no greeting is accepted', '', {'MAIL': '250 ok'}, {'no greeting': 'finding', 'bad greeting': 'finding'})
check('a good greeting is refused', '', {'MAIL': '554 5.7.1 no'}, {'good greeting': 'finding'})
check('a bad name is refused at EHLO already', '', {'EHLO': lambda a, n: '504 5.5.2 no' if a == 'localpc' else
      '250-mx.example.org\r\n250 HELP'}, {})
check('vrfy: hide, but 550', 'vrfy: hide', NO_VRFY, {V + 'hide': 'finding'})
check('vrfy: hide by the same 252', 'vrfy: hide', {**NO_VRFY, 'VRFY': SAME}, {})
check('vrfy: hide, an echo of the address is no difference', 'vrfy: hide',
      {**NO_VRFY, 'VRFY': lambda a, n: f'252 2.0.0 {a}'}, {})
check('vrfy: hide, but local and remote differ', 'vrfy: hide',
      {**NO_VRFY, 'VRFY': lambda a, n: '252 Possible remote address' if '@' in a else '252 Possible local address'},
      {V + 'hide': 'finding'})
check('vrfy: hide, but the keyword is there', 'vrfy: hide', {'VRFY': SAME}, {V + 'hide': 'finding'})
check('vrfy: hide by 502 is not what RFC 5321 asks for', 'vrfy: hide', {**NO_VRFY, 'VRFY': '502 5.5.1 disabled'},
      {V + 'hide': 'finding'})
check('vrfy: allow, but hidden', 'vrfy: allow', {'VRFY': SAME}, {V + 'allow': 'finding'})
check('vrfy: allow, but refused', 'vrfy: allow', {'VRFY': '502 5.5.1 disabled'}, {V + 'allow': 'finding'})
check('expn: disable', 'expn: disable', {}, {'commands.expn: disable': 'finding'})
check('etrn: block', 'etrn: block', {}, {'commands.etrn: block': 'finding'})
check('etrn: domain', 'etrn: domain, etrn_domains: [example.com]',
      {'ETRN': lambda a, n: '250 ok' if a == 'example.com' else '554 no'}, {})
check('etrn: domain, everything is done', 'etrn: domain, etrn_domains: [.example.com]', {'ETRN': '250 ok'},
      {'commands.etrn: domain': 'finding'})
check('etrn: domain, nothing is done', "etrn: domain, etrn_domains: ['*.example.com']", {'ETRN': '554 no'},
      {'commands.etrn: domain': 'finding'})
check('helo: refuse', 'helo: refuse', {}, {'commands.helo: refuse': 'finding'})
check('helo: refuse, at MAIL', 'helo: refuse', {'MAIL': lambda a, n: '503 5.5.1 EHLO required'},
      {'good greeting': 'finding'})
check('extensions', 'extensions: { dsn: true, chunking: true, size: false, auth: true, etrn: false }', {},
      {'commands.extensions.chunking: true': 'finding', 'commands.extensions.size: false': 'finding',
       'commands.extensions.etrn: false': 'finding'})
check('a keyword is a word, no beginning of one', 'extensions: { size: true }',
      {'EHLO': '250-mx.example.org\r\n250 SIZEABLE'}, {'commands.extensions.size: true': 'finding'})
check('line_endings: crlf', 'line_endings: crlf', {}, {'commands.line_endings: crlf': 'finding'})
check('not possible on Postfix', 'expn: allow, extensions: { mt_priority: true }', {},
      {'commands.expn: allow': 'not possible here', 'commands.extensions.mt_priority: true': 'not possible here'})
check('not seen', 'eight_bit_headers: accept', {}, {'commands.eight_bit_headers: accept': 'not seen'})
check('answered at RCPT', '', {'MAIL': '250 ok'}, {'no greeting': 'not seen', 'bad greeting': 'not seen'},
      more='    reply_at: rcpt\n')

# --- later ---
check('greylisting', '', {'MAIL': '451 4.7.1 greylisted'}, {'no greeting': 'open', 'good greeting': 'open',
                                                           'bad greeting': 'open'})
check('TLS is wanted', '', {'MAIL': '530 5.7.0 Must issue a STARTTLS command first'},
      {'no greeting': 'open', 'good greeting': 'open', 'bad greeting': 'open'})
result = check('421 in the middle', 'vrfy: hide', {'VRFY': '421 4.7.0 too much'},
               {V + 'hide': 'open', 'good greeting': 'open'})

check('STARTTLS is refused', '', {'STARTTLS': '502 5.5.1 no'}, {'starttls': 'finding'}, '--starttls')
check('the handshake fails', '', {'STARTTLS': '220 go ahead'},
      {'starttls': 'finding', 'good greeting': 'open', 'bad greeting': 'open'}, '--starttls', '--time-limit', '5s')

# --- addresses ---
exempt = policy(name='exempt.yaml').replace('p.yaml', 'exempt.yaml')
with open(exempt, 'w', encoding='utf-8') as file:
    file.write('version: 1\nlisteners:\n  - { name: mx, match: any, mode: enforce, commands: { vrfy: allow } }\n')
with Server(polite({'MAIL': '250 ok'})) as server:
    result = audit(server, exempt)
    ok(result.returncode == 0 and result.report['exempt'], 'an exempt address is said to be exempt')
    result = audit(server, exempt, json_wanted=False)
    ok('exempts this address' in result.stdout and '0 findings' in result.stdout, 'the same as text')
    result = audit(server, policy(more='    reply_at: connect\n    exempt_authenticated: false\n', commands='vrfy: allow'))
with Server(polite({'XCLIENT': '220 mx.example.org ESMTP Postfix'})) as server:
    result = audit(server, exempt, '--xclient', '203.0.113.9')
    same((result.report['client'], result.report['exempt'], result.returncode), ('203.0.113.9', None, 0), '--xclient')
    ok(b'XCLIENT ADDR=203.0.113.9 NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE]\r\n' in server.lines, 'XCLIENT as sent')
    result = audit(server, exempt, '--xclient', '2001:db8::9')
    ok(any(line.startswith(b'XCLIENT ADDR=IPV6:2001:db8::9 ') for line in server.lines), 'XCLIENT of IPv6')
with Server(polite({'XCLIENT': '550 5.7.0 insufficient authorization'})) as server:
    result = audit(server, exempt, '--xclient', '203.0.113.9')
    ok(result.returncode == 69 and 'smtpd_authorized_xclient_hosts' in result.stderr, 'XCLIENT refused: exit 69')
with Server(polite()) as server:
    result = audit(server, exempt, '--bind', '127.0.0.77')
    same(result.report['client'], '127.0.0.77', '--bind')

# --- good manners ---
everything = policy('vrfy: hide, expn: disable, etrn: domain, etrn_domains: [example.com], helo: allow, ehlo: allow, '
                    'line_endings: lenient')
with Server(polite({'XCLIENT': '220 mx.example.org ESMTP Postfix'})) as server:
    result = audit(server, everything, '--xclient', '203.0.113.9', '--known', 'joe@example.org')
    same((len(server.lines), result.report['commands'], server.most, server.sessions),
         (len(server.lines), len(server.lines), 1, 2), 'one connection at a time, every command counted')
    ok(len(server.lines) <= 20, 'at most twenty commands')
    ok(not any(line[:4].upper() in (b'DATA', b'BDAT', b'RCPT') for line in server.lines), 'never a message')
    same([line for line in server.lines if line.startswith(b'VRFY')],
         [b'VRFY joe@example.org\r\n', b'VRFY ehlo-milter-audit-nobody@example.org\r\n',
          b'VRFY ehlo-milter-audit@remote.invalid\r\n'], 'VRFY of a known, an unknown and a remote address')
    same(server.lines[-1], b'QUIT\r\n', 'QUIT comes last')
    ok(b'RSET\n' in server.lines, 'a bare LF is tried')

# --- servers that are broken or mean ---
def drip(connection):
    for byte in b'250-' + b'x' * 200:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def flood(connection):
    for _ in range(100000):
        connection.sendall(b'250-more\r\n')


HUGE = b'250 ' + b'x' * (1 << 20) + b'\r\n'
BROKEN = {
    'hangs': {'EHLO': ''}, 'hangs up': {'EHLO': lambda a, n: None}, 'drips': {'EHLO': lambda a, n: drip},
    'sends a line of 1 MiB': {'EHLO': HUGE}, 'sends lines without end': {'EHLO': lambda a, n: flood},
    'sends garbage': {'EHLO': b'\x00\xff\x1b[2Jhello\r\n'}, 'sends two codes': {'EHLO': '250-a\r\n550 b'},
    'sends a code that is none': {'EHLO': '999 nine'}, 'sends a NUL': {'EHLO': b'250 a\0b\r\n'},
    'sends no text': {'EHLO': '250'},
}
for label, changes in BROKEN.items():
    with Server(polite(changes)) as server:
        result = audit(server, policy('vrfy: allow, ehlo: allow'), '--time-limit', '5s')
        good = 'no text' in label
        found = verdicts(result)['commands.ehlo: allow']
        if not ok(found == ('ok' if good else 'finding') and result.returncode == (0 if good else 1),
                  f'a server that {label}'):
            note(f'{result.seconds} s, status {result.returncode}\n{json.dumps(result.report, indent=1)}')
        if label.startswith('sends'):
            ok('\x1b' not in audit(server, policy('ehlo: allow'), '--time-limit', '5s', json_wanted=False).stdout,
               f'a server that {label}: nothing of it reaches the terminal raw')
for label, banner in {'says nothing': '', 'says garbage': b'hello\r\n', 'is full': '421 4.3.2 too many'}.items():
    with Server(polite(), banner) as server:
        result = audit(server, policy(), '--time-limit', '3s')
        same((verdicts(result).get('banner'), result.returncode), ('open' if 'full' in label else 'finding', 1),
             f'a server that {label} as its banner')

# --- not reached, and misused ---
with socket.socket() as probe:
    probe.bind(('127.0.0.1', 0))
    closed = probe.getsockname()[1]


def fails(words, status, text, label):
    result = subprocess.run([PROGRAM, 'audit', *words], capture_output=True, text=True, check=False, timeout=60)
    if not ok(result.returncode == status and text in result.stderr and not result.stdout, label):
        note(f'status {result.returncode}\n{result.stderr}')


L = ('-c', policy(), '--listener', 'mx')
fails((*L, f'127.0.0.1:{closed}'), 69, 'cannot connect', 'nobody listens')
fails((*L, 'nobody.invalid:25', '--time-limit', '3s'), 69, 'nobody.invalid:25', 'a name that does not resolve')
fails((*L,), 64, 'HOST:PORT', 'no target')
fails((*L, 'a:25', 'b:25'), 64, 'HOST:PORT', 'two targets')
fails((*L, '2001:db8::1:25'), 64, '[ADDRESS]:PORT', 'IPv6 without brackets')
fails((*L, 'mx:smtp'), 64, 'no target', 'a port that is no number')
fails(('-c', policy(), 'mx:25'), 64, '--listener', 'no listener')
fails(('-c', policy(), '--listener', 'nobody', '127.0.0.1:25'), 64, "unknown listener 'nobody'; expected ", 'another listener')
fails((*L, '--time-limit', '0', 'mx:25'), 64, 'no time limit', 'a time limit of nothing')
fails((*L, '--time-limit', '1h', 'mx:25'), 64, 'no time limit', 'a time limit in hours')
fails((*L, '--bind', 'mx', 'mx:25'), 64, 'no IP address', '--bind without an address')
fails((*L, '--known', 'a b', 'mx:25'), 64, 'cannot be sent', '--known with a blank')
fails((*L, '--ehlo', 'a\r\nQUIT', 'mx:25'), 64, 'cannot be sent', '--ehlo with a line end')
fails((*L, '--mta', 'exim', 'mx:25'), 64, 'unknown MTA', 'another MTA')
fails((*L, '--tls', '--starttls', 'mx:25'), 64, 'one of', '--tls and --starttls')
fails(('-c', '/nonexistent', '--listener', 'mx', 'mx:25'), 78, 'no such file', 'no policy')
done()
