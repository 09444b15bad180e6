# SPDX-License-Identifier: BSD-2-Clause
"""What every page that the program writes must be."""
import html.parser

from tap import ok


class Structure(html.parser.HTMLParser):
    """Elements, and whether each is closed."""
    VOID = {'meta'}

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.ids, self.good = [], [], [], True
        self.feed(text)
        self.good = self.good and not self.open

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.ids += [value for name, value in attrs if name == 'id']
        self.good = self.good and all(not name.startswith('on') and name not in ('style', 'src', 'href') for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append(tag)

    def handle_endtag(self, tag):
        self.good = self.good and bool(self.open) and self.open.pop() == tag


def is_sound(label, data):
    """Tests of any page; its structure."""
    text = data.decode('latin-1')
    found = Structure(text)
    ok(found.good and len(set(found.ids)) == len(found.ids), f'{label}: elements are closed, ids are one each')
    ok(all(byte == 10 or 32 <= byte < 127 for byte in data), f'{label}: printable ASCII')
    ok('script' not in found.found and 'img' not in found.found and 'link' not in found.found, f'{label}: no script, nothing to fetch')
    ok(b'\\x0a' not in data, f'{label}: lines of ours are lines')
    return found
