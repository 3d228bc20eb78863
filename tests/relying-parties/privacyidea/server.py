"""privacyIDEA, a server for second factors and passkeys, set up as its `privacyidea-standalone create` does it.

The steps are those of that command, by `pi-manage`. The rest happens by the HTTP API: the administrator below makes and deletes users
with POST and DELETE /user/, users sign in with POST /auth and make passkeys with POST /token/init.
"""

import argparse
import contextlib
import logging
import multiprocessing
import os
import secrets
import sys
import tempfile
from pathlib import Path

from flask.cli import ScriptInfo
from privacyidea.app import create_app
from privacyidea.cli.pimanage.main import cli
from werkzeug.serving import make_server

ADMINISTRATOR = ("super", "correct horse battery staple")
RESOLVER = "defresolver"
REALM = "defrealm"

# The file of `privacyidea-standalone create`.
CONFIGURATION = """
import os

INSTANCE_DIRECTORY = os.path.abspath(os.path.dirname(__file__))
PI_ENCFILE = os.path.join(INSTANCE_DIRECTORY, 'encKey')
PI_AUDIT_KEY_PRIVATE = os.path.join(INSTANCE_DIRECTORY, 'private.pem')
PI_AUDIT_KEY_PUBLIC = os.path.join(INSTANCE_DIRECTORY, 'public.pem')
PI_LOGFILE = os.path.join(INSTANCE_DIRECTORY, 'privacyidea.log')
SQLALCHEMY_DATABASE_URI = 'sqlite:///' + os.path.join(INSTANCE_DIRECTORY, 'privacyidea.sqlite')
SECRET_KEY = {secret_key!r}
PI_PEPPER = {pepper!r}
# Not of that command: without it a UUID file is looked for in /etc.
PI_UUID_FILE = os.path.join(INSTANCE_DIRECTORY, 'uuid.txt')
"""

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--rp-id", default="localhost")
# Not used: privacyIDEA has no option for an origin. It compares the one in the client data with the request's Origin header.
parser.add_argument("--origin", default="http://localhost")
args = parser.parse_args()

instance = Path(tempfile.mkdtemp(prefix="privacyidea-"))
configuration = instance / "pi.cfg"
configuration.write_text(CONFIGURATION.format(secret_key=secrets.token_bytes(24), pepper=secrets.token_urlsafe(18)))
os.environ["PRIVACYIDEA_CONFIGFILE"] = str(configuration)


def set_up():
    new = create_app("production", config_file=str(configuration), silent=True)

    def pi_manage(*arguments):
        try:
            with contextlib.redirect_stdout(sys.stderr):
                cli.main(arguments, "pi-manage", obj=ScriptInfo(create_app=lambda: new))
        except SystemExit as end:
            if end.code:
                raise

    pi_manage("setup", "create_enckey")
    pi_manage("setup", "create_audit_keys")
    pi_manage("setup", "create_tables")
    pi_manage("admin", "add", ADMINISTRATOR[0], "--password", ADMINISTRATOR[1])
    pi_manage("config", "resolver", "create_internal", RESOLVER)
    pi_manage("config", "realm", "create", REALM, RESOLVER)
    # Both are required: without them POST /token/init makes no passkey and POST /validate/initialize no challenge.
    relying_party = f"webauthn_relying_party_id={args.rp_id}, webauthn_relying_party_name=privacyIDEA"
    pi_manage("config", "policy", "create", "passkey", "enrollment", relying_party)


# In a process of its own as with that command, because the migrations' logging set-up silences all loggers.
process = multiprocessing.get_context("fork").Process(target=set_up)
process.start()
process.join()
if process.exitcode:
    sys.exit("the set-up failed")

app = create_app("production", config_file=str(configuration), silent=True)
# The file keeps its log too.
logging.basicConfig(stream=sys.stderr, level=logging.INFO)
# One request at a time, in the order of the connections, so that a run can be repeated.
server = make_server("127.0.0.1", args.port, app)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
