"""What a platform manages on a key, through python-fido2: credentials, large blobs, fingers, settings; and the extensions."""

import hashlib
import os
import unittest

from cryptography import x509
from fido2.attestation import PackedAttestation
from fido2.ctap import CtapError
from fido2.ctap2 import ClientPin, Config, CredentialManagement, Ctap2, FPBioEnrollment, LargeBlobs
from fido2.ctap2.pin import PinProtocolV1

from key import Key
from test_client_pin import ERR, FLAG, PERMISSION, PIN, FullKey
from test_commands import ES256, HASH, RP, descriptor, user

OTHER = {"id": "other.test", "name": "Other"}
RESULT = CredentialManagement.RESULT


def serial_number(made):
    """id-fido-gen-ce-sernum of the attestation certificate (WebAuthn-3 §8.2.2)."""
    extensions = x509.load_der_x509_certificate(made.att_stmt["x5c"][0]).extensions
    found = [e.value.value for e in extensions if e.oid.dotted_string == "1.3.6.1.4.1.45724.1.1.2"]
    # An octet string of eight bytes.
    return int.from_bytes(found[0][2:]) if found else None


class Managed(FullKey):
    def setUp(self):
        super().setUp()
        self.pin.set_pin(PIN)

    def manager(self, kind, permission):
        self.ctap._info = self.ctap.get_info()
        return kind(self.ctap, self.pin.protocol, self.token(permission))


class Credentials(Managed):
    def manage(self, permission=PERMISSION.CREDENTIAL_MGMT):
        return self.manager(CredentialManagement, permission)

    def users(self, rp_id):
        found = self.manage().enumerate_creds(hashlib.sha256(rp_id.encode()).digest())
        return {entry[RESULT.USER]["id"][0]: entry for entry in found}

    def test_an_empty_key(self):
        manage = self.manage()
        metadata = manage.get_metadata()
        self.assertEqual((metadata[RESULT.EXISTING_CRED_COUNT], metadata[RESULT.MAX_REMAINING_COUNT]), (0, 100))
        self.assertEqual(list(manage.enumerate_rps()), [])

    def test_what_is_on_the_key_is_listed(self):
        made = {number: self.make(number) for number in (1, 2)}
        self.make(3, OTHER)
        # Not discoverable: not managed.
        self.make(4, rk=False)
        manage = self.manage()
        self.assertEqual(manage.get_metadata()[RESULT.EXISTING_CRED_COUNT], 3)
        rps = {entry[RESULT.RP]["id"]: entry[RESULT.RP_ID_HASH] for entry in manage.enumerate_rps()}
        self.assertEqual(rps, {rp: hashlib.sha256(rp.encode()).digest() for rp in ("rp.test", "other.test")})
        users = self.users("rp.test")
        self.assertEqual(set(users), {1, 2})
        for number, entry in users.items():
            data = made[number].auth_data.credential_data
            self.assertEqual(entry[RESULT.CREDENTIAL_ID]["id"], data.credential_id)
            self.assertEqual(entry[RESULT.PUBLIC_KEY], dict(data.public_key))
            self.assertEqual(dict(entry[RESULT.USER]), user(number))
        self.assertEqual(set(self.users("other.test")), {3})

    def test_a_credential_is_deleted(self):
        made = {number: self.make(number) for number in (1, 2)}
        self.manage().delete_cred(descriptor(made[1]))
        self.assertEqual(set(self.users("rp.test")), {2})
        self.refused(ERR.NO_CREDENTIALS, self.get, [descriptor(made[1])])
        self.refused(ERR.NO_CREDENTIALS, self.manage().delete_cred, descriptor(made[1]))
        self.manage().delete_cred(descriptor(made[2]))
        self.refused(ERR.NO_CREDENTIALS, self.get)

    def test_a_user_is_renamed(self):
        made = self.make(1)
        renamed = {"id": user(1)["id"], "name": "hanako", "displayName": "花子"}
        self.manage().update_user_info(descriptor(made), renamed)
        self.assertEqual(dict(self.users("rp.test")[1][RESULT.USER]), renamed)
        self.assertEqual(self.get().user["id"], renamed["id"])
        self.refused(ERR.INVALID_PARAMETER, self.manage().update_user_info, descriptor(made), user(2))

    def test_another_permission_does_not_do(self):
        manage = self.manager(CredentialManagement, PERMISSION.AUTHENTICATOR_CFG)
        self.refused(ERR.PIN_AUTH_INVALID, manage.get_metadata)

    def test_the_persistent_token_reads_and_no_more(self):
        made = self.make(1)
        manage = self.manage(PERMISSION.PERSISTENT_CREDENTIAL_MGMT)
        self.assertEqual(manage.get_metadata()[RESULT.EXISTING_CRED_COUNT], 1)
        self.refused(ERR.PIN_AUTH_INVALID, manage.delete_cred, descriptor(made))


class Blobs(Managed):
    def test_a_blob_is_written_read_and_deleted(self):
        extensions = {"largeBlobKey": True}
        keys = [self.make(number, extensions=extensions).large_blob_key for number in (1, 2)]
        self.assertNotEqual(*keys)
        self.assertEqual(self.get(extensions=extensions).large_blob_key, keys[1])
        blobs = self.manager(LargeBlobs, PERMISSION.LARGE_BLOB_WRITE)
        self.assertEqual(list(blobs.read_blob_array()), [])
        for key, data in zip(keys, (b"first", os.urandom(1500))):
            blobs.put_blob(key, data)
            self.assertEqual(blobs.get_blob(key), data)
        self.assertEqual(blobs.get_blob(keys[0]), b"first")
        self.power_cycle()
        blobs = self.manager(LargeBlobs, PERMISSION.LARGE_BLOB_WRITE)
        blobs.delete_blob(keys[0])
        self.assertIsNone(blobs.get_blob(keys[0]))
        self.assertEqual(len(blobs.get_blob(keys[1])), 1500)

    def test_a_write_wants_a_token_and_room(self):
        self.refused(ERR.PUAT_REQUIRED, LargeBlobs(self.ctap).write_blob_array, [])
        self.refused(ERR.PIN_AUTH_INVALID, self.manager(LargeBlobs, PERMISSION.AUTHENTICATOR_CFG).write_blob_array, [])
        blobs = self.manager(LargeBlobs, PERMISSION.LARGE_BLOB_WRITE)
        self.refused(ERR.LARGE_BLOB_STORAGE_FULL, blobs.write_blob_array, [{1: bytes(5000), 2: bytes(12), 3: 5000}])


class Settings(Managed):
    def settings(self):
        return self.manager(Config, PERMISSION.AUTHENTICATOR_CFG)

    def test_always_uv_is_switched(self):
        made = self.make(1, rk=False)
        self.settings().toggle_always_uv()
        self.assertTrue(self.options()["alwaysUv"])
        self.refused(ERR.PUAT_REQUIRED, self.ctap.get_assertion, "rp.test", HASH, [descriptor(made)])
        self.refused(ERR.PUAT_REQUIRED, self.ctap.make_credential, HASH, RP, user(2), ES256)
        self.assertTrue(self.get([descriptor(made)]).auth_data.flags & FLAG.UV)
        self.settings().toggle_always_uv()
        self.assertFalse(self.options()["alwaysUv"])
        self.ctap.get_assertion("rp.test", HASH, [descriptor(made)])

    def test_a_longer_pin_is_demanded(self):
        self.settings().set_min_pin_length(6, rp_ids=["rp.test"])
        info = self.ctap.get_info()
        # The PIN has five characters, so it has to be changed (CTAP2.3 §6.11.4).
        self.assertEqual((info.min_pin_length, info.force_pin_change), (6, True))
        self.refused(ERR.PIN_POLICY_VIOLATION, self.pin.change_pin, PIN, "54321")
        self.pin.change_pin(PIN, "654321")
        self.assertFalse(self.ctap.get_info().force_pin_change)
        token = self.token(PERMISSION.AUTHENTICATOR_CFG, pin="654321")
        self.refused(ERR.PIN_POLICY_VIOLATION, Config(self.ctap, self.pin.protocol, token).set_min_pin_length, 4)
        for rp, expected in ((RP, 6), (OTHER, None)):
            proof = self.proof(self.token(PERMISSION.MAKE_CREDENTIAL, rp["id"], "654321"))
            made = self.ctap.make_credential(HASH, rp, user(1), ES256, extensions={"minPinLength": True}, **proof)
            self.assertEqual((made.auth_data.extensions or {}).get("minPinLength"), expected)

    def test_enterprise_attestation_is_enabled(self):
        self.assertFalse(self.options()["ep"])
        self.settings().enable_enterprise_attestation()
        self.assertTrue(self.options()["ep"])

    def enterprise(self, value, rp=RP):
        proof = self.proof(self.token(PERMISSION.MAKE_CREDENTIAL, rp["id"]))
        return self.ctap.make_credential(HASH, rp, user(1), ES256, enterprise_attestation=value, **proof)

    def test_enterprise_attestation_names_the_device_to_whom_it_may(self):
        for value in (1, 2, 3):
            self.refused(ERR.INVALID_PARAMETER, self.enterprise, value)
        self.settings().enable_enterprise_attestation()
        for value in (0, 3):
            self.refused(ERR.INVALID_OPTION, self.enterprise, value)
        listed = {"id": "enterprise.test", "name": "Listed"}
        # Vendor-facilitated: to whom the vendor listed; platform-managed: to whom the platform asks it for.
        for value, rp, given in ((1, listed, True), (1, RP, False), (2, listed, True), (2, RP, True), (None, listed, False)):
            with self.subTest(value=value, rp=rp["id"]):
                made = self.enterprise(value, rp)
                self.assertEqual((made.fmt, made.ep_att), ("packed", True if given else None))
                self.assertEqual(serial_number(made), 1 if given else None)
                PackedAttestation().verify(made.att_stmt, made.auth_data, HASH)
        self.power_cycle()
        self.assertTrue(self.options()["ep"])

    def test_the_serial_number_is_the_devices_own(self):
        self.key.end()
        with Key("--profile", "security-key-full", "--device-serial", "4711", "--enterprise-rp-id", "rp.test") as key:
            ctap = Ctap2(key.connect(), strict_cbor=True)
            pin = ClientPin(ctap)
            pin.set_pin(PIN)
            token = pin.get_pin_token(PIN, PERMISSION.AUTHENTICATOR_CFG)
            Config(ctap, pin.protocol, token).enable_enterprise_attestation()
            token = pin.get_pin_token(PIN, PERMISSION.MAKE_CREDENTIAL, "rp.test")
            proof = {"pin_uv_param": pin.protocol.authenticate(token, HASH), "pin_uv_protocol": pin.protocol.VERSION}
            made = ctap.make_credential(HASH, RP, user(1), ES256, enterprise_attestation=1, **proof)
            self.assertEqual((made.ep_att, serial_number(made)), (True, 4711))

    def test_settings_want_a_token(self):
        self.refused(ERR.PUAT_REQUIRED, Config(self.ctap).toggle_always_uv)


class Fingers(Managed):
    arguments = []

    def test_a_finger_is_enrolled_named_and_removed(self):
        fingers = self.manager(FPBioEnrollment, PERMISSION.BIO_ENROLL)
        before = set(fingers.enumerate_enrollments())
        self.assertEqual(len(before), 1)
        enrolling = fingers.enroll()
        template_id = None
        while template_id is None:
            template_id = enrolling.capture()
        fingers.set_name(template_id, "人差し指")
        self.assertEqual(fingers.enumerate_enrollments()[template_id], "人差し指")
        fingers.remove_enrollment(template_id)
        self.assertEqual(set(fingers.enumerate_enrollments()), before)


class Extensions(Managed):
    def hmac_secret(self, salts):
        """The extension's input, and how to read its output."""
        protocol = self.pin.protocol
        agreement, secret = self.pin._get_shared_secret()
        sealed = protocol.encrypt(secret, salts)
        value = {1: agreement, 2: sealed, 3: protocol.authenticate(secret, sealed), 4: protocol.VERSION}
        return value, lambda output: protocol.decrypt(secret, output)

    def test_hmac_secret(self):
        made = self.make(1, extensions={"hmac-secret": True})
        self.assertIs(made.auth_data.extensions["hmac-secret"], True)
        first, second = bytes(32), bytes([1]) * 32
        secrets = []
        for salts in (first, first + second, second):
            value, read = self.hmac_secret(salts)
            secrets.append(read(self.get(extensions={"hmac-secret": value}).auth_data.extensions["hmac-secret"]))
        self.assertEqual([len(secret) for secret in secrets], [32, 64, 32])
        self.assertEqual(secrets[1], secrets[0] + secrets[2])
        self.assertNotEqual(secrets[0], secrets[2])
        # The user verified has another secret than the user who is only present (CTAP2.3 §12.7).
        value, read = self.hmac_secret(first)
        present = self.ctap.get_assertion("rp.test", HASH, extensions={"hmac-secret": value})
        self.assertNotEqual(read(present.auth_data.extensions["hmac-secret"]), secrets[0])

    def test_hmac_secret_at_registration(self):
        value, read = self.hmac_secret(bytes(32))
        made = self.make(1, extensions={"hmac-secret": True, "hmac-secret-mc": value})
        made = read(made.auth_data.extensions["hmac-secret-mc"])
        value, read = self.hmac_secret(bytes(32))
        self.assertEqual(read(self.get(extensions={"hmac-secret": value}).auth_data.extensions["hmac-secret"]), made)

    def test_cred_protect(self):
        for level in (1, 2, 3):
            made = self.make(level, extensions={"credProtect": level})
            self.assertEqual(made.auth_data.extensions, {"credProtect": level})
            listed, unlisted = [descriptor(made)], []
            found = []
            for allowed in (listed, unlisted):
                try:
                    assertion = self.ctap.get_assertion("rp.test", HASH, allowed or None)
                    found.append(assertion.credential["id"] == descriptor(made)["id"])
                except CtapError as error:
                    self.assertEqual(error.code, ERR.NO_CREDENTIALS)
                    found.append(False)
            self.assertEqual(found, [level < 3, level < 2])
            self.assertEqual(self.get(listed).credential["id"], descriptor(made)["id"])

    def test_cred_blob(self):
        self.assertEqual(self.ctap.info.max_cred_blob_length, 32)
        made = self.make(1, extensions={"credBlob": b"blob"})
        self.assertEqual(made.auth_data.extensions, {"credBlob": True})
        self.assertEqual(self.get(extensions={"credBlob": True}).auth_data.extensions, {"credBlob": b"blob"})
        made = self.make(2, extensions={"credBlob": bytes(33)})
        self.assertEqual(made.auth_data.extensions, {"credBlob": False})
        self.assertEqual(self.get(extensions={"credBlob": True}).auth_data.extensions, {"credBlob": b""})


class ExtensionsByProtocolOne(Extensions):
    protocol = PinProtocolV1


if __name__ == "__main__":
    unittest.main()
