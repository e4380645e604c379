# SPDX-License-Identifier: Apache-2.0
"""A server of the fixtures' own that a test ends, freezes and starts again, by its process id."""
import pathlib
import signal
import subprocess

from support.server import PATIENCE, wait_until


class Daemon:
    """What starts the process puts it into `process` and says what it is in `name`; start() and remove()
    are its own."""

    name = "the server"
    process = None

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGCONT)
        self.reap()

    def kill(self):
        """Ends it as a power failure would: no goodbye on any connection."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.reap()

    def restart(self):
        self.stop()
        return self.start()

    def pause(self):
        """From here on the kernel still accepts connections, and nobody answers on any of them."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: self._state() == "T", f"{self.name} stands still")

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def reap(self):
        if self.process is not None:
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)
                raise AssertionError(f"{self.name} did not end after SIGTERM") from None

    def _state(self):
        status = pathlib.Path("/proc", str(self.process.pid), "stat").read_text(encoding="ascii", errors="replace")
        return status.rsplit(")", 1)[1].split()[0]
