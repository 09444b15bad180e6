# SPDX-License-Identifier: BSD-2-Clause
"""The part of contrib/quickstart that talks: daemon, Postfix, sample sessions."""
import argparse
import os
import signal
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../t/lib')

import dialogue
import postfix_lab
from daemon import Daemon, free_port

# What is shown, the client, its confirmed name, what it says, and the reply to its last command.
SAMPLES = (
    ('a good name', '203.0.113.9', 'mail.shop.example',
     ('EHLO mail.shop.example', 'MAIL FROM:<joe@shop.example>'), '250 2.1.0 Ok'),
    ('a single label', '203.0.113.10', None,
     ('EHLO desktop', 'MAIL FROM:<joe@shop.example>'),
     '550 5.5.4 HELO/EHLO name is not fully qualified, RFC 5321 2.3.5 ('),
    ('a bare address: tagged only, so let through', '203.0.113.11', None,
     ('EHLO 203.0.113.11', 'MAIL FROM:<joe@shop.example>'), '250 2.1.0 Ok'),
    ('no greeting', '203.0.113.12', None,
     ('MAIL FROM:<joe@shop.example>',), '503 5.5.1 Send HELO/EHLO first ('),
    ('our own name', '203.0.113.13', None,
     ('EHLO mx.example.org', 'MAIL FROM:<joe@shop.example>'),
     '550 5.7.1 HELO/EHLO name belongs to this server ('),
)


def without_keywords(lines):
    """The dialogue without the list of extensions, which is the same each time."""
    return [line for line in lines if not line.startswith('S: 250-') and 'XCLIENT' not in line][2:]


def show(number, title, lines, logged):
    print(f'\n{number}. {title}')
    for line in lines:
        print('   ' + line)
    for line in logged or ['(no log line: nothing was found)']:
        print(textwrap.fill(line, 100, initial_indent='   | ', subsequent_indent='   |   ',
                            break_long_words=False, break_on_hyphens=False))


def play(lab, daemon, number, sample):
    """True when the last reply is the expected one."""
    title, client, name, commands, expected = sample
    keys = {'client': client, **({'name': name} if name else {})}
    seen = len(daemon.verdicts())
    connection, reply = dialogue.connect(lab, keys)
    for command in commands:
        reply = connection.command(command)
    connection.command('QUIT')
    connection.close()
    show(number, title, without_keywords(connection.dialogue), daemon.verdicts()[seen:])
    if reply.startswith(expected):
        return True
    print(f'   NOT AS EXPECTED: {expected}')
    return False


def main():
    parser = argparse.ArgumentParser(prog='quickstart')
    parser.add_argument('--once', action='store_true', help='end after the samples')
    parser.add_argument('--port', type=int, default=2525, help='where Postfix listens (2525)')
    options = parser.parse_args()
    if postfix_lab.missing():
        sys.exit('quickstart: ' + postfix_lab.missing())
    with open(HERE + '/quickstart.yaml', encoding='ascii') as file:
        policy = file.read()
    milter_port = free_port()
    good = True
    with postfix_lab.Postfix(milter_port, {'mx': options.port}) as lab, \
            Daemon(policy, socket_spec=f'inet:{milter_port}@127.0.0.1', quiet=True) as daemon:
        print(f'Postfix listens on 127.0.0.1:{options.port}, ehlo-milter is plugged in with '
              'contrib/quickstart.yaml.\nEach sample is a stranger (by XCLIENT): the dialogue, and behind | '
              'what the daemon logged.')
        for number, sample in enumerate(SAMPLES, 1):
            good = play(lab, daemon, number, sample) and good
        if not options.once:
            print(f'\nTry it yourself: nc 127.0.0.1 {options.port}    (Ctrl-C here ends everything)\n', flush=True)
            wait_and_show(daemon)
    return 0 if good else 1


def wait_and_show(daemon):
    """Prints what the daemon logs until Ctrl-C."""
    seen = len(daemon.log())
    try:
        while True:
            if signal.sigtimedwait({signal.SIGTERM}, 0.3):
                return
            for line in daemon.log()[seen:]:
                print('| ' + line, flush=True)
            seen = len(daemon.log())
    except KeyboardInterrupt:
        print()


if __name__ == '__main__':
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    sys.exit(main())
