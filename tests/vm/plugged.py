"""A key that is plugged into the virtual machine."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from checks import PATIENCE, note, run

FAULTKEY = os.environ["FAULTKEY"]


def as_user(name):
    """What comes before a command that somebody else is to run."""
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--reset-env", "--"]


class Key:
    """A running `faultkey attach`; unplugged at the end of the `with` block. `via` is what follows --via, `user` is not root."""

    def __init__(self, *arguments, profile="security-key-full", via=("uhid",), user=None):
        self.folder = Path(tempfile.mkdtemp(prefix="fk"))
        self.user = as_user(user) if user else []
        if user:
            shutil.chown(self.folder, user)
        self.arguments = ["--via", *via, "--control", str(self.folder / "control"), *arguments]
        for option, value in (("--profile", profile), ("--store", str(self.folder / "store")), ("--presence", "always")):
            if option not in arguments:
                self.arguments += [option, value]
        self.start()

    def start(self):
        self.log = open(self.folder / "log", "w+")
        command = [*self.user, FAULTKEY, "attach", *self.arguments]
        self.program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True)
        # A key that never says that it is ready must not hold everything up.
        limit = threading.Timer(PATIENCE, self.program.kill)
        limit.start()
        ready = self.program.stdout.readline().strip()
        limit.cancel()
        if not ready.startswith("ready at /dev/hidraw"):
            raise AssertionError(f"the key did not start: {ready!r} {self.told()!r}")
        self.ready = ready
        self.node = ready.removeprefix("ready at ").partition(":")[0]
        # Clients look for what udev knows.
        subprocess.run(["udevadm", "settle"], check=True)

    def told(self):
        return (self.folder / "log").read_text()

    def control(self, *command):
        """What another shell tells the key."""
        return run(*self.user, FAULTKEY, "ctl", "--control", self.folder / "control", *command)

    def unplug(self, how=signal.SIGTERM):
        self.program.send_signal(how)
        rest, _ = self.program.communicate(timeout=PATIENCE)
        self.log.close()
        note(f"the key ended with {self.program.returncode}: {rest}{self.told()}")
        assert self.program.returncode == 0, f"the key ended with {self.program.returncode}: {self.told()}"

    def kill(self):
        """A crash."""
        self.program.kill()
        self.program.communicate(timeout=PATIENCE)
        self.log.close()

    def replug(self):
        """A power cycle, in another process."""
        self.unplug()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.returncode is None:
            self.unplug()
        shutil.rmtree(self.folder, ignore_errors=True)
