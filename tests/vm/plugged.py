"""A key that is plugged into the virtual machine."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from checks import note

FAULTKEY = os.environ["FAULTKEY"]


class Key:
    """A running `faultkey attach`; unplugged at the end of the `with` block."""

    def __init__(self, *arguments, profile="security-key-full", via="uhid"):
        self.folder = Path(tempfile.mkdtemp(prefix="fk"))
        self.arguments = [*(["--profile", profile] if profile else []), *arguments]
        if "--store" not in arguments:
            self.arguments += ["--store", str(self.folder / "store")]
        self.via = via
        self.start()

    def start(self, *more):
        self.log = open(self.folder / "log", "w+")
        self.program = subprocess.Popen(
            [FAULTKEY, "serve", "--socket", self.folder / "s", *self.arguments, *more], stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "FAULTKEY_UHID": "1"}
        )
        ready = self.program.stdout.readline().strip()
        if not ready.startswith("ready at /dev/hidraw"):
            raise AssertionError(f"the key did not start: {ready!r} {(self.folder / 'log').read_text()!r}")
        self.node = ready.removeprefix("ready at ").partition(":")[0]
        subprocess.run(["udevadm", "settle"], check=True)

    def unplug(self):
        self.program.send_signal(signal.SIGTERM)
        rest = self.program.communicate(timeout=60)[0]
        told = (self.folder / "log").read_text()
        self.log.close()
        note(f"the key ended with {self.program.returncode}: {rest}{told}")
        assert self.program.returncode == 0, f"the key ended with {self.program.returncode}: {told}"

    def replug(self, *more):
        self.unplug()
        self.start(*more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.returncode is None:
            self.unplug()
        shutil.rmtree(self.folder)
