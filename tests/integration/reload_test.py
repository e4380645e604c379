# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: a good configuration takes effect without losing anybody, a bad one changes nothing."""
import json
import ssl
import threading
import unittest

from support import contoso
from support.admin import ask, metric
from support.phone import Phone, Wire, connect, eas, get
from support.server import IS_ROOT, dump, make_certificate, start, w3c

RELOADS = 'eas451_config_reload_total{{outcome="{}"}}'


def fingerprint(phone):
    return phone.socket.getpeercert(binary_form=True)


class Reload(unittest.TestCase):
    def setUp(self):
        self.config = contoso.config()
        self.server = start(self, self.config, contoso.directory())

    def change(self, **sections):
        self.server.site.write_config(contoso.config(**sections))

    def counted(self, outcome):
        return metric(self.server, RELOADS.format(outcome))

    def assert_nothing_changes(self, message):
        """The reload fails with that message, and the old configuration goes on."""
        before = self.counted("failed")
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            self.server.reload("nothing was changed")
            self.server.err.wait_for(message)
            answer = phone.ask(eas())
            self.assertEqual((451, contoso.OFFICE_365), (answer.status, answer.one("X-MS-Location")))
            phone.finish()
        self.assertEqual(before + 1, self.counted("failed"))

    def test_a_change_takes_effect_on_connections_that_are_open(self):
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            self.change(redirect={"mode": "off"})
            self.server.reload()
            self.assertEqual(200, phone.ask(eas()).status)
            with Phone(self.server) as another:
                self.assertEqual(200, another.ask(eas()).status)
            self.change()
            self.server.reload()
            self.assertEqual(451, phone.ask(eas()).status)
            phone.finish()
        self.assertEqual((2, 0), (self.counted("ok"), self.counted("failed")))

    def test_the_directory_is_read_anew(self):
        directory = contoso.directory(contoso.moved("newcomer"))
        directory["users"] = [user for user in directory["users"] if not user["userPrincipalName"].startswith("user12")]
        with Phone(self.server) as phone:
            requests = [eas("user12@contoso.com"), eas("newcomer@contoso.com")]
            self.assertEqual([451, 401], [phone.ask(request).status for request in requests])
            self.server.site.write("directory.json", dump(directory))
            self.server.reload()
            self.assertEqual([401, 451], [phone.ask(request).status for request in requests])

    def test_a_bad_configuration_changes_nothing(self):
        self.change(redirect={"mode": "sometimes"})
        self.assert_nothing_changes(r"reload: .*eas451\.yaml:[0-9]+:[0-9]+: redirect\.mode: ")

    def test_a_half_written_configuration_changes_nothing(self):
        text = dump(contoso.config(redirect={"mode": "off"}))
        self.server.site.write_config(text[:len(text) // 2])
        self.assert_nothing_changes(r"reload: .*eas451\.yaml:[0-9]+:[0-9]+: ")
        self.server.site.write_config("")
        self.assert_nothing_changes(r"reload: .*eas451\.yaml")
        self.server.site.config_file.unlink()
        self.assert_nothing_changes(r"reload: .*eas451\.yaml")

    def test_a_broken_record_in_the_directory_changes_nothing(self):
        directory = contoso.directory()
        directory["users"][8]["proxyAddresses"] = ["no-type@contoso.com"]
        text = dump(directory)
        line = 1 + next(i for i, part in enumerate(text.split("\n")) if "no-type" in part)
        self.change(redirect={"mode": "off"})
        self.server.site.write("directory.json", text)
        self.assert_nothing_changes(rf"reload: .*directory\.json:{line}:[0-9]+: ")

    def test_a_certificate_that_cannot_be_loaded_changes_nothing(self):
        self.server.site.write("tls.key", make_certificate()["tls.key"])
        self.change(redirect={"mode": "off"})
        self.assert_nothing_changes("reload: .*tls.key")

    def test_a_new_certificate(self):
        with Phone(self.server) as old:
            before = fingerprint(old)
            for name, text in make_certificate().items():
                self.server.site.write(name, text)
            self.server.reload()
            self.assertEqual(451, old.ask(eas()).status)
            with Phone(self.server) as new:
                self.assertNotEqual(before, fingerprint(new))
                self.assertEqual(ssl.PEM_cert_to_DER_cert(
                    (self.server.site.folder / "tls.crt").read_text(encoding="ascii")), fingerprint(new))
                self.assertEqual(451, new.ask(eas()).status)
            self.assertEqual(451, old.ask(eas()).status)

    def test_the_access_log_moves(self):
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            self.change(access_log={"format": "json", "path": "access.json"})
            self.server.reload()
            self.assertEqual(401, phone.ask(eas(None)).status)
        self.assertEqual(1, len(self.server.all_access_lines()))
        moved = (self.server.site.folder / "access.json").read_text(encoding="utf-8")
        self.assertEqual((1, True), (moved.count("\n"), '"no-credentials"' in moved))
        self.change(access_log={"path": "no-such-folder/x"})

    def test_the_access_log_goes_off_and_on_again(self):
        on = {"format": "json", "path": "access.json"}
        for log, path in ((on, "/before"), ("off", "/meanwhile"), (on, "/after")):
            self.change(access_log=log)
            self.server.reload()
            with Phone(self.server) as phone:
                self.assertEqual(404, phone.ask(get(path)).status)
        self.server.stop()
        lines = (self.server.site.folder / "access.json").read_text(encoding="utf-8").splitlines()
        self.assertEqual(["/before", "/after"], [json.loads(line)["path"] for line in lines])

    def test_a_log_that_cannot_be_opened_changes_nothing(self):
        self.change(access_log={"path": "no-such-folder/x"}, redirect={"mode": "off"})
        self.assert_nothing_changes("reload: .*no-such-folder")

    def test_what_needs_a_restart_is_named_and_the_rest_applied(self):
        listeners = contoso.config()["listeners"]
        changes = {"listeners.bind": {"listeners": [{**listeners[0], "bind": "127.0.0.2:0"}]},
                   "workers": {"workers": 3}, "user": {"user": "nobody"}, "admin": {"admin": {"unix": "admin.sock"}}}
        for mode, (name, change) in zip(("off", "on", "off", "on"), changes.items()):
            self.change(redirect={"mode": mode}, **change)
            self.server.reload()
            self.server.err.wait_for(rf"reload: {name} changed, which needs a restart")
            with Phone(self.server) as phone:
                self.assertEqual(200 if mode == "off" else 451, phone.ask(eas()).status)
            self.assertEqual(200, ask(self.server, "/readyz").status)
            self.change()
            self.server.reload()
        self.assertEqual(len(changes), sum("needs a restart" in line for line in self.server.err.all()))

    @unittest.skipUnless(IS_ROOT, "whoever is not root need not give a user")
    def test_what_would_not_start_as_root_changes_nothing(self):
        self.change(lab=False)
        self.assert_nothing_changes("reload: .*: user: required when started as root")
        self.change(user="nobody-of-that-name")
        self.assert_nothing_changes("reload: .*: user: there is no user nobody-of-that-name")

    def test_the_expiry_of_a_certificate_is_that_of_what_listens(self):
        series = f'eas451_certificate_expiry_timestamp_seconds{{listener="127.0.0.1:{self.server.https}"}}'
        before = metric(self.server, series)
        self.assertGreater(before, 0)
        self.change(listeners=[{**self.config["listeners"][0], "bind": "127.0.0.2:0"}])
        self.server.reload()
        self.assertEqual([f"{series} {before:.0f}"], self.expiries())
        self.change(listeners=[{"bind": "127.0.0.1:0"}])
        self.server.reload()
        self.assertEqual([], self.expiries())

    def expiries(self):
        lines = ask(self.server, "/metrics").body.decode().splitlines()
        return [line for line in lines if line.startswith("eas451_certificate_expiry_timestamp_seconds{")]

    def test_an_unchanged_file_names_nothing(self):
        self.server.reload()
        self.assertNotIn("restart", self.server.err.text())

    def test_two_listeners_on_any_port_keep_theirs(self):
        """Port 0 twice: each keeps its port, its certificate and whom it trusts, and gets its own new ones."""
        def listeners(**of_second):
            second = {"bind": "127.0.0.1:0", "tls": {"certificate": "second.crt", "key": "second.key"}, **of_second}
            return [*contoso.config()["listeners"], second]

        def certificates():
            files = {**make_certificate(), **make_certificate("second.contoso.com", name="second")}
            ders = [ssl.PEM_cert_to_DER_cert(files[name]) for name in ("tls.crt", "second.crt")]
            return files, ders

        def seen():
            found = []
            for port in server.ports:
                with Phone(server, port=port) as phone:
                    self.assertEqual(451, phone.ask(eas()).status)
                    found.append(fingerprint(phone))
            return found

        files, before = certificates()
        server = start(self, contoso.config(listeners=listeners()), contoso.directory(), files)
        self.assertEqual(2, len(set(server.ports)))
        self.assertEqual(before, seen())
        with Phone(server, port=server.ports[1]) as open_before:
            self.assertEqual(451, open_before.ask(eas()).status)
            server.reload()
            self.assertEqual(before, seen())
            files, after = certificates()
            for name, text in files.items():
                server.site.write(name, text)
            server.site.write_config(contoso.config(listeners=listeners(trusted_proxies=["127.0.0.1/32"])))
            server.reload()
            self.assertEqual(after, seen())
            self.assertEqual(451, open_before.ask(eas()).status)
        for port in server.ports:
            with Phone(server, port=port) as phone:
                self.assertEqual(451, phone.ask(eas(fields=("X-Forwarded-For: 192.0.2.7",))).status)
        clients = [w3c(line).c_ip for line in server.all_access_lines()]
        self.assertEqual(1, clients.count("192.0.2.7"))
        self.assertNotIn("restart", server.err.text())


class Load(unittest.TestCase):
    def call(self, server, keep, results):
        """Calls until told to stop; a new connection each time, or one for all."""
        phone = None
        while not self.enough.is_set():
            try:
                phone = phone or Phone(server)
                results.append(phone.ask(eas(body=b"b" * 100)).status)
                if not keep:
                    phone.finish()
                    phone = None
            except (OSError, AssertionError) as error:
                results.append(error)
                phone = None
        if phone is not None:
            phone.close()

    def test_twenty_reloads_under_load_lose_no_request(self):
        server = start(self, contoso.config(), contoso.directory())
        self.enough = threading.Event()
        self.addCleanup(self.enough.set)
        results = [[] for _ in range(4)]
        callers = [threading.Thread(target=self.call, args=(server, i % 2 == 0, results[i])) for i in range(4)]
        for caller in callers:
            caller.start()
        for _ in range(20):
            server.reload()
        self.enough.set()
        for caller in callers:
            caller.join()
        for result in results:
            self.assertGreater(len(result), 0)
            self.assertEqual({451}, set(result))
        self.assertEqual(20, metric(server, RELOADS.format("ok")))
        self.assertEqual(sum(map(len, results)), len(server.all_access_lines()))


if __name__ == "__main__":
    unittest.main()
