"""Browsers on the embedded relying party's own page. Run in the virtual machine by `cargo xtask devices`."""

import sys

import chromium
import firefox
from checks import CHECKS

PARTS = {
    "chromium": lambda: chromium.headless("Chromium"),
    "chromium-window": lambda: chromium.windowed("Chromium, with a window"),
    "firefox": lambda: firefox.everything("Firefox"),
}


def main(names):
    for name in names or PARTS:
        PARTS[name]()
    return CHECKS.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
