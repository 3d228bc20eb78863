"""The user before the key: slow, absent, with the wrong finger; and the client that gives up."""

import time
import unittest
from threading import Event

from fido2.ctap import STATUS, CtapError
from fido2.ctap2 import Ctap2

from key import Key
from test_commands import ES256, HASH, RP, user


class User(unittest.TestCase):
    def plug_in(self, *arguments):
        self.key = self.enterContext(Key(*arguments))
        return Ctap2(self.key.connect(), strict_cbor=True)

    def refused(self, error, call, *arguments, **more):
        with self.assertRaises(CtapError) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.code, error)

    def test_a_slow_user_is_waited_for(self):
        ctap = self.plug_in("--presence", "after=300ms")
        seen = []
        start = time.monotonic()
        ctap.make_credential(HASH, RP, user(1), ES256, on_keepalive=seen.append)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        self.assertEqual(seen, [STATUS.UPNEEDED])

    def test_keepalives_keep_coming(self):
        self.plug_in("--presence", "after=1s")
        connection = self.key.connections[-1]
        connection.write_packet(b"\0\0\0\x01\x90\0\x01\x0b".ljust(64, b"\0"))
        times = [time.monotonic()]
        kinds = []
        while not kinds or kinds[-1] == 0xBB:
            kinds.append(connection.read_packet()[4])
            times.append(time.monotonic())
        self.assertEqual(kinds[-1], 0x90)
        self.assertGreaterEqual(kinds.count(0xBB), 10)

    def test_cancel_ends_the_request_and_the_key_goes_on(self):
        ctap = self.plug_in("--presence", "never")
        for call in (
            lambda **more: ctap.selection(**more),
            lambda **more: ctap.make_credential(HASH, RP, user(1), ES256, **more),
        ):
            event = Event()
            self.refused(CtapError.ERR.KEEPALIVE_CANCEL, call, event=event, on_keepalive=lambda _: event.set())
        self.assertIn("FIDO_2_0", ctap.get_info().versions)
        # What was cancelled left nothing.
        self.refused(CtapError.ERR.NO_CREDENTIALS, ctap.get_assertion, "rp.test", HASH, options={"up": False})

    def test_another_program_finds_the_key_busy_meanwhile(self):
        ctap = self.plug_in("--presence", "never")
        device, event = ctap.device, Event()
        connection = self.key.connections[-1]
        other = self.key.channel()
        connection.write_packet(device._channel_id.to_bytes(4, "big") + b"\x90\0\x01\x0b".ljust(60, b"\0"))
        while connection.read_packet()[4] != 0xBB:
            pass
        connection.write_packet(other._channel_id.to_bytes(4, "big") + b"\x81\0\0".ljust(60, b"\0"))
        while (report := connection.read_packet())[4] == 0xBB:
            pass
        self.assertEqual((report[:4], report[4], report[7]), (other._channel_id.to_bytes(4, "big"), 0xBF, 0x06))
        self.assertFalse(event.is_set())

    def test_a_host_that_goes_away_leaves_a_key_for_the_next(self):
        ctap = self.plug_in("--presence", "never")
        connection = self.key.connections[-1]
        connection.write_packet(ctap.device._channel_id.to_bytes(4, "big") + b"\x90\0\x01\x0b".ljust(60, b"\0"))
        self.assertEqual(connection.read_packet()[4], 0xBB)
        self.assertEqual(self.key.connect().ping(b"x"), b"x")

    def test_a_wrong_finger_uses_up_the_tries(self):
        ctap = self.plug_in("--verification", "fail")
        refusals = set()
        for _ in range(3):
            with self.assertRaises(CtapError) as caught:
                ctap.make_credential(HASH, RP, user(1), ES256, options={"uv": True})
            refusals.add(caught.exception.code)
        allowed = {CtapError.ERR.UV_BLOCKED, CtapError.ERR.UV_INVALID, CtapError.ERR.PIN_BLOCKED, CtapError.ERR.PUAT_REQUIRED}
        self.assertLessEqual(refusals, allowed)
        # Presence alone needs no finger.
        ctap.selection()

    def test_a_key_without_a_reader_says_so(self):
        ctap = self.plug_in("--verification", "none")
        self.assertNotIn("uv", ctap.info.options)
        self.refused(
            CtapError.ERR.INVALID_OPTION, ctap.make_credential, HASH, RP, user(1), ES256, options={"uv": True}
        )


if __name__ == "__main__":
    unittest.main()
