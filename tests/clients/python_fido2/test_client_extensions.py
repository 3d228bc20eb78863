"""Every extension that python-fido2's client knows, as a web page asks for it; with a PIN, and without one."""

import hashlib
import unittest

from fido2 import cbor
from fido2.client import DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap2 import Config, CredentialManagement, Ctap2
from fido2.ctap2.bio import BioEnrollment
from fido2.ctap2.extensions import (
    CredBlobExtension,
    CredPropsExtension,
    CredProtectExtension,
    HmacSecretExtension,
    LargeBlobExtension,
    MinPinLengthExtension,
    PinComplexityPolicyExtension,
    ThirdPartyPaymentExtension,
)
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode

from key import Key
from test_client_pin import PERMISSION, PIN, FullKey
from test_commands import ES256, HASH, RP, descriptor, user

SERVER_RP = {"id": "rp.test", "name": "RP"}
# Every one but previewSign, which is no part of CTAP 2.3.
EXTENSIONS = [
    CredBlobExtension(),
    CredPropsExtension(),
    CredProtectExtension(),
    HmacSecretExtension(),
    LargeBlobExtension(),
    MinPinLengthExtension(),
    PinComplexityPolicyExtension(),
    ThirdPartyPaymentExtension(),
]
USER = {"id": b"user handle", "name": "taro", "displayName": "太郎"}


class Person(UserInteraction):
    """A person who knows the PIN."""

    asked = 0

    def request_pin(self, permissions, rp_id):
        self.asked += 1
        return PIN


class Page(FullKey):
    """A page of rp.test in front of a key whose PIN is set."""

    arguments = ["--verification", "none"]

    def setUp(self):
        super().setUp()
        self.pin.set_pin(PIN)
        self.server = Fido2Server(SERVER_RP)
        self.person = Person()
        self.open()

    def open(self):
        collector = DefaultClientDataCollector("https://rp.test")
        self.client = Fido2Client(self.key.connect(), collector, user_interaction=self.person, extensions=EXTENSIONS)

    def register(self, extensions, resident_key_requirement="required"):
        options, state = self.server.register_begin(
            USER,
            resident_key_requirement=resident_key_requirement,
            user_verification="preferred",
            extensions=extensions,
        )
        made = self.client.make_credential(options["publicKey"])
        data = self.server.register_complete(state, made)
        return data, made.client_extension_results

    def log_in(self, data, extensions):
        options, state = self.server.authenticate_begin(
            [data.credential_data], user_verification="preferred", extensions=extensions
        )
        response = self.client.get_assertion(options["publicKey"]).get_response(0)
        self.server.authenticate_complete(state, [data.credential_data], response)
        return response.client_extension_results, response.response.authenticator_data

    def test_prf(self):
        first, second = b"first salt", b"second salt"
        data, made = self.register({"prf": {"eval": {"first": first, "second": second}}})
        self.assertIs(made["prf"]["enabled"], True)
        at_creation = made["prf"]["results"]
        results, _ = self.log_in(data, {"prf": {"eval": {"first": first, "second": second}}})
        self.assertEqual(results["prf"]["results"]["first"], at_creation["first"])
        self.assertEqual(results["prf"]["results"]["second"], at_creation["second"])
        by_credential = {"prf": {"evalByCredential": {self.base64(data): {"first": second}}}}
        results, _ = self.log_in(data, by_credential)
        self.assertEqual(results["prf"]["results"]["first"], at_creation["second"])

    @staticmethod
    def base64(data):
        return websafe_encode(data.credential_data.credential_id)

    def test_large_blob(self):
        data, made = self.register({"largeBlob": {"support": "required"}})
        self.assertIs(made["largeBlob"]["supported"], True)
        nothing, _ = self.log_in(data, {"largeBlob": {"read": True}})
        self.assertNotIn("blob", nothing["largeBlob"])
        blob = "証券口座の控え".encode() * 100
        written, _ = self.log_in(data, {"largeBlob": {"write": blob}})
        self.assertIs(written["largeBlob"]["written"], True)
        read, _ = self.log_in(data, {"largeBlob": {"read": True}})
        self.assertEqual(websafe_decode(read["largeBlob"]["blob"]), blob)

    def test_cred_blob(self):
        data, _ = self.register({"credBlob": b"kept by the key"})
        self.assertIs(data.extensions["credBlob"], True)
        _, authenticator_data = self.log_in(data, {"getCredBlob": True})
        self.assertEqual(authenticator_data.extensions["credBlob"], b"kept by the key")

    def test_cred_protect(self):
        data, _ = self.register(
            {"credentialProtectionPolicy": "userVerificationRequired", "enforceCredentialProtectionPolicy": True}
        )
        self.assertEqual(data.extensions["credProtect"], 3)

    def test_cred_props(self):
        for wish, discoverable in [("required", True), ("discouraged", False)]:
            _, made = self.register({"credProps": True}, wish)
            self.assertIs(made["credProps"]["rk"], discoverable)

    def test_pin_policies_are_told_to_named_relying_parties(self):
        data, _ = self.register({"minPinLength": True, "pinComplexityPolicy": True})
        self.assertIsNone(data.extensions)
        self.plug_in()
        token = self.pin.get_pin_token(PIN, PERMISSION.AUTHENTICATOR_CFG)
        Config(self.ctap, self.pin.protocol, token).set_min_pin_length(5, ["rp.test"])
        self.open()
        data, _ = self.register({"minPinLength": True, "pinComplexityPolicy": True})
        self.assertEqual(data.extensions["minPinLength"], 5)
        self.assertIs(data.extensions["pinComplexityPolicy"], False)

    def test_third_party_payment(self):
        data, _ = self.register({"payment": {"isPayment": True}})
        # A registration has no output.
        self.assertIsNone(data.extensions)
        _, authenticator_data = self.log_in(data, {"payment": {"isPayment": True}})
        self.assertIs(authenticator_data.extensions["thirdPartyPayment"], True)

    def test_an_unknown_extension_is_ignored(self):
        data, made = self.register({"org.example.nothing": {"anything": [1, 2, 3]}})
        self.assertIsNone(data.extensions)
        self.log_in(data, {"org.example.nothing": True})

    def test_the_person_is_asked_for_the_pin(self):
        self.register({})
        self.assertEqual(self.person.asked, 1)


class WithoutPin(unittest.TestCase):
    """The same page before a PIN is set: what needs none works."""

    def setUp(self):
        self.key = self.enterContext(Key("--profile", "security-key-full", "--verification", "none"))
        self.server = Fido2Server(SERVER_RP)
        self.client = Fido2Client(
            self.key.connect(), DefaultClientDataCollector("https://rp.test"), user_interaction=UserInteraction()
        )

    def test_extensions_and_blobs(self):
        options, state = self.server.register_begin(
            USER,
            resident_key_requirement="required",
            user_verification="discouraged",
            extensions={"largeBlob": {"support": "required"}, "prf": {}, "credBlob": b"blob", "credProps": True},
        )
        made = self.client.make_credential(options["publicKey"])
        data = self.server.register_complete(state, made)
        results = made.client_extension_results
        self.assertTrue(results["largeBlob"]["supported"] and results["prf"]["enabled"] and results["credProps"]["rk"])
        for wish, check in [
            ({"largeBlob": {"write": b"without a PIN"}}, lambda results: results["largeBlob"]["written"]),
            ({"largeBlob": {"read": True}}, lambda results: websafe_decode(results["largeBlob"]["blob"]) == b"without a PIN"),
            ({"prf": {"eval": {"first": b"salt"}}}, lambda results: len(results["prf"]["results"]["first"]) > 0),
        ]:
            options, state = self.server.authenticate_begin(
                [data.credential_data], user_verification="discouraged", extensions=wish
            )
            response = self.client.get_assertion(options["publicKey"]).get_response(0)
            self.server.authenticate_complete(state, [data.credential_data], response)
            self.assertTrue(check(response.client_extension_results), wish)


class Commands(FullKey):
    """What has no place in the files beside: uvm, a post-quantum key, the prototypes of CTAP 2.1."""

    arguments = []

    def test_uvm_tells_finger_and_touch(self):
        made = self.ctap.make_credential(
            HASH, RP, user(1), ES256, extensions={"uvm": True}, options={"rk": True, "uv": True}
        )
        # One factor: fingerprint (2), protected in software (1) by a chip (2); FIDO registry of predefined values §3.
        self.assertEqual([len(entry) for entry in made.auth_data.extensions["uvm"]], [3])
        self.assertEqual(made.auth_data.extensions["uvm"][0][0], 2)

    def test_a_post_quantum_key_registers(self):
        for algorithm, length in [(-48, 1_312), (-49, 1_952), (-50, 2_592)]:
            made = self.ctap.make_credential(
                HASH, RP, user(1), [{"type": "public-key", "alg": algorithm}], options={"rk": True, "uv": True}
            )
            key = made.auth_data.credential_data.public_key
            self.assertEqual((key[1], key[3], len(key[-1])), (7, algorithm, length))
            assertion = self.ctap.get_assertion("rp.test", HASH, [descriptor(made)], options={"uv": True})
            self.assertGreater(len(assertion.signature), 2_400)

    def test_the_prototypes_take_the_same_requests(self):
        self.pin.set_pin(PIN)
        self.ctap.make_credential(HASH, RP, user(1), ES256, options={"rk": True, "uv": True})
        token = self.pin.get_pin_token(PIN, PERMISSION.CREDENTIAL_MGMT)
        authenticate = self.pin.protocol.authenticate
        metadata = self.ctap.send_cbor(0x41, {1: 1, 3: self.pin.protocol.VERSION, 4: authenticate(token, b"\x01")})
        self.assertEqual(metadata[1], 1)
        rp_id_hash = hashlib.sha256(b"rp.test").digest()
        params = {1: rp_id_hash}
        proof = authenticate(token, b"\x04" + cbor.encode(params))
        found = self.ctap.send_cbor(0x41, {1: 4, 2: params, 3: self.pin.protocol.VERSION, 4: proof})
        self.assertEqual(found[6]["id"], user(1)["id"])
        sensor = self.ctap.send_cbor(0x40, {1: BioEnrollment.MODALITY.FINGERPRINT, 2: 7})
        self.assertEqual(sensor[BioEnrollment.RESULT.FINGERPRINT_KIND], 1)

    def test_a_long_touch_for_reset_is_switched_on(self):
        self.pin.set_pin(PIN)
        self.assertIs(self.ctap.get_info().long_touch_for_reset, False)
        token = self.pin.get_pin_token(PIN, PERMISSION.AUTHENTICATOR_CFG)
        proof = self.pin.protocol.authenticate(token, b"\xff" * 32 + b"\x0d\x04")
        self.ctap.send_cbor(0x0D, {1: 4, 3: self.pin.protocol.VERSION, 4: proof})
        self.assertIs(self.ctap.get_info().long_touch_for_reset, True)


class OldKey(unittest.TestCase):
    """A key of CTAP 2.1's prototype: python-fido2 finds its credential management under the old number by itself."""

    def test_credentials_are_managed(self):
        key = self.enterContext(Key("--profile", "yubikey-5"))
        ctap = Ctap2(key.connect(), strict_cbor=True)
        self.assertTrue(CredentialManagement.is_supported(ctap.info))


if __name__ == "__main__":
    unittest.main()
