"""Whole ceremonies: python-fido2's Fido2Client in front of the key, its Fido2Server behind."""

import unittest

from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap2 import Ctap2
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationObject,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    CollectedClientData,
    RegistrationResponse,
)

from key import Key

RP = {"id": "rp.test", "name": "RP"}
USER = {"id": b"user handle", "name": "taro", "displayName": "太郎"}


class Ceremonies(unittest.TestCase):
    verification = ["--verification", "none"]

    def setUp(self):
        self.key = self.enterContext(Key(*self.verification))
        self.server = Fido2Server(RP, attestation="direct")
        self.client = self.plug_in()

    def plug_in(self):
        collector = DefaultClientDataCollector("https://rp.test")
        return Fido2Client(self.key.connect(), collector, user_interaction=UserInteraction())

    def register(self, credentials=(), **options):
        options, state = self.server.register_begin(USER, credentials, **options)
        return self.server.register_complete(state, self.client.make_credential(options["publicKey"])).credential_data

    def log_in(self, known, credentials=None, **options):
        options, state = self.server.authenticate_begin(credentials, **options)
        response = self.client.get_assertion(options["publicKey"]).get_response(0)
        self.assertEqual(self.server.authenticate_complete(state, known, response).credential_id, known[0].credential_id)
        return response

    def test_discoverable(self):
        credential = self.register(resident_key_requirement="required", user_verification="discouraged")
        response = self.log_in([credential], user_verification="discouraged")
        self.assertEqual(response.response.user_handle, USER["id"])

    def test_not_discoverable(self):
        credential = self.register(resident_key_requirement="discouraged", user_verification="discouraged")
        self.log_in([credential], [credential], user_verification="discouraged")

    def test_a_registered_key_is_not_registered_again(self):
        credential = self.register(user_verification="discouraged")
        with self.assertRaises(ClientError) as caught:
            self.register([credential], user_verification="discouraged")
        self.assertEqual(caught.exception.code, ClientError.ERR.DEVICE_INELIGIBLE)

    def test_without_a_credential_there_is_no_log_in(self):
        with self.assertRaises(ClientError) as caught:
            self.log_in([None], user_verification="discouraged")
        self.assertEqual(caught.exception.code, ClientError.ERR.DEVICE_INELIGIBLE)

    def test_verification_that_the_key_does_not_have_is_not_to_be_had(self):
        with self.assertRaises(ClientError) as caught:
            self.register(user_verification="required")
        self.assertEqual(caught.exception.code, ClientError.ERR.CONFIGURATION_UNSUPPORTED)


class Verified(unittest.TestCase):
    """With built-in verification, through CTAP2 itself; the server verifies what came."""

    def setUp(self):
        self.key = self.enterContext(Key())
        self.ctap = Ctap2(self.key.connect(), strict_cbor=True)
        self.server = Fido2Server(RP, attestation="direct")

    @staticmethod
    def client_data(kind, options):
        return CollectedClientData.create(kind, options["publicKey"]["challenge"], "https://rp.test")

    def register(self, **more):
        options, state = self.server.register_begin(USER, user_verification="required")
        client_data = self.client_data("webauthn.create", options)
        parameters = options["publicKey"]["pubKeyCredParams"]
        made = self.ctap.make_credential(client_data.hash, RP, USER, parameters, options={"rk": True, "uv": True}, **more)
        response = AuthenticatorAttestationResponse(
            client_data=client_data, attestation_object=AttestationObject.create(made.fmt, made.auth_data, made.att_stmt)
        )
        credential_id = made.auth_data.credential_data.credential_id
        return self.server.register_complete(state, RegistrationResponse(raw_id=credential_id, response=response)).credential_data

    def log_in(self, known, **options):
        request, state = self.server.authenticate_begin(user_verification="required")
        client_data = self.client_data("webauthn.get", request)
        assertion = self.ctap.get_assertion("rp.test", client_data.hash, options=options)
        response = AuthenticatorAssertionResponse(
            client_data=client_data, authenticator_data=assertion.auth_data, signature=assertion.signature
        )
        raw_id = assertion.credential["id"]
        return self.server.authenticate_complete(state, known, AuthenticationResponse(raw_id=raw_id, response=response))

    def test_verification_is_seen_by_the_server(self):
        credential = self.register()
        self.assertEqual(self.log_in([credential], uv=True).credential_id, credential.credential_id)

    def test_the_server_refuses_a_log_in_without_it(self):
        credential = self.register()
        with self.assertRaisesRegex(ValueError, "verification"):
            self.log_in([credential])


if __name__ == "__main__":
    unittest.main()
