# SPDX-License-Identifier: BSD-2-Clause
"""What replay needs for a log of Postfix, beside a one-pass script in Perl and pflogsumm; the log is made, and always the same."""
import os
import shutil
import subprocess
import sys
import time

from measuring import command, ratio, spread

LOG_MIB = 256
# pflogsumm is given a tenth: it would take most of the time.
SHARE_MIB = LOG_MIB / 10
POLICY = '''version: 1
listeners: [ { name: mx, match: any, profile: standard } ]
'''


PROCESSORS = sorted(os.sched_getaffinity(0))


def one_run(words, processors=1):
    """Seconds of a run, of CPU and by the clock, and its greatest memory in MiB."""
    begun = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                          preexec_fn=lambda: os.sched_setaffinity(0, PROCESSORS[:processors])) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(words)}: status {process.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss / 1024


def measure_replay(bench):
    """In turn, so that what else the machine does meets all of them."""
    log, share = bench.path('mail.log'), bench.path('share.log')
    for path, mib in ((log, LOG_MIB), (share, SHARE_MIB)):
        command([sys.executable, bench.path('tools/genlog.py'), '-o', path, str(mib)], bench.folder)
    policy = bench.write('replay.yaml', POLICY)
    program = bench.path('build/ehlo-milter')
    records = bench.path('records.jsonl')
    with open(records, 'wb') as file:
        subprocess.run([program, 'sessions', '--quiet', '--year', '2026', share], stdout=file, check=True)
    rows = {'replay': ([program, 'replay', '-c', policy, '--quiet', '--year', '2026', log], log),
            'records': ([program, 'replay', '-c', policy, '--quiet', records], records),
            'perlpass.pl': (['perl', bench.path('tools/perlpass.pl'), log], log)}
    if shutil.which('pflogsumm'):
        rows['pflogsumm'] = (['pflogsumm', share], share)
    rates, memory = {name: [] for name in rows}, {name: 0 for name in rows}
    on_one, on_two = [], []
    for _ in range(bench.rounds):
        for name, (words, path) in rows.items():
            cpu_s, clock_s, mib = one_run(words)
            rates[name].append(os.path.getsize(path) / 1e6 / cpu_s)
            memory[name] = max(memory[name], mib)
            if name == 'replay':
                on_one.append(1 / clock_s)
        _, clock_s, mib = one_run(rows['replay'][0], 2)
        on_two.append(1 / clock_s)
        memory['replay'] = max(memory['replay'], mib)
    print(f'replay of {LOG_MIB} MiB of a Postfix log ({SHARE_MIB:.0f} MiB for pflogsumm, and as session records), CPU time '
          f'on one processor, {bench.rounds} rounds')
    for name in rows:
        print(f'  {name}: {spread(rates[name])} MB/s, at most {memory[name]:.0f} MiB')
    bench.goal('replay, MB/s', sorted(rates['replay'])[bench.rounds // 2], at_least=500)
    bench.goal('session records, MB/s', sorted(rates['records'])[bench.rounds // 2], at_least=200)
    bench.goal('replay, MiB', memory['replay'], below=64)
    if len(PROCESSORS) > 1:
        bench.goal('two processors, times one, by the clock', ratio(on_two, on_one), at_least=1.8)
    bench.goal('times perlpass.pl', ratio(rates['replay'], rates['perlpass.pl']), at_least=3)
    if 'pflogsumm' in rows:
        bench.goal('times pflogsumm', ratio(rates['replay'], rates['pflogsumm']), at_least=20)
    else:
        print('  pflogsumm is not installed, and left out')


PARTS = {'replay': measure_replay}
