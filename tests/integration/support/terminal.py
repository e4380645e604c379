# SPDX-License-Identifier: Apache-2.0
"""Commands that ask at a terminal."""
import os
import pty
import signal
import subprocess
import termios

from support.server import BINARY, PATIENCE, wait_until


def at_a_terminal(command, *answers):
    """Runs a command of the binary at a terminal, with an answer (prompt, text) to each prompt.

    Returns its exit status, what the terminal showed, and what was printed to stdout."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EAS451_")}
    with subprocess.Popen([str(BINARY), command], stdin=theirs, stderr=theirs, stdout=subprocess.PIPE,
                          env=environment) as process:
        os.close(theirs)
        seen = b""
        try:
            for prompt, answer in answers:
                while not seen.endswith(prompt.encode()):
                    seen += os.read(ours, 1000)
                # The prompt comes before the echo is switched off, which throws away what was typed until then.
                wait_until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, "a silent terminal")
                os.write(ours, answer.encode() + b"\n")
            printed = process.stdout.read().decode()
            while chunk := read_or_nothing(ours):
                seen += chunk
        finally:
            os.close(ours)
        return process.wait(PATIENCE), seen.decode(), printed


def ended_by(number, command):
    """Ends the command by that signal while it asks for a password. Returns its exit status, and whether the terminal shows
    again what is typed."""
    ours, theirs = pty.openpty()
    try:
        # A shell has its background jobs ignore some signals, and so would the command.
        with subprocess.Popen([str(BINARY), command], stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL,
                              preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)) as process:
            try:
                wait_until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, "a silent terminal")
                process.send_signal(number)
                status = process.wait(PATIENCE)
            finally:
                process.kill()
        return status, bool(termios.tcgetattr(ours)[3] & termios.ECHO)
    finally:
        os.close(ours)
        os.close(theirs)


def read_or_nothing(terminal):
    try:
        return os.read(terminal, 1000)
    except OSError:  # nobody has the other end any more
        return b""
