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

root = sendmail_lab.unpack_or_skip()
namespace.enter(run_sessions.client_addresses('sendmail'),
                {keys['client']: keys['name'] for _, _, keys, _ in run_sessions.sessions_for('sendmail')
                 if 'name' in keys})
with sendmail_lab.Sendmail(root, run_sessions.SENDMAIL_MILTER_PORT) as lab:
    run_sessions.run(lab, run_sessions.SENDMAIL_MILTER_PORT)
tap.done()
