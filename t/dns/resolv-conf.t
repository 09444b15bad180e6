#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The system's name servers are those that /etc/resolv.conf names now, not those that it named at the start."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../lib')

import namespace
from dns_ask import Ask
from dns_responder import Responder
from tap import done, ok, same, skip_all, wait_until

GOOD = 'NOERROR 300 net 192.0.2.1'


def name_server(*addresses):
    with open('/etc/resolv.conf', 'w', encoding='ascii') as file:
        file.writelines(f'nameserver {address}\n' for address in addresses)


def changes(asker):
    return [line.split('has changed: ')[1] for line in asker.log() if 'has changed: ' in line]


class Names:
    """One after the other, so that none is in the cache."""
    count = 0

    def answer(self, asker):
        self.count += 1
        return asker.answers((f'n{self.count}.test', 'A'))[0]


if namespace.missing():
    skip_all(namespace.missing())
namespace.enter((), {})
names = Names()
name_server('127.0.0.2')
with Responder(lambda question: question.address(), port=53), Ask(timeout_ms=1000) as asker:
    ok(names.answer(asker) != GOOD, 'nobody listens at the server that it names')
    name_server('127.0.0.1')
    ok(wait_until(lambda: names.answer(asker) == GOOD), 'it comes to name another one, which is asked then')
    same(changes(asker), ['127.0.0.1:53 is asked from now on'], 'which is logged')
    ok(asker.is_down(), 'whether DNS is down is judged by the answers of both')
    ok(wait_until(lambda: names.answer(asker) == GOOD and not asker.is_down()), 'and it is back when they have come')
    name_server('127.0.0.2', '127.0.0.1')
    ok(wait_until(lambda: names.answer(asker) == GOOD and len(changes(asker)) > 1), 'it comes to name two')
    same(changes(asker)[1:], ['127.0.0.2:53, 127.0.0.1:53 are asked from now on'], 'both are asked')
    same([names.answer(asker) for _ in range(20)], [GOOD] * 20, 'and the one that lives answers')
done()
