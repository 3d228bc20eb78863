"""Flask-Security, as its documentation sets it up: the Flask-SQLAlchemy quick start with registration and WebAuthn turned on.

Settings are those of the documentation and the package's defaults; each one that is there for another reason says so.
People sign up, sign in and prove again who they are through Flask-Security's own endpoints, as JSON or as forms.
"""

import argparse
import secrets

from flask import Flask, render_template_string
from flask_security import Security, SQLAlchemyUserDatastore, WebauthnUtil, auth_required
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy
from werkzeug.serving import make_server

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--rp-id", default="localhost")  # not used: Flask-Security takes the RP ID from the Host header
parser.add_argument("--origin", default="http://localhost")
args = parser.parse_args()

app = Flask(__name__)
app.config["SECRET_KEY"] = secrets.token_urlsafe()
app.config["SECURITY_PASSWORD_SALT"] = str(secrets.SystemRandom().getrandbits(128))
app.config["REMEMBER_COOKIE_SAMESITE"] = "strict"
app.config["SESSION_COOKIE_SAMESITE"] = "strict"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": True}
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
app.config["SECURITY_WEBAUTHN"] = True
app.config["SECURITY_REGISTERABLE"] = True  # the quick start makes its one user in code; here people sign up
app.config["SECURITY_SEND_REGISTER_EMAIL"] = False  # no mail server here
app.config["SECURITY_EMAIL_VALIDATOR_ARGS"] = {"check_deliverability": False}  # would ask the DNS; there is no network here

db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    pass


class User(db.Model, fsqla.FsUserMixin):
    pass


class WebAuthn(db.Model, fsqla.FsWebAuthnMixin):
    pass


class Util(WebauthnUtil):
    # A page of this origin reaches the server by plain http, as behind a proxy that ends TLS;
    # by default the expected origin is the URL by which the request arrived.
    def origin(self):
        return args.origin


security = Security(app, SQLAlchemyUserDatastore(db, User, Role, WebAuthn), webauthn_util_cls=Util)


@app.route("/")
@auth_required()
def home():
    return render_template_string("Hello {{ current_user.email }}")


with app.app_context():
    db.create_all()

# One request at a time, in the order of the connections, so that a run can be repeated.
server = make_server("127.0.0.1", args.port, app)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
