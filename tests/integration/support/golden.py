# SPDX-License-Identifier: Apache-2.0
"""Outputs as a file holds them. EAS451_WRITE_GOLDEN=1 writes the files anew; then read the difference."""
import os
import re

from support.server import GOLDEN, ROOT


def masked(text):
    """Without what differs from run to run and from clone to clone."""
    text = text.replace(str(ROOT), "ROOT")
    text = re.sub(r'\b[0-9]+(\.[0-9]+)?(e-[0-9]+)? ms\b', "N ms", text)
    return re.sub(r'"directory_ms":[-.0-9e]+', '"directory_ms":N', text)


def check(test, name, text):
    path = GOLDEN / name
    if os.environ.get("EAS451_WRITE_GOLDEN"):
        path.write_text(masked(text), encoding="utf-8")
    test.maxDiff = None
    test.assertEqual(path.read_text(encoding="utf-8"), masked(text), f"{name} says otherwise")
