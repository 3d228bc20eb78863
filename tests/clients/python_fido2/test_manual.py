"""README.md and docs/serve.md say what is true: their commands run, and the example prints what they say it prints."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from fido2.ctap2 import Ctap2

from key import FAULTKEY, Key

ROOT = Path(__file__).parents[3]
MANUAL = (ROOT / "docs/serve.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(program):
    lines = "".join(blocks(README, "") + blocks(MANUAL, "")).splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith(f"faultkey {program} ")]


class Manual(unittest.TestCase):
    def test_the_example_prints_what_it_says(self):
        (code,) = blocks(MANUAL, "python")
        (expected,) = blocks(MANUAL, "text")
        with Key() as key:
            done = subprocess.run([sys.executable, "-c", code, key.address], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stderr, done.stdout), ("", expected))

    def test_info_commands_run(self):
        lines = commands("info")
        self.assertTrue(lines)
        for arguments in lines:
            done = subprocess.run([FAULTKEY, *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("versions", done.stdout)

    def test_serve_commands_get_ready(self):
        lines = commands("serve")
        self.assertTrue(lines)
        for arguments in lines:
            with tempfile.TemporaryDirectory() as folder:
                program = subprocess.Popen([FAULTKEY, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True)
                self.addCleanup(program.kill)
                self.assertRegex(program.stdout.readline(), "^ready at ")
                program.terminate()
                program.communicate(timeout=60)
                self.assertEqual(program.returncode, 0)
                self.assertFalse(os.path.exists(os.path.join(folder, "key")))


class Info(unittest.TestCase):
    def info(self, *arguments):
        done = subprocess.run([FAULTKEY, "info", *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_every_profile_is_told_for_people_and_for_programs(self):
        listed = subprocess.run([FAULTKEY, "profiles"], capture_output=True, text=True, timeout=60).stdout
        names = [line.split()[0] for line in listed.splitlines() if line.strip() and not line.startswith("`")]
        names = [name for name in names if (ROOT / f"fault-injection/profiles/{name}.toml").exists()]
        self.assertGreater(len(names), 10)
        for name in names:
            members = json.loads(self.info("--profile", name, "--json"))
            text = self.info("--profile", name)
            for member in members:
                self.assertIn(f" {member} ", text)
            self.assertNotIn("not of the specification", text)

    def test_what_a_program_reads_is_what_a_client_gets(self):
        members = json.loads(self.info("--profile", "yubikey-5", "--json"))
        with Key("--profile", "yubikey-5") as key:
            info = Ctap2(key.connect(), strict_cbor=True).info
        self.assertEqual(members["versions"], info.versions)
        self.assertEqual(members["options"], info.options)
        self.assertEqual(members["aaguid"], bytes(info.aaguid).hex())
        self.assertEqual(members["maxMsgSize"], info.max_msg_size)


if __name__ == "__main__":
    unittest.main()
