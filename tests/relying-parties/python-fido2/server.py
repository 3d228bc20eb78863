"""A relying party on python-fido2's Fido2Server, the plain way its example server shows.

Flask, credentials in memory, the library's state in Flask's session (a signed cookie), and no try: what the library
raises becomes Flask's error page. It speaks the FIDO conformance server API.
Not hardened on purpose: it stands for what people copy.
"""

import argparse
import os

from fido2.server import Fido2Server
from fido2.webauthn import PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntity
from flask import Flask, abort, jsonify, request, session
from werkzeug.serving import make_server

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--rp-id", default="localhost")
parser.add_argument("--origin", help="not used: unless told otherwise, the library derives the origins from the RP ID")
args = parser.parse_args()

app = Flask(__name__)
app.secret_key = os.urandom(32)  # Used for session.

rp = PublicKeyCredentialRpEntity(name="Demo server", id=args.rp_id)
server = Fido2Server(rp)

user_ids = {}  # user name -> user handle
credentials = {}  # user name -> list of AttestedCredentialData


def credentials_of(username):
    if username is None:
        return [credential for of_user in credentials.values() for credential in of_user]
    return credentials.get(username, [])


@app.post("/attestation/options")
def register_begin():
    body = request.get_json()
    username = body["username"]
    selection = body.get("authenticatorSelection", {})
    options, state = server.register_begin(
        PublicKeyCredentialUserEntity(
            id=user_ids.setdefault(username, os.urandom(32)),
            name=username,
            display_name=body.get("displayName"),
        ),
        credentials_of(username),
        resident_key_requirement=selection.get("residentKey"),
        user_verification=selection.get("userVerification"),
    )
    session["state"] = state
    session["username"] = username
    return jsonify(status="ok", errorMessage="", **dict(options)["publicKey"])


@app.post("/attestation/result")
def register_complete():
    auth_data = server.register_complete(session["state"], request.get_json())
    credentials.setdefault(session["username"], []).append(auth_data.credential_data)
    return jsonify(status="ok", errorMessage="")


@app.post("/assertion/options")
def authenticate_begin():
    body = request.get_json()
    username = body.get("username")
    if not credentials_of(username):
        abort(404)
    options, state = server.authenticate_begin(
        # Without a user name the authenticator offers its discoverable credentials.
        None if username is None else credentials_of(username),
        user_verification=body.get("userVerification"),
    )
    session["state"] = state
    session["username"] = username
    return jsonify(status="ok", errorMessage="", **dict(options)["publicKey"])


@app.post("/assertion/result")
def authenticate_complete():
    username = session["username"]
    if not credentials_of(username):
        abort(404)
    server.authenticate_complete(session.pop("state"), credentials_of(username), request.get_json())
    return jsonify(status="ok", errorMessage="")


# One request at a time, in the order of the connections, so that a run can be repeated.
http = make_server("127.0.0.1", args.port, app)
print(f"listening on {http.server_port}", flush=True)
http.serve_forever()
