#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions through a real Sendmail whose senders and greetings have SPF records in a real name server."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import dns_lab
import namespace
import run_sessions
import sendmail_lab
import tap

MILTER_PORT = 8897

missing = sendmail_lab.missing() or dns_lab.missing()
if missing:
    tap.skip_all(missing)
root = sendmail_lab.unpack(os.path.join(os.environ.get('BUILD', os.path.join(HERE, '../../build')), 'sendmail'))
if not root:
    tap.skip_all('the packages of Sendmail cannot be downloaded')
namespace.enter(run_sessions.client_addresses('sendmail', 'spf'), {})
with open(HERE + '/spf/zone', encoding='ascii') as zone, dns_lab.NameServer(zone.read(), port=53), \
        sendmail_lab.Sendmail(root, MILTER_PORT) as lab:
    run_sessions.run(lab, MILTER_PORT, 'spf')
tap.done()
