"""pam-u2f: the key as the second step of a log-in to the computer."""

import tempfile
from pathlib import Path

from checks import check, has, run
from plugged import Key

SERVICE = Path("/etc/pam.d/faultkey-test")
ORIGIN = "pam://computer.test"


def everything(where, **key):
    with tempfile.TemporaryDirectory(prefix="fk") as folder:
        enrolled = Path(folder) / "keys"
        SERVICE.write_text(
            f"auth required pam_u2f.so authfile={enrolled} origin={ORIGIN} appid={ORIGIN} cue debug debug_file={folder}/debug\n"
            "account required pam_permit.so\n"
        )
        (Path(folder) / "debug").touch()
        enrolled.touch()
        with Key(profile="yubikey-5", **key), check(f"{where}: pamu2fcfg enrols the key, pamtester logs in with it"):
            line = run("pamu2fcfg", "-o", ORIGIN, "-i", ORIGIN, "-u", "root")
            assert line.startswith("root:") and ",es256," in line, line
            enrolled.write_text(line)
            has(run("pamtester", SERVICE.name, "root", "authenticate"), "successfully authenticated")
        with check(f"{where}: another key is refused, and so is no key"):
            assert enrolled.read_text(), "no key is enrolled"
            with Key("--seed", "7", profile="yubikey-5", **key):
                has(run("pamtester", SERVICE.name, "root", "authenticate", code=1), "pamtester: ")
            has(run("pamtester", SERVICE.name, "root", "authenticate", code=1), "pamtester: ")
