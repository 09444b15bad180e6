#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The report as a page: the same bytes whatever the way to it, nothing of a peer's in it that is markup, and what a browser makes of
it. The browser is Debian's Chromium; without it that part is skipped.

  SCREENSHOTS=FOLDER t/replay/html.t    keeps what it looked like
"""
import base64
import hashlib
import json
import os
import re
import stat
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../lib')

import browser
from pages import Structure, is_sound
from program import folder, run, write
from tap import done, note, ok, same

SESSIONS = HERE + '/sessions'
PAGE = folder.name + '/page.html'


def page(*words, data=None):
    """The bytes of the page that a command writes."""
    if os.path.exists(PAGE):
        os.unlink(PAGE)
    result = run(*words, '--html', PAGE, data=data)
    if result.returncode != 0:
        note(f'{words}: {result.returncode}, {result.stderr!r}')
        return b''
    with open(PAGE, 'rb') as file:
        return file.read()


# --- the same page by every way ---

for name in sorted(os.listdir(SESSIONS)):
    where = f'{SESSIONS}/{name}'
    log = where + '/session.log' if os.path.exists(where + '/session.log') else where + '/session.jsonl'
    policy = ['-c', where + '/policy.yaml']
    if os.path.exists(where + '/args'):
        with open(where + '/args', encoding='utf-8') as args:
            policy += args.read().replace('DIR', where).split()
    whole = page('replay', *policy, '--year', '2026', log)
    judged = run('evaluate', *policy, data=run('sessions', '--year', '2026', log).stdout).stdout
    ok(whole and page('report', data=judged) == whole, f'{name}: sessions | evaluate | report')
    parts = [write(f'part{i}', run('report', '--partial', data=line + b'\n').stdout) for i, line in enumerate(judged.splitlines())]
    ok(page('report', '--merge', *reversed(parts)) == whole, f'{name}: of parts')
    is_sound(name, whole)
text = whole.decode()
style = re.search('<style>(.*)</style>', text, re.S).group(1).encode()
hashed = 'sha256-' + base64.b64encode(hashlib.sha256(style).digest()).decode()
same(re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1),
     f"default-src 'none'; style-src '{hashed}'; base-uri 'none'; form-action 'none'", 'the policy of its content allows its style alone')

# --- where it is written ---

JUDGED = judged
kept = write('kept', b'kept')
link = folder.name + '/link'
os.symlink(kept, link)
for path, text in [(folder.name + '/none/page', b'no such file'), (link, b'a symbolic link'), (folder.name, b'directory'),
                   ('/dev/full', b'No space left')]:
    result = run('report', '--html', path, data=JUDGED)
    ok(result.returncode == 74 and b'cannot write' in result.stderr and text in result.stderr, f'cannot write: {text.decode()}')
    ok(result.stdout == run('report', data=JUDGED).stdout, 'the text is printed all the same')
result = run('report', '--html', folder.name + '/\x1b[31m\n/page', data=JUDGED)
ok(b'\\x1b[31m\\x0a/page' in result.stderr and b'\x1b' not in result.stderr, 'its name is escaped in the message')
with open(kept, 'rb') as file:
    same(file.read(), b'kept', 'nothing is written through a symbolic link')
run('report', '--html', write('long', b'x' * 1000000), data=JUDGED)
with open(folder.name + '/long', 'rb') as file:
    same(file.read(), whole, 'a longer file gives way')
same(stat.S_IMODE(os.stat(PAGE).st_mode) & 0o007, 0, 'it is not for everybody')
for words in (['--json'], ['--partial']):
    ok(page('report', *words, data=JUDGED) == whole, f'{words[0]} and the page')
same(run('evaluate', '--html', PAGE, data=b'').returncode, 64, 'evaluate writes none')

# --- names that would be more than names ---

HOSTILE = ['"><script>document.title=1</script>', '</title><script>alert(1)</script>', "' onmouseover='alert(1)", '</style><b>bold</b>',
           '<img src=http://192.0.2.1/x>', '<svg onload=alert(1)>', '<!--', ']]>', '&lt;b&gt;', '&#60;b&#62;', 'a\u202emoc.elpmaxe', 'a\u200bb',
           'a\x1b[2Jb', 'a\x01b', 'a\rb', 'a\tb', '<plaintext>', '<base href=//192.0.2.1>', '{{7*7}}', 'javascript:alert(1)',
           '\\x3cb\\x3e', 'caf\u00e9.example', '\U0001f600.example', '<' * 300, '"' * 79 + '&' * 9]
TAGS = {'HTML', 'HEAD', 'META', 'TITLE', 'STYLE', 'BODY', 'HEADER', 'MAIN', 'SECTION', 'FOOTER', 'FIGURE', 'FIGCAPTION', 'DETAILS',
        'SUMMARY', 'H1', 'H2', 'P', 'UL', 'OL', 'LI', 'DL', 'DT', 'DD', 'DIV', 'SPAN', 'B', 'I', 'STRONG', 'PRE', 'CODE', 'TABLE',
        'CAPTION', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'svg', 'g', 'rect', 'title', 'desc'}
# Whatever the names are, the verdict is the same.
POLICY = ['-c', write('policy.yaml', b"version: 1\nlisteners:\n  - name: mx\n    match: any\n    profile: none\n    rules:\n"
                      b"      - { name: all, if: 'client in 192.0.0.0/16', then: reject }\n")]


def records(names):
    """Each name wherever a peer may put one (senders are hostile always: few have a domain for the list of them); with bytes that
    are no UTF-8 in latin1."""
    for number, name in enumerate(names):
        yield json.dumps({
            'id': f'S{number:03}', 'source': 'daemon', 'start': f'2026-10-{number % 25 + 1:02}T{number % 24:02}:00:00Z',
            'client_address': f'192.0.{number}.1', 'client_name': name, 'helo': [{'verb': 'EHLO', 'name': name}],
            'tx': [{'sender': f'joe@{HOSTILE[number]}', 'delivered': True}], 'sasl_username': None, 'tls': None, 'complete': True,
            'dns': [{'q': name, 'type': name[:30], 'status': name[:30], 'answers': []}],
            'verdicts': [{'tx': 0, 'action': 'accept'}]}).encode() + b'\n'
    yield (b'{"enc":"latin1","id":"latin1","client_address":"192.0.99.1","helo":[{"verb":"EHLO","name":"b\\u00ff\\u00fed"}],'
           b'"tx":[{"sender":""}],"verdicts":[{"tx":0,"action":"accept"}]}\n')


def escaped(name):
    """What a page shows of it, by rules that are written here once more."""
    shown = ''
    for character in name:
        if character == '\\':
            piece = '\\\\'
        elif ' ' <= character <= '~':
            piece = character
        elif ord(character) < 128:
            piece = f'\\x{ord(character):02x}'
        else:
            piece = f'\\u{ord(character):04x}'
        shown += piece
    return shown if len(shown) <= 80 else shown[:77] + '...'


hostile = page('replay', *POLICY, write('hostile.jsonl', b''.join(records(HOSTILE))))
tame = page('replay', *POLICY, write('tame.jsonl', b''.join(records(f'n{number}' for number in range(len(HOSTILE))))))
write('hostile.html', hostile)
found = is_sound('hostile names', hostile)
same(sorted(found.found), sorted(Structure(tame.decode()).found), 'hostile names make no element more or less than tame ones')
ok(b'b\\xff\\xfed' in hostile, 'bytes that are no UTF-8')
ok(b'script>alert' not in hostile.lower().replace(b'&lt;script&gt;alert', b''), 'no script')

# --- a browser ---

CONTRAST = '''(() => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (; element; element = element.parentElement) {
            const colour = parse(getComputedStyle(element).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
    };
    let worst = [99, ''];
    for (const element of document.body.querySelectorAll('*')) {
        if (element.closest('svg') || ![...element.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
        const pair = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
        const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
        if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 80)];
    }
    return worst;
})()'''


def test_looks(window):
    grounds = set()
    for width in (360, 1280):
        for dark in (False, True):
            label = f'{width} pixels, {"dark" if dark else "light"}'
            window.look(width, dark)
            window.open(folder.name + '/hostile.html')
            ok(window.value('document.documentElement.scrollWidth') <= width, f'{label}: nothing is wider than the screen')
            ratio, where = window.value(CONTRAST)
            if not ok(ratio >= 4.5, f'{label}: contrast of all text is 4.5 or more: {ratio:.1f}'):
                note(where)
            grounds.add(window.value('getComputedStyle(document.body).backgroundColor'))
            picture = window.screenshot()
            ok(picture.startswith(b'\x89PNG') and len(picture) > 10000, f'{label}: a picture')
            if 'SCREENSHOTS' in os.environ:
                with open(f'{os.environ["SCREENSHOTS"]}/{width}-{"dark" if dark else "light"}.png', 'wb') as file:
                    file.write(picture)
    same(len(grounds), 2, 'light and dark differ')
    window.look(1280, True, 'print')
    window.open(folder.name + '/hostile.html')
    same(window.value('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)', 'on paper it is black on white')
    same(window.requests, [f'file://{folder.name}/hostile.html'], 'it asks for nothing but itself')
    same(window.complaints, [], 'and the browser has no complaint')


def test_document(window):
    window.look(1280)
    window.open(folder.name + '/hostile.html')
    same(set(window.value('[...document.querySelectorAll("*")].map(e => e.tagName)')) - TAGS, set(), 'elements are of our kinds')
    same(window.value('document.querySelectorAll("*").length'), len(found.found), 'as many as were written')
    same(window.value('document.title'), 'What this policy would have done', 'the title is ours')
    text = window.value('document.body.textContent')
    missing = [name for name in HOSTILE if escaped(name) not in text]
    same(missing, [], 'each hostile name stands there as text')
    same(window.value('[...document.querySelectorAll("svg[role=img]")].filter(e => !e.querySelector("title") || !e.querySelector("desc")).length'),
         0, 'each chart has a title and a description')
    same(window.value('[...document.querySelectorAll("table")].filter(e => !e.caption).length'), 0, 'each table has a caption')
    same(window.value('[...document.querySelectorAll("h1,h2")].map(e => e.tagName).join()').count('H1'), 1, 'one heading of the page')


if browser.find():
    with browser.Browser() as chromium:
        test_looks(chromium)
        test_document(chromium)
else:
    note('no chromium: nothing was looked at')
    ok(True, 'a browser # SKIP no chromium')
done()
