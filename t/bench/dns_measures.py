# SPDX-License-Identifier: BSD-2-Clause
"""The part of t/bench/run that asks a name server of its own, which answers after a delay."""
import os
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

from daemon import Daemon, free_port
from measuring import command, ratio, spread
from milter_client import Session

ROUND_TRIP_MS = 20
POLICY = '''version: 1
server: {{ log: stderr }}
dns: {{ servers: ["127.0.0.1:{port}"], deadline: 5s, timeout: 4s, cache: {cache} }}
listeners:
  - name: mx
    match: any
    profile: none
    mode: enforce
    checks: {{ greeting: reject, ehlo_syntax: {{ fail: reject }}, ehlo_fqdn: reject{checks} }}
'''
CHECKS = ', iprev: { no_ptr: reject, fail: reject }, mail_from_dns: { fail: log }'


def policy(port=9, checks=CHECKS, cache=100000):
    return POLICY.format(port=port, checks=checks, cache=cache)


class Delayed:
    """A context: the name server; names that begin with "slow" are answered after slow_ms."""

    def __init__(self, bench, delay_ms, slow_ms=None):
        self.port = free_port()
        slow = [] if slow_ms is None else ['-s', str(slow_ms)]
        self.words = [bench.path('tools/delaydns'), *slow, str(self.port), str(delay_ms)]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL)
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def clients(bench, numbers, domain='example{0}.test'):
    """Writes clients whose PTR and address agree in that name server; {0} in their sender's domain is the host's."""
    return bench.write('clients-dns.txt', ''.join(
        f'mail{n % 250}.example{n // 250}.test 10.{n >> 16}.{n >> 8 & 255}.{n & 255} '
        f'mail{n % 250}.example{n // 250}.test {domain.format(n // 250, n)}\n' for n in numbers))


def running(bench, text):
    return Daemon(text, quiet=True, program=bench.path('build/ehlo-milter'))


def load(bench, program, clients_file, *options):
    """One run of the load generator; its figures."""
    said = command([bench.path('tools/milterload'), '-q', '-s', 'mail', '-f', clients_file, *options,
                          'unix:' + program.path], bench.folder)
    return dict(field.split('=', 1) for field in said.split() if '=' in field)


def cold(bench):
    """Two round trips: PTR and then A, beside them MX and then A."""
    file = clients(bench, range(10000))
    median, high = [], []
    with Delayed(bench, ROUND_TRIP_MS) as server:
        for _ in range(min(bench.rounds, 5)):
            with running(bench, policy(server.port)) as program:
                run = load(bench, program, file, '-c', '16', '-n', '4000')
                median.append(float(run['p50us']) / 1000)
                high.append(float(run['p99us']) / 1000)
    print(f'iprev and mail_from_dns, name server {ROUND_TRIP_MS} ms away, cold cache, 16 at once')
    print(f'    p50 {spread(median, 1)} ms, p99 {spread(high, 1)} ms')
    bench.goal('p50, ms', statistics.median(median), below=2 * ROUND_TRIP_MS + 1.5)
    bench.goal('p99, ms', statistics.median(high), below=50)


def warm(bench):
    """
    The same policy with and without the checks that need DNS; the first round fills the cache.  Questions begin at connect,
    which must then be answered at once: what that alone costs, the two programs without a policy show.
    """
    file = clients(bench, range(4000))
    nothing = bench.path('tools/nullmilter') + ' -m mailreject {sock}'
    with Delayed(bench, 0) as server:
        rates = bench.compare_rates(
            {'without-dns': bench.run_of(bench.write('without.yaml', policy(server.port, checks=''))),
             'with-dns': bench.run_of(bench.write('with.yaml', policy(server.port))),
             'nullmilter': nothing, 'nullmilter-answering-connect': nothing.replace('-m', '-C -m')}, file, warm_up=1)
    print('iprev and mail_from_dns from a warm cache')
    for concurrency, figures in rates.items():
        for name, (rate, cpu) in figures.items():
            print(f'  {concurrency} at once, {name}: {spread(rate)} sessions/s, {spread(cpu, 2)} CPU s per 10,000')
        bench.goal(f'{concurrency} at once, sessions/s, ratio', ratio(figures['with-dns'][0], figures['without-dns'][0]),
                   at_least=0.85)


def burst(bench):
    """Sessions that wait for DNS must not hold up the others; a gap as of a client's round trip shows it."""
    alone, beside, slow = [], [], []
    file = clients(bench, range(4000))
    with Delayed(bench, 0, slow_ms=2000) as server:
        for number in range(min(bench.rounds, 5)):
            with running(bench, policy(server.port)) as program:
                fast_p99_ms(bench, program, file)	# fills the cache
                alone.append(fast_p99_ms(bench, program, file))
                slow += burst_of(program, 100, number)
                waiting = threading.Thread(target=lambda: slow.extend(burst_of(program, 100, number + 1000)))
                waiting.start()
                beside.append(fast_p99_ms(bench, program, file))
                waiting.join()
    slow.sort()
    print('100 sessions at once whose DNS takes 2 s')
    print(f'    p50 {slow[len(slow) // 2]:.3f} s, p90 {slow[len(slow) * 9 // 10]:.3f} s, longest {slow[-1]:.3f} s')
    bench.goal('p90, s', slow[len(slow) * 9 // 10], below=2.1)
    print(f'    16 fast sessions: p99 {spread(alone, 1)} ms alone, {spread(beside, 1)} ms beside them')
    bench.goal('p99 of fast sessions, ratio', statistics.median(beside) / statistics.median(alone), below=2)


def fast_p99_ms(bench, program, file):
    return float(load(bench, program, file, '-c', '16', '-n', '20000')['p99us']) / 1000


def burst_of(program, count, batch):
    """How long each session waited for its answer at MAIL, in seconds."""
    times = []

    def play(number):
        with Session(program.path) as session:
            session.connect(f'10.0.0.{number}')
            time.sleep(0.005)
            session.helo(f'mail{number}.example0.test')
            time.sleep(0.005)
            begun = time.monotonic()
            session.mail(f'<joe@slow-{batch}-{number}.test>')
            times.append(time.monotonic() - begun)

    threads = [threading.Thread(target=play, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def memory(bench):
    """Three distinct names a session, a million in all: far more than the cache holds."""
    sizes, share = [], 50000
    with Delayed(bench, 0) as server, running(bench, policy(server.port, cache=20000)) as program:
        begin = program.rss_kib()
        for first in range(0, 7 * share, share):
            file = clients(bench, range(first, first + share), 'sender{1}.test')
            load(bench, program, file, '-c', '64', '-n', str(share))
            sizes.append(program.rss_kib())
    print(f'{3 * 7 * share} names, a cache of 20000')
    print(f'    RSS {begin} KiB at the start, then {" ".join(map(str, sizes))} KiB')
    bench.goal('RSS, last to first seventh, ratio', sizes[-1] / sizes[0], below=1.1)


PARTS = {'dns-cold': cold, 'dns-warm': warm, 'dns-burst': burst, 'dns-memory': memory}
