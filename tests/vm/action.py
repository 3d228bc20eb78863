"""action.yml: its steps, but for the one that fetches and builds faultkey, as a hosted runner's user who may become root by sudo."""

import tempfile
from pathlib import Path

import yaml

from checks import check, find, has, run
from plugged import FAULTKEY, as_user

ACTION = Path(__file__).parent.parent.parent / "action.yml"
RUNNER = "faultkey-runner"
RULE = Path("/etc/udev/rules.d/70-faultkey.rules")


def everything(where):
    run("useradd", "--create-home", RUNNER)
    Path("/etc/sudoers.d/runner").write_text(f"{RUNNER} ALL=(ALL) NOPASSWD:ALL\n")
    run("modprobe", "-r", "uhid")
    temporary = Path(tempfile.mkdtemp(prefix="fk"))
    run("chown", RUNNER, temporary)
    path = f"PATH={Path(FAULTKEY).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    def runner(*command):
        return run(*as_user(RUNNER), "env", path, f"RUNNER_TEMP={temporary}", "ARGUMENTS=--presence always --store keys", *command, cwd=temporary)

    build, *steps = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
    with check(f"{where}: its steps after the build, as a user with sudo"):
        assert "cargo install" in build["run"] and len(steps) == 2, steps
        for step in steps:
            # As GitHub's runner starts a step of `shell: bash`.
            said = runner("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
        assert "warning: " not in said, said
        node = find("ready at (/dev/hidraw[0-9]+):", said)
    with check(f"{where}: the steps after it find the key, and control it"):
        has(runner("fido2-token", "-L"), node)
        has(runner("fido2-token", "-I", node), "version strings: ")
        has(runner("faultkey", "ctl", "credentials", "remove", "--all"), "0 credentials removed")
        runner("faultkey", "ctl", "quit")
    RULE.unlink()
    run("udevadm", "control", "--reload")
