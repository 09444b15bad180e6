#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""contrib/grafana and contrib/prometheus: their expressions are valid, and ask for what the daemon has; the alarms go off."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import metrics
from daemon import NO_DNS, Daemon, free_port
from tap import done, ok, same

CONTRIB = os.path.join(os.environ.get('srcdir', '.'), 'contrib')
POLICY = f'''version: 1
server: {{ log: stderr, metrics: "inet:PORT@127.0.0.1" }}
listeners:
  - name: mx
    match: any
    mode: enforce
    checks: {{ {NO_DNS} }}
    rules:
      - {{ name: watched, if: ehlo == "watched.example", then: reject, mode: observe }}
'''
# Label values of Prometheus and Grafana, or that stand for several.
FOREIGN_LABELS = ('job', 'instance', 'le')


def read(name):
    with open(os.path.join(CONTRIB, name), encoding='utf-8') as file:
        return file.read()


def daemon_output():
    port = free_port()
    with Daemon(POLICY.replace('PORT', str(port))) as daemon:
        for name in ('client.example', 'desktop', 'watched.example'):
            with daemon.session() as s:
                s.connect()
                s.helo(name)
                s.mail()
        return metrics.ask(port)[2]


def check_names(where, expressions, text):
    """Metrics and labels that an expression names are in the daemon's output."""
    families = {line.split()[2]: line.split()[3] for line in text.splitlines() if line.startswith('# TYPE ')}
    suffixes = {'counter': ['_total'], 'info': ['_info'], 'histogram': ['_bucket', '_sum', '_count'], 'gauge': ['']}
    there = {name + suffix for name, kind in families.items() for suffix in suffixes[kind]}
    named = set(re.findall(r'\behlo_milter_\w+', ' '.join(expressions)))
    same(sorted(named - there), [], f'{where}: {len(named)} metrics are those of the daemon')
    pairs = {pair for expression in expressions for pair in re.findall(r'(\w+)="(\w*)"', expression)
             if pair[0] not in FOREIGN_LABELS}
    same(sorted(f'{name}="{value}"' for name, value in pairs if f'{name}="{value}"' not in text), [],
         f'{where}: {len(pairs)} labels are too')
    return named, there


def check_promtool(label, *words):
    found = metrics.promtool(*words)
    same(found or '', '', label if found is not None else label + ' # SKIP no promtool')


def check_syntax(expressions):
    """As rules, which promtool can check."""
    rules = [{'record': f'expression:{number}', 'expr': re.sub(r'\$__rate_interval', '5m', expression)}
             for number, expression in enumerate(expressions)]
    with tempfile.NamedTemporaryFile('w', suffix='.yml') as file:
        json.dump({'groups': [{'name': 'dashboard', 'rules': rules}]}, file)
        file.flush()
        check_promtool(f'{len(rules)} expressions of the dashboard', 'check', 'rules', file.name)


def check_dashboard(text):
    dashboard = json.loads(read('grafana/ehlo-milter.json'))
    panels = dashboard['panels']
    expressions = [target['expr'] for panel in panels for target in panel['targets']]
    same(len({panel['id'] for panel in panels}), len(panels), 'each panel has a number of its own')
    variables = {variable['name'] for variable in dashboard['templating']['list']} | {'__rate_interval'}
    same(sorted(set(re.findall(r'\$(\w+)', ' '.join(expressions))) - variables), [], 'variables are declared')
    named, there = check_names('grafana', expressions, text)
    unseen = {name for name in there - named if not name.endswith(('_sum', '_count'))}
    same(sorted(unseen), [], 'and each metric is shown')
    check_syntax(expressions)


def check_rules(text):
    rules = read('prometheus/ehlo-milter.rules.yml')
    expressions = re.findall(r'expr: (\|\n(?: {10}.*\n)+|.*)', rules)
    ok(len(expressions) == rules.count('- alert: '), 'an expression for each alarm')
    check_names('alarms', expressions, text)
    alarms = set(re.findall(r'- alert: (\w+)', rules))
    same(set(re.findall(r'alertname: (\w+)', read('prometheus/ehlo-milter.test.yml'))), alarms, 'each alarm has its case')
    folder = os.path.join(CONTRIB, 'prometheus')
    check_promtool('the rules', 'check', 'rules', folder + '/ehlo-milter.rules.yml')
    check_promtool('the cases', 'test', 'rules', folder + '/ehlo-milter.test.yml')
    check_promtool('the example', 'check', 'config', '--syntax-only', folder + '/prometheus.yml')


output = daemon_output()
check_dashboard(output)
check_rules(output)
done()
