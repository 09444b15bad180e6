#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who builds is told of every package: README, contrib/quickstart and contrib/debian name what configure looks for, and t/run installs."""
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.path.insert(0, TOP + '/t/lib')
from tap import done, note, ok, same

TOOLS = {'autoconf', 'automake', 'make', 'gcc', 'pkg-config'}


def read(name):
    with open(f'{TOP}/{name}', encoding='utf-8') as file:
        return file.read()


def words(name, pattern):
    """The words of the one list in a file that the pattern finds."""
    return set(re.search(pattern, read(name), re.S | re.M).group(1).replace('\\\n', ' ').split())


def development(packages):
    return {package for package in (word.strip(',') for word in packages) if package.endswith('-dev')}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout


def package_of(path):
    """Of Debian; with a merged /usr some packages name the file without it."""
    for name in (path, path.removeprefix('/usr')):
        found = run('dpkg-query', '-S', name)
        if found:
            return found.split(':')[0]
    return f'no package has {path}'


def wanted():
    """The packages of what configure.ac looks for."""
    text = read('configure.ac')
    modules = [name for group in re.findall(r'PKG_CHECK_MODULES\(\[\w+\], \[([^]]+)\]', text) for name in group.split()]
    files = [f"{run('pkg-config', '--variable=pcfiledir', name).strip()}/{name}.pc" for name in modules]
    return {package_of(file) for file in [*files, '/usr/include/spf2/spf.h']}


run_list = words('t/run', r'^packages=\((.*?)\)')
readme = words('README', r'^    apt-get install (.*?)\n    autoreconf')
quickstart = words('contrib/quickstart', r'^packages=\((.*?)\)')
if shutil.which('dpkg-query') and shutil.which('pkg-config'):
    found = wanted()
    note(f'configure looks for {len(found)} packages')
    same(found - run_list, set(), 't/run installs what configure looks for')
else:
    ok(True, 'what configure looks for # SKIP needs dpkg-query and pkg-config')
same(development(words('contrib/debian/control', r'^Build-Depends:(.*?)^\S')), development(run_list), 'so does the Debian package')
same(readme, development(run_list) | TOOLS, 'README names what the build needs')
same(quickstart, readme | {'python3', 'postfix', 'openssl'}, 'contrib/quickstart installs it')
done()
