# SPDX-License-Identifier: BSD-2-Clause
"""What the sanitizers have to say, in the log of a program that is built with them."""
import re

RACE = re.compile(r'^=+\nWARNING: ThreadSanitizer: data race.*?\n=+$\n?', re.S | re.M)


def is_libmilters(report):
    """
    A race about a variable of libmilter's, of two accesses in its own code.  At its end mi_pool_controller() destroys the mutex and
    the condition that the idle threads of the pool still use (worker.c); Debian's library does not tell the names of such
    functions, so that t/tsan.suppressions cannot name them.
    """
    accesses = [part for part in report.split('\n\n') if re.search(r'(read|write) of size \d', part, re.I)]
    inner = [[frame for frame in re.findall(r'^ +#\d+ .*', part, re.M) if '(libtsan.so' not in frame][:1] for part in accesses]
    return (len(accesses) == 2 and all(frame and '(libmilter.so' in frame[0] for frame in inner)
            and re.search(r'^ +Location is global .*\(libmilter\.so', report, re.M) is not None)


def complaints(lines):
    """The lines that tell of something that is ours."""
    text = RACE.sub(lambda found: '' if is_libmilters(found.group()) else found.group(), '\n'.join(lines))
    if 'WARNING: ThreadSanitizer' not in text:
        text = re.sub(r'^ThreadSanitizer: reported \d+ warnings$', '', text, flags=re.M)
    return [line for line in text.split('\n') if re.search('Sanitizer|runtime error:', line)]
