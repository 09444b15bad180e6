# SPDX-License-Identifier: BSD-2-Clause
"""
Session records that were rebuilt from a log, against what the clients of these sessions sent and were answered: each fact that
a record tells must be so.  What it does not tell is no fault.
"""
import datetime
import re

from transcripts import greeting_in_effect

COUNTED = {'vrfy': 'VRFY', 'expn': 'EXPN', 'etrn': 'ETRN', 'mail': 'MAIL', 'rcpt': 'RCPT', 'ehlo': 'EHLO', 'helo': 'HELO', 'rset': 'RSET', 'noop': 'NOOP',
           'starttls': 'STARTTLS', 'auth': 'AUTH', 'quit': 'QUIT', 'data': 'DATA', 'help': 'HELP', 'bdat': 'BDAT', 'xclient': 'XCLIENT'}
REFUSES = ('reject', 'tempfail')
# Answers to a command that is wrong in itself, which no log holds; with soft_bounce they begin with 4.
SYNTAX = re.compile(r'[45](01 [45]\.5\.4|01 [45]\.1\.3|03(?!.* rejected: )|54 [45]\.5\.1|52 [45]\.3\.4 Chunk)')


def without_route(path):
    return path and re.sub(r'^@[^:"]*:', '', path)


def path_of(argument):
    """The sender of "FROM:<...> ...", without brackets and source route (RFC 5321 4.1.2); None: none.  postscreen takes TO: for it."""
    found = re.match(r'(?:FROM|TO):\s*(?:<((?:"(?:[^"\\]|\\.)*"|[^>"])*)>?|(\S+))', argument, re.I)
    return found and without_route(found.group(1) if found.group(1) is not None else found.group(2))


class Mail:
    """A MAIL as its client saw it."""

    def __init__(self, truth, argument, answer):
        self.taken = answer[0] == '2'
        self.sender = path_of(argument)
        if self.sender is None and self.taken:           # postscreen takes it for an empty one
            self.sender = ''
        self.refusal = None if self.taken else answer
        self.refusals = [self.refusal]       # of which the last is the transaction's
        self.recipients = 0
        self.addresses = set()
        self.final = not self.taken          # the refusal is one of the whole transaction
        self.message = self.queued = None    # its label, what its end was answered
        self.greeting, self.tried = truth.greeting, len(truth.greetings)
        self.user, self.tls = truth.user, truth.tls

    def refused(self):
        return bool(self.refusal) and (self.final or self.recipients == 0)


class Truth:
    """One session.  realm: behind the user's name in the log."""

    def __init__(self, drawn, realm=''):
        self.drawn, self.client = drawn, drawn.client
        self.counts, self.greetings, self.mails, self.answers = {}, [], [], [drawn.client.banner]
        self.greeting = self.user = self.current = self.proxied = None
        self.login_unsure = self.proxied_helo = self.forgotten = False
        self.tls = self.wrapped = 'wrapped' in drawn.features
        self.auth_failures, self.realm = 0, realm
        for exchange in drawn.client.exchanges:
            if exchange.answer is not None:
                self.take(exchange)

    def take(self, exchange):
        """A command that was answered."""
        self.answers += [exchange.answer, exchange.data_answer]
        verb, argument = (exchange.line.split(None, 1) + ['', ''])[:2]
        # What was waited for in vain, and the command that was one too many, are not counted.
        if not verb or re.match('421.*(imeout|too many errors)', exchange.answer):
            return
        self.counts[verb.upper()] = self.counts.get(verb.upper(), 0) + 1
        handler = getattr(self, 'take_' + verb.lower(), None)
        if handler:
            handler(exchange, ' '.join(argument.split()) if verb.lower() in ('ehlo', 'helo') else argument, exchange.answer[0] in '23')

    def take_ehlo(self, exchange, name, good):
        verb, sent = (exchange.line.split(None, 1) + [''])[:2]
        self.greetings.append((verb.upper(), name, good, sent))
        if good:
            self.greeting, self.current = self.greetings[-1], None

    take_helo = take_ehlo

    def take_mail(self, exchange, argument, good):
        if re.match('[45]03', exchange.answer) and self.current:      # the one before it goes on
            return
        self.mails.append(Mail(self, argument, exchange.answer))
        self.current = self.mails[-1] if good else None

    def take_rcpt(self, exchange, argument, good):
        if not self.current:
            return
        self.current.recipients += good
        if good:
            self.current.addresses.add(argument.strip().lower().replace('to:', '').strip('<> '))
        elif not SYNTAX.match(exchange.answer):
            self.current.refusal = exchange.answer
            self.current.refusals.append(exchange.answer)

    def take_data(self, exchange, _, good):
        end = exchange.data_answer if good and exchange.line.upper() == 'DATA' else exchange.answer
        mail = self.current
        if not mail or SYNTAX.match(end or ''):
            return
        if end and end[0] == '2':
            mail.queued, mail.message = end, exchange.message
        elif end:
            mail.refusal, mail.final = end, True
            mail.refusals = [end]
        self.current = None if good or exchange.line.upper() != 'DATA' else mail

    take_bdat = take_data

    def take_rset(self, _, __, good):
        self.current = None if good else self.current

    def take_starttls(self, _, __, good):
        if good:
            self.tls, self.greeting, self.current, self.forgotten = bool(self.client.tls), None, None, True
            self.user = None if self.realm else self.user   # Postfix, not Sendmail, wants a new login

    def take_auth(self, exchange, _, good):
        if good and exchange.user:
            self.user = exchange.user + self.realm
        self.auth_failures += not good

    def take_xclient(self, exchange, argument, _):
        # The new client may be refused at once; that it is the client now is not.
        if exchange.answer.startswith(('501', '503')):
            return
        words = dict(word.split('=', 1) for word in argument.split())
        self.proxied, self.greeting, self.current = words, None, None
        self.user = words.get('LOGIN', self.user)
        self.login_unsure, self.proxied_helo = 'LOGIN' in words, 'HELO' in words

    def keep_first_words(self):
        """postscreen takes no more for a name."""
        def shorter(greeting):
            return greeting and (greeting[0], ' '.join(greeting[3].split(' ')[0].split()), *greeting[2:])
        self.greetings = [shorter(greeting) for greeting in self.greetings]
        for mail in self.mails:
            mail.greeting = shorter(mail.greeting)

    def address(self):
        return self.proxied['ADDR'] if self.proxied else self.client.source


def same_name(shown, sent):
    """Postfix shows some bytes as '?'."""
    return len(shown) == len(sent) and all(a == b or (a == '?' and b in '<>()\\";@ ,') for a, b in zip(shown, sent))


def greets_as(entry, greeting):
    return entry['verb'] in (None, greeting[0]) and ('name' not in entry or same_name(' '.join(entry['name'].split()), greeting[1]))


def is_in_order(entries, greetings):
    """Are the entries with a name among the greetings, in their order?  Refused ones may stand before all others."""
    at = 0
    for entry in entries:
        if 'name' not in entry or any(not g[2] and greets_as(entry, g) for g in greetings):
            continue
        while at < len(greetings) and not greets_as(entry, greetings[at]):
            at += 1
        if at == len(greetings):
            return False
    return True


def plain_reply(reply):
    """After the code Sendmail tells whose address it is about."""
    return re.sub(r'^(\d{3}( [\d.]+)? )(<.*>|\S+)\.\.\. ', r'\1', reply)


def plain_user(user):
    """Sendmail writes names as in RFC 3461 4."""
    return user and re.sub(r'\+([0-9A-F]{2})', lambda match: chr(int(match.group(1), 16)), user)


class Comparison:
    """A record against the truth.  faults: what is not so; compared: how many facts were looked at."""

    def __init__(self, record, truth, delivered=None):
        self.record, self.truth, self.delivered = record, truth, delivered
        self.sendmail = record['source'] == 'sendmail-log'
        self.screened = any(verdict.get('check') == 'postscreen' for verdict in record.get('verdicts') or [])
        if self.screened:
            truth.keep_first_words()
        self.faults, self.compared = [], 0
        for part in (self.session, self.names, self.commands, self.greetings, self.login_and_tls):
            part()
        self.transactions()

    def check(self, label, holds):
        self.compared += 1
        if not holds:
            self.faults.append(label)

    def session(self):
        record, client = self.record, self.truth.client
        if 'start' in record:
            start = datetime.datetime.fromisoformat(record['start'].replace('Z', '+00:00')).timestamp()
            self.check(f"start {record['start']}", int(client.begun) - 1 <= start <= client.ended + 1)
        if 'client_port' in record:
            told = (self.truth.proxied or {}).get('PORT', client.local_port)
            self.check(f"port {record['client_port']}", record['client_port'] in (client.local_port, int(told)))
        for verdict in record.get('verdicts', []):
            reply = verdict.get('reply')
            if verdict['tx'] is None and reply and self.truth.drawn.answers_plainly and not self.sendmail:
                self.check(f'nobody was told {reply!r}', any(reply in (answer or '') for answer in self.truth.answers))

    def names(self):
        if self.truth.proxied:
            return
        name, reverse, resolve = self.truth.drawn.names
        for key, real in (('client_name', name), ('reverse_client_name', reverse), ('client_resolve', resolve)):
            if key in self.record:
                self.check(f'{key} {self.record[key]}, not {real}', self.record[key] == real)

    def commands(self):
        truth = self.truth
        for key, count in self.record.get('commands', {}).items():
            if key in COUNTED:
                self.check(f'commands.{key} {count}, not {truth.counts.get(COUNTED[key], 0)}', count == truth.counts.get(COUNTED[key], 0))
        failures = self.record.get('commands', {}).get('auth_failed')
        if failures is not None and not self.sendmail:      # which tells of those alone that were tried
            self.check(f'auth_failed {failures}, not {truth.auth_failures}', failures == truth.auth_failures)

    def greetings(self):
        helo, truth = self.record.get('helo'), self.truth
        if helo is None or truth.proxied_helo:
            return
        taken = [g for g in truth.greetings if g[2]]
        self.check(f'helo {helo}, not {truth.greetings}', is_in_order(helo, truth.greetings) and (helo or self.sendmail or not taken) and
                   (not helo or truth.greetings))

    def login_and_tls(self):
        record, truth = self.record, self.truth
        if 'tls' in record:
            self.check(f"tls {record['tls']}, not {truth.client.tls}", (record['tls'] is not None) == (truth.client.tls is not None))
            if record['tls'] and 'version' in record['tls'] and truth.client.tls:
                self.check(f"tls {record['tls']}, not {truth.client.tls}",
                           (record['tls']['version'], record['tls'].get('cipher')) == truth.client.tls)
        if 'sasl_username' in record and not truth.login_unsure:
            users = [truth.user] + [mail.user for mail in truth.mails]
            self.check(f"user {record['sasl_username']!r}, not {truth.user!r}", plain_user(record['sasl_username']) in users)

    def transactions(self):
        """Each transaction is one MAIL, in their order: in the way that leaves the fewest faults."""
        txs = self.record.get('tx') or []
        order = sorted(range(len(txs)), key=lambda number: ('t_us' not in txs[number], number))
        best = None

        def go(at, last, used, faults):
            nonlocal best
            if best is not None and len(faults) >= len(best):
                return
            if at == len(order):
                best = faults
                return
            number = order[at]
            timed = 't_us' in txs[number]
            for index, mail in enumerate(self.truth.mails):
                if index not in used and (not timed or index > last):
                    go(at + 1, index if timed else last, used | {index}, faults + self.of_mail(number, mail))
            go(at + 1, last, used, faults + [f'tx {number}: no MAIL is {txs[number]}'] * 3)
        go(0, -1, frozenset(), [])
        self.faults += best
        self.compared += sum(len(tx) for tx in txs) + len(self.record.get('verdicts') or [])
        taken = sum(mail.taken for mail in self.truth.mails)
        # postscreen tells of those with a recipient, and not where one ends and the next begins.
        if 'tx' in self.record and self.record.get('complete') and not self.sendmail and not self.screened:
            self.check(f'{len(txs)} transactions, {taken} were taken', len(txs) >= taken)

    def of_mail(self, number, mail):
        """What is not so if the transaction is this MAIL."""
        tx, truth, found = self.record['tx'][number], self.truth, []
        sender = without_route(tx.get('sender', mail.sender))
        # Postfix' queue manager tells of a sender without a domain with $myorigin behind it.
        if sender != mail.sender and not (mail.sender and '@' not in mail.sender and sender and sender.startswith(mail.sender + '@')):
            found.append(f"sender {tx['sender']!r}, not {mail.sender!r}")
        count = tx.get('recipient_count')
        if count is not None and count not in (mail.recipients, len(mail.addresses) if self.sendmail else mail.recipients):
            found.append(f'{count} recipients, not {mail.recipients}')
        if tx.get('queue_id') and mail.queued and tx['queue_id'] not in mail.queued:
            found.append(f"queue id {tx['queue_id']}, not of {mail.queued}")
        if self.delivered is not None and tx.get('delivered') is not None:
            real = mail.message in self.delivered
            if tx['delivered'] != real:
                found.append(f"delivered {tx['delivered']}")
        user = tx.get('sasl_username', '' if 'sasl_username' in tx.get('missing', []) else self.record.get('sasl_username', ''))
        if user != '' and plain_user(user) != mail.user and not truth.login_unsure:
            found.append(f'user {user!r}, not {mail.user!r}')
        tls = tx.get('tls_version', '' if 'tls_version' in tx.get('missing', []) else self.record.get('tls', ''))
        # Without a line of its own for TLS, or the transaction, their order is not told.
        if tls != '' and (tls is not None) != mail.tls and tls != {} and 't_us' in tx:
            found.append(f'tls {tls}, not {mail.tls}')
        return [f'tx {number}: {fault}' for fault in found + self.greeting_of(number, mail) + self.verdict_of(number, mail)]

    def greeting_of(self, number, mail):
        entry = greeting_in_effect(self.record, number)
        if entry == 'unknown' or (mail.greeting is None and (self.truth.forgotten or self.truth.proxied_helo)):
            return []
        if mail.greeting is None:
            # A refused one stands there if none was in effect; one without name that came later may be meant.
            # Sendmail tells of a MAIL only when it is over.
            tried = self.truth.greetings if self.sendmail else self.truth.greetings[:mail.tried]
            fits = entry is None or 'name' not in entry or any(greets_as(entry, g) for g in tried)
            return [] if fits or 't_us' not in self.record['tx'][number] else [f'greeting {entry}, but there was none']
        # An EHLO that Sendmail refuses is ESMTP too, and leaves no line below LogLevel 10.
        if self.sendmail and entry == {**(entry or {}), 'verb': 'EHLO'} and 'name' not in entry and any(g[0] == 'EHLO' for g in self.truth.greetings):
            return []
        if entry is None or not greets_as(entry, mail.greeting):
            return [f'greeting {entry}, not {mail.greeting}']
        return []

    def verdict_of(self, number, mail):
        found = []
        for verdict in self.record.get('verdicts') or []:
            action, reply = verdict.get('action'), verdict.get('reply')
            if verdict['tx'] != number:
                continue
            if action in REFUSES or action is None:
                if not mail.refused():
                    found.append(f'{action} {reply!r}, but not refused')
                    continue
                # What is wrong with a RCPT itself is no line of Sendmail's.
                refusals = [refusal for refusal in mail.refusals[0 if self.sendmail else -1:] if refusal]
                told = [refusal for refusal in refusals if not reply or reply in refusal or reply in plain_reply(refusal)]
                if not told:
                    found.append(f'reply {reply!r}, not {mail.refusal!r}')
                elif action and not any((action == 'reject') == (refusal[0] == '5') for refusal in told):
                    found.append(f'{action}, not {mail.refusal!r}')
            elif mail.refused():
                found.append(f'{action}, but {mail.refusal!r}')
        return found
