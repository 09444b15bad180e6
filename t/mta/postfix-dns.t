#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions through a real Postfix, with real clients' names and senders' domains in a real name server."""
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
namespace.enter({address for address in run_sessions.client_addresses('postfix', 'dns') if ':' not in address}, {})
port = free_port()
with dns_lab.NameServer(run_sessions.zone(), port=53), postfix_lab.Postfix(port, clients_have_addresses=True) as lab:
    run_sessions.run(lab, port, 'dns')
tap.done()
