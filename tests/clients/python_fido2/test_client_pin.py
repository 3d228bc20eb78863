"""clientPIN through python-fido2: PINs, retries, and tokens in both PIN/UV auth protocols."""

import unittest

from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2
from fido2.ctap2.pin import ClientPin, PinProtocolV1, PinProtocolV2
from fido2.webauthn import AuthenticatorData

from key import Key
from test_commands import ES256, HASH, RP, descriptor, user

ERR = CtapError.ERR
FLAG = AuthenticatorData.FLAG
PERMISSION = ClientPin.PERMISSION
PIN = "12345"


class FullKey(unittest.TestCase):
    """The key that has everything, its user verified by PIN only unless a test says otherwise."""

    protocol = PinProtocolV2
    arguments = ["--verification", "none"]

    def setUp(self):
        store = self.enterContext(Key("--profile", "security-key-full", *self.arguments))
        # The store is a folder, so that restarting is a power cycle and not a new key.
        store.end()
        store.arguments = (*store.arguments, "--store", str(store.folder / "store"))
        store.start()
        self.key = store
        self.plug_in()

    def plug_in(self):
        self.ctap = Ctap2(self.key.connect(), strict_cbor=True)
        self.pin = ClientPin(self.ctap, self.protocol())

    def power_cycle(self):
        self.key.restart()
        self.plug_in()

    def refused(self, error, call, *arguments, **more):
        with self.assertRaises(CtapError) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.code, error)

    def options(self):
        return self.ctap.get_info().options

    def token(self, permissions, rp_id=None, pin=PIN):
        return self.pin.get_pin_token(pin, permissions, rp_id)

    def proof(self, token):
        """That the platform holds `token`, for makeCredential and getAssertion."""
        protocol = self.pin.protocol
        return {"pin_uv_param": protocol.authenticate(token, HASH), "pin_uv_protocol": protocol.VERSION}

    def make(self, number, rp=RP, rk=True, **more):
        proof = self.proof(self.token(PERMISSION.MAKE_CREDENTIAL, rp["id"]))
        return self.ctap.make_credential(HASH, rp, user(number), ES256, options={"rk": rk}, **proof, **more)

    def get(self, *arguments, **more):
        proof = self.proof(self.token(PERMISSION.GET_ASSERTION, "rp.test"))
        return self.ctap.get_assertion("rp.test", HASH, *arguments, **proof, **more)


class ProtocolTwo(FullKey):
    def test_get_info(self):
        info = self.ctap.info
        self.assertEqual(info.versions, ["FIDO_2_0", "FIDO_2_1_PRE", "FIDO_2_1", "FIDO_2_3"])
        self.assertEqual(info.pin_uv_protocols, [2, 1])
        self.assertEqual((info.options["clientPin"], info.options["pinUvAuthToken"]), (False, True))
        self.assertEqual(len({algorithm["alg"] for algorithm in info.algorithms}), 19)

    def test_a_pin_is_set_once_and_then_changed(self):
        self.refused(ERR.PIN_NOT_SET, self.token, PERMISSION.GET_ASSERTION, "rp.test")
        self.refused(ERR.PIN_POLICY_VIOLATION, self.pin.set_pin, "x" * 64)
        self.pin.set_pin(PIN)
        self.assertTrue(self.options()["clientPin"])
        self.refused(ERR.PIN_AUTH_INVALID, self.pin.set_pin, "67890")
        self.refused(ERR.PIN_INVALID, self.pin.change_pin, "00000", "67890")
        self.pin.change_pin(PIN, "六七八九零")
        self.refused(ERR.PIN_INVALID, self.token, PERMISSION.GET_ASSERTION, "rp.test")
        self.assertEqual(len(self.token(PERMISSION.GET_ASSERTION, "rp.test", "六七八九零")), 32)

    def test_wrong_pins_use_up_the_retries_until_the_key_is_locked(self):
        self.pin.set_pin(PIN)
        full = self.pin.get_pin_retries()[0]
        self.assertEqual(full, 8)
        wrong = lambda: self.token(PERMISSION.GET_ASSERTION, "rp.test", "00000")
        left = full
        while left:
            # Three in a row want a power cycle; the last one of all locks the key (CTAP2.3 §6.5.5.7.2).
            errors = {1: ERR.PIN_INVALID, 2: ERR.PIN_INVALID, 3: ERR.PIN_AUTH_BLOCKED}
            for number, error in errors.items():
                left -= 1
                self.refused(error if left else ERR.PIN_BLOCKED, wrong)
                self.assertEqual(self.pin.get_pin_retries()[0], left)
                if not left:
                    break
            else:
                self.refused(ERR.PIN_AUTH_BLOCKED, self.token, PERMISSION.GET_ASSERTION, "rp.test")
                self.assertEqual(self.pin.get_pin_retries(), (left, True))
                self.power_cycle()
        self.power_cycle()
        self.assertEqual(self.pin.get_pin_retries()[0], 0)
        self.refused(ERR.PIN_BLOCKED, self.token, PERMISSION.GET_ASSERTION, "rp.test")
        self.refused(ERR.PIN_BLOCKED, self.pin.change_pin, PIN, "67890")
        # A reset makes it a new key.
        self.ctap.reset()
        self.assertFalse(self.options()["clientPin"])
        self.pin.set_pin("67890")
        self.assertEqual(self.pin.get_pin_retries()[0], 8)

    def test_the_right_pin_gives_the_retries_back(self):
        self.pin.set_pin(PIN)
        self.refused(ERR.PIN_INVALID, self.token, PERMISSION.GET_ASSERTION, "rp.test", "00000")
        self.assertEqual(self.pin.get_pin_retries()[0], 7)
        self.token(PERMISSION.GET_ASSERTION, "rp.test")
        self.assertEqual(self.pin.get_pin_retries()[0], 8)

    def test_a_token_makes_and_gets_with_verification(self):
        self.pin.set_pin(PIN)
        made = self.make(1)
        self.assertTrue(made.auth_data.flags & FLAG.UV)
        assertion = self.get()
        self.assertTrue(assertion.auth_data.flags & FLAG.UV)
        assertion.verify(HASH, made.auth_data.credential_data.public_key)
        self.assertEqual(assertion.user["id"], user(1)["id"])

    def test_every_algorithm_that_the_client_knows_signs(self):
        self.pin.set_pin(PIN)
        for algorithm in (-7, -9, -8, -19, -53, -35, -51, -36, -52, -47, -257, -37):
            parameters = [{"type": "public-key", "alg": algorithm}]
            proof = self.proof(self.token(PERMISSION.MAKE_CREDENTIAL, "rp.test"))
            made = self.ctap.make_credential(HASH, RP, user(1), parameters, options={"rk": True}, **proof)
            public_key = made.auth_data.credential_data.public_key
            self.assertEqual(public_key[3], algorithm)
            self.get([descriptor(made)]).verify(HASH, public_key)

    def test_a_token_of_ctap_2_0_makes_and_gets(self):
        self.pin.set_pin(PIN)
        # Without permissions of its own it is bound to the first RP that uses it (CTAP2.3 §6.5.5.7.1).
        made = self.ctap.make_credential(HASH, RP, user(1), ES256, options={"rk": True}, **self.proof(self.pin.get_pin_token(PIN)))
        assertion = self.ctap.get_assertion("rp.test", HASH, **self.proof(self.pin.get_pin_token(PIN)))
        self.assertTrue(made.auth_data.flags & assertion.auth_data.flags & FLAG.UV)
        assertion.verify(HASH, made.auth_data.credential_data.public_key)

    def test_without_a_token_a_discoverable_credential_is_refused(self):
        self.pin.set_pin(PIN)
        self.refused(ERR.PUAT_REQUIRED, self.ctap.make_credential, HASH, RP, user(1), ES256, options={"rk": True})
        made = self.ctap.make_credential(HASH, RP, user(1), ES256)
        self.assertFalse(made.auth_data.flags & FLAG.UV)
        assertion = self.ctap.get_assertion("rp.test", HASH, [descriptor(made)])
        self.assertFalse(assertion.auth_data.flags & FLAG.UV)

    def test_a_token_does_what_it_permits_and_nothing_else(self):
        self.pin.set_pin(PIN)
        self.make(1)
        make = lambda token, rp=RP: self.ctap.make_credential(HASH, rp, user(2), ES256, **self.proof(token))
        other = {"id": "other.test", "name": "Other"}
        self.refused(ERR.PIN_AUTH_INVALID, make, self.token(PERMISSION.GET_ASSERTION, "rp.test"))
        self.refused(ERR.PIN_AUTH_INVALID, make, self.token(PERMISSION.MAKE_CREDENTIAL, "rp.test"), other)
        self.refused(ERR.PIN_AUTH_INVALID, make, bytes(32))
        # A token for these permissions names its RP; no permission is not one.
        self.refused(ERR.MISSING_PARAMETER, self.token, PERMISSION.MAKE_CREDENTIAL)
        self.refused(ERR.INVALID_PARAMETER, self.token, PERMISSION(0), "rp.test")
        # A new token ends the one before.
        old = self.token(PERMISSION.MAKE_CREDENTIAL, "rp.test")
        self.token(PERMISSION.MAKE_CREDENTIAL, "rp.test")
        self.refused(ERR.PIN_AUTH_INVALID, make, old)

    def test_the_pin_outlasts_power_and_the_token_does_not(self):
        self.pin.set_pin(PIN)
        token = self.token(PERMISSION.MAKE_CREDENTIAL, "rp.test")
        self.power_cycle()
        self.assertTrue(self.ctap.info.options["clientPin"])
        self.refused(ERR.PIN_AUTH_INVALID, self.ctap.make_credential, HASH, RP, user(1), ES256, **self.proof(token))
        self.make(1)


class ProtocolOne(ProtocolTwo):
    """All of it again."""

    protocol = PinProtocolV1


class Fingerprint(FullKey):
    """Tokens for a finger."""

    arguments = []

    def test_a_finger_gives_a_token(self):
        self.assertTrue(self.ctap.info.options["uv"])
        token = self.pin.get_uv_token(PERMISSION.MAKE_CREDENTIAL, "rp.test")
        made = self.ctap.make_credential(HASH, RP, user(1), ES256, options={"rk": True}, **self.proof(token))
        token = self.pin.get_uv_token(PERMISSION.GET_ASSERTION, "rp.test")
        assertion = self.ctap.get_assertion("rp.test", HASH, **self.proof(token))
        self.assertTrue(made.auth_data.flags & assertion.auth_data.flags & FLAG.UV)
        assertion.verify(HASH, made.auth_data.credential_data.public_key)
        self.assertEqual(self.pin.get_uv_retries(), 3)


class WrongFinger(FullKey):
    arguments = ["--verification", "fail"]

    def test_a_wrong_finger_gives_none_and_uses_up_its_retries(self):
        self.pin.set_pin(PIN)
        for left in (2, 1, 0):
            with self.assertRaises(CtapError) as caught:
                self.pin.get_uv_token(PERMISSION.MAKE_CREDENTIAL, "rp.test")
            self.assertIn(caught.exception.code, {ERR.UV_INVALID, ERR.UV_BLOCKED})
            self.assertEqual(self.pin.get_uv_retries(), left)
        self.refused(ERR.UV_BLOCKED, self.pin.get_uv_token, PERMISSION.MAKE_CREDENTIAL, "rp.test")
        # The PIN still opens it, and gives the finger its retries back.
        self.make(1)
        self.assertEqual(self.pin.get_uv_retries(), 3)


if __name__ == "__main__":
    unittest.main()
