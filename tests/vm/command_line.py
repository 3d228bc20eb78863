"""Command-line programs that others wrote, in front of a key that the kernel takes for real. Run in the virtual machine by `cargo xtask devices`."""

import sys

import action
import container
import libfido2
import missing
import no_root
import openssh
import pam
import plugging
import python_fido2
import usbd_ctaphid
import vhci
from checks import CHECKS


def over_usb(where, via):
    """Over USB/IP, the kernel's USB and HID drivers are between the key and the programs."""
    libfido2.everything(f"libfido2 over {where}", via=via)
    openssh.everything(f"OpenSSH over {where}", via=via)
    python_fido2.over_usb(f"python-fido2 over {where}", via)


PARTS = {
    "libfido2": lambda: libfido2.everything("libfido2"),
    "openssh": lambda: openssh.everything("OpenSSH"),
    "pam-u2f": lambda: pam.everything("pam-u2f"),
    "python-fido2": lambda: python_fido2.everything("python-fido2"),
    "plugging": lambda: plugging.everything("plugging"),
    "no-root": lambda: no_root.everything("no root"),
    "usbip": lambda: over_usb("USB/IP", ["usbip"]),
    "usbd-ctaphid": lambda: usbd_ctaphid.everything("USB/IP, usbd-ctaphid"),
    "vhci": lambda: vhci.everything("USB/IP and the kernel"),
    "action": lambda: action.everything("action.yml"),
    "container": lambda: container.everything("Container"),
    "missing": lambda: missing.everything("What is missing"),
}


def main(names):
    for name in names or PARTS:
        PARTS[name]()
    return CHECKS.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
