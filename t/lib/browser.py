# SPDX-License-Identifier: BSD-2-Clause
"""A headless Chromium, told what to do by the DevTools protocol over a pipe: no port, no network."""
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile


def find():
    """The program, or None."""
    return shutil.which('chromium') or shutil.which('chromium-browser')


class Browser:
    """One process with one page; to be used in a with statement."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.count = 0
        self.requests = []      # addresses that the page asked for
        self.complaints = []    # what the browser says of it: blocked content, errors
        read_theirs, self.write = os.pipe()
        self.read, write_theirs = os.pipe()

        def pipes():
            # Chromium reads from 3 and writes to 4; copies first, for these may be 3 and 4 themselves.
            read_copy, write_copy = os.dup(read_theirs), os.dup(write_theirs)
            os.dup2(read_copy, 3)
            os.dup2(write_copy, 4)

        self.process = subprocess.Popen(
            [find(), '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-pipe',
             '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-extensions',
             f'--user-data-dir={self.folder.name}'],
            preexec_fn=pipes, close_fds=False, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, 'HOME': self.folder.name})
        os.close(read_theirs)
        os.close(write_theirs)
        self.buffer = b''
        page = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=page, flatten=True)['sessionId']
        for domain in ('Page', 'Network', 'Log', 'Runtime'):
            self.call(f'{domain}.enable')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Its own processes are in its process group, and in no other.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.write)
        os.close(self.read)
        self.folder.cleanup()

    def message(self):
        while b'\0' not in self.buffer:
            piece = os.read(self.read, 1 << 20)
            if not piece:
                raise RuntimeError('chromium has ended')
            self.buffer += piece
        line, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(line)

    def note(self, message):
        method = message.get('method')
        if method == 'Network.requestWillBeSent':
            self.requests.append(message['params']['request']['url'])
        elif method == 'Log.entryAdded':
            self.complaints.append(message['params']['entry']['text'])
        elif method in ('Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Page.javascriptDialogOpening'):
            self.complaints.append(method)
        return method

    def call(self, method, **params):
        self.count += 1
        request = {'id': self.count, 'method': method, 'params': params}
        if hasattr(self, 'session') and not method.startswith('Target.'):
            request['sessionId'] = self.session
        os.write(self.write, json.dumps(request).encode() + b'\0')
        while True:
            message = self.message()
            if message.get('id') == self.count:
                if 'error' in message:
                    raise RuntimeError(f'{method}: {message["error"]}')
                return message['result']
            self.note(message)

    def open(self, path):
        """Loads a file to its end."""
        self.requests, self.complaints = [], []
        self.call('Page.navigate', url='file://' + path)
        while self.note(self.message()) != 'Page.loadEventFired':
            pass

    def look(self, width, dark=False, media=''):
        """The screen that it is shown on from now."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', media=media,
                  features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def value(self, expression):
        """What an expression of JavaScript has as its value; the policy of the page does not bind who debugs it."""
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(f'{expression}: {result["exceptionDetails"]}')
        return result['result'].get('value')

    def screenshot(self):
        """The whole page, as PNG."""
        return base64.b64decode(self.call('Page.captureScreenshot', captureBeyondViewport=True)['data'])
