#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions through a real Postfix whose senders and greetings have SPF records in a real name server."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import dns_lab
import namespace
import postfix_lab
import run_sessions
import tap
from daemon import free_port

missing = postfix_lab.missing() or dns_lab.missing() or namespace.missing()
if missing:
    tap.skip_all(missing)
# Postfix takes clients with IPv6 addresses by XCLIENT.
namespace.enter({address for address in run_sessions.client_addresses('postfix', 'spf') if ':' not in address}, {})
port = free_port()
with open(HERE + '/spf/zone', encoding='ascii') as zone, dns_lab.NameServer(zone.read(), port=53), \
        postfix_lab.Postfix(port, clients_have_addresses=True) as lab:
    run_sessions.run(lab, port, 'spf')
tap.done()
