"""libfido2's own tools: fido2-token, fido2-cred, fido2-assert."""

import base64
import contextlib
import hashlib
import os
import tempfile

from checks import check, find, has, run, talk
from plugged import Key

PIN, NEW_PIN = "123456", "abcdef"
RP = "rp.test"


def base64_of(data):
    return base64.b64encode(data).decode()


class Files:
    """Parameter files in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write("".join(line + "\n" for line in lines))
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    def lines(self, name):
        with open(self.path(name)) as file:
            return file.read().splitlines()


def tool(name, *arguments, pin=None, code=0):
    """One of the tools. At a terminal with a PIN, if it is to ask for one."""
    if pin is None:
        return run(name, *arguments, code=code)
    return talk(name, *arguments, answers=[("Enter PIN for", pin)], code=code)


def credential(files, key, name, *flags, kind="es256", check_flags=(), pin=None):
    """Makes a credential and verifies its attestation; its id."""
    client_data = base64_of(hashlib.sha256(name.encode()).digest())
    files.write(name + ".param", client_data, RP, f"user of {name}", base64_of(name.encode()))
    made = files.path(name + ".made")
    tool("fido2-cred", "-M", *flags, "-i", files.path(name + ".param"), "-o", made, key.node, kind, pin=pin)
    # The largeBlobKey comes last and is not signed.
    lines = files.lines(name + ".made")
    files.write(name + ".signed", *(lines[:-1] if "-b" in flags else lines))
    out = files.path(name + ".key")
    run("fido2-cred", "-V", *check_flags, "-i", files.path(name + ".signed"), "-o", out, kind)
    identifier, *pem = files.lines(name + ".key")
    files.write(name + ".pem", *pem)
    return identifier


def assertion(files, key, name, *flags, identifier=None, salt=None, kind="es256", check_flags=(), pin=None, code=0):
    """Gets an assertion and verifies it; what came after the signature."""
    client_data = base64_of(hashlib.sha256(b"log in").digest())
    more = [value for value in (identifier, salt) if value]
    files.write(name + ".ask", client_data, RP, *more)
    got = files.path(name + ".got")
    tool("fido2-assert", "-G", *flags, "-i", files.path(name + ".ask"), "-o", got, key.node, pin=pin, code=code)
    if code:
        return None
    lines = files.lines(name + ".got")
    files.write(name + ".proof", *lines[:4])
    run("fido2-assert", "-V", *check_flags, "-i", files.path(name + ".proof"), files.path(name + ".pem"), kind)
    return lines[4:]


def without_pin(key, files, where):
    with check(f"{where}: fido2-token -L finds it, -I reads what it is"):
        has(run("fido2-token", "-L"), f"{key.node}: vendor=0x1209")
        has(run("fido2-token", "-I", key.node), "version strings: FIDO_2_0, ", "noclientPin", "pin retries: 8", "proto: 0x02")
    for kind in ("es256", "eddsa", "rs256", "es384"):
        with check(f"{where}: fido2-cred and fido2-assert: {kind}"):
            identifier = credential(files, key, kind, kind=kind)
            assertion(files, key, kind, "-p", identifier=identifier, kind=kind, check_flags=["-p"])


def with_pin(key, files, where):
    with check(f"{where}: fido2-token -S sets a PIN, -C changes it"):
        new = [("Enter new PIN", PIN), ("Enter the same PIN again", PIN)]
        talk("fido2-token", "-S", key.node, answers=new)
        has(run("fido2-token", "-I", key.node), ", clientPin")
        change = [("Enter current PIN", PIN), ("Enter new PIN", NEW_PIN), ("Enter the same PIN again", NEW_PIN)]
        talk("fido2-token", "-C", key.node, answers=change)
    with check(f"{where}: a wrong PIN is refused, and counted"):
        has(tool("fido2-token", "-L", "-r", key.node, pin=PIN, code=1), "FIDO_ERR_PIN_INVALID")
        has(run("fido2-token", "-I", key.node), "pin retries: 7")
        has(tool("fido2-token", "-I", "-c", key.node, pin=NEW_PIN), "existing rk(s): 0")
        has(run("fido2-token", "-I", key.node), "pin retries: 8")
    with check(f"{where}: a discoverable credential: rk, uv, hmac-secret, credProtect 3, largeBlobKey"):
        flags = ["-r", "-v", "-h", "-b", "-c", "3"]
        identifier = credential(files, key, "resident", *flags, check_flags=["-v", "-h", "-c", "3"], pin=NEW_PIN)
    with check(f"{where}: fido2-assert -r: one salt always gives the same secret, another salt another"):
        def secrets(salt):
            ask = {"salt": base64_of(salt * 32), "check_flags": ["-v", "-h"], "pin": NEW_PIN}
            user, secret, blob_key = assertion(files, key, "resident", "-r", "-v", "-h", "-b", **ask)
            assert user == base64_of(b"resident"), user
            assert len(base64.b64decode(secret)) == len(base64.b64decode(blob_key)) == 32
            return secret, blob_key

        first, again, other = secrets(b"a"), secrets(b"a"), secrets(b"b")
        assert first == again and first[0] != other[0] and first[1] == other[1]
    with check(f"{where}: credProtect 3 hides the credential from whoever has no PIN"):
        assertion(files, key, "resident", "-r", code=1)
    with check(f"{where}: fido2-token -L -r, -L -k, -I -k: credentials are listed"):
        has(tool("fido2-token", "-L", "-r", key.node, pin=NEW_PIN), RP)
        has(tool("fido2-token", "-L", "-k", RP, key.node, pin=NEW_PIN), identifier, base64_of(b"resident"), "es256 uvreq")
        has(tool("fido2-token", "-I", "-k", RP, "-i", identifier, key.node, pin=NEW_PIN), "BEGIN PUBLIC KEY")
    with check(f"{where}: fido2-token -S -b, -L -b, -G -b, -D -b: a large blob comes, stays and goes"):
        blob = files.write("blob", "a large blob " * 20)
        back = files.path("back")
        tool("fido2-token", "-S", "-b", "-n", RP, blob, key.node, pin=NEW_PIN)
        # It tells the credential only since libfido2 1.13.
        find(r"^00: +[0-9]+ +261 (\S+)", tool("fido2-token", "-L", "-b", key.node, pin=NEW_PIN))
        tool("fido2-token", "-G", "-b", "-n", RP, back, key.node, pin=NEW_PIN)
        assert files.lines("back") == files.lines("blob")
        tool("fido2-token", "-D", "-b", "-n", RP, key.node, pin=NEW_PIN)
        assert "00:" not in tool("fido2-token", "-L", "-b", key.node, pin=NEW_PIN)
    with check(f"{where}: fido2-token -D: the credential is gone"):
        tool("fido2-token", "-D", "-i", identifier, key.node, pin=NEW_PIN)
        has(tool("fido2-token", "-L", "-r", key.node, pin=NEW_PIN, code=1), "FIDO_ERR_NO_CREDENTIALS")


def built_in_verification(key, files, where):
    with check(f"{where}: with a fingerprint reader, no PIN is asked for: a discoverable credential"):
        has(run("fido2-token", "-I", key.node), " uv, ", "uv modality: 0x2 (fingerprint check)")
        credential(files, key, "finger", "-r", "-v", "-c", "2", check_flags=["-v", "-c", "2"])
        assertion(files, key, "finger", "-r", "-t", "uv=true", check_flags=["-v"])
    with check(f"{where}: fido2-token -S -e, -L -e, -D -e: a fingerprint is enrolled, named and removed"):
        talk("fido2-token", "-S", key.node, answers=[("Enter new PIN", PIN), ("Enter the same PIN again", PIN)])
        has(tool("fido2-token", "-S", "-e", key.node, pin=PIN), "Touch your security key.")
        listed = tool("fido2-token", "-L", "-e", key.node, pin=PIN)
        template = find(r"^[0-9]+: (\S+)", listed)
        tool("fido2-token", "-S", "-e", "-i", template, "-n", "left thumb", key.node, pin=PIN)
        has(tool("fido2-token", "-L", "-e", key.node, pin=PIN), "left thumb")
        tool("fido2-token", "-D", "-e", "-i", template, key.node, pin=PIN)
        assert template not in tool("fido2-token", "-L", "-e", key.node, pin=PIN)


def configuration(key, where):
    with check(f"{where}: fido2-token -S -u, -D -u, -S -a, -S -l, -S -f: the key is configured"):
        tool("fido2-token", "-S", "-u", key.node, pin=NEW_PIN)
        has(run("fido2-token", "-I", key.node), ", alwaysUv")
        tool("fido2-token", "-D", "-u", key.node, pin=NEW_PIN)
        tool("fido2-token", "-S", "-a", key.node, pin=NEW_PIN)
        tool("fido2-token", "-S", "-l", "6", key.node, pin=NEW_PIN)
        tool("fido2-token", "-S", "-f", key.node, pin=NEW_PIN)
        has(run("fido2-token", "-I", key.node), ", noalwaysUv", "options: ep, ", "minpinlen: 6", "pin change required: true")
        change = [("Enter current PIN", NEW_PIN), ("Enter new PIN", PIN), ("Enter the same PIN again", PIN)]
        talk("fido2-token", "-C", key.node, answers=change)


def reset(key, where):
    with check(f"{where}: fido2-token -R: after it is plugged in, the key forgets everything"):
        key.replug()
        run("fido2-token", "-R", key.node)
        has(run("fido2-token", "-I", key.node), "noclientPin", "minpinlen: 4")


@contextlib.contextmanager
def files():
    with tempfile.TemporaryDirectory(prefix="fk") as folder:
        yield Files(folder)


def everything(where, **key):
    """On a key with a PIN only, and on one with a fingerprint reader."""
    with files() as folder:
        with Key("--verification", "none", **key) as plugged:
            without_pin(plugged, folder, where)
            with_pin(plugged, folder, where)
            configuration(plugged, where)
            reset(plugged, where)
        with Key(**key) as plugged:
            built_in_verification(plugged, folder, where)
