#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What was counted survives reloads, other listeners, and workers that are killed; no gauge drifts."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, free_port
from metrics import scrape, total
from tap import done, ok, same

OPEN = 7


def policy(port, *names):
    return ('version: 1\nserver: { log: stderr, ' + f'metrics: "inet:{port}@127.0.0.1"' + ' }\nlisteners:\n' +
            ''.join(f'  - {{ name: {name}, match: {{ daemon_name: {name} }}, profile: none }}\n' for name in names) +
            '  - { name: rest, match: any, profile: none }\n')


def play(daemon, name):
    with daemon.session(macros={'j': 'mx.example.org', '{daemon_name}': name}) as s:
        s.connect()
        s.helo('client.example')
        s.mail()


def ended(figures, listener):
    return total(figures, 'sessions_ended_total', listener=listener)


def balance(figures):
    return (total(figures, 'sessions_ended_total') + figures['sessions_lost_total'] + figures['sessions_open'] -
            figures['sessions_started_total'])


def check_reloads(daemon):
    play(daemon, 'one')
    daemon.write_policy(policy(port, 'two', 'three'))
    same(daemon.reload()[0], 0, 'a reload to other listeners')
    play(daemon, 'two')
    daemon.wait_for(lambda: scrape(port)['sessions_open'] == 0)
    figures = scrape(port)
    same([ended(figures, name) for name in ('one', 'two', 'three')], [1, 1, 0], 'counts of the old ones stay, new ones begin')
    same((figures['reloads_total{outcome="ok"}'], figures['last_reload_success']), (1, 1), 'the reload is counted')
    before = [series for series in figures if series.startswith('policy_info')]
    daemon.write_policy('version: 2\n')
    daemon.process.send_signal(signal.SIGHUP)		# the command would find the error itself
    daemon.wait_for(lambda: any('reload failed' in line for line in daemon.log()))
    daemon.wait_for(lambda: not scrape(port)['workers{state="starting"}'])
    figures = scrape(port)
    same((figures['reloads_total{outcome="failed"}'], figures['last_reload_success']), (1, 0), 'a broken policy is counted, and is an alarm')
    same([series for series in figures if series.startswith('policy_info')], before, 'the policy is still the one that serves')
    ok(figures['last_reload_timestamp_seconds{outcome="failed"}'] >= figures['policy_start_timestamp_seconds'] >=
       figures['start_timestamp_seconds'], 'with their times')


def check_killed(daemon):
    daemon.write_policy(policy(port, 'one'))
    daemon.reload()
    daemon.wait_for(lambda: scrape(port)['workers{state="draining"}'] == 0)
    before = scrape(port)
    for rounds in range(1, 4):
        sessions = [daemon.session() for _ in range(OPEN)]
        for session in sessions:
            session.connect()
            session.helo('client.example')
        same(scrape(port)['sessions_open'], OPEN, 'sessions are open')
        os.kill(daemon.workers()[0], signal.SIGKILL)
        daemon.wait_for(lambda: scrape(port)['worker_deaths_total'] == rounds)
        daemon.wait_for(lambda: scrape(port)['workers{state="serving"}'] == 1)
        for session in sessions:
            session.close()
        figures = scrape(port)
        same((figures['sessions_open'], figures['sessions_lost_total'] - before['sessions_lost_total'], balance(figures)),
             (0, rounds * OPEN, 0), 'they are lost with their worker, and the sums agree')
    ok(figures['process_cpu_seconds_total{process="workers"}'] >= before['process_cpu_seconds_total{process="workers"}'],
       'CPU time of the dead stays')


def check_bound(daemon):
    """More names than there is room for."""
    names = [f'listener-{number}' for number in range(150)]
    daemon.write_policy(policy(port, *names))
    same(daemon.reload()[0], 0, 'a policy with too many listeners')
    for name in ('one', names[0], names[140], names[149]):
        play(daemon, name)
    daemon.wait_for(lambda: scrape(port)['sessions_open'] == 0)
    figures = scrape(port)
    same((ended(figures, names[0]), ended(figures, names[140]), ended(figures, 'other'), balance(figures)), (1, 0, 2, 0),
         'those that there is no room for are counted together')


port = free_port()
with Daemon(policy(port, 'one')) as daemon:
    check_reloads(daemon)
    check_killed(daemon)
    check_bound(daemon)
done()
