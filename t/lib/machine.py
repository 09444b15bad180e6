# SPDX-License-Identifier: BSD-2-Clause
"""A machine with a systemd of its own: a container over a copy of this host's root, without network, that leaves nothing behind."""
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

from tap import PATIENCE_S, wait_until


def missing():
    """Why there can be none here; None when there can."""
    if os.geteuid() != 0:
        return 'a container needs root'
    for program in ('systemd-nspawn', 'nsenter', 'unshare'):
        if not shutil.which(program):
            return f'{program} is not installed'
    return None


def enter():
    """Runs the script again in a mount namespace of its own: what is mounted goes away with it."""
    if os.environ.get('EHLO_NAMESPACE') != 'yes':
        os.environ['EHLO_NAMESPACE'] = 'yes'
        os.execvp('unshare', ['unshare', '-m', '--propagation', 'private', sys.executable, *sys.argv])


class Machine:
    """
    A context: with Machine() as machine, then machine.run('true').  What it changes lies in memory, and is lost at the end.
    before: what to do with the folder of its root before it boots.
    """

    def __init__(self, before=lambda root: None):
        self.folder = tempfile.mkdtemp(prefix='ehlo-machine-')
        subprocess.run(['mount', '-t', 'tmpfs', 'none', self.folder], check=True)
        self.root = self.folder + '/root'
        for name in ('changes', 'work', 'root'):
            os.mkdir(f'{self.folder}/{name}')
        subprocess.run(['mount', '-t', 'overlay', 'none', '-o', f'lowerdir=/,upperdir={self.folder}/changes,'
                        f'workdir={self.folder}/work', self.root], check=True)
        # A host that is a container itself may forbid that services are started.
        for name in ('usr/sbin/policy-rc.d', 'etc/machine-id'):
            if os.path.lexists(f'{self.root}/{name}'):
                os.remove(f'{self.root}/{name}')
        before(self.root)
        self.log_path = self.folder + '/log'
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(
                ['systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--private-network', '--link-journal=no',
                 '--console=pipe', '-D', self.root, '--boot', 'systemd.unit=basic.target'],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.init = None

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as file:
            return file.read()

    def find_init(self):
        """The first process in there, once nspawn has started it."""
        for task in os.listdir(f'/proc/{self.process.pid}/task'):
            with open(f'/proc/{self.process.pid}/task/{task}/children', encoding='ascii') as file:
                for word in file.read().split():
                    with open(f'/proc/{word}/comm', encoding='ascii') as comm:
                        if comm.read().strip() in ('systemd', 'init'):
                            self.init = word
        return self.init

    def words(self, *words):
        """The command line that runs a command in there."""
        return ['nsenter', '-t', self.init, '--all', '--wdns=/', 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8',
                'DEBIAN_FRONTEND=noninteractive', *words]

    def run(self, *words, check=True):
        """Its output, of both kinds; fails the script where check and it fails."""
        result = subprocess.run(self.words(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, errors='replace', check=False)
        if check and result.returncode != 0:
            raise RuntimeError(f'{" ".join(words)}: status {result.returncode}\n{result.stdout}')
        return result.stdout

    def succeeds(self, *words):
        return subprocess.run(self.words(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def start(self, *words, **popen):
        """A command in there that goes on beside the script."""
        return subprocess.Popen(self.words(*words), text=True, **popen)

    def changed(self):
        """The files and folders that are not as on this host, and are there."""
        changes = self.folder + '/changes'
        for folder, folders, files in os.walk(changes):
            for name in folders + files:
                path = f'{folder}/{name}'
                if not stat.S_ISCHR(os.lstat(path).st_mode):	# what was removed
                    yield path.removeprefix(changes)

    def __enter__(self):
        booted = wait_until(lambda: self.process.poll() is not None or
                            (self.find_init() and self.succeeds('systemctl', 'is-active', 'basic.target')))
        if not booted or self.process.poll() is not None:
            said = self.log()
            self.__exit__()
            raise RuntimeError('the machine does not boot: ' + said)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)	# it shuts down
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        subprocess.run(['umount', '--lazy', self.root, self.folder], check=False)
        os.rmdir(self.folder)
