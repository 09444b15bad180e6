# SPDX-License-Identifier: BSD-2-Clause
"""Network and mount namespaces of a script's own: client addresses on loopback, every port free, its own resolver."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

from tap import PATIENCE_S


def missing():
    """Why there can be none here; None when there can."""
    if os.geteuid() != 0:
        return 'namespaces of our own need root'
    for program in ('unshare', 'ip', 'mount'):
        if not shutil.which(program):
            return f'{program} is not installed'
    return None


def enter(addresses, names, networks=()):
    """
    Runs the script again in namespaces of its own: loopback with further addresses and networks, names (a map of addresses)
    in the hosts file, and 127.0.0.1 port 53 as the name server, whoever listens there or nobody.
    """
    if os.environ.get('EHLO_NAMESPACE') != 'yes':
        os.environ['EHLO_NAMESPACE'] = 'yes'
        os.execvp('unshare', ['unshare', '-n', '-m', '--propagation', 'private', sys.executable, *sys.argv])
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    for address in addresses:
        bits = 128 if ':' in address else 32
        subprocess.run(['ip', 'addr', 'add', f'{address}/{bits}', 'dev', 'lo'], check=True)
    for network in networks:
        subprocess.run(['ip', 'route', 'add', 'local', network, 'dev', 'lo'], check=True)
    files = {'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
             'nsswitch.conf': 'hosts: files dns\npasswd: files\ngroup: files\n',
             'hosts': '127.0.0.1 localhost\n' + ''.join(f'{a} {n}\n' for a, n in names.items())}
    folder = tempfile.mkdtemp(prefix='ehlo-etc-')
    subprocess.run(['mount', '-t', 'tmpfs', 'none', folder], check=True)
    for name, text in files.items():
        with open(f'{folder}/{name}', 'w', encoding='ascii') as file:
            file.write(text)
        subprocess.run(['mount', '--bind', f'{folder}/{name}', f'/etc/{name}'], check=True)
    # The files stay mounted where they are bound; the folder would be left behind outside.
    subprocess.run(['umount', '--lazy', folder], check=True)
    os.rmdir(folder)


def own_dev():
    """In a mount namespace of the script's own: /dev becomes a folder with the usual devices, and room for more."""
    folder = tempfile.mkdtemp(prefix='ehlo-dev-')
    subprocess.run(['mount', '-t', 'tmpfs', 'none', folder], check=True)
    for device in ('null', 'zero', 'random', 'urandom'):
        with open(f'{folder}/{device}', 'wb'):
            pass
        subprocess.run(['mount', '--bind', f'/dev/{device}', f'{folder}/{device}'], check=True)
    subprocess.run(['mount', '--rbind', folder, '/dev'], check=True)
    subprocess.run(['umount', '--lazy', folder], check=True)
    os.rmdir(folder)


def enter_with_syslog():
    """Runs the script again in a mount namespace of its own.  Returns the socket that syslog(3) writes to there."""
    if os.environ.get('EHLO_NAMESPACE') != 'yes':
        os.environ['EHLO_NAMESPACE'] = 'yes'
        os.execvp('unshare', ['unshare', '-m', '--propagation', 'private', sys.executable, *sys.argv])
    own_dev()
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind('/dev/log')
    log.settimeout(PATIENCE_S)
    return log
