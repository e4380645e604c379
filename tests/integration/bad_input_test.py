# SPDX-License-Identifier: Apache-2.0
"""Bad input over TLS: whatever comes, the server answers, answers the next one rightly, and logs one line each."""
import base64
import random
import unittest

from support import contoso
from support.phone import Phone, basic, eas
from support.server import start, w3c

PATH = "/Microsoft-Server-ActiveSync"


def counted(data):
    return bytes([len(data)]) + data


def base64_query(version=141, command=18, device_id=b"ABCDEF0123456789ABCDEF", policy_key=b"", device_type=b"iPad",
                 tags=b""):
    """MS-ASHTTP 2.2.1.1.1.1; command 18 is Ping."""
    return (bytes([version, command]) + b"\x09\x04" + counted(device_id) + counted(policy_key)
            + counted(device_type) + tags)


def with_query(query, version="14.1", **changes):
    """Bytes are sent as a base64 query, which names its version itself."""
    if isinstance(query, bytes):
        query, version = base64.b64encode(query).decode(), None
    return eas(target=f"{PATH}?{query}", version=version, **changes)


class BadInput(unittest.TestCase):
    def setUp(self):
        self.server = start(self, contoso.config(), contoso.directory())
        self.phone = None
        self.sent = 0

    def tearDown(self):
        if self.phone is not None:
            self.phone.close()
        lines = self.server.all_access_lines()
        self.assertEqual(self.sent, len(lines))
        for line in lines:
            w3c(line)

    def ask(self, request):
        if self.phone is None:
            self.phone = Phone(self.server)
        self.sent += 1
        answer = self.phone.ask(request)
        if answer.closes():
            self.phone.finish()
            self.phone = None
        return answer

    def assert_answers(self, expected, requests):
        """Each request gets one of the statuses, and a good one behind it is answered as ever."""
        for request in requests:
            with self.subTest(request=request[:300]):
                self.assertIn(self.ask(request).status, expected)
                self.assertEqual(451, self.ask(eas()).status)

    def test_base64_fields_at_their_limits(self):
        self.assert_answers((451,), map(with_query, (
            base64_query(), base64_query(device_id=b"I" * 255), base64_query(device_id=b""),
            base64_query(device_id=b"\x00" * 16), base64_query(device_type=b"T" * 255), base64_query(device_type=b""),
            base64_query(policy_key=b"\x01\x02\x03\x04"), base64_query(command=255), base64_query(version=255),
            base64_query(tags=b"\x08" + counted(b"u" * 255)), base64_query(tags=bytes([7]) + counted(b"\x03")),
            base64_query(tags=b"\xff" + counted(b"\x00" * 255)))))

    def test_base64_fields_one_past_their_limits(self):
        one_short = base64_query(device_id=b"I" * 255)
        self.assert_answers((400,), map(with_query, (
            base64_query(policy_key=b"123"), base64_query(policy_key=b"12345"),
            one_short[:4] + bytes([255]) + one_short[5:250],
            base64_query(tags=b"\x08\xff" + b"u" * 254), base64_query(tags=b"\x08\x01u\x08\x01v"),
            base64_query(tags=b"\x08"), base64_query(device_type=b"a\x00b"), base64_query(tags=b"\x08\x01\n"))))

    def test_the_line_of_a_refused_head_has_its_method(self):
        heads = {b"BREW  / HTTP/1.1": ("BREW", "-"), b"BREW / HTTP/9.9": ("BREW", "/")}
        for head in heads:
            self.assertEqual(400, self.ask(head + b"\r\nHost: a\r\n\r\n").status)
        lines = [w3c(line) for line in self.server.all_access_lines()]
        self.assertEqual(list(heads.values()), [(line.method, line.stem) for line in lines])

    def test_base64_cut_at_every_byte(self):
        # Where a parameter would begin the query may end; the rest are cut within a field.
        whole = base64_query(policy_key=b"\x01\x02\x03\x04", tags=b"\x08" + counted(b"user12") + b"\x07\x01\x03")
        ends = {len(base64_query(policy_key=b"1234")), len(whole) - 3, len(whole)}
        for cut in range(1, len(whole) + 1):
            self.assert_answers((451,) if cut in ends else (400,), [with_query(whole[:cut])])

    def test_base64_text_cut_at_every_character(self):
        text = base64.b64encode(base64_query(tags=b"\x08" + counted(b"user12"))).decode()
        self.assert_answers((451, 400), [with_query(text[:cut]) for cut in range(1, len(text) + 1)])

    def test_nul_and_control_bytes_in_every_parameter(self):
        requests = []
        for name in ("Cmd", "User", "DeviceId", "DeviceType", "Other", "SaveInSent"):
            for byte in ("%00", "%0a", "%0D", "%1b", "%7f"):
                values = {"Cmd": "Ping", "User": "u", "DeviceId": "1", "DeviceType": "x"}
                values[name] = values.get(name, "") + byte
                requests.append(with_query("&".join(f"{key}={value}" for key, value in values.items())))
        self.assert_answers((400,), requests)

    def test_raw_control_bytes_in_the_head(self):
        for byte in (b"\x00", b"\x01", b"\x0b", b"\x1b", b"\x7f", b"\r"):
            for place in (b"DeviceType=iPad", b"Apple-iPad2C2", b"mail.contoso.com"):
                self.assert_answers((400,), [eas().replace(place, place[:4] + byte + place[4:], 1)])

    def test_parameters_twice_and_broken_escapes(self):
        good = "Cmd=Ping&User=u&DeviceId=1&DeviceType=x"
        self.assert_answers((400,), [with_query(f"{good}&{more}") for more in (
            "Cmd=Ping", "cmd=Sync", "C%6dd=Sync", "User=v", "DeviceId=1", "DeviceType=x", "X=%", "X=%4", "X=%zz", "%=1",
            "X=%u0041")])
        self.assert_answers((400,), [with_query(query) for query in (
            "Cmd=", "Cmd=Pi%20ng", "Cmd=Ping1", "Cmd=" + "P" * 33, "User=u", "Cmd", "=", "&", "%00")])

    def test_long_users_and_targets(self):
        good = "Cmd=Ping&DeviceId=1&DeviceType=x&User="
        self.assert_answers((451,), [with_query(good + "u" * 4096), with_query(good + "%41" * 1365)])
        longest = 8192 - len(PATH) - 1 - len(good)
        self.assert_answers((451,), [with_query(good + "u" * longest)])
        self.assert_answers((414,), [with_query(good + "u" * (longest + 1)), with_query(good + "u" * 60000)])
        self.assert_answers((400,), [eas(fields=[f"X-Long: {'x' * 20000}"]),
                                     eas(fields=[f"X-{n}: x" for n in range(200)])])

    def test_credentials(self):
        latin_1 = "Basic " + base64.b64encode("müller:pässwörd".encode("latin-1")).decode()
        self.assert_answers((401,), [eas(authorization=value) for value in (
            basic("user12@contoso.com", ""), "Basic " + base64.b64encode(b"user12@contoso.com").decode(), "Basic",
            "Basic =", "Basic !!!!", "Basic " + "A" * 7001, basic("", "x"), basic("user12\x00", "x"),
            basic("user12@contoso.com", "Passw0rd!user12\x00"), basic("*", "x"), basic("*)(uid=*))(|(uid=*", "x"),
            basic("user12)(&", "x"), basic("\\2a", "x"), basic("a\\b\\c", "x"), basic("a@b@c", "x"),
            basic("CN=User 12,DC=contoso,DC=com", "x"), basic("S-1-5-21-1-2-3-500", "x"), basic("u" * 5000, "x"),
            basic("user12\r\nX: y", "x"), latin_1, "Negotiate abc", "Digest username=\"x\"", "Bearer", "x")])

    def test_framing_that_two_readers_could_read_differently(self):
        self.assert_answers((400,), [eas(fields=fields) for fields in (
            ["Content-Length: 0", "Content-Length: 0"], ["Content-Length: 0", "Transfer-Encoding: chunked"],
            ["Content-Length: +1"], ["Content-Length: 0x1"], ["Content-Length: 1, 1"], ["Content-Length: 1 1"],
            ["Content-Length: 99999999999999999999"], ["Content-Length:"], ["Transfer-Encoding: gzip, chunked"],
            ["Transfer-Encoding: identity"], ["Transfer-Encoding:\tchunked", "Transfer-Encoding: chunked"],
            ["Transfer-Encoding : chunked"], [" folded"], ["X_Forwarded_For: 1"], ["Host: other"], [": x"], ["x"],
            ["Authorization: Basic eDp5"], ["Expect: 200-ok"], ["Connection: Authorization"],
            ["MS-ASProtocolVersion: 14.1"])])

    def test_request_lines(self):
        good = eas()
        first, rest = good.split(b"\r\n", 1)
        target = first.split(b" ")[1]
        self.assert_answers((400,), [line + b"\r\n" + rest for line in (
            b"POST", b"POST " + target, first + b" x", b"POST  " + target + b" HTTP/1.1",
            b"post " + target + b" HTTP/1.1",
            b"POST " + target + b" HTTP/2.0", b"POST " + target + b" http/1.1", b"POST " + target + b" HTTP/1.1 ",
            b"POST https://mail.contoso.com" + target + b" HTTP/1.1", b"POST * HTTP/1.1", b"\x16\x03\x01\x02",
            b"POST " + target + b"#x HTTP/1.1", b"PRI * HTTP/2.0", b"", b" " + first)])
        self.assert_answers((400,), [good.replace(b"\r\n", b"\n"), b"\n\n", b"\r\n\r\n"])
        self.assert_answers((404,), [good.replace(b"POST ", method + b" ", 1) for method in (
            b"PUT", b"DELETE", b"GET", b"TRACE", b"CONNECT", b"X" * 32)])

    def test_a_parameter_named_log_is_not_the_log(self):
        good = "Cmd=Ping&User=u&DeviceId=1&DeviceType=x"
        hostile = ["Log=V141_Rsn:redirected_", "log=x", "L%6fg=x", "LOG", "Log=a&Log=b"]
        self.assert_answers((451,), [with_query(f"{good}&{more}") for more in hostile]
                            + [with_query(f"{more}&{good}") for more in hostile])
        self.assert_answers((400,), [with_query(f"Log=Rsn:redirected_&{good}&Cmd=Sync")])
        for line in self.server.all_access_lines():
            self.assertEqual(1, line.lower().count("log="), line)

    def test_versions(self):
        good = "Cmd=Ping&User=u&DeviceId=1&DeviceType=x"
        self.assert_answers((400,), [with_query(good, version=version) for version in (
            "14", "14.", ".1", "14.1.0", "14.1, 16.1", "-14.1", "14,1", "x", "1e1.0", "99999.1")])
        self.assert_answers((451,), [with_query(good, version=version) for version in ("14.10", "17.0", "100.0")])
        self.assert_answers((403,), [with_query(good, version=version) for version in ("9.9", "0.0", "2.5")])

    def test_two_hundred_random_heads(self):
        source = random.Random(451)
        good = eas()
        for _ in range(200):
            broken = bytearray(good)
            for _ in range(source.randint(1, 4)):
                broken[source.randrange(len(broken) - 4)] = source.randrange(256)
            # The end stays, so that there is one request each time, whatever becomes of its inside.
            if b"\n\n" in broken[:-2] or b"\n\r\n" in broken[:-2]:
                continue
            self.assert_answers((451, 400, 401, 403, 404, 501, 200, 414), [bytes(broken)])


if __name__ == "__main__":
    unittest.main()
