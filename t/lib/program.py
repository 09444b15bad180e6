# SPDX-License-Identifier: BSD-2-Clause
"""The program's commands as a user runs them, files for them, and the records that come out."""
import json
import os
import subprocess
import tempfile

PROGRAM = os.path.abspath(os.environ.get('EHLO_MILTER', './ehlo-milter'))
folder = tempfile.TemporaryDirectory()


def run(*words, data=None):
    return subprocess.run([PROGRAM, *words], input=data, capture_output=True, check=False, timeout=120)


def write(name, data):
    """A file of the folder; its path."""
    path = f'{folder.name}/{name}'
    with open(path, 'wb') as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def records_of(output):
    """The session records among the lines of sessions or evaluate; the last line tells of the log."""
    return [record for record in map(json.loads, output.splitlines()) if 'log_lines' not in record]
