#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is counted of sessions, in both formats; and nothing that a client chooses is ever a label.

figures.t --long: 100,000 hostile sessions.
"""
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import metrics
from daemon import Daemon, free_port, policy
from metrics import ask, changes, samples, scrape
from tap import done, note, ok, same

HOSTILE = 100000 if '--long' in sys.argv else 300
OF_SESSIONS = ('sessions_', 'session_', 'verdicts', 'findings_total')
KEYS = '''
    checks: { ehlo_literal: off, ehlo_own_name: off, greeting: off, ehlo_syntax: off }
    rules:
      - { name: blocked, if: ehlo == "blocked.example", then: tempfail }
      - { name: watched, if: ehlo == "watched.example", then: reject, mode: observe }
'''


def with_metrics(text, spec):
    return text.replace('server: {', f'server: {{ metrics: "{spec}",', 1)


def play(daemon, name='client.example', helo_macros=None, mail_macros=None, mail=True, again=None):
    with daemon.session() as s:
        s.connect()
        s.helo(name, **(helo_macros or {}))
        if again is not None:
            s.helo(name, **again)
        if mail:
            s.mail(**(mail_macros or {}))


def settled(daemon, where):
    """The figures when no session is open: the end of one comes after its last answer."""
    daemon.wait_for(lambda: scrape(where)['sessions_open'] == 0)
    return scrape(where)


def played(daemon, where, **what):
    before = settled(daemon, where)
    play(daemon, **what)
    return changes(before, settled(daemon, where), OF_SESSIONS)


def of_session(outcome='accepted', verb='unknown', tls='none', login='no', **more):
    return {f'session_greetings_total{{listener="mx",verb="{verb}"}}': 1,
            f'session_logins_total{{listener="mx",authenticated="{login}"}}': 1,
            f'session_tls_total{{listener="mx",version="{tls}"}}': 1,
            f'sessions_ended_total{{listener="mx",outcome="{outcome}"}}': 1, 'sessions_started_total': 1, **more}


def of_verdict(decider='', action='accept', mode='enforce', fqdn='pass', fqdn_action='off'):
    comma = ',' if decider else ''
    return {f'verdicts_total{{listener="mx",{decider}{comma}action="{action}",mode="{mode}"}}': 1,
            f'findings_total{{listener="mx",check="ehlo_fqdn",result="{fqdn}",action="{fqdn_action}"}}': 1}


def check_counts(daemon, where):
    for label, expected, what in (
            ('a session that is accepted', {**of_session(), **of_verdict()}, {}),
            ('one that a check refuses', {**of_session('rejected'), **of_verdict(
                'check="ehlo_fqdn",result="fail"', 'reject', fqdn='fail', fqdn_action='reject')}, {'name': 'desktop'}),
            ('one that a rule puts off', {**of_session('tempfailed'), **of_verdict('rule="blocked"', 'tempfail')},
             {'name': 'blocked.example'}),
            ('one that would be refused', {**of_session(), **of_verdict('rule="watched"', 'reject', 'observe')},
             {'name': 'watched.example'}),
            ('one without MAIL', of_session('no_mail', tls='unknown', login='unknown'), {'mail': False}),
            ('one that greets again after STARTTLS, and logs in',
             {**of_session(tls='TLSv1.3', login='yes'), **of_verdict(),
              'session_tls_greetings_total{listener="mx",greeted="again"}': 1},
             {'again': {'tls_version': 'TLSv1.3'}, 'mail_macros': {'tls_version': 'TLSv1.3', 'auth_authen': 'joe'}}),
            ('one that does not greet again',
             {**of_session(tls='TLSv1.2'), **of_verdict(),
              'session_tls_greetings_total{listener="mx",greeted="not_again"}': 1},
             {'mail_macros': {'tls_version': 'TLSv1.2'}}),
            ('one with TLS from the start',
             {**of_session('no_mail', tls='TLSv1.1', login='unknown'),
              'session_tls_greetings_total{listener="mx",greeted="only_in_tls"}': 1},
             {'helo_macros': {'tls_version': 'TLSv1.1'}, 'mail': False})):
        found = played(daemon, where, **what)
        expected = dict(expected)
        if 'yes' in str(expected):	# whoever has logged in is exempt
            expected = {k.replace('result="pass"', 'result="skipped"'): v for k, v in expected.items()}
        same(found, dict(sorted(expected.items())), label)


def hostile_text(chance):
    pieces = ['"', '\\', '\n', '{', '}', '\xff', 'x' * 200, '# EOF', ' 1', 'le="+Inf"', '\x1b[2J', 'mx', '']
    return ''.join(chance.choice(pieces) + str(chance.randrange(10**9)) for _ in range(3)).replace('\0', '').encode('latin-1')


def check_hostile(daemon, where):
    chance = random.Random(1)

    def play_one():
        with daemon.session() as s:
            s.connect(name=hostile_text(chance))
            s.helo(hostile_text(chance), tls_version=hostile_text(chance), cipher=hostile_text(chance))
            s.mail(b'<' + hostile_text(chance) + b'>', auth_authen=hostile_text(chance), tls_version=hostile_text(chance),
                   i=hostile_text(chance))

    play_one()
    before = settled(daemon, where)
    for _ in range(HOSTILE):
        play_one()
    after = settled(daemon, where)
    same(sorted(after), sorted(before), f'{HOSTILE} hostile sessions bring no further series')
    same(after['session_tls_total{listener="mx",version="other"}'] - before['session_tls_total{listener="mx",version="other"}'],
         HOSTILE, 'and are counted')


def check_formats(where):
    status, headers, text = ask(where)
    same((status, headers['Content-Type'], text.endswith('\n# EOF\n')),
         (200, 'application/openmetrics-text; version=1.0.0; charset=utf-8', True), 'OpenMetrics for who accepts it')
    found = metrics.objection(text)
    same(found or '', '', 'a strict parser takes it' if found is not None else
         'a strict parser takes it # SKIP no python3-prometheus-client')
    status, headers, plain = ask(where, accept=None)
    same((status, headers['Content-Type'], '# EOF' in plain), (200, 'text/plain; version=0.0.4; charset=utf-8', False),
         'the older format for who does not')
    found = metrics.promtool('check', 'metrics', text=plain)
    same(found or '', '', 'promtool finds no fault' if found is not None else 'promtool finds no fault # SKIP no promtool')
    same(sorted(samples(text)), sorted(samples(plain)), 'both hold the same series')
    same((ask(where, 'HEAD')[0], ask(where, 'POST')[0], ask(where, path='/')[0]), (200, 405, 404), 'HEAD, POST, another path')
    return text


port = free_port()
with Daemon(with_metrics(policy('\n    reply_at: rcpt\n'), f'inet:{port}@127.0.0.1')) as daemon:
    same(played(daemon, port), of_session(), 'MAIL whose answer waits for a recipient that does not come')
port = free_port()
with Daemon(with_metrics(policy(KEYS), f'inet:{port}@127.0.0.1')) as daemon:
    check_counts(daemon, port)
    check_hostile(daemon, port)
    figures = settled(daemon, port)
    same(figures['sessions_started_total'], metrics.total(figures, 'sessions_ended_total'), 'no session is left')
    steps = [metrics.total(figures, 'step_duration_seconds_count', step=step) for step in ('connect', 'helo', 'mail')]
    ok(steps[0] > HOSTILE and steps[1] > steps[2] > HOSTILE, 'each step was timed')
    note(steps)
    ok(figures['process_resident_memory_bytes{process="workers"}'] > 10**6 and
       figures['process_open_fds{process="supervisor"}'] > 5 and figures['process_max_fds{process="workers"}'] > 100,
       'figures of the processes')
    check_formats(port)

with tempfile.TemporaryDirectory() as folder:
    path = folder + '/metrics'
    with Daemon(with_metrics(policy(), f'unix:{path}')) as daemon:
        play(daemon)
        same(settled(daemon, path)['sessions_started_total'], 1, 'on a unix socket')
    ok(not os.path.exists(path), 'which is removed at the end')
    with Daemon(with_metrics(policy(), f'unix:{folder}/missing/metrics'), ready=False, quiet=True) as daemon:
        same(daemon.process.wait(30), 69, 'a socket that cannot be opened ends the start')
done()
