# SPDX-License-Identifier: Apache-2.0
"""A server whose clock a test sets, by libfaketime, which comes between a program and its clock.

    clock = FakedClock(test)
    server = start(test, config, wrapper=clock.wrapper)
    clock.set("+1d")
"""
import glob
import os
import pathlib
import shutil
import tempfile
import unittest

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


def needed(test):
    """Skips a test, or a class, where no clock can be faked."""
    test = unittest.skipUnless(LIBRARY, "libfaketime is not installed")(test)
    return unittest.skipIf("EAS451_SANITIZER" in os.environ, "a sanitizer has to be loaded first, and so has libfaketime")(test)


class FakedClock:
    """Of the time of day alone, as when somebody sets the machine's clock; with `steady` also of that by which waits and
    ages are measured, as when time goes by."""

    def __init__(self, test, steady=False):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-clock-"))
        test.addCleanup(shutil.rmtree, self._folder, ignore_errors=True)
        self.wrapper = ("env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={self._folder / 'clock'}", "FAKETIME_NO_CACHE=1",
                        *(() if steady else ("FAKETIME_DONT_FAKE_MONOTONIC=1",)))
        self.set("+0")

    def set(self, by):
        """From here on the server's clock differs from the machine's by so much."""
        new = self._folder / "new"
        new.write_text(by + "\n", encoding="ascii")
        new.rename(self._folder / "clock")
