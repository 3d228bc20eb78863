"""The embedded relying party's own page in a browser that others wrote: what the browser shows of a ceremony, and what the relying party says of it."""

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from checks import check, find, note
from plugged import FAULTKEY

NODE = os.environ["FAULTKEY_TEST_NODE"]
SCRIPT = Path(__file__).parent / "browser/browser.mjs"

# Seconds. What hangs costs no more than these: browsers that wait for somebody wait for ever. Emulation on a quiet computer takes 45 for the start and
# five for a ceremony; on a busy one all of it takes longer, so a ceremony may take twice as long as the start did.
START = 400
LEAST_CEREMONY = 60
ANSWER = 30
# What a key says when there is half a second between two reports of a message, and a relying party when there is a minute between challenge and answer.
STALLED = "ERR_MSG_TIMEOUT"
EXPIRED = "challenge-expired"
# Of a failure's logs, so many characters: the last ones.
MOST_CHARACTERS = 6_000


class Program:
    """A program whose lines of standard output are read one by one."""

    def __init__(self, *command):
        self.name = Path(command[0]).name
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def line(self, limit):
        """The next line. Where none comes in time, the program is ended: it would not do better later."""
        try:
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            self.process.terminate()
            raise AssertionError(f"{self.name} said nothing for {limit:.0f} s") from None
        if line is None:
            self.lines.put(None)
            raise AssertionError(f"{self.name} ended")
        note(f"{self.name}: {line}")
        return line

    def told(self):
        """The end of what it has written to standard error."""
        # Not by seeking: the program writes where its file is.
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), MOST_CHARACTERS, max(0, size - MOST_CHARACTERS)).decode(errors="replace")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=ANSWER)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class RelyingParty(Program):
    def __init__(self):
        super().__init__(FAULTKEY, "rp", "--port", "0", "--json")
        self.origin = find(r"^ready at (http://localhost:[0-9]+)$", self.line(START))

    def forget(self):
        """What a ceremony that failed left behind is not the next one's."""
        while not self.lines.empty():
            self.line(ANSWER)

    def reasons(self):
        """What it has written to its log since the last time, up to what the page said."""
        reasons = []
        while True:
            line = json.loads(self.line(ANSWER))
            if line["reason"] == "page":
                return reasons
            reasons.append(line["reason"])


class Browser(Program):
    """A browser in front of a key; `launch` is what puppeteer is told."""

    def __init__(self, relying_party, key, **launch):
        super().__init__(NODE, str(SCRIPT), json.dumps({**launch, "timeout": START * 1000}))
        self.relying_party, self.key = relying_party, key
        self.limit, self.slowness = LEAST_CEREMONY, 1

    def start(self):
        begun = time.monotonic()
        self.version = json.loads(self.line(START))["browser"]
        took = time.monotonic() - begun
        self.limit = max(LEAST_CEREMONY, 2 * took)
        self.slowness = max(1, took / 45)

    def play(self, ceremony, user, **settings):
        """One ceremony on the page, whose form has these settings: what the page shows, and the reasons in the relying party's log."""
        for _ in range(2):
            before = len(self.key.told())
            try:
                played = self.once(ceremony, {"user": user, **settings})
            except AssertionError:
                if STALLED not in self.key.told()[before:]:
                    raise
            else:
                shown, reasons = played
                stalled = shown["outcome"] == "exception" and STALLED in self.key.told()[before:]
                if not stalled and reasons != [EXPIRED]:
                    return played
            note("Again: the computer is so busy that the machine stood still, and the key or the relying party gave up, as they have to.")
        return self.once(ceremony, {"user": user, **settings})

    def once(self, ceremony, settings):
        self.relying_party.forget()
        self.say(json.dumps({"url": self.relying_party.origin, "settings": settings, "button": ceremony, "limit": round(self.limit * 1000)}))
        shown = json.loads(self.shown(self.limit + ANSWER))
        assert "error" not in shown, f"{shown['error']}\nThe page: {shown.get('page')}"
        return shown, self.relying_party.reasons()

    def shown(self, limit):
        """What the page shows in the end, as one line."""
        return self.line(limit)

    @contextlib.contextmanager
    def check(self, name):
        """A check that tells what all sides saw when it fails."""
        with check(name):
            try:
                yield
            except Exception:
                note(f"The key: {self.key.told()[-MOST_CHARACTERS:]}")
                note(f"The browser: {self.told()}")
                raise


def succeeds(played, title):
    shown, reasons = played
    assert (shown["outcome"], shown["title"], reasons) == ("ok", title, ["ok"]), (shown, reasons)
    return shown


def noticed(played, code):
    """The browser let it pass, and the relying party did not: it refuses, or restricts what was logged in to."""
    shown, reasons = played
    assert "exception" not in shown and (shown["answer"]["code"], reasons) == (code, [code]), (shown, reasons)


def ends_in_the_browser(played, name, reason):
    shown, reasons = played
    assert (shown["outcome"], shown["exception"]["name"], reasons) == ("exception", name, [reason]), (shown, reasons)
