# SPDX-License-Identifier: BSD-2-Clause
"""Sessions that come all the time, by several threads, and what became of each."""
import threading
import time

from milter_client import Closed


class Stream:
    """
    A context: threads call session() again and again, about per_second of them in all, until the end. What it returned stands in
    results; what of it failed, in errors.
    """

    def __init__(self, session, threads=4, per_second=200):
        self.session = session
        self.pause = threads / per_second
        self.results, self.errors = [], []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        due = time.monotonic()
        while not self.stopping.is_set():
            try:
                result, error = self.session(), None
            except (Closed, OSError, AssertionError, EOFError) as failure:
                result, error = None, failure
            with self.lock:
                if error is None:
                    self.results.append(result)
                else:
                    self.errors.append(f'{type(error).__name__} {error}')
            due = max(due + self.pause, time.monotonic() - 1)
            time.sleep(max(0, due - time.monotonic()))

    def count(self):
        with self.lock:
            return len(self.results) + len(self.errors)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
