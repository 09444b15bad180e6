# SPDX-License-Identifier: BSD-2-Clause
"""The metrics of a daemon: asked for over HTTP, and taken apart."""
import http.client
import re
import shutil
import socket
import subprocess

OPENMETRICS = 'application/openmetrics-text'
PREFIX = 'ehlo_milter_'
PARSER = '''
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
list(parse(sys.stdin.read()))
'''


class UnixConnection(http.client.HTTPConnection):
    """HTTP on a unix socket."""

    def __init__(self, path):
        super().__init__('localhost', timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(where, method='GET', path='/metrics', accept=OPENMETRICS):
    """The status, the headers and the body; where is a port or a path."""
    connection = UnixConnection(where) if isinstance(where, str) else http.client.HTTPConnection('127.0.0.1', where, timeout=60)
    try:
        connection.request(method, path, headers={'Accept': accept} if accept else {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def scrape(where):
    """Each series with its value: {'verdicts_total{listener="mx",...}': 1.0}."""
    return samples(ask(where)[2])


def samples(text):
    lines = [line.removeprefix(PREFIX).rsplit(' ', 1) for line in text.splitlines() if not line.startswith('#')]
    return {name: float(value) for name, value in lines}


def total(figures, metric, **labels):
    """The sum of the series of a metric that have these labels."""
    wanted = {f'{name}="{value}"' for name, value in labels.items()}
    return sum(value for series, value in figures.items() if series.split('{')[0] == metric and
               wanted <= set(re.findall(r'[a-z0-9_]+="[^"]*"', series)))


def changes(before, after, names):
    """What has grown of the metrics whose names begin with one of names, without those of time."""
    return {series: after[series] - before.get(series, 0) for series in sorted(after)
            if series.startswith(names) and after[series] != before.get(series, 0)}


def objection(text):
    """What a strict parser of OpenMetrics says against it: '' for nothing; None where there is no such parser."""
    if subprocess.run(['/usr/bin/python3', '-c', 'import prometheus_client'], check=False, capture_output=True).returncode != 0:
        return None
    return subprocess.run(['/usr/bin/python3', '-c', PARSER], input=text, text=True, check=False, capture_output=True).stderr


def promtool(*words, text=None):
    """What promtool says against something, '' for nothing; None where it is missing."""
    if not shutil.which('promtool'):
        return None
    done = subprocess.run(['promtool', *words], input=text, text=True, check=False, capture_output=True)
    return '' if done.returncode == 0 else done.stdout + done.stderr
