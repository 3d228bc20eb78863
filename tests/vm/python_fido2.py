"""python-fido2's tests of `tests/clients/python_fido2`, with a key at hidraw in the place of one at a socket."""

import io
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from checks import check, note, run
from plugged import Key as PluggedKey

sys.path.insert(0, str(Path(__file__).parent.parent / "clients/python_fido2"))

import key  # noqa: E402: the tests' own key, on the path from here on
from fido2.ctap import CtapError  # noqa: E402
from fido2.hid import CtapHidDevice, get_descriptor, open_connection  # noqa: E402

# A report of a message, and half a second without the next: the key forgets the message. On a busy computer that is nobody's fault.
TRIES = 10


class PatientDevice(CtapHidDevice):
    """Sends a long message again that the key gave up waiting for. It did nothing with it."""

    def call(self, cmd, data=b"", *more, **named):
        for _ in range(TRIES):
            try:
                return super().call(cmd, data, *more, **named)
            except CtapError as error:
                if error.code != CtapError.ERR.TIMEOUT or len(data) < 1024:
                    raise
        raise AssertionError(f"{TRIES} times half a second passed between two reports of one message")


class HidrawKey(key.Key):
    """A running key that is plugged in."""

    def __init__(self, *arguments):
        self.folder = Path(tempfile.mkdtemp(prefix="fk"))
        self.arguments = arguments
        self.connections = []
        self.start()

    def start(self):
        # What `faultkey serve` has where nothing is said.
        # Whoever asks is touched, as at `faultkey serve`.
        defaults = {"--profile": "security-key", "--store": "memory", "--allow-rp": "*"}
        more = [word for option, value in defaults.items() if option not in self.arguments for word in (option, value)]
        self.plugged = PluggedKey(*self.arguments, *more, via=self.via)
        self.program = self.plugged.program

    def connect(self):
        self.disconnect()
        self.descriptor = get_descriptor(self.plugged.node)
        self.connections.append(open_connection(self.descriptor))
        return self.channel()

    def channel(self):
        return PatientDevice(self.descriptor, self.connections[-1])

    def end(self, how=None):
        self.disconnect()
        self.plugged.__exit__()

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.folder)


key.Key = HidrawKey

# Not those of the program, of sockets, and of time that a user takes.
MODULES = ["test_hid.Hid", "test_commands", "test_client_pin", "test_ceremonies", "test_management", "test_u2f"]


def everything(where):
    HidrawKey.via = ["uhid"]
    before = forgotten()
    modules(where, MODULES)
    with check(f"{where}: the kernel forgot no report"):
        assert forgotten() == before


def forgotten():
    """How many reports UHID's queue had no room for, ever. One processor, and root: faultkey takes each one out before the next."""
    return run("dmesg").count("Output queue is full")


def over_usb(where, via, without=()):
    """CTAPHID with messages of every length, but for the tests whose names end so."""
    HidrawKey.via = via
    modules(where, MODULES[:1], without)


def pings(where, *sizes):
    """In the place of a test whose longest message is too long."""
    with HidrawKey() as plugged, check(f"{where}: test_hid: pings of up to {max(sizes):,} bytes"):
        device = plugged.connect()
        for size in sizes:
            assert device.ping(b"x" * size) == b"x" * size, size


def all_tests(suite):
    for test in suite:
        yield from all_tests(test) if isinstance(test, unittest.TestSuite) else [test]


def modules(where, names, without=()):
    for name in names:
        tests = all_tests(unittest.defaultTestLoader.loadTestsFromName(name))
        tests = unittest.TestSuite(test for test in tests if not test.id().endswith(tuple(without)))
        with check(f"{where}: {name.split('.')[0]}: {tests.countTestCases()} tests"):
            log = io.StringIO()
            result = unittest.TextTestRunner(log, verbosity=2).run(tests)
            note(log.getvalue())
            assert result.wasSuccessful() and result.testsRun and not result.skipped
