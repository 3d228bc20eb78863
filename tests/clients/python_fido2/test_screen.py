"""`faultkey attach` at a terminal: the screen, its keys, and the terminal as it was before, however the program ends."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
from pathlib import Path

from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2
from fido2.hid import CtapHidDevice
from fido2.hid.base import HidDescriptor

from key import FAULTKEY, REPORT, SocketConnection
from test_commands import ES256, HASH, user

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
PATIENCE = 60


class Terminal:
    """faultkey in a pseudo-terminal of its own, as the session's foreground program."""

    def __init__(self, *arguments, term="xterm", stdout=None):
        self.folder = Path(tempfile.mkdtemp(prefix="fk"))
        self.outside, inside = pty.openpty()
        self.inside = inside
        self.resize(24, 80)
        self.before = termios.tcgetattr(inside)
        self.shown = b""
        self.program = subprocess.Popen(
            [FAULTKEY, "attach", "--via", "socket", "--listen", str(self.folder / "key"), "--control", str(self.folder / "ctl"), *arguments],
            stdin=inside,
            stdout=stdout or inside,
            stderr=inside,
            cwd=self.folder,
            env={**os.environ, "TERM": term},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read(self, until):
        """Reads until this was shown."""
        end = time.monotonic() + PATIENCE
        while until not in self.shown:
            ready, _, _ = select.select([self.outside], [], [], max(0, end - time.monotonic()))
            assert ready, f"{until!r} is not shown: {self.shown!r}"
            self.shown += os.read(self.outside, 1 << 16)

    def resize(self, rows, columns):
        fcntl.ioctl(self.inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key):
        os.write(self.outside, key)

    def connect(self):
        connection = SocketConnection(str(self.folder / "key"))
        return connection, Ctap2(CtapHidDevice(HidDescriptor("key", 0, 0, REPORT, REPORT, "faultkey", None), connection))

    def wait(self):
        """Its exit code. What it shows meanwhile is read, or it could not end."""
        end = time.monotonic() + PATIENCE
        while self.program.poll() is None:
            assert time.monotonic() < end, "it does not end"
            if select.select([self.outside], [], [], 0.01)[0]:
                self.shown += os.read(self.outside, 1 << 16)
        while select.select([self.outside], [], [], 0)[0]:
            self.shown += os.read(self.outside, 1 << 16)
        return self.program.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        if self.program.stdout:
            self.program.stdout.close()
        os.close(self.outside)
        os.close(self.inside)
        shutil.rmtree(self.folder)


class Screen(unittest.TestCase):
    def assert_restored(self, terminal):
        self.assertEqual(terminal.shown.count(ENTER), terminal.shown.count(LEAVE))
        self.assertEqual(termios.tcgetattr(terminal.inside), terminal.before)

    def test_keys_touch_and_refuse_and_the_end_tells_what_is_left(self):
        with Terminal("--presence", "ask", "--profile", "security-key", "--store", "keys") as terminal:
            terminal.read(ENTER)
            connection, ctap = terminal.connect()
            outcome = []

            def register():
                for number in (1, 2):
                    try:
                        outcome.append(ctap.make_credential(HASH, {"id": "bank.example", "name": "銀行"}, user(number), ES256).fmt)
                    except CtapError as error:
                        outcome.append(error.code)

            host = threading.Thread(target=register)
            host.start()
            terminal.read("┏".encode())
            terminal.press(b"t")
            terminal.read(b"CTAP2_OK, credential")
            terminal.read(b"-> #3")
            terminal.press(b"r")
            host.join(PATIENCE)
            self.assertEqual(outcome, ["packed", CtapError.ERR.OPERATION_DENIED])
            terminal.press(b"q")
            self.assertEqual(terminal.wait(), 0)
            connection.close()
            self.assert_restored(terminal)
            after = terminal.shown.rpartition(LEAVE)[2].decode()
            self.assertIn("key 1: security-key, 3 exchanges, 0 decisions of faults", after)
            self.assertIn("1 credential, kept in keys", after)

    def test_signals_give_the_terminal_back(self):
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            with Terminal() as terminal:
                terminal.read(ENTER)
                terminal.program.send_signal(how)
                self.assertEqual(terminal.wait(), 0, how)
                self.assert_restored(terminal)

    def test_control_z_gives_the_terminal_back_until_it_goes_on(self):
        with Terminal() as terminal:
            terminal.read(ENTER)
            terminal.press(b"\x1a")
            terminal.read(LEAVE)
            _, status = os.waitpid(terminal.program.pid, os.WUNTRACED)
            self.assertTrue(os.WIFSTOPPED(status))
            self.assert_restored(terminal)
            terminal.shown = b""
            terminal.program.send_signal(signal.SIGCONT)
            terminal.read(b"what happens")
            self.assertIn(ENTER, terminal.shown)
            terminal.press(b"q")
            self.assertEqual(terminal.wait(), 0)
            self.assertEqual(termios.tcgetattr(terminal.inside), terminal.before)

    def test_a_terminal_that_takes_nothing_does_not_stop_the_key(self):
        with Terminal() as terminal:
            terminal.read(ENTER)
            connection, ctap = terminal.connect()
            # Nobody reads the terminal from here on.
            for _ in range(3_000):
                ctap.get_info()
            connection.close()
            # All of the screen, and not only what has changed since the last drawing.
            terminal.resize(30, 100)
            terminal.read(b"#3001")
            terminal.press(b"q")
            self.assertEqual(terminal.wait(), 0)
            self.assert_restored(terminal)

    def test_lines_are_plain_where_they_are_wanted_or_no_screen_is(self):
        for arguments, term in ((["--plain"], "xterm"), ([], "dumb"), (["--quiet"], "xterm")):
            with Terminal(*arguments, term=term) as terminal:
                terminal.read(b"ready at")
                terminal.program.send_signal(signal.SIGTERM)
                self.assertEqual(terminal.wait(), 0)
                self.assertNotIn(b"\x1b", terminal.shown)
                self.assert_restored(terminal)

    def test_a_program_that_reads_gets_its_line_and_no_screen(self):
        with Terminal(stdout=subprocess.PIPE) as terminal:
            self.assertTrue(terminal.program.stdout.readline().startswith(b"ready at "))
            terminal.read(b"keys: t touch")
            terminal.press(b"q")
            self.assertEqual(terminal.wait(), 0)
            self.assertNotIn(b"\x1b", terminal.shown)
            self.assert_restored(terminal)


if __name__ == "__main__":
    unittest.main()
