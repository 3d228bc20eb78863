"""Checks of a key in front of programs that others wrote: one line each, and the log of what was run when one fails."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import traceback

# Emulation is slow, and slower on a busy computer. No answer for so long is a failure.
PATIENCE = 300
# Of a failure's log, so many lines: the last ones.
MOST_LINES = 150


class Checks:
    """Counts, times and tells."""

    def __init__(self):
        self.log = []
        self.passed = 0
        self.failed = 0
        self.begun = time.monotonic()

    @contextlib.contextmanager
    def check(self, name):
        """A check is what is done in the `with` block."""
        self.log.clear()
        begun = time.monotonic()
        try:
            yield
        except Exception:
            self.failed += 1
            self.tell("FAILED", begun, name)
            lines = "\n".join([*self.log, traceback.format_exc()]).splitlines()
            for line in lines[-MOST_LINES:]:
                print(f"    {line}")
            sys.stdout.flush()
        else:
            self.passed += 1
            self.tell("ok", begun, name)

    @staticmethod
    def tell(outcome, begun, name):
        print(f"  {outcome:<6} {time.monotonic() - begun:5.1f} s  {name}", flush=True)

    def end(self):
        """The last line, and the exit code."""
        outcome = f"{self.failed} failed" if self.failed else "all passed"
        print(f"  {self.passed + self.failed} checks in {time.monotonic() - self.begun:.0f} s: {outcome}", flush=True)
        return 1 if self.failed or not self.passed else 0


CHECKS = Checks()
check = CHECKS.check


def note(text):
    """For the log."""
    CHECKS.log.append(text)


def run(*command, code=0, stdin="", **more):
    """Runs a program without a terminal; what it printed. It must end with `code`."""
    command = [str(word) for word in command]
    done = subprocess.run(
        command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, start_new_session=True, **more
    )
    note(f"$ {' '.join(command)}  [{done.returncode}]\n{done.stdout}")
    expect_code(done.returncode, code, command)
    return done.stdout


def talk(*command, answers=(), code=0, env=None):
    """Runs a program at a terminal of its own and answers its prompts in order, each a part of the prompt and the answer; what it printed."""
    command = [str(word) for word in command]
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execvpe(command[0], command, {**os.environ, **(env or {})})
        finally:
            os._exit(127)
    text, seen, waiting = "", 0, list(answers)
    until = time.monotonic() + PATIENCE
    try:
        while True:
            if not select.select([terminal], [], [], max(0, until - time.monotonic()))[0]:
                os.kill(pid, signal.SIGKILL)
                raise AssertionError(f"{command[0]} did not end within {PATIENCE} s")
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            text += part.decode(errors="replace").replace("\r\n", "\n")
            if waiting and waiting[0][0] in text[seen:]:
                seen = len(text)
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        result = os.waitstatus_to_exitcode(status)
        note(f"$ {' '.join(command)}  [{result}]\n{text}")
    expect_code(result, code, command)
    assert not waiting, f"{command[0]} did not ask for {waiting[0][0]!r}"
    return text


def expect_code(found, expected, command):
    assert found == expected, f"{command[0]} ended with {found}, expected {expected}"


def has(text, *parts):
    """Every part is there."""
    for part in parts:
        assert part in text, f"there is no {part!r} in {text!r}"


def find(pattern, text):
    """The first group of a pattern that must be there."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found, f"there is no {pattern!r} in {text!r}"
    return found[1]


def until(condition, what):
    """Waits for something that happens elsewhere."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.05)
    return result
