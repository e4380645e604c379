# SPDX-License-Identifier: Apache-2.0
"""Connections: keep-alive, pipelining, bodies of every framing, TLS versions, clients that vanish."""
import concurrent.futures
import unittest

from support import contoso
from support.admin import metric
from support.phone import Phone, connect, eas, get
from support.server import start, wait_until

MIB = 1024 * 1024
CHUNKED = ("Transfer-Encoding: chunked",)


def chunked(*chunks, trailer=b""):
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailer + b"\r\n"


def say_goodbye(phone):
    """By TLS, in the middle of a request: whether an answer comes is the server's business."""
    with phone:
        try:
            phone.socket.unwrap()
        except OSError:
            pass


class Connection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(cls, contoso.config(workers=4), contoso.directory())

    def assert_kept(self, phone):
        """The connection goes on, at a request's border: the next answer is the right one."""
        answer = phone.ask(eas("forest7@contoso.com"))
        self.assertEqual((451, contoso.FABRIKAM), (answer.status, answer.one("X-MS-Location")))
        self.assertEqual([], answer.all("Connection"))

    def test_keep_alive(self):
        with Phone(self.server) as phone:
            for _ in range(20):
                self.assertEqual(451, phone.ask(eas()).status)
            phone.finish()

    def test_fifty_pipelined_requests_are_answered_in_order(self):
        kinds = [(eas(), 451), (eas("nina@contoso.com", version="12.1"), 403), (eas(None), 401), (get("/"), 404),
                 (eas("anna@contoso.com", body=b"x" * 5000), 200), (eas(cmd="7"), 400),
                 (eas("anna@contoso.com", version="12.1", body=chunked(b"ab", b"c"), fields=CHUNKED), 503)]
        pipeline = [kinds[i % len(kinds)] for i in range(50)]
        with Phone(self.server) as phone:
            phone.send(b"".join(request for request, _ in pipeline))
            self.assertEqual([status for _, status in pipeline], [phone.read().status for _ in pipeline])
            phone.finish()

    def test_http_1_0_and_connection_close_end_the_connection(self):
        for request in (eas(http="HTTP/1.0"), eas(http="HTTP/1.0", host=None), eas(fields=("Connection: close",)),
                        eas(fields=("connection: Keep-Alive, CLOSE",)),
                        eas(http="HTTP/1.0", fields=("Connection: keep-alive",))):
            with self.subTest(request=request), Phone(self.server) as phone:
                answer = phone.ask(request)
                self.assertEqual((451, True), (answer.status, answer.closes()))
                phone.read_end()

    def test_a_body_of_up_to_one_mebibyte_is_drained(self):
        with Phone(self.server) as phone:
            for request in (eas(body=b"b"), eas(body=b"b" * MIB), eas(body=chunked(b"b" * MIB), fields=CHUNKED),
                            eas(body=chunked(*[b"b" * 1024] * 1024), fields=CHUNKED),
                            eas(body=chunked(b"b", trailer=b"X-Trailer: t\r\n"), fields=CHUNKED),
                            eas(body=b"1;name=value\r\nb\r\n0\r\n\r\n", fields=CHUNKED),
                            eas(fields=("Content-Length: 0",))):
                self.assertEqual(451, phone.ask(request).status)
                self.assert_kept(phone)
            phone.finish()

    def test_a_larger_body_is_answered_and_the_connection_closed(self):
        for body, fields in ((b"b" * (MIB + 1), ()), (chunked(b"b" * (MIB + 1)), CHUNKED)):
            with self.subTest(fields=fields), Phone(self.server) as phone:
                answer = phone.ask(eas(body=body, fields=fields))
                self.assertEqual((451, True), (answer.status, answer.closes()))
                phone.finish()

    def test_a_body_too_large_to_wait_for_is_answered_before_it_is_sent(self):
        with Phone(self.server) as phone:
            answer = phone.ask(eas(fields=("Content-Length: 9000000000000000000",)))
            self.assertEqual((451, True), (answer.status, answer.closes()))
            phone.finish()

    def test_a_chunked_body_one_byte_a_record(self):
        body = chunked(b"hello", b"x" * 17, trailer=b"X-T: v\r\n")
        with Phone(self.server) as phone:
            phone.send(eas(body=b"", fields=CHUNKED))
            for byte in body:
                phone.send(bytes([byte]))
            self.assertEqual(451, phone.read().status)
            self.assert_kept(phone)
            # The last chunk alone: nothing of the body is there when its first byte comes.
            phone.send(eas(body=b"", fields=CHUNKED))
            for byte in b"0\r\n\r\n":
                phone.send(bytes([byte]))
            self.assertEqual(451, phone.read().status)
            self.assert_kept(phone)
            phone.finish()

    def test_a_malformed_chunk_is_a_400_and_the_end(self):
        for body in (b"xyz\r\n", b"-1\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n",
                     b" 5\r\nhello\r\n", b"\r\n", b"11111111111111111\r\n", b"5\r\nhello0\r\n\r\n", b";\r\n"):
            with self.subTest(body=body), Phone(self.server) as phone:
                answer = phone.ask(eas(body=body, fields=CHUNKED))
                self.assertEqual((400, True), (answer.status, answer.closes()))
                phone.finish()

    def test_a_chunk_header_without_end_is_not_read_for_ever(self):
        with Phone(self.server) as phone:
            answer = phone.ask(eas(body=b"5;" + b"a" * 40000, fields=CHUNKED))
            self.assertIn(answer.status, (400, 451))
            self.assertTrue(answer.closes())
            phone.finish()

    def test_expect_100_continue_gets_the_final_answer(self):
        with Phone(self.server) as phone:
            answer = phone.ask(eas(fields=("Expect: 100-continue", "Content-Length: 1000")))
            self.assertEqual((451, True), (answer.status, answer.closes()))
            phone.finish()
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas(fields=("Expect: 100-continue", "Content-Length: 0"))).status)
            self.assert_kept(phone)
            phone.finish()

    def test_a_head_cut_at_every_byte_gives_the_same_answer(self):
        request = eas(body=b"body")
        with Phone(self.server) as phone:
            whole = phone.ask(request).bytes_but_date()
            for cut in range(1, len(request)):
                phone.send(request[:cut]).send(request[cut:])
                self.assertEqual(whole, phone.read().bytes_but_date(), f"cut at {cut}")
            for byte in request:
                phone.send(bytes([byte]))
            self.assertEqual(whole, phone.read().bytes_but_date())
            phone.finish()

    def test_clients_that_vanish(self):
        request = eas(body=b"b" * 100)
        head = len(request) - 100
        wait_until(lambda: metric(self.server, "eas451_connections") == 0, "the other tests' connections to be gone")
        for cut in (0, 1, head - 2, head, head + 50):
            for close in (say_goodbye, Phone.close):
                phone = Phone(self.server).send(request[:cut])
                close(phone)
        connect(self.server.https).close()
        wait_until(lambda: metric(self.server, "eas451_connections") == 0, "vanished connections to be given up")
        with Phone(self.server) as phone:
            self.assert_kept(phone)

    def test_many_phones_at_once(self):
        def call(number):
            with Phone(self.server) as phone:
                login, location = (("user12", contoso.OFFICE_365), ("forest7", contoso.FABRIKAM))[number % 2]
                answers = [phone.ask(eas(f"{login}@contoso.com", body=b"b" * number)) for _ in range(20)]
                phone.finish()
                return {(answer.status, answer.one("X-MS-Location") == location) for answer in answers}

        with concurrent.futures.ThreadPoolExecutor(8) as callers:
            for result in callers.map(call, range(32)):
                self.assertEqual({(451, True)}, result)


class TooManyConnections(unittest.TestCase):
    def test_beyond_the_limit_a_connection_is_closed_unanswered(self):
        server = start(self, contoso.config(limits={"connections": 2}), contoso.directory())
        with Phone(server) as first, Phone(server) as second:
            self.assertEqual([451, 451], [first.ask(eas()).status, second.ask(eas()).status])
            with connect(server.https) as third:
                try:
                    self.assertEqual(b"", third.recv(1))
                except ConnectionResetError:
                    pass
            self.assertEqual([451, 451], [first.ask(eas()).status, second.ask(eas()).status])
            first.finish()

            def is_served():
                try:
                    with Phone(server) as another:
                        return another.ask(eas()).status == 451
                except OSError:
                    return False
            wait_until(is_served, "room for another connection")


if __name__ == "__main__":
    unittest.main()
