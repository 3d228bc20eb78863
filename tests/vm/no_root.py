"""A person who is not root: what they are told, and what the udev rule lets them do."""

from pathlib import Path

from checks import check, has, run
from plugged import FAULTKEY, Key, as_user

PERSON = "faultkey-tester"
RULE = Path("/etc/udev/rules.d/70-faultkey.rules")
INSTALL = "faultkey attach --print-udev-rule | sudo tee /etc/udev/rules.d/70-faultkey.rules"
# Neither in the group nor at the seat.
STRANGER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def person(*command, code=0):
    return run(*as_user(PERSON), *command, code=code)


def everything(where):
    run("useradd", "--groups", "plugdev", PERSON)
    with check(f"{where}: without the udev rule: what is missing, and what mends it"):
        refused = person(FAULTKEY, "attach", code=2)
        has(refused, "/dev/uhid is there, but you may not open it", "vhci_hcd.0/attach is there, but you may not write it", INSTALL)
    # As docs/attach.md says it.
    RULE.write_text(run(FAULTKEY, "attach", "--print-udev-rule"))
    run("udevadm", "control", "--reload")
    run("udevadm", "trigger", "--name-match=uhid")
    run("udevadm", "trigger", "--sysname-match=vhci_hcd.0")
    run("udevadm", "settle")
    for via, profile in [("uhid", "security-key"), ("uhid", "yubikey-5"), ("uhid", "titan-v2"), ("usbip", "security-key")]:
        with check(f"{where}: with the rule, over {via}: {profile} for somebody in the group plugdev, and for nobody else"):
            with Key(profile=profile, via=[via], user=PERSON) as key:
                # Ready is when that person may open it, which udev decides.
                assert "warning: " not in key.told(), key.told()
                has(person("fido2-token", "-L"), key.node)
                has(person("fido2-token", "-I", key.node), "version strings: ")
                key.control("list")
                run(*STRANGER, "fido2-token", "-I", key.node, code=1)
    RULE.unlink()
    run("udevadm", "control", "--reload")
