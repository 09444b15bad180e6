#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions through a real Sendmail, with real clients' names and senders' domains in a real name server."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import run_sessions

run_sessions.sendmail_beside_name_server('dns')
