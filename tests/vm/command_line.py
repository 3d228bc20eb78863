"""Command-line programs that others wrote, in front of a key that the kernel takes for real. Run in the virtual machine by `cargo xtask devices`."""

import sys

import libfido2
import openssh
import pam
import python_fido2
from checks import CHECKS

PARTS = {
    "libfido2": libfido2.everything,
    "OpenSSH": openssh.everything,
    "pam-u2f": pam.everything,
    "python-fido2": python_fido2.everything,
}


def main(names):
    for name in names or PARTS:
        PARTS[name](name)
    return CHECKS.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
