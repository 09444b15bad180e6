#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real Prometheus, with contrib/prometheus as its configuration, reads the daemon's metrics and evaluates the alarms."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon, free_port, policy
from tap import done, ok, same, skip_all

CONTRIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../contrib/prometheus')
PROMETHEUS = shutil.which('prometheus')
if not PROMETHEUS:
    skip_all('needs prometheus')


def configure(folder, target):
    """The example, but for the target, and more often."""
    with open(CONTRIB + '/prometheus.yml', encoding='utf-8') as file:
        text = file.read()
    ok("'127.0.0.1:9878'" in text, 'the example names the port of the manual')
    with open(folder + '/prometheus.yml', 'w', encoding='utf-8') as file:
        file.write('global: { scrape_interval: 1s, evaluation_interval: 1s }\n' + text.replace('127.0.0.1:9878', f'127.0.0.1:{target}'))
    shutil.copy(CONTRIB + '/ehlo-milter.rules.yml', folder)


class Prometheus:
    """A server of its own, in a folder of its own."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = open(folder + '/log', 'wb')
        self.process = subprocess.Popen(
            [PROMETHEUS, f'--config.file={folder}/prometheus.yml', f'--storage.tsdb.path={folder}/data',
             f'--web.listen-address=127.0.0.1:{self.port}'], cwd=folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def get(self, path, **parameters):
        """What the API says; None while it does not."""
        url = f'http://127.0.0.1:{self.port}/api/v1/{path}?' + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)['data']
        except OSError:
            return None

    def value(self, expression):
        found = self.get('query', query=expression)
        return float(found['result'][0]['value'][1]) if found and found['result'] else None


with tempfile.TemporaryDirectory() as folder:
    port = free_port()
    text = policy().replace('server: {', f'server: {{ metrics: "inet:{port}@127.0.0.1",', 1)
    configure(folder, port)
    with Daemon(text) as daemon, Prometheus(folder) as prometheus:
        with daemon.session() as s:
            s.connect()
            s.helo('desktop')
            s.mail()
        rejected = 'sum(ehlo_milter_sessions_ended_total{outcome="rejected"})'
        daemon.wait_for(lambda: prometheus.value(rejected) == 1)
        ok(True, 'it has read a session that was refused')
        target = prometheus.get('targets')['activeTargets'][0]
        same((target['health'], target['lastError']), ('up', ''), 'and finds no fault with what it reads')
        rules = [rule for group in prometheus.get('rules')['groups'] for rule in group['rules']]
        daemon.wait_for(lambda: all(rule['health'] != 'unknown' for group in prometheus.get('rules')['groups']
                                    for rule in group['rules']))
        rules = [rule for group in prometheus.get('rules')['groups'] for rule in group['rules']]
        same([rule['name'] for rule in rules if rule['health'] != 'ok'], [], f'{len(rules)} alarms can be evaluated')
        same([rule['name'] for rule in rules if rule['alerts']], [], 'and none of them holds')
        daemon.write_policy('nonsense')
        same(daemon.reload()[0], 78, 'a policy that is broken')
        os.kill(daemon.process.pid, 1)
        daemon.wait_for(lambda: prometheus.value('ehlo_milter_last_reload_success') == 0)
        daemon.wait_for(lambda: any(rule['name'] == 'EhloMilterReloadFailed' and rule['alerts']
                                    for group in prometheus.get('rules')['groups'] for rule in group['rules']))
        ok(True, 'is an alarm')
done()
