#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Real sessions through a real Sendmail with the milter plugged in."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import namespace
import run_sessions
import sendmail_lab
import tap

MILTER_PORT = 8897

if sendmail_lab.missing():
    tap.skip_all(sendmail_lab.missing())
root = sendmail_lab.unpack(os.path.join(os.environ.get('BUILD', os.path.join(HERE, '../../build')), 'sendmail'))
if not root:
    tap.skip_all('the packages of Sendmail cannot be downloaded')
namespace.enter(run_sessions.client_addresses('sendmail'),
                {keys['client']: keys['name'] for _, _, keys, _ in run_sessions.sessions_for('sendmail')
                 if 'name' in keys})
with sendmail_lab.Sendmail(root, MILTER_PORT) as lab:
    run_sessions.run(lab, MILTER_PORT)
tap.done()
