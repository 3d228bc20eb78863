"""Chromium on the embedded relying party's own page: without a window, and with one whose dialogs are answered."""

import contextlib
import os
import re
import subprocess
import time

from checks import note
from page import ANSWER, Browser, Program, RelyingParty, ends_in_the_browser, noticed, succeeds
from plugged import Key

PIN = "2468"

LAUNCH = {
    "executablePath": "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--password-store=basic",
        # Chromium's own log: every CTAP message, and the steps of the dialog.
        "--enable-logging=stderr",
        "--vmodule=device_event_log_impl=1",
        # The suggestions of the address bar are two more web pages, half of the processor time of the start.
        "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    ],
}


class Screen(Program):
    """An X server that draws to memory, without a window manager."""

    def __init__(self):
        super().__init__("Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp")
        self.environment = {**os.environ, "DISPLAY": f":{self.line(ANSWER)}"}

    def press(self, *arguments):
        """Keys, as if at the keyboard."""
        done = subprocess.run(["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=ANSWER, check=False)
        note(f"$ xdotool {' '.join(arguments)}  [{done.returncode}] {done.stderr}")


class Windowed(Browser):
    """A user sits at this one, and answers its dialogs."""

    # What is pressed at a step of the dialog. At all the others Chromium goes on by itself.
    ANSWERS = {
        "kSelectAccount": [("key", "Return")],
        "kClientPinEntry": [("key", "ctrl+a"), ("type", PIN), ("key", "Return")],
        # What went wrong: read, and closed.
        "kKeyAlreadyRegistered": [("key", "Escape")],
        "kKeyNotRegistered": [("key", "Escape")],
        "kTimedOut": [("key", "Escape")],
        "kErrorNoAvailableTransports": [("key", "Escape")],
        "kErrorInternalUnrecognized": [("key", "Escape")],
    }
    # Seconds; the pause on a quiet computer. Chromium takes no key before its dialog has been there for half a second. What was pressed and had no effect, as the dialog was not drawn yet,
    # is pressed again, but not so soon that the next dialog gets it.
    PAUSE = 1
    AGAIN = 15

    def __init__(self, screen, relying_party, key):
        super().__init__(relying_party, key, **LAUNCH, headless=False, env=screen.environment)
        self.screen = screen

    def once(self, ceremony, settings):
        self.begun = len(self.everything())
        return super().once(ceremony, settings)

    def shown(self, limit):
        """Answers what the dialog asks until the page has its result."""
        until = time.monotonic() + limit
        seen, due = 0, 0
        while self.lines.empty() and time.monotonic() < until:
            steps = self.gone()
            if len(steps) > seen:
                seen, due = len(steps), time.monotonic() + self.PAUSE * self.slowness
            elif seen and time.monotonic() >= due:
                for arguments in self.ANSWERS.get(steps[-1], []):
                    self.screen.press(*arguments)
                due = time.monotonic() + self.AGAIN
            time.sleep(0.2)
        return self.line(max(1, until - time.monotonic()))

    def went_through(self, *steps):
        """The dialog asked for that, in this order."""
        gone = self.gone()
        rest = iter(gone)
        assert all(step in rest for step in steps), f"the dialog's steps were {gone}, without {steps} in this order"

    def gone(self):
        return re.findall(r"UI step: (k\w+)", self.everything()[self.begun :])

    def everything(self):
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")


@contextlib.contextmanager
def fault(key, armed):
    key.control("fault", "add", armed)
    try:
        yield
    finally:
        key.control("fault", "remove", armed)


# The relying party does not want the user verified.
LIGHT = {"userVerification": "discouraged", "residentKey": "discouraged"}
PASSKEY = {"userVerification": "required", "residentKey": "required"}


def headless(name):
    """What needs no dialog."""
    with RelyingParty() as relying_party, Key() as key, Browser(relying_party, key, headless=True, **LAUNCH) as browser:
        with browser.check(f"{name}: starts"):
            browser.start()
        with browser.check(f"{name}: create, and get with allowCredentials"):
            succeeds(browser.play("register", "hanako", **LIGHT), "registration: ok")
            succeeds(browser.play("login", "hanako", **LIGHT), "authentication: ok")
        with browser.check(f"{name}: a discoverable credential, the user verified by a fingerprint"):
            succeeds(browser.play("register", "taro", **PASSKEY), "registration: ok")
            shown = succeeds(browser.play("login", "taro", **PASSKEY), "authentication: ok")
            assert shown["answer"]["rights"] == "full", shown
        for armed, code in (
            ("sign-count-rollback", "sign-count-went-back"),
            ("sig-bitflip", "key-mismatch"),
            ("uv-flag-clear", "user-verification-missing"),
        ):
            with browser.check(f"{name}: the fault {armed}: Chromium lets it pass, the relying party sees {code}"), fault(key, armed):
                noticed(browser.play("login", "taro", **PASSKEY), code)


def windowed(name):
    """What Chromium asks its user."""
    with (
        RelyingParty() as relying_party,
        Key("--pin", PIN, profile="yubikey-5") as key,
        Screen() as screen,
        Windowed(screen, relying_party, key) as browser,
    ):
        with browser.check(f"{name}: starts"):
            browser.start()
        with browser.check(f"{name}: a discoverable credential, the user verified by the PIN"):
            succeeds(browser.play("register", "taro", **PASSKEY), "registration: ok")
            browser.went_through("kClientPinEntry")
            shown = succeeds(browser.play("login", "taro", **PASSKEY), "authentication: ok")
            browser.went_through("kClientPinEntry")
            assert shown["answer"]["rights"] == "full", shown
        with browser.check(f"{name}: log-in without a user name, with an account chosen of two"):
            succeeds(browser.play("register", "hanako", **PASSKEY), "registration: ok")
            succeeds(browser.play("login", "taro", discoverable=True, **PASSKEY), "authentication: ok")
            browser.went_through("kClientPinEntry", "kSelectAccount")
        with browser.check(f"{name}: a key that is registered is not registered again: InvalidStateError"):
            ends_in_the_browser(browser.play("register", "taro", **LIGHT), "InvalidStateError", "already-registered")
            browser.went_through("kKeyAlreadyRegistered")
        for armed, step in (("no-credentials", "kKeyNotRegistered"), ("operation-denied", "kErrorInternalUnrecognized")):
            with browser.check(f"{name}: the fault {armed}: the page sees NotAllowedError when the user has closed the dialog"), fault(key, armed):
                ends_in_the_browser(browser.play("login", "taro", **LIGHT), "NotAllowedError", "passkey-not-usable")
                browser.went_through(step)
