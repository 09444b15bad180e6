# SPDX-License-Identifier: BSD-2-Clause
"""The Test Anything Protocol for scripts."""
import signal
import sys
import time

# Seconds for what must come, on the slowest machine: it only ends a test that has failed anyway.
PATIENCE_S = 180

# Whoever starts the tests in the background of a script has them ignore SIGINT, and so would what they start and interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_count = 0
_failed = 0


def ok(condition, label):
    """One test."""
    global _count, _failed
    _count += 1
    if not condition:
        _failed += 1
    print(f"{'ok' if condition else 'not ok'} {_count} - {label}", flush=True)
    return bool(condition)


def same(found, expected, label):
    """One test that shows both values when they differ."""
    if not ok(found == expected, label):
        note(f'found    {found!r}')
        note(f'expected {expected!r}')


def wait_until(condition):
    """For something that must come; whether it has."""
    end = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


def note(text):
    """A diagnostic."""
    for line in str(text).splitlines() or ['']:
        print('# ' + line, flush=True)


def skip_all(reason):
    """The whole script, when something that it needs is missing."""
    print(f'1..0 # SKIP {reason}')
    sys.exit(0)


def done():
    """The plan, at the end."""
    print(f'1..{_count}', flush=True)
    sys.exit(1 if _failed else 0)
