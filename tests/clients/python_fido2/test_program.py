"""The program `faultkey serve`: its store over restarts, its faults, its end."""

import os
import signal
import stat
import subprocess
import tempfile
import unittest

from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2

from key import FAULTKEY, Key
from test_commands import ES256, HASH, RP, descriptor, user


class Program(unittest.TestCase):
    def folder(self):
        return self.enterContext(tempfile.TemporaryDirectory())

    def make(self, key, number):
        ctap = Ctap2(key.connect(), strict_cbor=True)
        return ctap.make_credential(HASH, RP, user(number), ES256, options={"rk": True, "uv": True})

    def sign(self, key, made):
        ctap = Ctap2(key.connect(), strict_cbor=True)
        assertion = ctap.get_assertion("rp.test", HASH, [descriptor(made)])
        assertion.verify(HASH, made.auth_data.credential_data.public_key)
        return assertion.auth_data.counter

    def test_a_store_outlives_the_program_however_it_ends(self):
        with Key("--store", os.path.join(self.folder(), "keys")) as key:
            self.assertTrue(key.ready.endswith("security-key, seed 902, power-up 1"), key.ready)
            made = [self.make(key, 1)]
            count = self.sign(key, made[0])
            for power_up, how in ((2, signal.SIGTERM), (3, signal.SIGKILL), (4, signal.SIGINT)):
                key.restart(how)
                self.assertTrue(key.ready.endswith(f"power-up {power_up}"), key.ready)
                for credential in made:
                    before, count = count, self.sign(key, credential)
                    self.assertGreater(count, before)
                made.append(self.make(key, power_up))
                count = made[-1].auth_data.counter
            # The same seed, but never the same key.
            self.assertEqual(len({descriptor(credential)["id"] for credential in made}), 4)

    def test_memory_forgets(self):
        with Key() as key:
            made = self.make(key, 1)
            key.restart()
            with self.assertRaises(CtapError) as caught:
                self.sign(key, made)
            self.assertEqual(caught.exception.code, CtapError.ERR.NO_CREDENTIALS)

    def test_the_same_seed_gives_the_same_bytes(self):
        def first(*arguments):
            with Key(*arguments) as key:
                return self.make(key, 1).auth_data

        self.assertEqual(first("--seed", "7"), first("--seed", "7"))
        self.assertNotEqual(first("--seed", "7"), first("--seed", "8"))

    def test_a_fault_acts_and_is_told(self):
        with Key("--fault", "no-credentials") as key:
            made = self.make(key, 1)
            with self.assertRaises(CtapError) as caught:
                self.sign(key, made)
            self.assertEqual(caught.exception.code, CtapError.ERR.NO_CREDENTIALS)
            code, told = key.end()
            self.assertEqual(code, 0)
            self.assertTrue(told.startswith("no-credentials: "), told)

    def test_it_ends_well_and_leaves_nothing(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with Key() as key:
                self.assertEqual(stat.S_IMODE(os.stat(key.path).st_mode), 0o600)
                key.connect()
                self.assertEqual(key.end(how), (0, ""))
                self.assertEqual(os.listdir(key.folder), [])

    def test_what_a_killed_key_left_is_no_obstacle(self):
        with Key() as key:
            key.restart(signal.SIGKILL)
            self.assertEqual(key.connect().ping(b"x"), b"x")

    def test_wrong_use_is_explained(self):
        folder = self.folder()
        with Key("--store", os.path.join(folder, "keys")) as key:
            cases = [
                (["--store", os.path.join(folder, "keys")], "is in use by"),
                (["--profile", "yubikey"], "there is no profile named `yubikey`"),
                (["--fault", "cut-verify"], "it can be played with `faultkey exercise`"),
                (["--fault", "no-credentails"], "there is no fault named `no-credentails`, did you mean `no-credentials`?"),
                (["--presence", "soon"], "expected `auto`, `always`, `once`, `ask`, `never`, or `after=` with a time"),
            ]
            for arguments, expected in cases:
                self.refused(["--socket", os.path.join(folder, "other"), *arguments], expected)
            self.refused(["--socket", str(key.path)], "another program listens at")
            self.refused(["--listen", "0.0.0.0:0"], "is not a loopback address")
            self.refused([], "--socket <PATH>|--listen <ADDRESS:PORT>")

    def refused(self, arguments, expected):
        done = subprocess.run([FAULTKEY, "serve", *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(expected, done.stderr)


if __name__ == "__main__":
    unittest.main()
