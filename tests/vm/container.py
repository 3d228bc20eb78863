"""A key in a container: what `faultkey attach` says is missing, and that the options which it names mend it."""

import shlex

from checks import check, find, has, run
from plugged import FAULTKEY

# This root, under an overlay; podman's own state in memory, since it can't lie on an overlay.
PODMAN = """podman --root /run/faultkey-podman --runroot /run/faultkey-podman-run --storage-driver vfs --cgroup-manager cgroupfs
    --events-backend none run --rm --network none""".split()
# Of several ways in one container: podman starts slowly under emulation.
TO_TRY = """
for via in $VIAS; do
    echo "$via: $($FAULTKEY attach --via $via --detach --control /tmp/control --log /tmp/log 2>&1)"
    for node in /dev/hidraw*; do [ -e $node ] && fido2-token -I $node; done
    [ -S /tmp/control ] && $FAULTKEY ctl --control /tmp/control quit
done
true
"""
START_WITH = "(?:Start the container|when it is started) with (--.+)"


def container(*options, vias):
    given = ["--env", f"FAULTKEY={FAULTKEY}", "--env", f"VIAS={' '.join(vias)}"]
    return run(*PODMAN, *options, *given, "--rootfs", "/:O", "sh", "-c", TO_TRY)


def options_in(said):
    return shlex.split(find(START_WITH, said))


def everything(where):
    run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    run("mount", "-t", "securityfs", "securityfs", "/sys/kernel/security")
    with check(f"{where}: with the device alone, the key is there, and it is said that programs inside don't see it; USB/IP is refused"):
        said = container("--device", "/dev/uhid", vias=["uhid", "usbip"])
        over_uhid, over_usbip = said.split("usbip: ")
        has(over_uhid, "uhid: warning: /dev/hidraw0 is not here, so programs that run beside faultkey don't see the key", "ready at /dev/hidraw0")
        has(over_usbip, "/sys/devices/platform/vhci_hcd.0/attach can't be written, because sysfs is read-only here.")
        for_uhid, for_usbip = options_in(over_uhid), options_in(over_usbip)
    with check(f"{where}: with /dev alone, the rule for devices is asked for"):
        said = container("--volume", "/dev:/dev", vias=["uhid"])
        has(said, "uhid: faultkey: /dev/uhid is there, but this container may not open it.")
        assert options_in(said) == for_uhid, said
    with check(f"{where}: with the options that it names, --via uhid works; AppArmor forbids --via usbip"):
        over_uhid, over_usbip = container(*for_usbip, vias=["uhid", "usbip"]).split("usbip: ")
        assert " ".join(for_uhid) in " ".join(for_usbip)
        has(over_uhid, "uhid: ready at /dev/hidraw0", "version strings: ")
        has(over_usbip, "faultkey: /sys/devices/platform/vhci_hcd.0/attach can't be written: this container's AppArmor profile, containers-default")
        for_usbip += options_in(over_usbip)
    with check(f"{where}: with the option that it names then, --via usbip works"):
        has(container(*for_usbip, vias=["usbip"]), "usbip: ready at /dev/hidraw0", "version strings: ")
