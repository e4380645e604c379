#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The lab: serves the lab's configuration, plays the phones against it, and goes on serving.

Two servers: the one the configuration describes, and one more on free ports that differs from it only
by `redirect.mode: off`, to show what the same phones got before the feature. The second is made from
what `config show --json` prints, and ends with the table.
"""
import argparse
import json
import pathlib
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import phones  # noqa: E402

READY_SECONDS = 30
STOP_SECONDS = 45  # longer than the server's own drain


class Server:
    """One eas451 process. Its access log (stdout) and its diagnostic log (stderr) are kept as lines."""

    def __init__(self, binary: str, config: str):
        self.binary = binary
        self.config = config
        self.access_lines: "queue.SimpleQueue[str]" = queue.SimpleQueue()
        self.log_lines: "queue.SimpleQueue[str]" = queue.SimpleQueue()
        # A session of its own: a Ctrl-C at the terminal reaches us, and we pass it on once.
        self.process = subprocess.Popen(
            [binary, "--config", config, "serve"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
        self.readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.access_lines), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.log_lines), daemon=True)]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(pipe, lines):
        for line in pipe:
            lines.put(line)

    def wait_until_ready(self):
        """Asks the server's own `healthcheck`; raises RuntimeError when it ends or the limit passes."""
        limit = time.monotonic() + READY_SECONDS
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                for reader in self.readers:
                    reader.join(timeout=5)
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n"
                                   + "".join(drain(self.log_lines)))
            asked = subprocess.run([self.binary, "--config", self.config, "healthcheck"], check=False,
                                   capture_output=True, timeout=READY_SECONDS)
            if asked.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the server is not ready after {READY_SECONDS} s:\n" + "".join(drain(self.log_lines)))

    def stop(self) -> int:
        """SIGTERM, then SIGKILL at the limit; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self.readers:
            reader.join(timeout=5)
        return self.process.returncode


def drain(lines) -> list:
    result = []
    while not lines.empty():
        result.append(lines.get())
    return result


def effective_config(binary: str, config: str) -> dict:
    shown = subprocess.run([binary, "--config", config, "config", "show", "--json"], check=True,
                           capture_output=True, text=True, timeout=READY_SECONDS)
    return json.loads(shown.stdout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_config_without_redirect(effective: dict, folder: str) -> str:
    config = json.loads(json.dumps(effective))
    config["redirect"]["mode"] = "off"
    config["listeners"][0]["bind"] = f"127.0.0.1:{free_port()}"
    config["admin"]["bind"] = f"127.0.0.1:{free_port()}"
    file = pathlib.Path(folder) / "redirect-off.json"
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    return str(file)


def target_of(effective: dict) -> phones.Target:
    listener = effective["listeners"][0]
    return phones.Target(listener["bind"], listener["tls"]["certificate"], effective["public_names"][0])


def play_against_both(binary: str, effective: dict, servers: list) -> bool:
    """Starts the second server, which it adds to `servers` for its caller to stop if this is interrupted."""
    with tempfile.TemporaryDirectory(prefix="eas451-lab-") as folder:
        derived = write_config_without_redirect(effective, folder)
        before = Server(binary, derived)
        servers.append(before)
        before.wait_until_ready()
        with open(derived, encoding="utf-8") as file:
            targets = {"on": target_of(effective), "off": target_of(json.load(file))}
        rows = phones.play(targets)
        ended = before.stop()
    good = phones.print_table(rows) and ended == 0
    if ended != 0:
        print(f"lab: the server with redirect.mode: off ended with {ended}", file=sys.stderr)
    print("\naccess log, redirect.mode: off\n")
    sys.stdout.writelines(drain(before.access_lines))
    return good


def serve_on(server: Server, stop_asked: threading.Event):
    """Prints both logs as they grow, until a signal or the server's end."""
    while not stop_asked.wait(timeout=0.2) and server.process.poll() is None:
        sys.stdout.writelines(drain(server.access_lines))
        sys.stderr.writelines(drain(server.log_lines))
        sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--once", action="store_true", help="end after the table: 0 if every row is as expected")
    arguments = parser.parse_args()

    stop_asked = threading.Event()

    def on_signal(_number, _frame):
        if stop_asked.is_set():
            return
        stop_asked.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)

    server = Server(arguments.binary, arguments.config)
    servers = [server]
    good = False
    try:
        server.wait_until_ready()
        effective = effective_config(arguments.binary, arguments.config)
        good = play_against_both(arguments.binary, effective, servers)
        if not arguments.once:
            print(f"\nserving https://{effective['listeners'][0]['bind']} until Ctrl-C; access log:\n", flush=True)
            serve_on(server, stop_asked)
    except KeyboardInterrupt:
        print("\nstopping")
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"lab: {error}", file=sys.stderr)
        good = False
    finally:
        for each in servers:
            each.stop()
    status = server.process.returncode
    if arguments.once:
        print("\naccess log, redirect.mode: on\n")
    sys.stdout.writelines(drain(server.access_lines))
    if status != 0:
        sys.stderr.writelines(drain(server.log_lines))
        print(f"lab: the server ended with {status}", file=sys.stderr)
    interrupted = stop_asked.is_set() and not arguments.once
    return 0 if status == 0 and (good or interrupted) else 1


if __name__ == "__main__":
    sys.exit(main())
