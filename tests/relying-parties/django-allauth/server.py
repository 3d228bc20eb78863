"""django-allauth, as its documentation sets it up: the quick start, headless, and MFA with WebAuthn and passkey login.

Settings are those of the documentation's snippets and Django's own defaults; each one that is there for another reason says so.
People sign up, sign in and prove again who they are through allauth's own browser API under /_allauth/browser/v1/.
"""

import argparse
import secrets

import django
from django.conf import settings

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--rp-id", default="localhost")
parser.add_argument("--origin", default="http://localhost")
args = parser.parse_args()

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(32),
    ALLOWED_HOSTS=[args.rp_id],  # Django's default for production, none, answers nothing. allauth takes the RP ID from the Host header.
    # A page of this origin reaches the server by plain http, as behind a proxy that ends TLS; Django's CSRF check has to be told.
    CSRF_TRUSTED_ORIGINS=[args.origin],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.humanize",
        "allauth",
        "allauth.account",
        "allauth.headless",
        "allauth.mfa",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    MFA_SUPPORTED_TYPES=["totp", "webauthn", "recovery_codes"],
    MFA_PASSKEY_LOGIN_ENABLED=True,
    # No mail server here. Verification by mail is off; sign up without an e-mail address and no mail is ever sent.
    ACCOUNT_EMAIL_VERIFICATION="none",
    # By default 20 sign-ups, 30 log-ins and 10 passkey log-ins a minute from one address: a run needs more.
    ACCOUNT_RATE_LIMITS=False,
    MFA_RATE_LIMITS=False,
    # By default Django writes no exception anywhere while DEBUG is off, and off is its default.
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
    },
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import run  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]

call_command("migrate", verbosity=0)
# What `runserver` runs, with one request at a time, in the order of the connections, so that a run can be repeated.
run("127.0.0.1", args.port, get_wsgi_application(), on_bind=lambda port: print(f"listening on {port}", flush=True))
