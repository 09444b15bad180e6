# SPDX-License-Identifier: BSD-2-Clause
"""Mails with numbers through a Postfix of the tests, and which of them have arrived."""
import re
import smtplib
import threading


class Mail:
    """Mails with a number each, sent from several threads; what became of each."""

    def __init__(self, port):
        self.port = port
        self.lock = threading.Lock()
        self.sent = 0
        self.accepted = set()

    def client(self, name):
        # By XCLIENT: a client on loopback would be exempt.
        client = smtplib.SMTP('127.0.0.1', self.port, local_hostname=name, timeout=60)
        client.ehlo()
        client.docmd('XCLIENT', 'ADDR=203.0.113.9 NAME=client.example')
        client.ehlo()
        return client

    def send(self, client=None):
        """One mail, by a client that is there already or by another one; the code that ended it."""
        with self.lock:
            self.sent += 1
            number = self.sent
        client = client or self.client('client.example')
        try:
            client.sendmail('joe@shop.example', ['bob@example.org'], f'Subject: number {number}.\n\ntext\n')
            self.accepted.add(number)
            return 250
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients['bob@example.org'][0]
        except smtplib.SMTPResponseException as error:
            return error.smtp_code
        finally:
            client.close()


def delivered(postfix):
    """The numbers of the mails in the mailbox, each as often as it is there."""
    return sorted(int(number) for text in postfix.delivered()
                  for number in re.findall(r'^Subject: number (\d+)\.', text, re.M))
