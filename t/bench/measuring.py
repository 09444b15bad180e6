# SPDX-License-Identifier: BSD-2-Clause
"""What the measures share: the scratch folder with an optimised build and the load tools, comparisons, goals."""
import os
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
TOOLS = os.path.join(os.environ.get('SHARED', SOURCE + '/../shared'), 'bench')
CONCURRENCY = ('16', '128')


class Bench:
    """The scratch folder with what was built in it, and the goals that were missed."""

    def __init__(self, folder, options):
        self.folder = folder
        self.rounds, self.sessions = options.rounds, options.sessions
        self.missed = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='ascii') as file:
            file.write(text)
        return self.path(name)

    def build(self):
        """The program and the measuring programs, optimised, without sanitizers; the load tools where they are."""
        os.mkdir(self.path('build'))
        if not os.path.exists(SOURCE + '/configure'):
            command(['autoreconf', '-fi'], SOURCE)
        command([SOURCE + '/configure', '-q', 'CFLAGS=-O2 -g'], self.path('build'))
        command(['make', '-s', '-j2', 'ehlo-milter', 't/bench/decide', 't/bench/lists', 't/bench/rules'], self.path('build'))
        if os.path.isdir(TOOLS):
            shutil.copytree(TOOLS, self.path('tools'))
            command(['make', '-s'], self.path('tools'))

    def run_of(self, policy):
        """How compare starts the daemon with this policy."""
        return f"{self.path('build/ehlo-milter')} run -c {policy} --socket {{sock}}"

    def compare(self, milters, *options):
        """Runs each milter, a command by its name, in turn; what the comparison prints."""
        return command([self.path('tools/compare'), *options, *(f'{name}={start}' for name, start in milters.items())],
                       self.folder)

    def compare_rates(self, milters, clients, warm_up=0):
        """
        Sessions/s and CPU seconds per 10,000 of each round but the first warm_up ones, as
        {concurrency: {name: ([rate...], [cpu...])}}.  Sessions end after MAIL; clients may tell the answer that they want.
        """
        raw = self.path('raw')
        if os.path.exists(raw):
            os.remove(raw)
        self.compare(milters, '-N', str(self.rounds + warm_up), '-n', str(self.sessions), '-s', 'mail',
                     '-c', ','.join(CONCURRENCY), '-f', clients, '--raw', raw)
        with open(raw, encoding='ascii') as file:
            runs = [dict(field.split('=', 1) for field in line.split() if '=' in field) for line in file]
        found = {}
        for concurrency in CONCURRENCY:
            for name in milters:
                mine = [r for r in runs if r['label'] == name and r['conc'] == concurrency][warm_up:]
                found.setdefault(concurrency, {})[name] = ([float(r['sps']) for r in mine],
                                                           [float(r['cpu10k']) for r in mine])
        return found

    def goal(self, what, value, at_least=None, below=None):
        """Says whether a figure is where it should be."""
        good = value >= at_least if at_least is not None else value <= below
        wanted = f'>= {at_least}' if at_least is not None else f'<= {below}'
        print(f"    {what}: {value:.2f} (goal {wanted}){'' if good else '  MISSED'}")
        if not good:
            self.missed.append(what)


def command(words, folder):
    """Its standard output; what it said is shown when it fails."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def spread(values, digits=0):
    return f'{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})'


def ratio(ours, base):
    """Of the medians; the ratios of the single rounds are shown."""
    print(f'    ratio by round: {spread([a / b for a, b in zip(ours, base)], 2)}')
    return statistics.median(ours) / statistics.median(base)
