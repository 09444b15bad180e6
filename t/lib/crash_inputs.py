# SPDX-License-Identifier: BSD-2-Clause
"""Records that kill Debian's libspf2, made by the program of $SHARED."""
import os
import subprocess
import tempfile

import tap

SOURCE = os.path.join(os.environ.get('SHARED', os.path.dirname(os.path.abspath(__file__)) + '/../../../shared'),
                      'recipes/libs/spf_crash_inputs.c')
DOMAIN, EXPLANATION = 'example.com', 'e.example.com'


class Input:
    """The record of DOMAIN, and that of EXPLANATION where there is one, as bytes."""

    def __init__(self, folder, name):
        self.name = name
        with open(os.path.join(folder, name), 'rb') as stream:
            lines = [line.split(b' ', 2) for line in stream.read().rstrip(b'\n').split(b'\n')]
        self.records = {owner.decode(): text for owner, _, text in lines}
        # A record of theirs is well-formed, and kills by the explanation that it names; the others are malformed.
        self.result = 'fail' if EXPLANATION in self.records else 'permerror'


def make():
    """All of them; skips the whole test where there can be none."""
    if not os.path.exists(SOURCE):
        tap.skip_all(f'no {SOURCE}')
    with tempfile.TemporaryDirectory() as scratch:
        generator, folder = scratch + '/generate', scratch + '/inputs'
        os.mkdir(folder)
        subprocess.run(['cc', '-std=gnu11', '-O2', SOURCE, '-o', generator, '-lspf2'], check=True)
        made = subprocess.run([generator, '-n', '2500', '-w', folder], capture_output=True, text=True, check=False,
                              timeout=600, cwd=scratch)
        inputs = [Input(folder, name) for name in sorted(os.listdir(folder))]
    if made.returncode == 0:
        tap.skip_all('this libspf2 survives what kills that of Debian 12')
    if not tap.ok(made.returncode == 1 and len(inputs) >= 10, f'{len(inputs)} inputs kill the library by itself'):
        tap.note(made.stdout + made.stderr)
    return inputs
