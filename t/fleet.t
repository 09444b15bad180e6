#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The example of ehlo-milter-fleet(7), contrib/fleet: two milter hosts, each in a network namespace, behind one name in Postfix;
a resolver with the lists that they share; a host that is taken out; a policy that differs.
"""
import ctypes
import http.client
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import namespace
import postfix_lab
from daemon import Daemon
from dialogue import Connection
from metrics import samples
from milter_client import Session
from postfix_lab import Postfix
from tap import PATIENCE_S, done, ok, same, skip_all, wait_until

EXAMPLE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'contrib', 'fleet'))
PATH = os.environ.get('PATH', '') + ':/usr/sbin'
NAME = 'milter.example.org'
ADDRESSES = {'one': '192.0.2.11', 'two': '192.0.2.12'}
RESOLVER = '192.0.2.53'
LISTED, LISTED_LATER, OTHERS = '203.0.113.9', '203.0.113.77', '203.0.113.99'
# Beside the lists this network has no names.
UNBOUND = '''server:
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  logfile: "{folder}/log"
  use-syslog: no
  local-zone: "." static
  local-zone: "lists.example.org" transparent
  local-data: "elsewhere.example. A 198.51.100.1"
include: "{example}/unbound.conf"
remote-control:
  control-enable: no
'''
CLONE_NEWNET = 0x40000000
REFUSED = 'y 550 5.7.1'
with open(EXAMPLE + '/policy.yaml', encoding='utf-8') as policy:
    POLICY = policy.read().replace('server:\n', 'server:\n  log: stderr\n  user: root\n', 1)
libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(['ip', *words], check=True)


class Network:
    """
    This namespace is the network, and hosts of their own hang on its bridge; a context.  A process in each host's namespace
    keeps it.
    """

    def __enter__(self):
        self.keepers = {host: subprocess.Popen(['unshare', '-n', 'sleep', 'infinity']) for host in ADDRESSES}
        wait_until(lambda: len({os.readlink(f'/proc/{pid}/ns/net') for pid in [os.getpid(), *self.pids()]}) == 1 + len(ADDRESSES))
        ip('link', 'add', 'fleet', 'type', 'bridge')
        for address in ('192.0.2.1', RESOLVER):
            ip('addr', 'add', address + '/24', 'dev', 'fleet')
        ip('link', 'set', 'fleet', 'up')
        for (host, address), pid in zip(ADDRESSES.items(), self.pids()):
            ip('link', 'add', 'to-' + host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', str(pid))
            ip('link', 'set', 'to-' + host, 'master', 'fleet', 'up')
            for words in (('addr', 'add', address + '/24', 'dev', 'eth0'), ('link', 'set', 'eth0', 'up'), ('link', 'set', 'lo', 'up')):
                subprocess.run(['nsenter', '-t', str(pid), '-n', 'ip', *words], check=True)
        return self

    def pids(self):
        return [keeper.pid for keeper in self.keepers.values()]

    def enter(self, host):
        """For a process that is about to become a program of the host."""
        with open(f'/proc/{self.keepers[host].pid}/ns/net', 'rb') as file:
            if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                os._exit(125)

    def milter(self, host):
        """The daemon on a host."""
        return Daemon(POLICY, socket_spec='inet:8897', preexec_fn=lambda: self.enter(host), quiet=True)

    def __exit__(self, *_):
        for keeper in self.keepers.values():
            keeper.terminate()
            keeper.wait(PATIENCE_S)


def reverse(address):
    return '.'.join(reversed(address.split('.'))) + '.clients.lists.example.org'


def is_listed(address, server=('127.0.0.1', 5353)):
    """Does rbldnsd say so, or another server?"""
    name = b''.join(bytes([len(label)]) + label.encode() for label in reverse(address).split('.')) + b'\0'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(server)
        try:
            client.send(struct.pack('!6H', 1, 0x100, 1, 0, 0, 0) + name + struct.pack('!2H', 1, 1))
            return struct.unpack('!6H', client.recv(512)[:12])[3] > 0
        except (ConnectionRefusedError, TimeoutError):
            return False


class Fleet(Postfix):
    """Whose milter is a name with the addresses of all hosts."""

    def write(self, name, text):
        super().write(name, text.replace('inet:127.0.0.1:8897', f'inet:{NAME}:8897'))


class Service:
    """A program that stays in the foreground; a context."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        self.process = subprocess.Popen([shutil.which(self.words[0], path=PATH), *self.words[1:]], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def stranger(postfix, client=OTHERS):
    """A session with Postfix of a client from elsewhere, up to its greeting."""
    connection = Connection(postfix.ports['mx'])
    connection.reply()
    connection.command('EHLO client.example')
    connection.command(f'XCLIENT ADDR={client} NAME=[UNAVAILABLE]')
    connection.command('EHLO mail.shop.example')
    return connection


def answer(connection, sender='joe@elsewhere.example'):
    reply = connection.command(f'MAIL FROM:<{sender}>')
    connection.command('QUIT')
    connection.close()
    return reply


def figures(host):
    """The metrics of a host, as Prometheus has them."""
    connection = http.client.HTTPConnection(ADDRESSES[host], 9878, timeout=60)
    try:
        connection.request('GET', '/metrics')
        return samples(connection.getresponse().read().decode())
    finally:
        connection.close()


def serving():
    """The hosts that have sessions."""
    return [host for host in ADDRESSES if figures(host)['sessions_open'] > 0]


def policies():
    """The digests of the policies in force."""
    return {name.split('sha256="')[1].split('"')[0] for host in ADDRESSES for name in figures(host) if name.startswith('policy_info{')}


def judge(host, client, name='mail.shop.example'):
    """What a host answers at MAIL, up to the text of its reply."""
    with Session((ADDRESSES[host], 8897)) as s:
        s.connect(client)
        s.helo(name)
        return s.mail('<joe@elsewhere.example>')[:11]


def listens(host):
    try:
        socket.create_connection((ADDRESSES[host], 8897)).close()
    except ConnectionRefusedError:
        return False
    return True


def asked(folder, name):
    """How often rbldnsd was asked for the address of a name."""
    with open(folder + '/asked', encoding='ascii', errors='replace') as file:
        return sum(f' {name} A ' in line for line in file)


def share_lists(daemons, folder):
    """What the lists say holds on all hosts, at once, and is asked of them once."""
    for host in daemons:
        same([judge(host, LISTED), judge(host, OTHERS, 'mail.bulk.example'), judge(host, OTHERS)], [REFUSED, REFUSED, 'c'],
             f'host {host} asks the lists')
    same(asked(folder, reverse(LISTED)), 1, 'what one has asked the other has from the cache that they share')
    with open(folder + '/clients', 'a', encoding='ascii') as file:
        file.write(LISTED_LATER + '\n')
    ok(wait_until(lambda: is_listed(LISTED_LATER)), 'an entry is added to the list')
    same([judge(host, LISTED_LATER) for host in daemons], [REFUSED] * 2, 'and holds on every host, without a reload')


def drain(daemons, postfix):
    """A host is taken out: its sessions end by themselves, others go to the next address of the name."""
    held = stranger(postfix, LISTED)
    ok(wait_until(lambda: len(serving()) == 1), 'Postfix finds one of the hosts by their name')
    first = serving()[0]
    other = next(host for host in daemons if host != first)
    daemon = daemons[first]
    daemon.process.terminate()
    ok(wait_until(lambda: not listens(first)), 'a host that is told to end takes no more sessions')
    before = len(daemons[other].verdicts())
    ok(all(answer(stranger(postfix, LISTED)).startswith('550 5.7.1 ') for _ in range(5)), 'the next ones are judged')
    same(len(daemons[other].wait_for_verdicts(before + 5)) - before, 5, 'by the other host')
    ok(answer(held).startswith('550 5.7.1 '), 'and the session that was open by the first')
    same(daemon.process.wait(PATIENCE_S), 0, 'which ends then')
    same([line for line in postfix.log() if 'milter' in line and 'milter-reject' not in line], [],
         'Postfix has missed no milter')


def drift(daemons):
    """A policy that differs is seen in the metrics: EhloMilterPolicyDiffers of contrib/prometheus."""
    same(len(policies()), 1, 'the policy of all hosts is one by the metrics')
    one = daemons['one']
    one.write_policy(POLICY.replace('mode: enforce', 'mode: observe'))
    same((one.reload()[0], len(policies())), (0, 2), 'one gets another, and that is seen')
    one.write_policy(POLICY)
    same((one.reload()[0], len(policies())), (0, 1), 'until they have the same again')


for missing in (namespace.missing(), postfix_lab.missing(), *(None if shutil.which(program, path=PATH) else f'{program} is not installed'
                                                              for program in ('unbound', 'rbldnsd'))):
    if missing:
        skip_all(missing)
namespace.enter((), {address: NAME for address in ADDRESSES.values()})
with tempfile.TemporaryDirectory(prefix='ehlo-fleet-') as folder:
    os.chmod(folder, 0o777)
    for name in ('clients', 'names'):
        shutil.copy(f'{EXAMPLE}/{name}', folder)
    with open(folder + '/unbound.conf', 'w', encoding='ascii') as file:
        file.write(UNBOUND.format(folder=folder, example=EXAMPLE))
    lists = Service('rbldnsd', '-n', '-b', '127.0.0.1/5353', '-w', folder, '-c', '1', '-l', '+' + folder + '/asked',
                    'clients.lists.example.org:ip4set:clients', 'names.lists.example.org:dnset:names')
    resolver = Service('unbound', '-d', '-c', folder + '/unbound.conf')
    with Network() as network, lists, resolver:
        ok(wait_until(lambda: is_listed('127.0.0.2') and is_listed('127.0.0.2', (RESOLVER, 53))), 'the lists are served')
        with network.milter('one') as one, network.milter('two') as two, Fleet(8897) as postfix:
            hosts = {'one': one, 'two': two}
            share_lists(hosts, folder)
            drift(hosts)
            drain(hosts, postfix)
done()
