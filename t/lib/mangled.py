# SPDX-License-Identifier: BSD-2-Clause
"""
What becomes of a log on its way: lines that come late or are lost, sessions that are cut off while the number of their process
comes again; several files, and several hosts.  Each takes lines without their ends, and a random.Random.
"""
import re

LINE = re.compile(rb'(.{15}) (\S+) ([^\s\[]+)\[(\d+)\]: (.*)', re.S)
# By these a syslog daemon tells that lines are not there.
NOTICES = (b'systemd-journald[77]: Suppressed 123 messages from postfix.service', b'journal: Suppressed 123 messages from /system.slice/postfix.service',
           b'rsyslogd: imjournal: 123 messages lost due to rate-limiting (20000 allowed within 600 seconds)',
           b'rsyslogd-2177: imuxsock lost 123 messages from pid 77 due to rate-limiting')


def parts(line):
    """Stamp, host, tag, process and message; None: it is another line."""
    found = LINE.fullmatch(line)
    return found and found.groups()


def late(lines, draw):
    """Only the lines of each process keep their order, as with a socket in a chroot beside the usual one."""
    last, keyed = {}, []
    for number, line in enumerate(lines):
        found = parts(line)
        process = found and found[1:4]
        last[process] = max(last.get(process, 0), number + draw.randrange(40))
        keyed.append((last[process], number, line))
    return [line for _, _, line in sorted(keyed)]


def rotated(lines, draw):
    """Three files, of which each begins in another second."""
    begins = [number for number in range(1, len(lines)) if lines[number][:15] != lines[number - 1][:15]]
    first, second = sorted(draw.sample(begins, 2))
    return [lines[:first], lines[first:second], lines[second:]]


def other_host(lines):
    """What a second host would have written that did the same."""
    return [re.sub(rb'^.{16}\S+', rb'\g<0>2', line) for line in lines]


def merged(one, other, draw):
    """In one file, each in its own order."""
    left = [list(reversed(one)), list(reversed(other))]
    both = []
    while left[0] or left[1]:
        lines = draw.choice([lines for lines in left if lines])
        both += [lines.pop() for _ in range(min(len(lines), draw.randrange(1, 9)))]
    return both


def holed(lines, draw):
    """Stretches are lost, and a line tells so where it goes on."""
    left, at = [], 0
    for begin in sorted(draw.randrange(len(lines)) for _ in range(15)):
        if begin < at:
            continue
        left += lines[at:begin]
        at = min(len(lines), begin + draw.randrange(5, 200))
        stamp, host = parts(lines[at - 1])[:2]
        left.append(b' '.join((stamp, host, draw.choice(NOTICES))))
    return left + lines[at:]


def head(lines, draw):
    """The rest is to be written yet."""
    return lines[:draw.randrange(len(lines))]


def tail(lines, draw):
    """What came before is in another file."""
    return lines[draw.randrange(len(lines)):]


def few(lines, draw):
    """As in a container: numbers of processes are small, and each comes again as soon as the one that had it has ended."""
    found = [parts(line) for line in lines]
    last = {line[1:4]: number for number, line in enumerate(found) if line}
    numbers, free, renamed = {}, {}, []
    for number, line in enumerate(found):
        if not line:
            renamed.append(lines[number])
            continue
        process, place = line[1:4], line[1:3]
        if process not in numbers:
            pool = free.setdefault(place, [])
            numbers[process] = pool.pop(0) if pool else 1 + len({other for other in numbers if other[:2] == place})
        renamed.append(b'%s %s %s[%d]: %s' % (*line[:3], numbers[process], line[4]))
        if last[process] == number:
            free[place].append(numbers[process])
    return renamed


def cut(lines, draw):
    """Some sessions of smtpd end within, without a word; the next one of their process begins as ever."""
    left, kept = {}, []
    for line in lines:
        found = parts(line)
        process = found and found[2].endswith(b'smtpd') and found[1:4]
        if process and found[4].startswith(b'connect from '):
            left[process] = draw.randrange(1, 12) if draw.random() < 0.3 else len(lines)
        if process:
            left[process] = left.get(process, len(lines)) - 1
        if not process or left[process] >= 0:
            kept.append(line)
    return kept
