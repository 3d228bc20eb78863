"""A key of `faultkey serve`, and the way to it: 64-byte reports over its socket."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from fido2.hid import CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor

FAULTKEY = os.environ["FAULTKEY"]
REPORT = 64


class SocketConnection(CtapHidConnection):
    """Takes the place of a hidraw device."""

    def __init__(self, address):
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        # No answer is a failure, not a test that hangs.
        self.socket.settimeout(60)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise

    def read_packet(self):
        report = b""
        while len(report) < REPORT:
            part = self.socket.recv(REPORT - len(report))
            if not part:
                raise ConnectionError("the key closed the connection")
            report += part
        return report

    def write_packet(self, data):
        assert len(data) == REPORT
        self.socket.sendall(data)

    def close(self):
        self.socket.close()


class Key:
    """A running key; ends with the `with` block."""

    command = "serve"

    def __init__(self, *arguments, listen=False):
        self.folder = Path(tempfile.mkdtemp(prefix="fk"))
        self.path = self.folder / "key"
        self.listen = listen
        self.arguments = arguments
        self.connections = []
        self.start()

    def start(self):
        place = ["--listen", "127.0.0.1:0"] if self.listen else ["--socket", str(self.path)]
        if self.command == "attach":
            place = ["--via", "socket", "--listen", str(self.path), "--control", str(self.folder / "control")]
        self.program = subprocess.Popen(
            [FAULTKEY, self.command, *place, *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.ready = self.program.stdout.readline().strip()
        if not self.ready.startswith("ready at "):
            raise AssertionError(f"the key did not start: {self.ready!r} {self.program.communicate()[1]!r}")
        place = self.ready.removeprefix("ready at ").partition(": ")[0]
        host, _, port = place.rpartition(":")
        self.address = (host, int(port)) if self.listen else place

    def connect(self):
        """A new connection, and a new channel on it. One host at a time: close the one before."""
        self.disconnect()
        self.connections.append(SocketConnection(self.address))
        return self.channel()

    def reconnect(self):
        """The same, for a key that was unplugged and comes back by itself: there is no socket until it does."""
        until = time.monotonic() + 60
        while True:
            try:
                return self.connect()
            except (FileNotFoundError, ConnectionError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def channel(self):
        """Another channel on the same connection, as another program on the same computer has it."""
        return CtapHidDevice(HidDescriptor(str(self.address), 0, 0, REPORT, REPORT, "faultkey", None), self.connections[-1])

    def disconnect(self):
        while self.connections:
            self.connections.pop().close()

    def end(self, how=signal.SIGTERM):
        """Ends the program; its exit code, and what it said of its faults."""
        self.disconnect()
        self.program.send_signal(how)
        _, errors = self.program.communicate(timeout=60)
        return self.program.returncode, errors

    def restart(self, how=signal.SIGTERM):
        self.end(how)
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.returncode is None:
            self.end()
        shutil.rmtree(self.folder)
