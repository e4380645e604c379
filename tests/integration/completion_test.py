# SPDX-License-Identifier: Apache-2.0
"""Shell completion and the manual pages: what the program makes of its own command line, in the hands of those who read it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support.server import BINARY, PATIENCE, command


def printed(*arguments):
    ended = command(*arguments)
    if (ended.returncode, ended.stderr) != (0, ""):
        raise AssertionError(f"{arguments}: {ended}")
    return ended.stdout


def commands_of_help(*path):
    """The subcommands that --help tells of."""
    listed = printed(*path, "--help").partition("Subcommands:\n")[2]
    return re.findall(r"^  (\S+) ", listed, re.MULTILINE)


def options_of_help(*path):
    return set(re.findall(r"^  (?:-\w,)?(--[a-z0-9-]+)", printed(*path, "--help"), re.MULTILINE))


# Calls the function that was registered for eas451, as a shell does, with the words given.
_BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
[[ $(complete -p eas451) =~ -F\\ ([^ ]+) ]] && "${BASH_REMATCH[1]}" eas451 "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""

# zsh's own completion functions, put by such that print what they are given.
_ZSH = """
compdef() { :; }
_describe() { local list=$@[-1]; local one; for one in ${(P)list}; do print -r -- "${one%%:*}"; done }
compadd() { shift; print -rl -- "$@"; }
_files() { print FILES; }
_message() { :; }
source "$1"; shift
words=("$@"); CURRENT=$#
_eas451
"""


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for shell in ("bash", "zsh", "fish"):
            (cls.folder / shell).write_text(printed("completion", shell), encoding="utf-8")
        (cls.folder / "a file.yaml").touch()

    def run_shell(self, *arguments):
        environment = {"PATH": f"{BINARY.parent}:{os.environ['PATH']}", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        ended = subprocess.run(arguments, cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
                               timeout=PATIENCE, stdin=subprocess.DEVNULL)
        self.assertEqual((0, ""), (ended.returncode, ended.stderr), arguments)
        return ended.stdout.splitlines()

    def bash(self, *words):
        """What bash offers for the last word."""
        return [line for line in self.run_shell("bash", "--norc", "-c", _BASH, "bash", self.folder / "bash", "eas451", *words) if line]

    def zsh(self, *words):
        return self.run_shell("zsh", "-f", "-c", _ZSH, "zsh", self.folder / "zsh", "eas451", *words)

    def fish(self, *words):
        line = " ".join(("eas451", *words))
        told = self.run_shell("fish", "--no-config", "-c", f"source {self.folder}/fish; complete -C'{line}'")
        return [one.partition("\t")[0] for one in told]

    def test_every_command_and_every_option(self):
        top = commands_of_help()
        self.assertLessEqual({"serve", "check", "explain", "probe", "config", "completion", "manpage"}, set(top))
        for offered in (self.bash, self.zsh, self.fish):
            with self.subTest(offered.__name__):
                self.assertEqual(sorted(top), sorted(offered("")))
                self.assertEqual(["show"], [word for word in offered("config", "sh") if word.startswith("sh")])
        for path in [(name,) for name in top] + [("config", name) for name in commands_of_help("config")]:
            for offered in (self.bash, self.zsh, self.fish):
                with self.subTest(offered.__name__, path=path):
                    self.assertLessEqual(options_of_help(*path), {word for word in offered(*path, "--") if word.startswith("--")})

    def test_options_may_stand_before_the_command(self):
        for offered in (self.bash, self.zsh, self.fish):
            with self.subTest(offered.__name__):
                # A value that is named like a command is none.
                self.assertIn("--method", offered("--config", "check", "explain", "--"))
                self.assertNotIn("--online", offered("--config", "check", "explain", "--"))

    def test_bash_offers_what_begins_as_the_word_does(self):
        self.assertEqual(["check", "config", "completion"], self.bash("c"))
        self.assertEqual(["--config"], self.bash("--c"))
        self.assertEqual([], self.bash("x"))
        self.assertEqual(["--protocol-version"], self.bash("explain", "anna", "--p"))
        self.assertEqual([], self.bash("config", "show", "--method"))

    def test_values(self):
        for offered in (self.bash, self.zsh, self.fish):
            with self.subTest(offered.__name__):
                self.assertEqual(["OPTIONS", "POST"], sorted(offered("explain", "--method", "")))
                self.assertEqual(["bash", "fish", "zsh"], sorted(offered("completion", "")))
                self.assertEqual(["FolderSync", "Ping", "Sync"], sorted(offered("probe", "mail.contoso.com", "--command", "")))
        self.assertEqual(["OPTIONS"], self.bash("explain", "--method", "=", "O"))
        self.assertEqual(["OPTIONS", "POST"], sorted(self.bash("explain", "--method", "=")))
        self.assertEqual([], self.bash("probe", "--user", ""), "a login is nothing that a shell knows")

    def test_files(self):
        self.assertEqual(["a file.yaml"], self.bash("--config", "a"))
        self.assertEqual(["a file.yaml"], self.bash("check", "--config", "=", "a"))
        self.assertEqual(["a file.yaml"], self.bash("probe", "--ca-file", "a"))
        self.assertEqual(["FILES"], self.zsh("probe", "--password-file", ""))
        self.assertIn("a file.yaml", self.fish("check", "-c", "a"))

    def test_no_other_shell(self):
        for arguments in (("completion",), ("completion", "tcsh"), ("manpage",), ("manpage", "1")):
            self.assertEqual(2, command(*arguments).returncode, arguments)


class ManualPages(unittest.TestCase):
    # No date: a page is of a version, and made when it is asked for.
    ALLOWED = re.compile(r"^mandoc: <stdin>:1:\d+: WARNING: missing date, using \"\": TH$")

    @staticmethod
    def run_on(page, *arguments):
        return subprocess.run(arguments, input=page, capture_output=True, text=True, check=False, timeout=PATIENCE,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})

    def text_of(self, page):
        ended = self.run_on(page, "groff", "-ww", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u", "-rLL=1000n")
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        return ended.stdout

    def test_formatters_have_nothing_to_complain_of(self):
        for section in ("8", "5"):
            page = printed("manpage", section)
            self.assertTrue(page.isascii())
            self.text_of(page)
            lint = self.run_on(page, "mandoc", "-T", "lint", "-W", "warning").stdout.splitlines()
            self.assertEqual([], [line for line in lint if not self.ALLOWED.match(line)])

    def test_every_command_with_its_options_and_exit_status(self):
        text = self.text_of(printed("manpage", "8"))
        self.assertIn("eas451 \N{HYPHEN-MINUS} tells a phone", text.replace("\N{MINUS SIGN}", "-"))
        commands = text.partition("\nCOMMANDS\n")[2].partition("\nEXIT STATUS\n")[0]
        parts = {part.split("\n")[0].strip(): part for part in re.split(r"\n(?=   \S)", commands)}
        expected = [name for name in commands_of_help() if name != "config"] + [f"config {name}" for name in commands_of_help("config")]
        for name in expected:
            title = [title for title in parts if re.match(re.escape(name) + r"( [A-Z-]|$)", title)]
            self.assertEqual(1, len(title), f"{name} in {list(parts)}")
            self.assertIn("Exit status: 0", parts[title[0]], name)
            for option in options_of_help(*name.split()) - {"--help"}:
                self.assertRegex(parts[title[0]], rf"\n +(-\w, )?{option}\b", name)
        for title in ("OPTIONS", "EXIT STATUS", "SIGNALS", "ENVIRONMENT", "FILES"):
            self.assertIn(f"\n{title}\n", text)

    def test_every_key_with_its_default(self):
        text = self.text_of(printed("manpage", "5"))
        reference = re.findall(r"^\| `([^`]+)` \| [^|]* \| `?([^|]*?)`? \| [^|]* \|$",
                               printed("config", "reference").replace("\\|", "/"), re.MULTILINE)
        self.assertGreater(len(reference), 80)
        for key, default in reference:
            row = re.search(rf"^ +{re.escape(key)} \((.*)\)$", text.replace("|", "/"), re.MULTILINE)
            self.assertTrue(row, key)
            if default == "required":
                self.assertTrue(row.group(1).endswith("; required"), row.group(0))
            elif default:
                self.assertTrue(row.group(1).endswith(f"default {default}"), row.group(0))
        example = text.partition("\nEXAMPLE\n")[2].partition("\nVALUES\n")[0]
        wanted = printed("config", "reference").partition("```yaml\n")[2].partition("```")[0]
        self.assertEqual([line.split() for line in wanted.splitlines()], [line.split() for line in example.splitlines() if line.strip()])

    def test_the_environment_changes_nothing(self):
        elsewhere = {"EAS451_CONFIG": "/tmp/it's \\n .SH.yaml"}
        for arguments in (("manpage", "8"), ("--help",), ("check", "--help"), ("completion", "bash"), ("completion", "fish")):
            with self.subTest(arguments):
                told = command(*arguments, environment=elsewhere)
                self.assertEqual((0, printed(*arguments)), (told.returncode, told.stdout))
        self.assertIn(r"Default: \fB/etc/eas451/eas451.yaml\fR", printed("manpage", "8"))
        self.assertIn("-c,--config FILE=/etc/eas451/eas451.yaml\n", printed("--help"))
        self.assertEqual(json.loads(printed("version", "--json"))["version"],
                         re.search(r'"eas451 ([^"]+)"', printed("manpage", "8")).group(1))


if __name__ == "__main__":
    unittest.main()
