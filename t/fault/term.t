#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
TERM under load: sessions that are open are answered, new ones wait or get what the MTA does without a milter, and all ends within
server.drain; through the wire, and through a real Postfix.

term.t --long: 50 and 20 times.
"""
import contextlib
import os
import random
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import postfix_lab
from daemon import Daemon, free_port, policy
from inheriting import Inheriting
from milter_client import Closed, Session
from postfix_mail import Mail, delivered
from stream import Stream
from tap import PATIENCE_S, done, note, ok, same, wait_until

ROUNDS, MAIL_ROUNDS = (50, 20) if '--long' in sys.argv else (3, 2)
QUIET = policy('profile: none').replace('server: {', 'server: { drain: 1h,', 1)
BRIEF_S = 1
BRIEF = policy('profile: none').replace('server: {', f'server: {{ drain: {BRIEF_S}s,', 1)
STEPS = ('connect', 'helo', 'mail')


def judge(path):
    """
    What a session was answered at MAIL; None: nobody took it, which the MTA sees before it has told anything.  Whoever is taken
    is to have all answers, so that another end is an error of the Stream.
    """
    try:
        session = Session(path)
    except (Closed, OSError):
        return None
    with session:
        session.connect()
        time.sleep(random.random() * 0.05)
        session.helo('client.example')
        time.sleep(random.random() * 0.05)
        return session.mail()


def begun(path, step):
    """A session that has come as far as this step."""
    session = Session(path)
    for name in STEPS[:STEPS.index(step) + 1]:
        play(session, name)
    return session


def play(session, step):
    return session.helo('client.example') if step == 'helo' else getattr(session, step)()


def finish(session, step):
    """The answers to all steps after that one, and the end."""
    answers = [play(session, name) for name in STEPS[STEPS.index(step) + 1:]]
    session.abort()
    answers.append(session.mail())
    session.close()
    return set(answers)


def on_the_wire():
    """Sessions at each stage, and a stream of others, while it is told to end; what happened to all of them."""
    wrong, lost, taken, refused = [], [], 0, 0
    for _ in range(ROUNDS):
        with Daemon(QUIET, quiet=True) as daemon:
            path = daemon.path
            open_sessions = {step: begun(path, step) for step in STEPS}
            with Stream(lambda: judge(path), threads=8) as load:
                daemon.wait_for(lambda: load.results.count('a') > 20)
                daemon.process.terminate()
                daemon.process.terminate()	# timeout(1) sends it to the process and to its group
                wait_until(lambda: not os.path.exists(path) and None in load.results)
            if daemon.process.poll() is not None:
                wrong.append('it does not wait for them')
            wrong += [step for step, session in open_sessions.items() if not finish(session, step) <= {'a', 'c'}]
            lost += load.errors
            taken += load.results.count('a')
            refused += load.results.count(None)
            if not wait_until(lambda: daemon.process.poll() == 0):
                wrong.append(f'its end: {daemon.process.poll()}')
    note(f'{ROUNDS} times: {taken} sessions taken, {refused} refused')
    same(wrong, [], 'TERM under load: sessions that are open go on, and the daemon ends with the last of them')
    same(lost[:5], [], 'every session that was taken has all its answers')
    ok(refused >= ROUNDS, 'the others are refused, for the MTA to do as it is told')


def with_inherited_socket():
    """Nobody is refused: new ones wait for the next daemon."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening, contextlib.ExitStack() as last:
        listening.bind(folder + '/s')
        listening.listen(1000)
        with Stream(lambda: judge(folder + '/s'), threads=8) as load:
            for _ in range(ROUNDS):
                with Inheriting(QUIET, listening) as daemon:
                    count = load.results.count('a')
                    daemon.wait_for(lambda wanted=count + 20: load.results.count('a') > wanted)
            last.enter_context(Inheriting(QUIET, listening))	# for those who wait now
        note(f'{ROUNDS} times: {len(load.results)} sessions')
        same((load.errors[:5], set(load.results)), ([], {'a'}),
             'TERM with a socket of systemd: new sessions wait for the next daemon, and all are answered')


def within_the_limit():
    """Peers that would stay for ever, in the midst of all stages."""
    with Daemon(BRIEF) as daemon:
        kept = [begun(daemon.path, step) for step in STEPS for _ in range(25)]
        with Stream(lambda: judge(daemon.path)) as load:
            daemon.wait_for(lambda: load.results.count('a') > 20)
            daemon.process.terminate()
            start = time.monotonic()
            ok(wait_until(lambda: daemon.process.poll() is not None), f'{len(kept)} sessions that stay: the end comes all the same')
            note(f'after {time.monotonic() - start:.2f} s, with server.drain {BRIEF_S} s')
        for session in kept:
            session.close()


def with_a_successor():
    """It begins while the last session is open, and keeps all its sockets when that has ended."""
    for metrics in ('inet', 'unix'):
        with tempfile.TemporaryDirectory() as folder:
            spec = f'unix:{folder}/metrics' if metrics == 'unix' else f'inet:{free_port()}@127.0.0.1'
            text = QUIET.replace('server: {', f'server: {{ metrics: "{spec}",', 1)
            path = folder + '/s'
            with Daemon(text, socket_spec='unix:' + path) as daemon:
                session = begun(path, 'helo')
                daemon.process.terminate()
                wait_until(lambda: not os.path.exists(path))
                with Daemon(text, socket_spec='unix:' + path, environment=daemon.environment) as successor:
                    same((session.mail(), judge(path)), ('a', 'a'), f'a successor (metrics: {metrics}) serves while a session ends')
                    session.close()
                    daemon.process.wait(PATIENCE_S)
                    same((successor.reload()[0], successor.status()['workers']['serving']), (0, 1), 'and has all its sockets then')


def through_postfix():
    """One mail in the midst, others all the time; the daemon is started again each time."""
    port, midst = free_port(), []
    with postfix_lab.Postfix(port) as postfix:
        mail = Mail(postfix.ports['mx'])
        with Stream(mail.send, per_second=30) as sent:
            for _ in range(MAIL_ROUNDS):
                with Daemon(QUIET, socket_spec=f'inet:{port}@127.0.0.1', quiet=True) as daemon:
                    count = sent.results.count(250)
                    daemon.wait_for(lambda wanted=count + 5: sent.results.count(250) >= wanted)
                    held = mail.client('client.example')
                    count = len(sent.results)
                    daemon.process.terminate()
                    wait_until(lambda start=count: any(code != 250 for code in sent.results[start:]))
                    midst.append(mail.send(held))
                    midst.append(daemon.process.wait(PATIENCE_S))
        codes = {code: sent.results.count(code) for code in set(sent.results)}
        note(f'{MAIL_ROUNDS} times: answers {codes}, {len(sent.errors)} connections lost')
        same(midst, [250, 0] * MAIL_ROUNDS, 'Postfix: a session that is open when TERM comes delivers its mail, then the daemon ends')
        same([code for code in codes if code // 100 not in (2, 4)], [], 'Postfix: every answer is 2xx or 4xx')
        ok(any(code // 100 == 4 for code in codes), 'without a milter Postfix does what milter_default_action says')
        same(sent.errors[:3], [], 'and there always is an answer')
        ok(wait_until(lambda: len(delivered(postfix)) >= len(mail.accepted)), 'Postfix: what was accepted is delivered')
        same(delivered(postfix), sorted(mail.accepted), 'Postfix: once each')


on_the_wire()
with_inherited_socket()
within_the_limit()
with_a_successor()
if postfix_lab.missing():
    ok(True, f'Postfix # SKIP {postfix_lab.missing()}')
else:
    through_postfix()
done()
