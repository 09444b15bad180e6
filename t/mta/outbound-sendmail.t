#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How Sendmail's own client sends when it is configured by mta-config, and without each line."""
import itertools
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import config_lab
import namespace
import sendmail_lab
from daemon import policy
from smtp_sink import CASES, MESSAGE, Sink, eight_bit
from tap import done, note, ok

# Sendmail pipelines RCPT where it can, and nothing else: streaming 1, and no line for it.
# It does not declare what it passes on as it is: pass8, as it comes.
POSSIBLE = [case for case in CASES if case[0] not in ('streaming: 0', 'streaming: 2')]
POSSIBLE = [(*case[:3], lambda s: eight_bit(s)[0] == 'raw') if case[0] == 'eight_bit: negotiate' and case[2] else case
            for case in POSSIBLE]
RELAY = "FEATURE(`nocanonify')dnl\ndefine(`confSERVICE_SWITCH_FILE', `{switch}')dnl\n" \
    "define(`SMART_HOST', `{mailer}:[127.0.0.1]')dnl\ndefine(`{args}_MAILER_ARGS', `TCP $h {port}')dnl\n"
# esmtp has flag a, relay a and 8; without a in it a line that is left out shows.
MAILERS = ('esmtp', 'relay')
BASES = {'plain': '', 'without a': "MODIFY_MAILER_FLAGS(`{upper}', `-a')dnl\n"}


def output_of(folder, keys):
    path = folder + '/policy.yaml'
    with open(path, 'w', encoding='ascii') as file:
        file.write(policy() + f'outbound: {{ {keys} }}\n')
    return config_lab.sendmail_output(path)


def sent(root, folder, case, mailer, before, lines):
    """One message through a Sendmail of its own, told to deliver at once."""
    with Sink(case[1], case[2]) as sink:
        switch = folder + '/switch'	# no name server is there to ask
        with open(switch, 'w', encoding='ascii') as file:
            file.write('hosts files\n')
        relay = RELAY.format(mailer=mailer, args=mailer.upper(), port=sink.port, switch=switch)
        lab = config_lab.Sendmail(root, [22025], before.format(upper=mailer.upper()) + relay, lines)
        result = subprocess.run([lab.program, '-C', f'{lab.base}/sendmail.cf', '-odi', '-f', 'root@mx.example.org',
                                 'a@sink.example', 'b@sink.example'], input=MESSAGE, capture_output=True, check=False)
        good = sink.wait(20) and case[3](sink)
        lab.folder.cleanup()
    if not good:
        return False, f'{result}\n{sink.greeting} {sink.mail} {sink.pipelined} {sink.body!r}'
    return True, ''


def lines_for(output, mailer='ESMTP'):
    return [line for line in output.splitlines() if line.startswith(f'MODIFY_MAILER_FLAGS(`{mailer}\'')]


unpacked = sendmail_lab.unpack_or_skip()
namespace.enter({'192.0.2.10'}, {})
needed = {}
with tempfile.TemporaryDirectory() as folder:
    for case, mailer in itertools.product(POSSIBLE, MAILERS):
        keys = case[0] if 'greeting' in case[0] else case[0] + ', greeting: ehlo'
        output = output_of(folder, keys)
        for base, flags in BASES.items():
            good, why = sent(unpacked, folder, case, mailer, flags, output)
            if not ok(good, f"{case[0]}, server says {case[1]} {' '.join(case[2])} (mailer {mailer}, {base})"):
                note(why)
        for line in lines_for(output_of(folder, case[0]), mailer.upper()):
            key = case[0], re.sub(r'`[A-Z]+', '`MAILER', line)
            for flags in BASES.values():
                if not needed.get(key):
                    needed[key] = not sent(unpacked, folder, case, mailer, flags, output.replace(line + '\n', ''))[0]
for (setting, line), is_needed in needed.items():
    ok(is_needed, f'{setting}: not so without {line}')
done()
