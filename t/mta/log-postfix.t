#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Sessions by chance through a real Postfix with many settings, and what its log tells of them: nothing that is not so, as far as
their clients know; nor what is left of it where lines come late, are lost, or sessions are cut off.

log-postfix.t: 350 sessions; --long: 5,000; log-postfix.t COUNT SEED: others.
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + '/../lib']

import chance
import dns_lab
import namespace
import postfix_lab
import tap
from chance_client import PASSWORD, USERS
from daemon import Daemon, free_port
from program import PROGRAM, run, write

NUMBERS = [int(word) for word in sys.argv[1:] if word.isdigit()]
COUNT, SEED = (NUMBERS + [5000 if '--long' in sys.argv else 350, 1][len(NUMBERS):])[:2]
ACTIONS = ' '.join(f'{{/(^|@){word}\\.example$$/ {action}}}' for word, action in (
    ('reject', 'REJECT'), ('defer', '450 4.7.1 later'), ('hold', 'HOLD'), ('discard', 'DISCARD'), ('info', 'INFO text'), ('warn', 'WARN text'),
    ('shut', '421 4.7.0 go away')))
MAIN = f'''smtpd_client_restrictions = check_client_access regexp:{{ {{/\\.77$$/ REJECT}} {{/\\.78$$/ 450 4.7.1 later}} {{/\\.79$$/ 421 4.7.1 gone}} {{/\\.80$$/ HOLD}} {{/\\.81$$/ WARN client}} }}
smtpd_helo_restrictions = check_helo_access regexp:{{ {ACTIONS} }}, reject_invalid_helo_hostname
smtpd_sender_restrictions = check_sender_access regexp:{{ {ACTIONS} }}, reject_non_fqdn_sender
smtpd_recipient_restrictions = check_recipient_access regexp:{{ {{/^reject@/ REJECT}} {{/^defer@/ DEFER}} {{/^hold@/ HOLD}} {{/^shut@/ 421 4.7.9 gone}} {{/^discard@/ DISCARD}} }}
smtpd_data_restrictions = check_sender_access regexp:{{ {{/@data\\.example$$/ REJECT at data}} }}
smtpd_end_of_data_restrictions = check_sender_access regexp:{{ {{/@end\\.example$$/ 550 5.7.1 at end}} }}
header_checks = regexp:{{ {{/^Subject: reject/ REJECT subject}} {{/^Subject: hold/ HOLD}} {{/^Subject: discard/ DISCARD}} {{/^Subject: warn/ WARN}} {{/^Subject: info/ INFO}} }}
message_size_limit = 20000
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {{base}}/etc/sasl
smtpd_sasl_local_domain = example.org
smtpd_client_connection_count_limit = 0
smtpd_authorized_xclient_hosts = 0.0.0.0/0
mynetworks = 127.0.0.1
postscreen_greet_wait = 1s
always_bcc = root@localhost
'''
AUTH = '-o smtpd_sasl_auth_enable=yes'
# What a service logs as, its further words in master.cf, and what it can.  Two share the usual name.
SERVICES = {
    'plain': ('', [], 'tls bdat xclient early'),
    'levels': ('', ['-o smtpd_tls_loglevel=1', '-o max_use=2'], 'tls bdat'),
    'at-once': ('postfix/at-once', ['-o smtpd_delay_reject=no'], 'tls bdat'),
    'ports': ('postfix/ports', ['-o smtpd_delay_reject=no', '-o smtpd_client_port_logging=yes'], 'tls bdat xclient'),
    'more': ('', ['more'], 'tls bdat xclient'),
    'more-at-once': ('', ['more', '-o smtpd_delay_reject=no'], 'tls bdat'),
    'tls1': ('mta/tls1', ['-o smtpd_tls_loglevel=1', AUTH], 'tls bdat auth'),
    'tls2': ('postfix-tls2', ['-o smtpd_tls_loglevel=2', AUTH], 'tls auth'),
    'auth': ('postfix/auth', [AUTH], 'tls auth bdat xclient'),
    'verbose': ('postfix/verbose', ['-v', AUTH], 'tls bdat auth xclient'),
    'required': ('postfix/required', ['-o smtpd_helo_required=yes', '-o smtpd_hard_error_limit=4'], 'tls errors'),
    'connect': ('postfix/connect', [], 'tls xclient'),
    'ehlo': ('postfix/ehlo', [], 'tls bdat'),
    'rcpt': ('postfix/rcpt', [], 'tls bdat'),
    # What cleanup refuses softly then it logs as ever.
    'soft': ('postfix/soft', ['-o soft_bounce=yes', '-o receive_override_options=no_header_body_checks'], 'tls bdat'),
    'limits': ('postfix/limits', ['-o smtpd_client_message_rate_limit=1', '-o smtpd_client_recipient_rate_limit=2', '-o smtpd_client_auth_rate_limit=2',
                                  '-o smtpd_client_new_tls_session_rate_limit=1', AUTH], 'tls bdat auth'),
    'opened': ('postfix/opened', ['-o smtpd_delay_open_until_valid_rcpt=no'], 'tls bdat'),
    'tls-only': ('postfix/tls-only', ['-o smtpd_tls_security_level=encrypt', AUTH], 'tls bdat auth'),
    'in-turn': ('postfix/in-turn', ['-o smtpd_forbid_unauth_pipelining=yes', '-o smtpd_data_restrictions=reject_unauth_pipelining'], 'tls early'),
    'footer': ('postfix/footer', ['-o { smtpd_reject_footer = \\c. See http://example.org/$client_address }'], 'tls bdat'),
    'idle': ('postfix/idle', ['-o smtpd_timeout=1s'], 'tls idle'),
    'proxied': ('postfix/proxied', ['-o smtpd_proxy_filter=127.0.0.1:{after}'], 'tls xclient'),
    'speedy': ('postfix/speedy', ['-o smtpd_proxy_filter=127.0.0.1:{after}', '-o smtpd_proxy_options=speed_adjust'], 'tls xclient'),
    'filtered': ('', ['-o content_filter=smtp:[127.0.0.1]:{after}'], 'tls bdat'),
    'wrapped': ('postfix/wrapped', ['-o smtpd_tls_wrappermode=yes', '-o smtpd_tls_loglevel=1', AUTH], 'wrapped auth'),
    'wrapped0': ('postfix/wrapped0', ['-o smtpd_tls_wrappermode=yes'], 'wrapped'),
    'screened': ('postfix/screened', ['postscreen', '-o postscreen_greet_action=enforce', '-o postscreen_dnsbl_sites=bl.example',
                                      '-o postscreen_dnsbl_action=enforce'], 'tls bdat early'),
    'screened-drop': ('', ['postscreen', '-o postscreen_greet_action=drop', '-o postscreen_dnsbl_sites=bl.example', '-o postscreen_dnsbl_action=drop'],
                      'tls bdat early'),
    'screened-after': ('postfix/screened-after', ['postscreen', '-o postscreen_greet_action=enforce', '-o postscreen_pipelining_enable=yes',
                                                  '-o postscreen_pipelining_action=enforce', '-o postscreen_bare_newline_enable=yes',
                                                  '-o postscreen_non_smtp_command_enable=yes', '-o postscreen_forbidden_commands=XFOO'], 'bdat early'),
}


# Where filters before and behind the queue bring mail back, which is refused at each stage: no client of the tests comes there.
AFTER = {'after': ('postfix/after', ['-o smtpd_client_restrictions=', '-o smtpd_authorized_xforward_hosts=127.0.0.0/8', '-o smtpd_milters=',
                            '-o smtpd_delay_reject=no', '-o { smtpd_sender_restrictions = check_sender_access inline:{info.example=defer} }',
                            '-o { smtpd_data_restrictions = check_sender_access inline:{warn.example=reject} }',
                            '-o { smtpd_recipient_restrictions = check_recipient_access inline:{root@example.org=reject}, permit_mynetworks, reject }'], '')}


class Postfix(postfix_lab.Postfix):
    """With all these services; one with "more" has the lines of mta-config --log-more."""

    def service(self, name):
        syslog, words, _ = (SERVICES | AFTER)[name]
        words = [word.replace('{after}', str(self.ports['after'])) for word in words]
        lines = [f'-o milter_macro_daemon_name={name}'] + [f'-o syslog_name={syslog}'] * bool(syslog)
        lines += [word for word in words if word.startswith('-o')]
        if 'more' in words:
            lines += self.log_more(name)
        options = ''.join(f'  {line}\n' for line in lines)
        where = f'127.0.0.1:{self.ports[name]} inet'
        if 'postscreen' not in words:
            more = 'smtp unix - - n - - smtp\n' * (name == 'after')
            return f'{where} n - n - - smtpd{" -v" * ("-v" in words)}\n{options}{more}'
        # What postscreen hands over comes to a smtpd with the same options.
        return (f'{where} n - n - 1 postscreen\n{options}  -o smtpd_service_name={name}-smtpd\n'
                f'  -o postscreen_cache_map=btree:{self.base}/lib/{name}\n{name}-smtpd pass - - n - - smtpd\n{options}')

    def log_more(self, name):
        """The lines that mta-config prints; the file that they name is written beside main.cf."""
        policy = write('more.yaml', f'version: 1\nlisteners: [{{ name: {name}, match: any, profile: none }}]\n')
        printed = run('mta-config', '-c', policy, '--log-more', 'postfix').stdout.decode().splitlines()
        self.write(f'ehlo-milter-{name}.regexp', '\n'.join(line for line in printed if line.startswith('/')) + '\n')
        return [line.strip() for line in printed if line.startswith('  -o') and 'milters' not in line]


def give_logins(lab):
    os.mkdir(f'{lab.base}/etc/sasl')
    with open(f'{lab.base}/etc/sasl/smtpd.conf', 'w', encoding='ascii') as file:
        file.write(f'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {lab.base}/sasldb\nmech_list: PLAIN LOGIN\n')
    for user in USERS:
        subprocess.run(['saslpasswd2', '-c', '-p', '-f', f'{lab.base}/sasldb', '-u', 'example.org', user], input=PASSWORD + '\n', text=True, check=True)
    shutil.chown(f'{lab.base}/sasldb', 'postfix')


missing = postfix_lab.missing() or dns_lab.missing() or namespace.missing() or (not shutil.which('saslpasswd2') and 'saslpasswd2 is not installed')
if missing:
    tap.skip_all(missing)
namespace.enter((), {}, networks=[chance.NETWORK])
port = free_port()
# Long queue ids, and a line for what restrictions permit, with every other seed.
settings = MAIN + f"enable_long_queue_ids = {'yes' if SEED % 2 else 'no'}\nsmtpd_log_access_permit_actions = {'static:all' if SEED % 2 else ''}\n"
lab = Postfix(port, clients_have_addresses=True, services=SERVICES | AFTER, settings=settings)
give_logins(lab)
with dns_lab.NameServer(chance.zone(COUNT), port=53), lab, Daemon(chance.POLICY, socket_spec=f'inet:{port}@127.0.0.1'):
    sessions = chance.play_all(COUNT, SEED, {name: (lab.ports[name], SERVICES[name][2].split()) for name in SERVICES})
    tap.ok(tap.wait_until(lambda: lab.has_ended(sum(drawn.client.banner is not None for drawn in sessions))), f'{COUNT} sessions, seed {SEED}')
    delivered = set(re.findall(r'^X-Chance: (\S+)', '\n'.join(lab.delivered()), re.M))
    records = chance.compare(f'{lab.base}/maillog', sessions, realm='@example.org', delivered=delivered)
    chance.compare_arrangements(f'{lab.base}/maillog', SEED)
    ways = dict.fromkeys(('late', 'few', 'holed', 'cut', 'head', 'tail'), lambda drawn: True)
    chance.compare_mangled(f'{lab.base}/maillog', sessions, SEED, ways, realm='@example.org', delivered=delivered)
tap.ok(len(delivered) > COUNT / 50, f'{len(delivered)} messages were delivered')
expected = {syslog.removeprefix('postfix/') for syslog, _, _ in SERVICES.values() if syslog} | {'more', 'more-at-once', None}
tap.same({record.get('listener') for record in records}, expected, 'all services had some')
named = [record.get('helo') == [] or any('name' in entry for entry in record.get('helo') or [])
         for record in records if record.get('listener') in ('more', 'verbose')]
tap.ok(sum(named) > 0.9 * len(named), f'with --log-more, or -v, {sum(named)} of {len(named)} records tell the name of EHLO')
tap.done()
