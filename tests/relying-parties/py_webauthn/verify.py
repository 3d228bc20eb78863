"""Verifies registrations with py_webauthn: one JSON document in, a verdict for each case out."""

import json
import sys
import time

from webauthn import verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AttestationFormat

request = json.load(sys.stdin)
# The moment of the registrations: SafetyNet's answers hold for some seconds only.
time.time = lambda: request["at"] / 1000


def verdict(case):
    try:
        verify_registration_response(
            credential=case["credential"],
            expected_challenge=base64url_to_bytes(request["challenge"]),
            expected_rp_id=request["rpId"],
            expected_origin=request["origin"],
            supported_pub_key_algs=[COSEAlgorithmIdentifier(case["algorithm"])],
            pem_root_certs_bytes_by_fmt={format: [case["root"].encode()] for format in AttestationFormat},
        )
    except Exception as error:
        return {"refused": str(error)}
    return {"accepted": True}


json.dump([verdict(case) for case in request["cases"]], sys.stdout)
