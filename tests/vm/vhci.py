"""transport/tests/vhci.rs: the two stacks of USB before the kernel. It has something to test only where there is a vhci_hcd."""

import os

from checks import check, find, has, run


def everything(where):
    program = os.environ["FAULTKEY_TEST_VHCI"]
    names = [line.removesuffix(": test") for line in run(program, "--list", "--format", "terse").splitlines() if line.endswith(": test")]
    with check(f"{where}: transport/tests/vhci.rs has tests"):
        assert names
    for name in names:
        with check(f"{where}: {name.replace('_', ' ')}"):
            said = run(program, "--exact", name, "--nocapture")
            has(said, "test result: ok. 1 passed")
            # Elsewhere it leaves out what is not there. Everything is here.
            assert "SKIPPED" not in said, find("(SKIPPED.*)", said)
