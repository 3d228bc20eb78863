"""django-passkeys, as its README and docs/template-setup.md set it up in a Django project, with the pages that it leaves to the project.

Settings are those of `startproject`, of django-passkeys' README, and Django's own defaults; each one that is there for another reason says so.
django-passkeys has no sign-up: here it is Django's UserCreationForm in a view. Its documentation has people write the log-in view themselves
(Django's LoginView never asks a backend while user name and password are empty): it is the one of that documentation, at the address where
Django expects it.
"""

import argparse
import secrets
import signal
import sys
import tempfile

import django
from django.conf import settings

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--rp-id", default="localhost")
parser.add_argument("--origin", default="http://localhost")
args = parser.parse_args()

# django-passkeys needs jQuery and Bootstrap in base.html. jQuery is the one that Django's admin brings; of Bootstrap, which would have to be
# fetched, the page calls nothing but modal(), so here the dialog is shown in the page.
BASE = """<!doctype html>
{% load static %}
<title>Shop</title>
<script src="{% static 'admin/js/vendor/jquery/jquery.min.js' %}"></script>
<script>jQuery.fn.modal = function () { return this.show() }</script>
{% block head %}{% endblock %}
<body>
{% if user.is_authenticated %}
<p>Hello {{ user }}. <a href="{% url 'passkeys:home' %}">Passkeys</a>
<form method="post" action="{% url 'logout' %}">{% csrf_token %}<button>Sign out</button></form>
{% endif %}
{% block content %}{% endblock %}
"""

SIGN_UP = """{% extends 'base.html' %}
{% block content %}
<form method="post">{% csrf_token %}{{ form }}<button>Sign up</button></form>
{% endblock %}
"""

LOGIN = """{% extends 'base.html' %}
{% load static %}
{% block content %}
{% if invalid %}<p id="error">Invalid Username or password</p>{% endif %}
<form method="post" id="loginForm">{% csrf_token %}
<input name="username" placeholder="username">
<input name="password" type="password" placeholder="password">
<button>Log in</button>
<input type="hidden" name="passkeys" id="passkeys"/>
<button class="btn btn-block btn-dark" type="button" onclick="authn('loginForm')">
<img src="{% static 'passkeys/imgs/FIDO-Passkey_Icon-White.png' %}" style="width: 24px"/> Login by Passkeys </button>
{% include 'passkeys/passkeys.js' %}
</form>
{% endblock %}
"""

PROFILE = "{% extends 'base.html' %}"

folder = tempfile.TemporaryDirectory()  # removed at the end, unless that is SIGKILL
signal.signal(signal.SIGTERM, lambda *_: sys.exit())

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(32),
    ALLOWED_HOSTS=[args.rp_id, "localhost", "127.0.0.1"],  # Django's default for production, none, answers nothing.
    # A page of this origin reaches the server by plain http, as behind a proxy that ends TLS; Django's CSRF check has to be told.
    CSRF_TRUSTED_ORIGINS=[args.origin],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder.name}/db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
                # The project's templates stand in this file; those of the apps come after them, as with APP_DIRS.
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {
                            "base.html": BASE,
                            "registration/sign_up.html": SIGN_UP,
                            "registration/login.html": LOGIN,
                            "profile.html": PROFILE,
                        },
                    ),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "passkeys",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    AUTH_PASSWORD_VALIDATORS=[
        {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    ],
    USE_TZ=True,
    AUTHENTICATION_BACKENDS=["passkeys.backend.PasskeyModelBackend"],
    FIDO_SERVER_ID=args.rp_id,
    FIDO_SERVER_NAME="TestApp",
    KEY_ATTACHMENT=None,
    # By default Django writes no exception anywhere while DEBUG is off, and off is its default.
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
    },
)
django.setup()

from django.contrib.auth import authenticate, login  # noqa: E402
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.auth.forms import UserCreationForm  # noqa: E402
from django.contrib.auth.views import LogoutView  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import run  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.urls import include, path  # noqa: E402


def sign_up(request):
    form = UserCreationForm(request.POST or None)
    if form.is_valid():
        login(request, form.save())
        return redirect("profile")
    return render(request, "registration/sign_up.html", {"form": form})


def log_in(request):
    context = {}
    if request.method == "POST":
        user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
        if user:
            login(request, user)
            return redirect("profile")
        context["invalid"] = True
    return render(request, "registration/login.html", context)


@login_required
def profile(request):
    return render(request, "profile.html")


urlpatterns = [
    path("accounts/signup/", sign_up, name="signup"),
    path("accounts/login/", log_in, name="login"),
    path("accounts/logout/", LogoutView.as_view(next_page="login"), name="logout"),
    path("accounts/profile/", profile, name="profile"),
    path("passkeys/", include("passkeys.urls")),
]


def listening(port):
    print(f"listening on {port}", flush=True)
    sys.stdout = sys.stderr  # django-passkeys prints its exceptions


call_command("migrate", verbosity=0)
# What `runserver` runs, with its static files, with one request at a time, in the order of the connections, so that a run can be repeated.
run("127.0.0.1", args.port, StaticFilesHandler(get_wsgi_application()), on_bind=listening)
