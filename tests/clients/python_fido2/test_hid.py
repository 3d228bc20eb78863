"""CTAPHID, as python-fido2 speaks it to a USB key."""

import unittest
from threading import Event

from fido2.ctap import CtapError
from fido2.hid import CAPABILITY, CTAPHID

from key import Key


class Hid(unittest.TestCase):
    def setUp(self):
        self.key = self.enterContext(Key())
        self.device = self.key.connect()

    def test_init_tells_versions_and_capabilities(self):
        self.assertEqual(self.device.version, 2)
        self.assertEqual(self.device.device_version, (0, 0, 1))
        self.assertTrue(self.device.capabilities & CAPABILITY.CBOR)
        self.assertTrue(self.device.capabilities & CAPABILITY.WINK)

    def test_ping_of_every_size(self):
        for size in (0, 1, 57, 58, 1024, 7609):
            self.assertEqual(self.device.ping(b"x" * size), b"x" * size)

    def test_wink(self):
        self.device.wink()

    def test_lock_keeps_another_channel_out(self):
        other = self.key.channel()
        self.device.lock(10)
        with self.assertRaises(CtapError) as caught:
            other._do_call(CTAPHID.PING, b"x", Event(), None)
        self.assertEqual(caught.exception.code, CtapError.ERR.CHANNEL_BUSY)
        self.device.lock(0)
        self.assertEqual(other.ping(b"x"), b"x")

    def test_errors_come_as_errors(self):
        cases = [
            (0x2A, b"", CtapError.ERR.INVALID_COMMAND),
            (CTAPHID.CBOR, b"", CtapError.ERR.INVALID_LENGTH),
            (CTAPHID.LOCK, b"\x0b", CtapError.ERR.INVALID_PARAMETER),
        ]
        for command, data, error in cases:
            with self.assertRaises(CtapError) as caught:
                self.device.call(command, data)
            self.assertEqual(caught.exception.code, error)
        self.assertEqual(self.device.ping(), b"Hello FIDO")

    def test_without_ctap1_the_capabilities_say_so(self):
        self.assertTrue(self.device.capabilities & CAPABILITY.NMSG)
        with self.assertRaises(CtapError) as caught:
            self.device.call(CTAPHID.MSG, bytes.fromhex("00030000000000"))
        self.assertEqual(caught.exception.code, CtapError.ERR.INVALID_COMMAND)

    def test_hundreds_of_channels(self):
        channels = [self.key.channel() for _ in range(300)]
        for channel in channels:
            self.assertEqual(channel.ping(b"x"), b"x")


class Tcp(unittest.TestCase):
    def test_the_same_over_loopback(self):
        with Key(listen=True) as key:
            for _ in range(3):
                self.assertEqual(key.connect().ping(b"x" * 7609), b"x" * 7609)


if __name__ == "__main__":
    unittest.main()
