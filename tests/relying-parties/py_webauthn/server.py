"""A relying party on py_webauthn (PyPI `webauthn`).

The library documents functions, not a server; this one handles a ceremony as its makers' demo site webauthn.io does:
options kept on the server by session, taken out when they are used, one try around each verification.
It speaks the FIDO conformance server API. Not hardened on purpose: it stands for what people copy.
"""

import argparse
import json
import os
import uuid

from flask import Flask, jsonify, request, session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, generate_user_handle
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from werkzeug.serving import make_server

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--rp-id", default="localhost")
parser.add_argument("--origin", default="http://localhost")
args = parser.parse_args()

app = Flask(__name__)
app.secret_key = os.urandom(32)

users = {}  # user name -> user handle
credentials = []  # dicts: username, id, public_key, sign_count
pending = {}  # session key -> (user name, options)


def session_key():
    if "key" not in session:
        session["key"] = str(uuid.uuid4())
    return session["key"]


def failed(error):
    return jsonify(status="failed", errorMessage=str(error)), 400


def descriptors(username):
    return [PublicKeyCredentialDescriptor(id=c["id"]) for c in credentials if c["username"] == username]


def send_options(options):
    return jsonify(status="ok", errorMessage="", **json.loads(options_to_json(options)))


@app.post("/attestation/options")
def registration_options():
    body = request.get_json()
    username = body["username"]
    selection = body.get("authenticatorSelection", {})
    options = generate_registration_options(
        rp_id=args.rp_id,
        rp_name="py_webauthn example",
        user_id=users.setdefault(username, generate_user_handle()),
        user_name=username,
        user_display_name=body.get("displayName"),
        attestation=AttestationConveyancePreference(body.get("attestation", "none")),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement(selection.get("residentKey", "preferred")),
            user_verification=UserVerificationRequirement(selection.get("userVerification", "preferred")),
        ),
        exclude_credentials=descriptors(username),
    )
    pending[session_key()] = (username, options)
    return send_options(options)


@app.post("/attestation/result")
def registration_result():
    try:
        username, options = pending.pop(session_key(), (None, None))
        if options is None:
            raise ValueError("no options for this session")
        verification = verify_registration_response(
            credential=request.get_json(),
            expected_challenge=options.challenge,
            expected_rp_id=args.rp_id,
            expected_origin=args.origin,
            require_user_verification=options.authenticator_selection.user_verification
            == UserVerificationRequirement.REQUIRED,
        )
        credentials.append(
            {
                "username": username,
                "id": verification.credential_id,
                "public_key": verification.credential_public_key,
                "sign_count": verification.sign_count,
            }
        )
    except Exception as error:
        return failed(error)
    return jsonify(status="ok", errorMessage="")


@app.post("/assertion/options")
def authentication_options():
    body = request.get_json()
    username = body.get("username")
    options = generate_authentication_options(
        rp_id=args.rp_id,
        # Without a user name the authenticator offers its discoverable credentials.
        allow_credentials=None if username is None else descriptors(username),
        user_verification=UserVerificationRequirement(body.get("userVerification", "preferred")),
    )
    pending[session_key()] = (username, options)
    return send_options(options)


@app.post("/assertion/result")
def authentication_result():
    try:
        body = request.get_json()
        credential_id = base64url_to_bytes(body["id"])
        credential = next((c for c in credentials if c["id"] == credential_id), None)
        if credential is None:
            raise ValueError("no credential with that id")
        _, options = pending.pop(session_key(), (None, None))
        if options is None:
            raise ValueError("no options for this session")
        verification = verify_authentication_response(
            credential=body,
            expected_challenge=options.challenge,
            expected_rp_id=args.rp_id,
            expected_origin=args.origin,
            require_user_verification=options.user_verification == UserVerificationRequirement.REQUIRED,
            credential_public_key=credential["public_key"],
            credential_current_sign_count=credential["sign_count"],
        )
        credential["sign_count"] = verification.new_sign_count
    except Exception as error:
        return failed(error)
    return jsonify(status="ok", errorMessage="")


# One request at a time, in the order of the connections, so that a run can be repeated.
server = make_server("127.0.0.1", args.port, app)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
