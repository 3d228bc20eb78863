"""How keys come and go: crashes, signals, terminals, and two keys of one program."""

import os
import pty
import signal
import subprocess

from checks import PATIENCE, check, has, note, run, until
from plugged import FAULTKEY, Key


def gone(node):
    """The kernel takes it away, and udev says so a little later."""
    until(lambda: not os.path.exists(node), f"{node} goes away")
    run("udevadm", "settle")
    assert run("fido2-token", "-L") == ""


def crash(where, via):
    with check(f"{where}: a crash over {via} leaves no key behind, and the same command works again"), Key("--pin", "123456", via=[via]) as key:
        key.kill()
        gone(key.node)
        # The socket's file, and the store's lock, are those of a program that is gone.
        assert (key.folder / "control").exists()
        key.start()
        assert key.ready.endswith("power-up 2"), key.ready
        has(run("fido2-token", "-I", key.node), "clientPin")
        key.control("list")


def signals(where):
    for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with check(f"{where}: {how.name} unplugs the key"):
            key = Key()
            key.unplug(how)
            gone(key.node)
            assert not (key.folder / "control").exists(), "the control socket's file is left behind"
            key.__exit__()


def nohup(where):
    with check(f"{where}: with nohup, the end of the terminal does not"), Key() as key:
        key.unplug()
        program = subprocess.Popen(
            ["nohup", FAULTKEY, "attach", *key.arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
        )
        while not (line := program.stdout.readline()).startswith("ready at "):
            note(line)
            assert line, "it did not start"
        program.send_signal(signal.SIGHUP)
        has(key.control("list"), "security-key-full")
        program.terminate()
        assert program.wait(PATIENCE) == 0


def terminal(where):
    with check(f"{where}: a terminal that is closed unplugs the key"):
        pid, screen = pty.fork()
        if pid == 0:
            try:
                os.execv(FAULTKEY, [FAULTKEY, "attach", "--via", "uhid", "--control", "/run/closed"])
            finally:
                os._exit(127)
        said = b""
        while b"ready at " not in said or b"q quit" not in said:
            said += os.read(screen, 4096)
        note(said.decode())
        node = said.decode().partition("ready at ")[2].partition(":")[0]
        os.close(screen)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
        gone(node)
        assert not os.path.exists("/run/closed"), "the control socket's file is left behind"


def two_keys(where):
    with Key("--keys", "2", "--presence", "ask", profile="security-key") as key:
        nodes = [key.node, key.program.stdout.readline().removeprefix("ready at ").partition(":")[0]]
        run("udevadm", "settle")
        with check(f"{where}: two keys at once: both are listed, each at its own node"):
            listed = run("fido2-token", "-L")
            assert nodes[0] != nodes[1] and len(listed.splitlines()) == 2, listed
            has(listed, *(f"{node}: vendor=0x1209" for node in nodes))
        with check(f"{where}: two keys at once: each has its own touches"):
            asks = [ask(node) for node in nodes]
            for number in (1, 2):
                key.control("--key", str(number), "wait", "prompt")
            key.control("--key", "2", "touch")
            told, _ = asks[1].communicate(timeout=PATIENCE)
            note(told)
            assert asks[1].returncode == 0 and asks[0].poll() is None
            key.control("--key", "1", "refuse")
            told, _ = asks[0].communicate(timeout=PATIENCE)
            note(told)
            assert asks[0].returncode == 1
            has(told, "FIDO_ERR_OPERATION_DENIED")


def ask(node):
    """A program that makes a credential, and waits for the touch."""
    parameters = "\n".join(["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "rp.test", "a user", "AQID"])
    program = subprocess.Popen(["fido2-cred", "-M", node], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    program.stdin.write(parameters + "\n")
    program.stdin.close()
    program.stdin = None
    return program


def everything(where):
    for via in ("uhid", "usbip"):
        crash(where, via)
    signals(where)
    nohup(where)
    terminal(where)
    two_keys(where)
