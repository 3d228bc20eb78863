"""OpenSSH: keys that live on the security key, signatures, and a log-in that waits for a touch."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

from checks import PATIENCE, check, has, run, talk, until
from plugged import Key

PIN = "123456"
PORT = "2222"


@contextlib.contextmanager
def server(folder):
    """sshd on loopback, for the keys in the folder's file `authorized`."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host")
    Path("/run/sshd").mkdir(exist_ok=True)
    settings = {
        "Port": PORT,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized",
        "PidFile": "none",
        "StrictModes": "no",
        "PermitRootLogin": "yes",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "UsePAM": "no",
    }
    (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with open(folder / "sshd.log", "w+") as log:
        # By its full path: it starts itself anew for each connection.
        daemon = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"], stderr=log, start_new_session=True)
        try:
            until(lambda: "Server listening" in (folder / "sshd.log").read_text(), "sshd listens")
            yield
        finally:
            daemon.terminate()
            daemon.wait()


def ssh(folder, identity):
    """The command line of a log-in."""
    options = {
        "IdentitiesOnly": "yes",
        "StrictHostKeyChecking": "accept-new",
        "UserKnownHostsFile": folder / "known_hosts",
        "PreferredAuthentications": "publickey",
    }
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "none", "-p", PORT, "-i", identity, *flags, "root@127.0.0.1", "echo logged in"]


def generate(folder, kind, *options, answers=()):
    path = folder / ("id" + "".join((kind, *options)))
    talk("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "taro", "-f", path, *(word for option in options for word in ("-O", option)), answers=answers)
    return path


def sign_and_verify(folder, identity, answers=()):
    document = folder / "document"
    document.write_text("a contract\n")
    signature = folder / "document.sig"
    signature.unlink(missing_ok=True)
    talk("ssh-keygen", "-Y", "sign", "-f", identity, "-n", "file", document, answers=answers)
    signers = folder / "signers"
    signers.write_text("taro " + Path(f"{identity}.pub").read_text())
    verify = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "taro", "-n", "file", "-s", signature]
    has(run(*verify, stdin=document.read_text()), 'Good "file" signature for taro')
    run(*verify, stdin="another contract\n", code=255)


def everything(where, **key):
    with tempfile.TemporaryDirectory(prefix="fk") as folder:
        folder = Path(folder)
        # Without a fingerprint reader, so that verification is the PIN.
        with Key("--verification", "none", **key) as plugged:
            for kind in ("ecdsa-sk", "ed25519-sk"):
                with check(f"{where}: ssh-keygen -t {kind}, -Y sign, -Y verify"):
                    sign_and_verify(folder, generate(folder, kind))
            with check(f"{where}: resident and verify-required: the PIN is asked for; -K brings the key to another computer"):
                run("fido2-token", "-S", plugged.node, stdin=f"{PIN}\n{PIN}\n")
                pin = [("Enter PIN for authenticator:", PIN)]
                made = generate(folder, "ed25519-sk", "resident", "verify-required", "application=ssh:work", answers=pin)
                sign_and_verify(folder, made, answers=[("Enter PIN for", PIN)])
                other = folder / "other"
                other.mkdir()
                here = os.getcwd()
                os.chdir(other)
                try:
                    talk("ssh-keygen", "-K", "-N", "", answers=pin)
                finally:
                    os.chdir(here)
                (found,) = other.glob("id_*_rk_work.pub")
                assert found.read_text().split()[1] == Path(f"{made}.pub").read_text().split()[1]
                sign_and_verify(folder, found.with_suffix(""), answers=[("Enter PIN for", PIN)])
        log_in(folder, where, **key)


def log_in(folder, where, **key):
    with Key(**key) as plugged, server(folder):
        with check(f"{where}: sshd on loopback: nobody is logged in until the key is touched"):
            identity = generate(folder, "ed25519-sk", "application=ssh:login")
            (folder / "authorized").write_text(Path(f"{identity}.pub").read_text())
            plugged.control("presence", "ask")
            with subprocess.Popen(ssh(folder, identity), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
                plugged.control("wait", "prompt", "--timeout", f"{PATIENCE}s")
                assert client.poll() is None and "Accepted publickey" not in (folder / "sshd.log").read_text()
                plugged.control("touch")
                said, _ = client.communicate(timeout=PATIENCE)
            has(said, "logged in")
            assert client.returncode == 0, said
            has((folder / "sshd.log").read_text(), "Accepted publickey for root")
            plugged.control("presence", "always")
        with check(f"{where}: sshd refuses a signature without a touch, and a stranger's key"):
            lazy = generate(folder, "ecdsa-sk", "no-touch-required", "application=ssh:lazy")
            has(run(*ssh(folder, lazy), code=255), "Permission denied (publickey)")
            (folder / "authorized").write_text(Path(f"{lazy}.pub").read_text())
            has(run(*ssh(folder, lazy), code=255), "Permission denied (publickey)")
            has((folder / "sshd.log").read_text(), "user presence (authenticator touch) requirement not met")
