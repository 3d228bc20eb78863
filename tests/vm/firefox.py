"""Firefox on the embedded relying party's own page."""

from page import Browser, RelyingParty, ends_in_the_browser, succeeds
from plugged import Key

# Each process costs seconds to start in emulation: one for all pages is enough.
PREFERENCES = {
    "fission.autostart": False,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.webextensions.remote": False,
    "media.rdd-process.enabled": False,
    "media.utility-process.enabled": False,
    "network.process.enabled": False,
    # Emulation is slow where code is written while it runs.
    "javascript.options.main_process_disable_jit": True,
}
# By WebDriver BiDi, without geckodriver.
LAUNCH = {"browser": "firefox", "executablePath": "/usr/bin/firefox-esr", "headless": True, "args": [], "extraPrefsFirefox": PREFERENCES}


def everything(name):
    with RelyingParty() as relying_party, Key() as key:
        with Browser(relying_party, key, **LAUNCH) as browser:
            with browser.check(f"{name}: starts"):
                browser.start()
            with browser.check(f"{name}: create, and get with allowCredentials"):
                succeeds(browser.play("register", "hanako", userVerification="discouraged", residentKey="discouraged"), "registration: ok")
                succeeds(browser.play("login", "hanako", userVerification="discouraged"), "authentication: ok")
            with browser.check(f"{name}: a discoverable credential, the user verified by a fingerprint"):
                succeeds(browser.play("register", "taro", userVerification="required", residentKey="required"), "registration: ok")
                shown = succeeds(browser.play("login", "taro", userVerification="required"), "authentication: ok")
                assert shown["answer"]["rights"] == "full", shown
            with browser.check(f"{name}: a key that is registered is not registered again: InvalidStateError"):
                ends_in_the_browser(browser.play("register", "taro", userVerification="required"), "InvalidStateError", "already-registered")
            with browser.check(f"{name}: the fault operation-denied: the page sees NotAllowedError, and so does the relying party"):
                key.control("fault", "add", "operation-denied")
                ends_in_the_browser(browser.play("login", "hanako", userVerification="discouraged"), "NotAllowedError", "passkey-not-usable")
                key.control("fault", "remove", "operation-denied")
            with browser.check(f"{name}: the fault sign-count-rollback: the browser lets it pass, the relying party sees it"):
                # Firefox asks twice for each log-in, at first without a touch, and the key counts both: two less is more than the relying party has seen.
                key.control("fault", "add", "sign-count-rollback,to=1")
                shown, reasons = browser.play("login", "hanako", userVerification="discouraged")
                assert (shown["answer"]["code"], reasons) == ("sign-count-went-back", ["sign-count-went-back"]), (shown, reasons)
