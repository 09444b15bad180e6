# SPDX-License-Identifier: BSD-2-Clause
"""Policies that are told apart by a number, which is in their refusal of every greeting below .example."""

POLICY = '''version: 1
server: {{ log: stderr, drain: {drain} }}
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    rules:
      - {{ name: number, if: ehlo ends_with ".example", then: reject, reply: "550 5.7.1 policy {number}" }}
'''


def numbered(number, drain):
    """The policy; drain as in server.drain."""
    return POLICY.format(number=number, drain=drain)
