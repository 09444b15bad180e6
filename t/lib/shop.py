# SPDX-License-Identifier: BSD-2-Clause
"""A domain with DNS of its own, a policy that asks for all of it, and whole sessions of its hosts and of strangers."""
from dns_responder import Zone
from milter_client import Session

HOSTS = range(1, 51)
ZONE = Zone({
    **{f'{n}.113.0.203.in-addr.arpa': [('PTR', f'host{n}.shop.example')] for n in HOSTS},
    **{f'host{n}.shop.example': [('A', f'203.0.113.{n}')] for n in HOSTS},
    'shop.example': [('MX', 'host1.shop.example'), ('TXT', b'v=spf1 mx ip4:203.0.113.0/24 -all')],
    'others.example': [('MX', 'host1.shop.example'), ('TXT', b'v=spf1 -all')],
})
# Refuses for SPF, and tags a greeting that has no address: every message that passes gets a header.
POLICY = '''version: 1
server: {{ log: stderr, user: root, authserv_id: mx.example.org, session_log: {{ path: "{folder}/sessions" }}{server} }}
dns: {{ servers: ['{dns_server}']{dns} }}
listeners:
  - name: mx
    match: any
    profile: standard
    mode: enforce
    reply_at: {reply_at}
    checks: {{ ehlo_resolves: {{ fail: tag }}, spf_mail_from: {{ fail: reject }} }}
'''
REFUSAL = 'y 550 5.7.23 '


def policy(responder, folder, server='', dns='', reply_at='mail'):
    """With further keys of these maps, each behind a comma."""
    return POLICY.format(folder=folder, server=server, dns_server=responder.server, dns=dns, reply_at=reply_at)


def play(path, number=1, sender='joe@shop.example', **options):
    """
    One session of host NUMBER that greets with a name that is nowhere: the answers, up to the first that is no 'c', and
    the changes of its message.
    """
    with Session(path, **options) as session:
        answers, changes = [session.connect(f'203.0.113.{number}')], []
        for step in (lambda: session.helo('desk.shop.example'), lambda: session.mail(f'<{sender}>')):
            if answers[-1] == 'c':
                answers.append(step())
        if answers[-1] == 'c':
            session.header('Subject', 'shoes')
            changes, last = session.end_of_message()
            answers.append(last)
    return answers, changes


def deliver(session, sender):
    """One transaction: its last answer, and the changes of its message."""
    answer, changes = session.mail(f'<{sender}>'), []
    if answer == 'c':
        answer = session.rcpt()
    if answer == 'c':
        session.header('Subject', 'shoes')
        changes, answer = session.end_of_message()
    else:
        session.abort()
    return answer, changes
