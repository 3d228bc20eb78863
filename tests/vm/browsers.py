"""Chromium and Firefox, headless, on the embedded relying party's own page. Run in the virtual machine by `cargo xtask devices`."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

from checks import CHECKS, check, find, note
from plugged import FAULTKEY, Key

NODE = os.environ["FAULTKEY_TEST_NODE"]
SCRIPT = Path(__file__).parent / "browser/browser.mjs"


class Program:
    """A program whose lines of standard output are read one by one."""

    def __init__(self, *command):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def line(self):
        line = self.process.stdout.readline().strip()
        note(f"{self.process.args[0]}: {line}")
        if not line:
            self.log.seek(0)
            raise AssertionError(f"{self.process.args} ended: {self.log.read()[-4000:]}")
        return line

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


class RelyingParty(Program):
    def __init__(self):
        super().__init__(FAULTKEY, "rp", "--port", "0", "--json")
        self.origin = find(r"^ready at (http://localhost:[0-9]+)$", self.line())

    def reasons(self):
        """What it has written to its log since the last time, up to what the page said."""
        reasons = []
        while True:
            line = json.loads(self.line())
            if line["reason"] == "page":
                return reasons
            reasons.append(line["reason"])


class Browser(Program):
    def __init__(self, name, relying_party):
        super().__init__(NODE, str(SCRIPT), name)
        self.relying_party = relying_party
        self.version = json.loads(self.line())["browser"]

    def play(self, ceremony, user, **settings):
        """One ceremony on a fresh page: what the page shows, and the reasons in the relying party's log."""
        url = f"{self.relying_party.origin}/?{urllib.parse.urlencode({'user': user, **settings})}"
        self.say(json.dumps({"url": url, "button": ceremony}))
        shown = json.loads(self.line())
        assert "error" not in shown, shown["error"]
        return shown, self.relying_party.reasons()


def succeeds(played, title):
    shown, reasons = played
    assert (shown["outcome"], shown["title"], reasons) == ("ok", title, ["ok"]), (shown, reasons)
    return shown


def ends_in_the_browser(played, name, reason):
    shown, reasons = played
    assert (shown["outcome"], shown["exception"]["name"], reasons) == ("exception", name, [reason]), (shown, reasons)


def everything(name):
    with RelyingParty() as relying_party, Key() as key:
        browser = None
        with check(f"{name}: starts"):
            browser = Browser(name, relying_party)
        if browser is None:
            return
        with browser:
            with check(f"{name} ({browser.version}): create, and get with allowCredentials"):
                succeeds(browser.play("register", "hanako", userVerification="discouraged", residentKey="discouraged"), "registration: ok")
                succeeds(browser.play("login", "hanako", userVerification="discouraged"), "authentication: ok")
            with check(f"{name}: a discoverable credential, the user verified by a fingerprint"):
                succeeds(browser.play("register", "taro", userVerification="required", residentKey="required"), "registration: ok")
                shown = succeeds(browser.play("login", "taro", userVerification="required"), "authentication: ok")
                assert shown["answer"]["rights"] == "full", shown
            with check(f"{name}: a key that is registered is not registered again: InvalidStateError"):
                ends_in_the_browser(browser.play("register", "taro", userVerification="required"), "InvalidStateError", "already-registered")
            with check(f"{name}: the fault operation-denied: the page sees NotAllowedError, and so does the relying party"):
                key.control("fault", "add", "operation-denied")
                ends_in_the_browser(browser.play("login", "hanako", userVerification="discouraged"), "NotAllowedError", "passkey-not-usable")
                key.control("fault", "remove", "operation-denied")
            with check(f"{name}: the fault sign-count-rollback: the browser lets it pass, the relying party sees it"):
                key.control("fault", "add", "sign-count-rollback")
                shown, reasons = browser.play("login", "hanako", userVerification="discouraged")
                assert (shown["answer"]["code"], reasons) == ("sign-count-went-back", ["sign-count-went-back"]), (shown, reasons)


def main(names):
    for name in names or ["chromium", "firefox"]:
        everything(name)
    return CHECKS.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
