"""`--stack usbd-ctaphid`: everything that faultkey's own stack is played, but for what a listed deviation forbids."""

from pathlib import Path

import libfido2
import openssh
import python_fido2
from checks import check, has

MANUAL = Path(__file__).parent.parent.parent / "docs/usbd-ctaphid.md"
VIA = ["usbip", "--stack", "usbd-ctaphid"]

# python-fido2's tests that want what the stack does otherwise, and the deviation's name in the manual.
DEVIATIONS = {
    ".test_lock_keeps_another_channel_out": "LOCK",
    ".test_errors_come_as_errors": "LOCK",
    ".test_without_ctap1_the_capabilities_say_so": "capabilities without CTAP1",
    # 129 reports, and each takes a while here.
    ".test_ping_of_every_size": "a sender that takes 25 ms for each packet",
}


def everything(where):
    libfido2.everything(f"libfido2 over {where}", via=VIA)
    openssh.everything(f"OpenSSH over {where}", via=VIA)
    python_fido2.over_usb(f"python-fido2 over {where}", VIA, without=DEVIATIONS)
    # Quick enough for it on a busy computer, too.
    python_fido2.pings(f"python-fido2 over {where}", 0, 1, 57, 58, 400)
    with check(f"{where}: what was left out is in docs/usbd-ctaphid.md"):
        for test, deviation in DEVIATIONS.items():
            has(MANUAL.read_text(), f"| {deviation} | ")
            print(f"         left out: test_hid{test}: usbd-ctaphid deviates, `{deviation}`")
