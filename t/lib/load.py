# SPDX-License-Identifier: BSD-2-Clause
"""
Milter sessions at a fixed rate, whatever the daemon does meanwhile: arrivals do not wait for answers, as those of real
clients do not.
"""
import threading
import time

from milter_client import Closed, Session


class Result:
    """One session: when it was due, what it was answered at MAIL (None: nothing), how long each step took."""

    def __init__(self, number, due):
        self.number, self.due = number, due
        self.ended = self.answer = None
        self.steps = {}

    def time(self, step, function, *arguments):
        begun = time.monotonic()
        value = function(*arguments)
        self.steps[step] = time.monotonic() - begun
        return value


class Load:
    """
    A context: sessions begin every 1/rate seconds until it ends.  describe(number) gives the client's address, its EHLO
    name and its sender; between the steps lies a gap, as a client's round trip would make it.
    """

    def __init__(self, path, rate, describe, gap_s=0.005):
        self.path, self.rate, self.describe, self.gap_s = path, rate, describe, gap_s
        self.results, self.threads = [], []
        self.stopped = threading.Event()

    def play(self, result):
        client, ehlo, sender = self.describe(result.number)
        try:
            with result.time('negotiate', Session, self.path) as session:
                result.time('connect', session.connect, client)
                time.sleep(self.gap_s)
                result.time('ehlo', session.helo, ehlo)
                time.sleep(self.gap_s)
                result.answer = result.time('mail', session.mail, sender)
        except (Closed, OSError):
            pass	# no answer, which is what the result says
        result.ended = time.monotonic()

    def begin(self):
        begun = time.monotonic()
        number = 0
        while not self.stopped.wait(max(begun + number / self.rate - time.monotonic(), 0)):
            result = Result(number, begun + number / self.rate)
            thread = threading.Thread(target=self.play, args=(result,))
            self.results.append(result)
            self.threads.append(thread)
            thread.start()
            number += 1

    def __enter__(self):
        self.beginner = threading.Thread(target=self.begin)
        self.beginner.start()
        return self

    def __exit__(self, *_):
        """Waits for the sessions under way."""
        self.stopped.set()
        self.beginner.join()
        for thread in self.threads:
            thread.join()


def slowest(results, step):
    """The longest time that a step took in these sessions, in seconds."""
    return max((result.steps.get(step, 0) for result in results), default=0)
