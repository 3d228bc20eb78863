"""Report faults at the far end: what python-fido2 makes of each."""

import time
import unittest
from threading import Event, Timer

from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2
from fido2.hid import CTAPHID, ConnectionFailure

from key import Key
from test_commands import ES256, HASH, RP, user


class Reports(unittest.TestCase):
    def plug_in(self, fault, *arguments):
        self.key = self.enterContext(Key("--fault", fault, *arguments))
        return Ctap2(self.key.connect(), strict_cbor=True)

    def make(self, ctap, **more):
        return ctap.make_credential(HASH, RP, user(1), ES256, options={"rk": True, "uv": True}, **more)

    def stored(self):
        """Whether the key has a credential. Asked silently, on a new connection, which no fault touches."""
        ctap = Ctap2(self.key.reconnect())
        try:
            return ctap.get_assertion("rp.test", HASH, options={"up": False}) is not None
        except CtapError as error:
            self.assertEqual(error.code, CtapError.ERR.NO_CREDENTIALS)
            return False

    def refused(self, error, fault, *arguments):
        ctap = self.plug_in(fault + ",schedule=once", *arguments)
        with self.assertRaises(CtapError) as caught:
            self.make(ctap)
        self.assertEqual(caught.exception.code, error)
        self.assertFalse(self.stored())

    def broken(self, error, fault):
        ctap = self.plug_in(fault + ",schedule=once")
        with self.assertRaises(error) as caught:
            self.make(ctap)
        self.assertTrue(self.stored(), "the key had done its part")
        return caught.exception

    def test_a_broken_request_is_refused_by_the_key(self):
        self.refused(CtapError.ERR.INVALID_SEQ, "report-dropped,direction=to-key,report=2")
        self.refused(CtapError.ERR.INVALID_SEQ, "report-duplicated,direction=to-key,report=2")
        self.refused(CtapError.ERR.INVALID_SEQ, "report-reordered,direction=to-key")
        self.refused(CtapError.ERR.INVALID_SEQ, "seq-gap,direction=to-key")
        self.refused(CtapError.ERR.INVALID_LENGTH, "wrong-length,direction=to-key")
        self.refused(CtapError.ERR.TIMEOUT, "report-dropped,direction=to-key,report=last")

    def test_an_answer_out_of_sequence_breaks_the_connection(self):
        for fault in ("report-dropped,report=2", "report-duplicated,report=2", "report-reordered", "seq-gap"):
            self.assertIsInstance(self.broken(ConnectionFailure, fault), ConnectionFailure, fault)

    def test_an_answer_on_another_channel_breaks_the_connection(self):
        self.broken(ConnectionFailure, "wrong-cid,report=2")

    def test_a_busy_key_is_asked_again(self):
        ctap = self.plug_in("channel-busy,schedule.first=2")
        self.assertIsNotNone(self.make(ctap))
        _, errors = self.key.end()
        self.assertEqual(errors.count("channel-busy: report 1 of "), 2)

    def test_an_unplugged_key_is_a_lost_connection(self):
        for when, stored in (("request", False), ("touch", False), ("stored", True), ("answering", True)):
            ctap = self.plug_in(f"unplug-mid-command,when={when},again-after=50,schedule=once")
            with self.assertRaises(OSError):
                self.make(ctap)
            self.assertEqual(self.stored(), stored, when)

    def test_a_key_comes_back_empty(self):
        ctap = self.plug_in("unplug-mid-command,when=answered,again-after=50,state=lost,schedule=once")
        self.assertIsNotNone(self.make(ctap))
        with self.assertRaises(OSError):
            ctap.device.call(CTAPHID.PING, b"there?")
        self.assertFalse(self.stored())

    def test_keepalives_for_ever_end_with_cancel(self):
        ctap = self.plug_in("keepalive-forever,schedule=once")
        event, seen = Event(), []
        Timer(0.5, event.set).start()
        with self.assertRaises(CtapError) as caught:
            self.make(ctap, event=event, on_keepalive=seen.append)
        self.assertEqual(caught.exception.code, CtapError.ERR.KEEPALIVE_CANCEL)
        self.assertEqual(seen, [2])
        self.assertFalse(self.stored())

    def test_the_answer_after_cancel_is_a_success(self):
        ctap = self.plug_in("cancel-late", "--presence", "never")
        event = Event()
        made = self.make(ctap, event=event, on_keepalive=lambda _: event.set())
        self.assertIsNotNone(made.auth_data.credential_data)

    def test_a_slow_key_is_waited_for(self):
        ctap = self.plug_in("slow-key,by=400")
        start, seen = time.monotonic(), []
        self.assertIsNotNone(self.make(ctap, on_keepalive=seen.append))
        self.assertGreaterEqual(time.monotonic() - start, 0.4)
        self.assertEqual(seen, [1], "processing")

    def test_a_late_report_and_no_keepalives_are_waited_for(self):
        for fault in ("report-delayed,by=300", "no-keepalive"):
            ctap = self.plug_in(fault, "--presence", "after=200ms")
            seen = []
            self.assertIsNotNone(self.make(ctap, on_keepalive=seen.append))
            self.assertEqual(seen, [] if fault == "no-keepalive" else [2])

    def test_a_reset_on_the_bus_ends_the_connection(self):
        ctap = self.plug_in("bus-reset,when=waiting,schedule=once", "--presence", "after=1s")
        with self.assertRaises(OSError):
            self.make(ctap)
        self.assertFalse(self.stored())

    def test_the_program_says_what_it_did(self):
        ctap = self.plug_in("unplug-mid-command,when=stored,again-after=50,schedule=once")
        with self.assertRaises(OSError):
            self.make(ctap)
        self.assertTrue(self.stored())
        _, errors = self.key.end()
        self.assertIn("unplug-mid-command: unplugged (plugged in again after 50 ms) before report 1 of ", errors)


if __name__ == "__main__":
    unittest.main()
