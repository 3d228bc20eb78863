"""CTAP1/U2F over CTAPHID, as python-fido2 speaks it to a key whose profile has U2F_V2."""

import time
import unittest

from cryptography.exceptions import InvalidSignature
from fido2.attestation import InvalidSignature as InvalidAttestation
from fido2.ctap1 import APDU, ApduError, Ctap1
from fido2.ctap2 import Ctap2
from fido2.hid import CAPABILITY

from key import Key

CHALLENGE = b"c" * 32
APPLICATION = b"a" * 32
ELSEWHERE = b"e" * 32


class U2f(unittest.TestCase):
    def ctap1(self, *arguments):
        self.key = self.enterContext(Key("--profile", "yubikey-5", *arguments))
        return Ctap1(self.key.connect())

    def refused(self, word, call, *arguments, **options):
        with self.assertRaises(ApduError) as caught:
            call(*arguments, **options)
        self.assertEqual((caught.exception.code, caught.exception.data), (word, b""))

    def test_the_capabilities_and_the_version_say_so(self):
        ctap1 = self.ctap1()
        self.assertFalse(ctap1.device.capabilities & CAPABILITY.NMSG)
        self.assertEqual(ctap1.get_version(), "U2F_V2")
        self.assertIn("U2F_V2", Ctap2(ctap1.device).info.versions)

    def test_register_and_authenticate(self):
        ctap1 = self.ctap1()
        made = ctap1.register(CHALLENGE, APPLICATION)
        made.verify(APPLICATION, CHALLENGE)
        with self.assertRaises(InvalidAttestation):
            made.verify(ELSEWHERE, CHALLENGE)
        self.assertNotEqual(ctap1.register(CHALLENGE, APPLICATION).key_handle, made.key_handle)

        counters = []
        for challenge in (b"1" * 32, b"2" * 32):
            signed = ctap1.authenticate(challenge, APPLICATION, made.key_handle)
            signed.verify(APPLICATION, challenge, made.public_key)
            with self.assertRaises(InvalidSignature):
                signed.verify(APPLICATION, CHALLENGE, made.public_key)
            self.assertEqual(signed.user_presence, 1)
            counters.append(signed.counter)
        self.assertGreater(counters[1], counters[0])

    def test_check_only_and_key_handles_that_are_unknown(self):
        ctap1 = self.ctap1()
        handle = ctap1.register(CHALLENGE, APPLICATION).key_handle
        # The success of check-only.
        self.refused(APDU.USE_NOT_SATISFIED, ctap1.authenticate, CHALLENGE, APPLICATION, handle, check_only=True)
        changed = bytes([handle[0] ^ 1]) + handle[1:]
        for application, other in ((APPLICATION, changed), (ELSEWHERE, handle), (APPLICATION, b"")):
            for check_only in (True, False):
                self.refused(APDU.WRONG_DATA, ctap1.authenticate, CHALLENGE, application, other, check_only=check_only)

    def test_what_is_no_instruction(self):
        ctap1 = self.ctap1()
        self.refused(0x6D00, ctap1.send_apdu, ins=0x77)
        self.refused(0x6E00, ctap1.send_apdu, cla=0x80, ins=0x03)
        self.refused(0x6700, ctap1.send_apdu, ins=0x01, data=b"short")

    def test_a_user_who_does_not_come(self):
        ctap1 = self.ctap1("--presence", "never")
        for _ in range(3):
            self.refused(APDU.USE_NOT_SATISFIED, ctap1.register, CHALLENGE, APPLICATION)
        self.assertEqual(ctap1.get_version(), "U2F_V2")

    def test_polling_until_the_user_comes(self):
        ctap1 = self.ctap1("--presence", "after=300ms")
        refusals = 0
        before = time.monotonic()
        while True:
            try:
                made = ctap1.register(CHALLENGE, APPLICATION)
                break
            except ApduError as error:
                self.assertEqual(error.code, APDU.USE_NOT_SATISFIED)
                self.assertLess(time.monotonic() - before, 60)
                refusals += 1
                time.sleep(0.05)
        self.assertGreater(refusals, 0)
        made.verify(APPLICATION, CHALLENGE)


if __name__ == "__main__":
    unittest.main()
