# SPDX-License-Identifier: Apache-2.0
"""The commands that end by themselves: what they print, byte for byte, and their exit status."""
import json
import pathlib
import signal
import subprocess
import tempfile
import unittest

import jsonschema
import yaml

from support import contoso, golden
from support.phone import Phone, eas
from support.server import BINARY, GOLDEN, IS_ROOT, PATIENCE, ROOT, command, make_certificate, site, start
from support.terminal import at_a_terminal, ended_by

LAB = ROOT / "config" / "lab.yaml"


class Explain(unittest.TestCase):
    def test_the_lab_as_text(self):
        for name, status, arguments in (
                ("user12", 0, ["user12@contoso.com"]),
                ("mig8", 0, ["CONTOSO\\Mig8", "--command", "Ping", "--protocol-version", "16.1"]),
                ("user12_old", 0, ["user12", "--protocol-version", "12.1"]),
                ("user12_options", 0, ["user12", "--method", "OPTIONS"]),
                ("anna", 0, ["anna@contoso.com"]), ("lars", 0, ["lars@contoso.com"]),
                ("forest7", 0, ["forest7@contoso.com"]), ("nina", 0, ["nina@contoso.com"]),
                ("olga", 0, ["olga@contoso.com"]), ("paul", 0, ["paul@contoso.com"]),
                ("unknown", 1, ["nobody@contoso.com"])):
            with self.subTest(name):
                ended = command("--config", LAB, "explain", *arguments)
                self.assertEqual((status, ""), (ended.returncode, ended.stderr))
                golden.check(self, f"explain_{name}.txt", ended.stdout)

    def test_the_lab_as_json(self):
        for name, status, login in (("user12", 0, "user12@contoso.com"), ("lars", 0, "lars"), ("unknown", 1, "nobody")):
            with self.subTest(name):
                ended = command("--config", LAB, "explain", login, "--json")
                self.assertEqual((status, ""), (ended.returncode, ended.stderr))
                self.assertEqual(login, json.loads(ended.stdout)["login"])
                golden.check(self, f"explain_{name}_json.txt", ended.stdout)

    def test_a_device_that_cannot_follow(self):
        made = site(self, contoso.config(redirect={"skip": {"device_types": ["SAMSUNG"]}}), contoso.directory())
        ended = made.command("explain", "user12", "--device-type", "SamsungGTI9100")
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        golden.check(self, "explain_device_type.txt", ended.stdout.replace(str(made.folder), "SITE"))
        for device_type, reason in (("iPad", "redirected"), ("SAMSUNG", "client-unsupported")):
            told = json.loads(made.command("explain", "user12", "--device-type", device_type, "--json").stdout)
            self.assertEqual(reason, told["reason"])
        # As the server answers a device whose type is none.
        told = json.loads(made.command("explain", "nina", "--device-type", "x" * 33, "--json").stdout)
        self.assertEqual((200, 109), (told["status"], told["eas_status"]))

    def test_an_account_that_cannot_log_in(self):
        made = site(self, contoso.config(), contoso.directory())
        for login in ("disabled", "locked", "expired"):
            with self.subTest(login):
                ended = made.command("explain", login)
                self.assertEqual((0, ""), (ended.returncode, ended.stderr))
                golden.check(self, f"explain_{login}.txt", ended.stdout.replace(str(made.folder), "SITE"))
                told = json.loads(made.command("explain", login, "--json").stdout)
                end = [*(f"note: {text}" for text in told["contradictions"]), "", told["summary"]]
                self.assertEqual(end, ended.stdout.splitlines()[-len(end):])

    def test_the_version_on_options_counts_only_if_given(self):
        for version, reason in (([], "redirected"), (["--protocol-version", "14.0"], "redirected"),
                                (["--protocol-version", "12.1"], "client-too-old")):
            told = json.loads(command("--config", LAB, "explain", "user12", "--json", "--method", "OPTIONS",
                                      *version).stdout)
            self.assertEqual(reason, told["reason"], version)
            self.assertEqual(version[-1] if version else None, told["steps"][0]["version"])

    def test_it_agrees_with_the_server(self):
        server = start(self, contoso.config(), contoso.directory())
        with Phone(server) as phone:
            for login in ("user12", "forest7", "anna", "lars", "paul", "nina", "mona", "olga", "xena", "tina", "self",
                          "strict"):
                told = json.loads(server.site.command("explain", login, "--json").stdout)
                answer = phone.ask(eas(f"{login}@contoso.com", cmd="Sync"))
                self.assertEqual((answer.status, answer.all("X-MS-Location") or [None]),
                                 (told["status"], [told["location"]]))
                eas_status = str(told["eas_status"] or "").encode()
                self.assertIn(eas_status, answer.body)

    def test_what_is_in_the_way(self):
        self.assertEqual(78, command("--config", "no-such-file.yaml", "explain", "user12").returncode)
        made = site(self, contoso.config(), contoso.directory(contoso.moved("nobody2", password="")))
        ended = made.command("explain", "user12")
        self.assertEqual((78, ""), (ended.returncode, ended.stdout))
        self.assertRegex(ended.stderr, r"directory\.json:[0-9]+:[0-9]+: password is empty")
        odd = command("--config", LAB, "explain", "a b")
        self.assertEqual(1, odd.returncode)
        self.assertIn("no login name", odd.stderr)


class Check(unittest.TestCase):
    def test_ten_mistakes_at_once(self):
        ended = command("--config", "ten_mistakes.yaml", "check", cwd=GOLDEN)
        self.assertEqual((1, ""), (ended.returncode, ended.stderr))
        self.assertEqual(10, ended.stdout.count("\n"))
        golden.check(self, "check_ten_mistakes.txt", ended.stdout)
        as_json = command("--config", "ten_mistakes.yaml", "check", "--json", cwd=GOLDEN)
        told = json.loads(as_json.stdout)
        self.assertEqual((1, ["ok", "errors", "warnings", "facts", "prerequisites"], False), (as_json.returncode, list(told), told["ok"]))
        self.assertEqual(ended.stdout.splitlines(), told["errors"])

    def test_mistakes_of_the_directory_file(self):
        directory = contoso.directory()
        directory["users"][2]["msExchRecipientTypeDetails"] = "UserMailBoxx"
        directory["users"][7]["targetAdress"] = directory["users"][7].pop("targetAddress")
        directory["users"][9]["password_hash"] = "x"
        made = site(self, contoso.config(), directory)
        ended = made.command("check")
        self.assertEqual((1, ""), (ended.returncode, ended.stderr))
        lines = [line for line in ended.stdout.splitlines() if not line.startswith("warning: ")]
        self.assertEqual(4, len(lines), lines)
        places = [f"{made.folder}/directory.json:" for _ in lines]
        self.assertEqual(places, [line[:len(place)] for line, place in zip(lines, places)])
        for mistake in ("did you mean 'UserMailbox'", "unknown attribute 'targetAdress'",
                        "password_hash is no scrypt hash", "password_hash stands beside a password"):
            self.assertEqual(1, sum(mistake in line for line in lines), mistake)

    def test_the_lab_is_fine(self):
        ended = command("--config", LAB, "check")
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        golden.check(self, "check_lab.txt", ended.stdout)

    def test_what_to_know_of_relationships(self):
        directory = contoso.directory()
        directory["organization_relationships"] += [
            {"name": "Shadow", "domain_names": ["contoso.mail.onmicrosoft.com"],
             "target_owa_url": "https://shadow.example"},
            {"name": "Port", "domain_names": ["port.example"], "eas_url": "https://port.example:444", "enabled": False}]
        allowed = ["mail.fabrikam.com", "mail.contoso.com", "shadow.example", "port.example", "outlook.office365.com"]
        made = site(self, contoso.config(redirect={"allowed_hosts": allowed}), directory)
        ended = made.command("check")
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        golden.check(self, "check_relationships.txt", ended.stdout)

    def test_what_serve_would_refuse(self):
        example = (ROOT / "config" / "eas451.yaml").read_text(encoding="utf-8")
        self.assertEqual(1, example.count("\nuser: eas451 "))
        for user, status in (("nobody", 0), ("nobody451", 1)):  # the first is everywhere, the second nowhere
            made = site(self, example.replace("\nuser: eas451 ", f"\nuser: {user} "))
            ended = made.command("check")
            self.assertEqual((status, ""), (ended.returncode, ended.stderr))
            golden.check(self, f"check_eas451_{user}.txt", ended.stdout.replace(f"{made.folder}/", ""))
        plain = [{"bind": "127.0.0.1:0"}]
        files = {**nameless_certificate(), "hash": "no hash\n", "empty": ""}
        def ldap(**keys):
            return contoso.config(directory={"type": "ldap", "ldap": {"servers": ["ldaps://dc1.contoso.com"], **keys}})
        for config in (ldap(user_filter="(no filter)"),
                       contoso.config(listeners=plain, public_names=[]),
                       contoso.config(public_names=[]),
                       contoso.config(lab=None, user="nobody451"),
                       contoso.config(directory={"type": "file", "file": "directory.json", "lockout": {"replicas": 2}}),
                       *(contoso.config(admin={"bind": "127.0.0.1:0", "password_hash_file": name})
                         for name in ("hash", "empty", "missing")),
                       *([contoso.config(lab=None)] if IS_ROOT else [])):
            made = site(self, config, contoso.directory(), files)
            checked, served = made.command("check", "--json"), made.command("serve")
            self.assertEqual((1, 78), (checked.returncode, served.returncode), config)
            self.assertNotEqual([], json.loads(checked.stdout)["errors"])
            for error in json.loads(checked.stdout)["errors"]:
                self.assertIn(error, served.stderr)

    def test_a_certificate_that_cannot_be_read_is_no_mistake_of_names(self):
        made = site(self, contoso.config(public_names=[]), contoso.directory(), {**make_certificate(), "tls.key": "none"})
        self.assertEqual(0, made.command("check").returncode)
        self.assertEqual(1, made.command("check", "--online").returncode)
        made = site(self, contoso.config(public_names=[]), contoso.directory(), make_certificate())
        self.assertEqual(0, made.command("check").returncode, "it names us")

    def test_no_password_in_a_mistake(self):
        for name, text in (("a.json", '{"users": [{"mail": "a@x.com", "password": "x" "TopSecretPw-123"}]}'),
                           ("a.yaml", "users: [{mail: a@x.com, password: x,TopSecretPw-123}]\n"),
                           ("b.yaml", "users:\n- password: *TopSecretPw-123\n"),
                           ("a.ldif", "dn: CN=a\nuid: a\npassword: x\nTopSecretPw-123\n")):
            made = site(self, contoso.config(directory={"type": "file", "file": name}), files={name: text})
            ended = made.command("check")
            self.assertEqual(1, ended.returncode)
            self.assertIn(f"{made.folder}/{name}:", ended.stdout)
            self.assertNotIn("TopSecretPw", ended.stdout + ended.stderr)

    def test_what_cannot_be_read_at_all(self):
        self.assertEqual(78, command("--config", "no-such-file.yaml", "check").returncode)
        self.assertEqual(78, command("check", environment={"EAS451_CONFIG": "no-such-file.yaml"}).returncode)
        self.assertEqual(0, command("check", environment={"EAS451_CONFIG": str(LAB)}).returncode)
        broken = site(self, "listeners: [\n").command("check")
        self.assertEqual(1, broken.returncode)
        self.assertRegex(broken.stdout, r"eas451\.yaml:[0-9]+:[0-9]+: ")

    def test_a_pipe_is_a_file_too(self):
        ended = command("--config", "/dev/stdin", "check", stdin="workers: many\n")
        self.assertEqual(1, ended.returncode, ended.stdout)
        self.assertIn("/dev/stdin:1:", ended.stdout)

    def test_places_that_serve_would_not_find(self):
        made = site(self, contoso.config(access_log={"path": "no/such/access.log"}, admin={"unix": "nor/this.sock"}), contoso.directory())
        ended = made.command("check", "--online")
        self.assertEqual(1, ended.returncode, ended.stdout)
        self.assertRegex(ended.stdout, r"(?m)^\S+:\d+:\d+: access_log\.path: there is no folder .*/no/such, ")
        self.assertRegex(ended.stdout, r"(?m)^\S+:\d+:\d+: admin\.unix: there is no folder .*/nor, ")

    def test_a_word_that_is_not_known_is_named(self):
        for arguments, text in ((["foo"], "unknown command 'foo'"), (["--nope"], "unknown option '--nope'"),
                                (["probe", "mail.contoso.com", "--user", "anna", "--password", "TopSecretPw-1"], "unknown option '--password'"),
                                (["version", "more"], "more arguments than there may be")):
            ended = command(*arguments)
            self.assertEqual(2, ended.returncode)
            self.assertIn(f"eas451: {text}\n", ended.stderr)
            self.assertNotIn("TopSecretPw", ended.stdout + ended.stderr)

    def test_help_that_cannot_be_written(self):
        for option in ("--help", "--version"):
            with open("/dev/full", "wb") as full:
                ended = subprocess.run([str(BINARY), option], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual((69, b"eas451: the output could not be written\n"), (ended.returncode, ended.stderr))


class Config(unittest.TestCase):
    def test_show_can_be_read_back_to_the_same(self):
        for file in (LAB, ROOT / "config" / "eas451.yaml"):
            for options in ([], ["--json"]):
                shown = command("--config", file, "config", "show", *options)
                self.assertEqual((0, ""), (shown.returncode, shown.stderr))
                again = site(self, shown.stdout).command("config", "show", *options)
                self.assertEqual((0, shown.stdout), (again.returncode, again.stdout))
            as_yaml = yaml.safe_load(command("--config", file, "config", "show").stdout)
            as_json = json.loads(command("--config", file, "config", "show", "--json").stdout)
            self.assertEqual(list(as_yaml), list(as_json))

    def test_the_schema_takes_the_examples_and_refuses_mistakes(self):
        schema = json.loads(command("config", "schema").stdout)
        validator = jsonschema.Draft202012Validator
        validator.check_schema(schema)
        for file in ("config/lab.yaml", "config/eas451.yaml", "docker/lab.yaml", "docker/lab-ldap.yaml"):
            text = (ROOT / file).read_text(encoding="utf-8")
            self.assertEqual([], [error.message for error in validator(schema).iter_errors(yaml_1_2(text))], file)
        wrong = [{}, {"listeners": "x"}, contoso.config(wrokers=1), contoso.config(workers=0),
                 contoso.config(redirect={"mode": "sometimes"}),
                 contoso.config(redirect={"minimum_protocol_version": "12.1"}),
                 contoso.config(redirect={"minimum_protocol_version": 13.9}),
                 contoso.config(limits={"idle": "5 seconds"}),
                 contoso.config(listeners=[{"tls": "off"}])]
        for config in wrong:
            self.assertNotEqual([], list(validator(schema).iter_errors(config)), config)
            self.assertNotEqual(0, site(self, config).command("check").returncode, config)
        self.assertEqual([], list(validator(schema).iter_errors(contoso.config())))

    def test_the_reference_is_the_document(self):
        reference = command("config", "reference")
        self.assertEqual((0, ""), (reference.returncode, reference.stderr))
        self.assertEqual((ROOT / "docs" / "configuration.md").read_text(encoding="utf-8"), reference.stdout,
                         "docs/configuration.md is what `eas451 config reference` prints")


class HashPassword(unittest.TestCase):
    def test_every_way_a_password_comes(self):
        password = "Grüße & Co:1"
        made = site(self, None, files={"password": password + "\r\nsecond line\n", "empty": "\n"})
        hashes = [command("hash-password", stdin=password + "\n"), command("hash-password", stdin=password),
                  command("hash-password", "--password-file", made.folder / "password"),
                  command("hash-password", environment={"EAS451_PASSWORD": password})]
        for ended in hashes:
            self.assertEqual((0, ""), (ended.returncode, ended.stderr))
            self.assertRegex(ended.stdout, r"^\$scrypt\$ln=[0-9]+,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}\n$")
        self.assertEqual(len(hashes), len({ended.stdout for ended in hashes}), "a salt each")
        people = [contoso.moved(f"hashed{i}", password=None, password_hash=ended.stdout.strip())
                  for i, ended in enumerate(hashes)]
        server = start(self, contoso.config(), contoso.directory(*people))
        with Phone(server) as phone:
            for i in range(len(people)):
                login = f"hashed{i}@contoso.com"
                statuses = [phone.ask(eas(login, tried)).status for tried in (password, password + "x")]
                self.assertEqual([451, 401], statuses)

    def test_a_terminal_is_asked_twice(self):
        for second, status in (("Grüße:1", 0), ("Grüsse:1", 1)):
            ended, seen, hashed = at_a_terminal("hash-password", ("Password: ", "Grüße:1"), ("Again: ", second))
            self.assertEqual(status, ended, seen)
            self.assertEqual(not status, hashed.startswith("$scrypt$"))
            self.assertEqual(bool(status), "is not the first" in seen)
            self.assertNotIn("Gr", seen)

    def test_a_signal_at_the_prompt_leaves_a_terminal_that_shows_what_is_typed(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            self.assertEqual((-number, True), ended_by(number, "hash-password"))

    def test_as_json(self):
        told = json.loads(command("hash-password", "--json", stdin="Passw0rd!\n").stdout)
        self.assertEqual(["hash"], list(told))
        self.assertRegex(told["hash"], r"^\$scrypt\$")

    def test_the_longest_password(self):
        for password, status in (("x" * 4096, 0), ("x" * 4096 + "\r\n", 0), ("x" * 4097, 1), ("x" * 100000, 1)):
            ended = command("hash-password", stdin=password)
            self.assertEqual(status, ended.returncode, len(password))
            self.assertNotIn("xxxx", ended.stderr)

    def test_no_password(self):
        made = site(self, None, files={"empty": "\n"})
        for ended in (command("hash-password"), command("hash-password", stdin="\n"),
                      command("hash-password", "--password-file", made.folder / "empty"),
                      command("hash-password", "--password-file", made.folder / "missing"),
                      command("hash-password", environment={"EAS451_PASSWORD": ""})):
            self.assertEqual((1, ""), (ended.returncode, ended.stdout))
            self.assertTrue(ended.stderr.startswith("eas451: "), ended.stderr)


class Healthcheck(unittest.TestCase):
    def test_as_json(self):
        server = start(self, contoso.config(), contoso.directory())
        asking = site(self, contoso.config(admin={"bind": f"127.0.0.1:{server.admin}"}))
        ready = asking.command("healthcheck", "--json")
        self.assertEqual((0, '{"ready":true,"status":200}\n'), (ready.returncode, ready.stdout))
        server.stop()
        gone = asking.command("healthcheck", "--json")
        self.assertEqual((1, '{"ready":false,"status":null}\n'), (gone.returncode, gone.stdout))
        self.assertIn("eas451: ", gone.stderr)


class Usage(unittest.TestCase):
    def test_usage_errors_are_2_and_say_so_on_stderr(self):
        for arguments in ([], ["frobnicate"], ["serve", "x"], ["explain"], ["config"], ["config", "frobnicate"],
                          ["explain", "u", "--method", "GET"], ["explain", "u", "--protocol-version", "new"],
                          ["explain", "u", "--command", "Sync", "--method", "OPTIONS"], ["check", "--onlin"],
                          ["explain", "u", "--method", "OPTIONS", "--protocol-version", "new"],
                          ["explain", "u", "--command", ""], ["explain", "u", "--command", "Sync1"],
                          ["explain", "u", "--command", "x" * 33],
                          ["--config"], ["hash-password", "secret"]):
            with self.subTest(arguments):
                ended = command(*(["--config", LAB] if arguments != ["--config"] else []), *arguments)
                self.assertEqual((2, ""), (ended.returncode, ended.stdout))
                self.assertNotEqual("", ended.stderr)

    def test_help(self):
        for arguments in (["--help"], ["serve", "--help"], ["config", "show", "-h"]):
            ended = command(*arguments)
            self.assertEqual((0, ""), (ended.returncode, ended.stderr))
            self.assertIn("Usage", ended.stdout)

    def test_version(self):
        ended = command("version")
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        self.assertRegex(ended.stdout, r"^eas451 [0-9]+\.[0-9]+\.[0-9]+ ")
        told = json.loads(command("version", "--json").stdout)
        self.assertEqual(["version", "build", "compiler", "boost", "openssl", "libldap"], list(told))
        self.assertRegex(told["libldap"], r"^2\.[0-9]+\.[0-9]+$")
        self.assertIn(f"libldap {told['libldap']}\n", ended.stdout)
        self.assertIn(told["version"], ended.stdout)
        self.assertEqual(told["version"], command("--version").stdout.strip())


def nameless_certificate():
    with tempfile.TemporaryDirectory(prefix="eas451-test-") as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/O=Contoso", "-keyout", "tls.key", "-out", "tls.crt"],
                       cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
        return {name: pathlib.Path(folder, name).read_text(encoding="ascii") for name in ("tls.crt", "tls.key")}


def yaml_1_2(text):
    """As editors read it: on, off, yes and no are words, not booleans as in YAML 1.1."""
    class Loader(yaml.SafeLoader):
        pass
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    return yaml.load(text, Loader)


if __name__ == "__main__":
    unittest.main()
