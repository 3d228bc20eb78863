"""What `faultkey attach` says where it can't plug a key in, and that the command which it names mends it."""

import os
import shutil
import tempfile
from pathlib import Path

from checks import check, find, has, run
from plugged import FAULTKEY, Key

# No user of this system: nothing was allowed to it.
USER = "65534"
# Nothing was done.
REFUSED = 2


def modules(where):
    with check(f"{where}: faultkey attach says which modules are missing"):
        run("modprobe", "-r", "uhid", "vhci_hcd")
        said = run(FAULTKEY, "attach", code=REFUSED)
        has(said, "no key can be plugged in here. One of these two is needed:", "UHID: /dev/uhid can't be opened (", "USB/IP: /sys/")
    for module, via in (("uhid", "uhid"), ("vhci_hcd", "usbip")):
        with check(f"{where}: the command that it names loads {module}, and --via {via} works"):
            said = run(FAULTKEY, "attach", "--via", via, code=REFUSED)
            command = find("This loads it: sudo ([^(]+) \\(", said).split()
            assert command == ["modprobe", module], command
            run(*command)
            with Key(via=[via]) as key:
                has(run("fido2-token", "-L"), key.node)


def permission(where):
    with check(f"{where}: an ordinary user is told what allows --via usbip, and needs no root afterwards"):
        folder = Path(tempfile.mkdtemp(prefix="fk"))
        os.chown(folder, int(USER), int(USER))
        # Where that user may read it.
        program = shutil.copy(FAULTKEY, folder)
        control = ["--control", folder / "control"]
        attach = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", program, "attach", "--via", "usbip", *control]
        said = run(*attach, code=REFUSED)
        has(said, "/sys/devices/platform/vhci_hcd.0/attach is there, but you may not write it.")
        command = find("loaded again: sudo (chown .+)", said)
        run("sh", "-c", command, env={**os.environ, "USER": USER})
        try:
            has(run(*attach, "--detach"), "is here, but programs of this user may not open it. A udev rule allows it", "ready at /dev/hidraw")
            run(program, "ctl", *control, "quit")
        finally:
            os.chown("/sys/devices/platform/vhci_hcd.0/attach", 0, 0)
            shutil.rmtree(folder)


def everything(where):
    try:
        modules(where)
        permission(where)
    finally:
        # For whoever comes next.
        run("modprobe", "-a", "uhid", "vhci_hcd")
