"""`faultkey attach` driven by `faultkey ctl`, with python-fido2 as the client that verifies."""

import json
import secrets
import subprocess
import unittest

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fido2.cose import CoseKey
from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2
from fido2.ctap2.pin import ClientPin
from fido2.utils import websafe_decode, websafe_encode

from key import FAULTKEY, Key
from test_commands import ES256, HASH, user


class AttachedKey(Key):
    command = "attach"

    def ctl(self, *command):
        done = subprocess.run(
            [FAULTKEY, "ctl", "--json", "--control", str(self.folder / "control"), *command],
            capture_output=True, text=True, timeout=60,
        )
        if done.returncode:
            raise AssertionError(f"{command}: {done.stderr}")
        return json.loads(done.stdout)


def attached(*arguments):
    return AttachedKey(*arguments)


class Attach(unittest.TestCase):
    def test_a_replug_ends_the_soft_lock_of_the_pin(self):
        with attached("--profile", "yubikey-5", "--pin", "1234") as key:
            pin = ClientPin(Ctap2(key.connect(), strict_cbor=True))
            for expected in (CtapError.ERR.PIN_INVALID, CtapError.ERR.PIN_INVALID, CtapError.ERR.PIN_AUTH_BLOCKED):
                with self.assertRaises(CtapError) as caught:
                    pin.get_pin_token("0000")
                self.assertEqual(caught.exception.code, expected)
            with self.assertRaises(CtapError) as caught:
                pin.get_pin_token("1234")
            self.assertEqual(caught.exception.code, CtapError.ERR.PIN_AUTH_BLOCKED)
            key.disconnect()
            key.ctl("replug")
            pin = ClientPin(Ctap2(key.connect(), strict_cbor=True))
            self.assertEqual(pin.get_pin_retries()[0], 5)
            self.assertTrue(pin.get_pin_token("1234"))

    def test_a_reset_is_possible_after_a_replug(self):
        with attached("--profile", "yubikey-5", "--pin", "1234") as key:
            key.ctl("replug")
            ctap = Ctap2(key.connect(), strict_cbor=True)
            ctap.reset()
            self.assertFalse(ctap.get_info().options["clientPin"])

    def test_a_credential_from_outside_signs(self):
        for private, algorithm in (
            (ec.generate_private_key(ec.SECP256R1()), -7),
            (ec.generate_private_key(ec.SECP384R1()), -35),
            (ec.generate_private_key(ec.SECP521R1()), -36),
            (ed25519.Ed25519PrivateKey.generate(), -8),
        ):
            identifier = secrets.token_bytes(32)
            credential = {
                "credentialId": websafe_encode(identifier),
                "isResidentCredential": True,
                "rpId": "rp.test",
                "privateKey": websafe_encode(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
                "userHandle": websafe_encode(b"user"),
                "userName": "taro",
                "signCount": 1000,
            }
            with attached() as key:
                file = key.folder / "credential.json"
                file.write_text(json.dumps(credential), encoding="utf-8")
                key.ctl("credentials", "add", str(file))
                file.unlink()
                ctap = Ctap2(key.connect(), strict_cbor=True)
                assertion = ctap.get_assertion("rp.test", HASH, [{"type": "public-key", "id": identifier}])
                public = CoseKey.for_alg(algorithm).from_cryptography_key(private.public_key())
                assertion.verify(HASH, public)
                self.assertGreater(assertion.auth_data.counter, 1000)

    def test_what_is_listed_is_the_key_itself(self):
        from cryptography.hazmat.primitives.serialization import load_der_private_key

        with attached() as key:
            ctap = Ctap2(key.connect(), strict_cbor=True)
            made = ctap.make_credential(HASH, {"id": "rp.test", "name": "RP"}, user(1), ES256, options={"rk": True, "uv": True})
            (listed,) = key.ctl("credentials", "list")["credentials"]
            private = load_der_private_key(websafe_decode(listed["privateKey"]), None)
            public = CoseKey.for_alg(-7).from_cryptography_key(private.public_key())
            self.assertEqual(dict(public), dict(made.auth_data.credential_data.public_key))
            self.assertEqual(websafe_decode(listed["credentialId"]), made.auth_data.credential_data.credential_id)


if __name__ == "__main__":
    unittest.main()
