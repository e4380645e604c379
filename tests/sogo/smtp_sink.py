# SPDX-License-Identifier: Apache-2.0
"""A mail server that takes everything and keeps it: where SOGo sends what a phone sent."""
import collections
import socketserver
import threading

from support.server import wait_until

Mail = collections.namedtuple("Mail", "recipients message")


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 sink")
        recipients = []
        for line in self.rfile:
            verb = line.split(b":")[0].strip().upper()
            if verb == b"DATA":
                self.say("354 go on")
                self.server.mails.append(Mail(recipients, self._message()))
                recipients = []
            elif verb == b"RCPT TO":
                recipients.append(line.split(b"<")[1].split(b">")[0].decode("ascii"))
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def _message(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def say(self, text):
        self.wfile.write(text.encode("ascii") + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


class SmtpSink:
    def __init__(self):
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.mails = []
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, word):
        """The one mail with this word in it."""
        return wait_until(lambda: next((mail for mail in list(self._server.mails) if word in mail.message), None), f"a mail with {word!r}")

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
