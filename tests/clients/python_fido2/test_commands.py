"""CTAP2 commands through python-fido2's Ctap2, which re-encodes every answer and compares: canonical CBOR or ValueError."""

import hashlib
import unittest

from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2
from fido2.webauthn import AuthenticatorData

from key import Key

RP = {"id": "rp.test", "name": "RP"}
HASH = hashlib.sha256(b"client data").digest()
ES256 = [{"type": "public-key", "alg": -7}]
FLAG = AuthenticatorData.FLAG


def user(number):
    return {"id": bytes([number]) * 16, "name": f"user {number}", "displayName": f"利用者 {number}"}


def descriptor(credential):
    return {"type": "public-key", "id": credential.auth_data.credential_data.credential_id}


class Commands(unittest.TestCase):
    def setUp(self):
        self.key = self.enterContext(Key())
        self.ctap = self.plug_in()

    def plug_in(self):
        return Ctap2(self.key.connect(), strict_cbor=True)

    def make(self, number, rk=True, **more):
        # A key that can verify its user makes no discoverable credential without (CTAP2.3 §6.1.2 step 10).
        options = {"rk": True, "uv": True} if rk else None
        return self.ctap.make_credential(HASH, RP, user(number), ES256, options=options, **more)

    def refused(self, error, call, *arguments, **more):
        with self.assertRaises(CtapError) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.code, error)

    def test_get_info(self):
        info = self.ctap.info
        self.assertIn("FIDO_2_0", info.versions)
        self.assertEqual((info.options["rk"], info.options["up"], info.options["uv"]), (True, True, True))
        self.assertIn("usb", info.transports)
        self.assertIn({"type": "public-key", "alg": -7}, info.algorithms)
        self.assertEqual(info.max_msg_size, 1200)

    def test_a_discoverable_credential_signs_without_a_list(self):
        made = self.make(1)
        flags = made.auth_data.flags
        self.assertEqual(flags & (FLAG.UP | FLAG.UV | FLAG.AT), FLAG.UP | FLAG.UV | FLAG.AT)
        self.assertEqual(made.auth_data.rp_id_hash, hashlib.sha256(b"rp.test").digest())
        assertion = self.ctap.get_assertion("rp.test", HASH, options={"uv": True})
        assertion.verify(HASH, made.auth_data.credential_data.public_key)
        self.assertEqual(assertion.user["id"], user(1)["id"])
        self.assertGreater(assertion.auth_data.counter, made.auth_data.counter)

    def test_another_credential_signs_only_when_listed(self):
        made = self.make(1, rk=False)
        self.refused(CtapError.ERR.NO_CREDENTIALS, self.ctap.get_assertion, "rp.test", HASH)
        assertion = self.ctap.get_assertion("rp.test", HASH, allow_list=[descriptor(made)])
        assertion.verify(HASH, made.auth_data.credential_data.public_key)
        self.assertEqual(assertion.auth_data.flags & FLAG.UV, 0)
        with self.assertRaises(Exception):
            assertion.verify(b"another hash".ljust(32), made.auth_data.credential_data.public_key)

    def test_a_silent_assertion_has_no_user_presence(self):
        made = self.make(1)
        assertion = self.ctap.get_assertion("rp.test", HASH, [descriptor(made)], options={"up": False})
        self.assertEqual(assertion.auth_data.flags & (FLAG.UP | FLAG.UV), 0)
        assertion.verify(HASH, made.auth_data.credential_data.public_key)

    def test_next_assertions_are_of_the_accounts_newest_first(self):
        made = {number: self.make(number) for number in (1, 2, 3)}
        assertions = self.ctap.get_assertions("rp.test", HASH, options={"uv": True})
        self.assertEqual([assertion.user["id"][0] for assertion in assertions], [3, 2, 1])
        self.assertEqual(assertions[0].number_of_credentials, 3)
        for assertion in assertions:
            assertion.verify(HASH, made[assertion.user["id"][0]].auth_data.credential_data.public_key)
        self.refused(CtapError.ERR.NOT_ALLOWED, self.ctap.get_next_assertion)

    def test_a_discoverable_credential_needs_verification(self):
        make = self.ctap.make_credential
        refusal = CtapError.ERR.PUAT_REQUIRED if "clientPin" in self.ctap.info.options else CtapError.ERR.OPERATION_DENIED
        self.refused(refusal, make, HASH, RP, user(1), ES256, options={"rk": True})

    def test_the_exclude_list_is_respected(self):
        made = self.make(1)
        self.refused(CtapError.ERR.CREDENTIAL_EXCLUDED, self.make, 2, exclude_list=[descriptor(made)])
        other_rp = {"id": "other.test", "name": "Other"}
        self.ctap.make_credential(HASH, other_rp, user(1), ES256, exclude_list=[descriptor(made)])

    def test_the_same_account_has_one_discoverable_credential(self):
        first, second = self.make(1), self.make(1)
        self.assertNotEqual(descriptor(first), descriptor(second))
        assertions = self.ctap.get_assertions("rp.test", HASH)
        self.assertEqual([assertion.credential["id"] for assertion in assertions], [descriptor(second)["id"]])

    def test_selection(self):
        self.ctap.selection()

    def test_reset_erases_after_power_up(self):
        self.make(1)
        self.ctap.reset()
        self.refused(CtapError.ERR.NO_CREDENTIALS, self.ctap.get_assertion, "rp.test", HASH)

    def test_refusals(self):
        make = self.ctap.make_credential
        unknown = [{"type": "public-key", "alg": -65000}]
        self.refused(CtapError.ERR.UNSUPPORTED_ALGORITHM, make, HASH, RP, user(1), unknown)
        self.refused(CtapError.ERR.INVALID_OPTION, make, HASH, RP, user(1), ES256, options={"up": False})
        self.refused(CtapError.ERR.MISSING_PARAMETER, self.ctap.send_cbor, Ctap2.CMD.MAKE_CREDENTIAL, {1: HASH})
        self.refused(CtapError.ERR.CBOR_UNEXPECTED_TYPE, self.ctap.send_cbor, Ctap2.CMD.GET_ASSERTION, {1: 1, 2: HASH})
        self.refused(CtapError.ERR.INVALID_COMMAND, self.ctap.send_cbor, 0x3F)

    def test_a_message_that_is_too_long_is_refused_by_the_key(self):
        self.ctap._max_msg_size = 7609
        long = {"id": b"1", "name": "x" * 2000}
        self.refused(CtapError.ERR.REQUEST_TOO_LARGE, self.ctap.make_credential, HASH, RP, long, ES256)


if __name__ == "__main__":
    unittest.main()
