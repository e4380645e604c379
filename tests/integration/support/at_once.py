# SPDX-License-Identifier: Apache-2.0
"""Tests that mostly wait, run at the same time: each in a thread and an instance of its own.

    @at_once
    class Outage(unittest.TestCase):

They may share what setUpClass() makes, and nothing that one of them changes. What each of them found is
reported under its name; subtests end a test at the first that fails.
"""
import concurrent.futures
import unittest

# So many that two cores are not what they wait for.
AT_MOST = 4


def _run(case):
    result = unittest.TestResult()
    case.run(result)
    problems = [text for _, text in result.errors + result.failures]
    problems += [f"{case} succeeds, which was not expected" for case in result.unexpectedSuccesses]
    return problems, [reason for _, reason in result.skipped]


def _collected(name):
    def test(self):
        problems, skipped = self.running[name].result()
        if problems:
            self.fail("\n".join(problems))
        if skipped:
            self.skipTest("; ".join(skipped))
    return test


def at_once(inner):
    """The class whose tests wait for those of `inner`."""
    names = unittest.defaultTestLoader.getTestCaseNames(inner)

    def set_up(cls):
        cls.addClassCleanup(inner.doClassCleanups)
        cls.addClassCleanup(inner.tearDownClass)
        inner.setUpClass()
        pool = concurrent.futures.ThreadPoolExecutor(AT_MOST)
        cls.addClassCleanup(pool.shutdown)
        cls.running = {name: pool.submit(_run, inner(name)) for name in names}

    return type(inner.__name__, (unittest.TestCase,), {
        "__doc__": inner.__doc__, "__module__": inner.__module__, "setUpClass": classmethod(set_up),
        **{name: _collected(name) for name in names}})
