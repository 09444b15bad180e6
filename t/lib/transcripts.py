# SPDX-License-Identifier: BSD-2-Clause
"""What a dialogue shows of a session: the truth that a rebuilt session is compared with."""
import re


class Truth:
    """One session, from its commands and replies in order."""

    def __init__(self):
        self.counts = {}
        self.greetings = []         # (verb, name, taken)
        self.txs = []               # dicts: sender, taken, recipients, refused, queued, greeting
        self.in_effect = None       # index into greetings
        self.tls = False
        self.logged_in = False
        self.auth_failures = 0
        self.pending = []
        self.in_data = self.in_auth = self.in_tx = False
        self.seen_banner = False

    def command(self, line):
        """The client sent a line."""
        if self.in_data or (self.pending and self.pending[-1][0] == 'BDAT'):
            return
        if self.in_auth:
            self.in_auth = False
            return
        words = line.split(None, 1)
        verb = words[0].upper() if words else ''
        self.counts[verb] = self.counts.get(verb, 0) + 1
        self.pending.append((verb, words[1] if len(words) > 1 else ''))

    def reply(self, line):
        """The server sent a line of a reply."""
        if len(line) > 3 and line[3] == '-' or not line[:3].isdigit():
            return
        code = line[:3]
        if not self.pending:
            return
        if code == '334':
            self.in_auth = True
            return
        if code == '354' and not self.in_data:
            self.in_data = True
            return
        self.in_data = self.in_auth = False
        verb, argument = self.pending.pop(0)
        self.apply(verb, argument, code[0] in '23', line)

    def apply(self, verb, argument, good, line):
        """A command was answered."""
        tx = self.txs[-1] if self.in_tx and self.txs else None
        if verb in ('EHLO', 'HELO'):
            self.greetings.append((verb, argument.strip(), good))
            if good:
                self.in_effect = len(self.greetings) - 1
                self.in_tx = False
        elif verb == 'MAIL' and re.match(r'FROM:', argument, re.I):
            path = re.match(r'FROM:\s*<(.*?)>', argument, re.I)
            self.txs.append({'sender': path.group(1) if path else argument[5:].split()[0], 'taken': good, 'recipients': 0,
                             'refused': None if good else line, 'queued': False, 'greeting': self.in_effect})
            self.in_tx = good
        elif verb == 'RCPT' and tx:
            tx['recipients'] += good
            if not good:
                tx['refused'] = line
        elif verb in ('DATA', 'BDAT') and tx:
            tx['queued'] = good
            if not good:
                tx['refused'] = line
            self.in_tx = False
        elif verb == 'RSET':
            self.in_tx = False
        elif verb == 'STARTTLS' and good:
            self.tls = True
        elif verb == 'AUTH':
            self.logged_in |= good
            self.auth_failures += not good
        elif verb == 'XCLIENT' and good:
            self.in_effect = None
            self.in_tx = False

    def finish(self):
        """Commands that nobody answered were not seen: the server had hung up."""
        for verb, _ in self.pending[self.in_data:]:
            self.counts[verb] -= 1


def of_lines(lines, client, server):
    """A dialogue whose lines begin with the marks client and server."""
    truth = Truth()
    for line in lines:
        if line.startswith(client):
            text = line[len(client):]
            if re.match(r'<(TLS handshake|message|drops connection)', text):
                truth.tls |= text.startswith('<TLS')
            elif text.startswith('[pipelined] '):
                for part in text[len('[pipelined] '):].split(' | '):
                    truth.command(part)
            else:
                truth.command(text)
        elif line.startswith(server):
            truth.reply(line[len(server):])
        elif line.startswith('-- TLS'):
            truth.tls = True
    truth.finish()
    return truth


def greeting_in_effect(record, tx):
    """The rule of the format: the last greeting that is not later than the transaction."""
    helo = record.get('helo')
    if helo is None:
        return 'unknown'
    at = record['tx'][tx].get('t_us') if tx < len(record.get('tx') or []) else None
    for greeting in reversed(helo):
        if at is None or greeting.get('t_us') is None or greeting['t_us'] <= at:
            return greeting
    return None


def faults(record, truth):
    """Where the record says what the dialogue contradicts; a fact that is not there is no fault."""
    found = []

    def check(label, holds):
        if not holds:
            found.append(label)

    names = {'vrfy': 'VRFY', 'expn': 'EXPN', 'etrn': 'ETRN', 'mail': 'MAIL', 'rcpt': 'RCPT', 'ehlo': 'EHLO', 'helo': 'HELO',
             'rset': 'RSET', 'noop': 'NOOP', 'starttls': 'STARTTLS', 'auth': 'AUTH', 'quit': 'QUIT', 'data': 'DATA', 'help': 'HELP'}
    for key, count in record.get('commands', {}).items():
        if key in names:
            check(f'commands.{key} is {count}', count == truth.counts.get(names[key], 0))
    check('auth_failed', record.get('commands', {}).get('auth_failed', truth.auth_failures) == truth.auth_failures)
    helo = record.get('helo')
    if helo == []:
        check('no greeting', not truth.greetings)
    for greeting in helo or []:
        if 'name' in greeting:
            check(f'greeting {greeting}', any(name == greeting['name'] and greeting['verb'] in (None, verb)
                                              for verb, name, _ in truth.greetings))
    check('tls', 'tls' not in record or (record['tls'] is not None) == truth.tls)
    if 'sasl_username' in record:
        check('login', (record['sasl_username'] is not None) == truth.logged_in)
    found += tx_faults(record, truth)
    return found


def tx_faults(record, truth):
    """The same for transactions, which come in their order."""
    found = []
    if 'tx' not in record:
        return found
    taken = [t for t in truth.txs if t['taken']]
    refused_shown = {v['tx'] for v in record.get('verdicts', [])
                     if v.get('tx') is not None and v.get('action') in ('reject', 'tempfail')}
    rest = list(truth.txs)
    for number, tx in enumerate(record['tx']):
        match = None
        while rest and 'sender' in tx:
            match = rest.pop(0)
            if match['sender'] == tx['sender']:
                break
            match = None
        if 'sender' in tx and match is None:
            found.append(f"tx {number}: no MAIL from {tx['sender']!r}")
        if match is None:
            continue
        found += one_tx_faults(record, truth, number, match, number in refused_shown)
    if record.get('source') != 'sendmail-log' and len(record['tx']) < len(taken):
        found.append(f"{len(record['tx'])} transactions, {len(taken)} were taken")
    return found


def one_tx_faults(record, truth, number, match, refused):
    """One transaction against the MAIL that it is."""
    found = []
    tx = record['tx'][number]
    if 'recipient_count' in tx and tx['recipient_count'] != match['recipients']:
        found.append(f"tx {number}: {tx['recipient_count']} recipients, not {match['recipients']}")
    if tx.get('delivered') and not match['queued']:
        found.append(f'tx {number}: delivered')
    if refused and not match['refused']:
        found.append(f'tx {number}: refused')
    greeting = greeting_in_effect(record, number)
    real = truth.greetings[match['greeting']] if match['greeting'] is not None else None
    if greeting is None and real is not None:
        found.append(f'tx {number}: no greeting in effect')
    if isinstance(greeting, dict) and real is not None:
        if 'name' in greeting and greeting['name'] != real[1]:
            found.append(f"tx {number}: greeting {greeting['name']!r}, not {real[1]!r}")
        if greeting['verb'] not in (None, real[0]):
            found.append(f"tx {number}: {greeting['verb']}, not {real[0]}")
    return found
