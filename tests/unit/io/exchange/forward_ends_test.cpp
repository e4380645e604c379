// SPDX-License-Identifier: Apache-2.0
// How a request that is passed on ends: by an answer, in the middle of one, or without.
#include <future>

#include "forwarding.hpp"

namespace eas451 {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ForwardEnds : public Forwarding {
protected:
    /// What one answer comes to for a client.
    Forwarded answered(FakeClient& client, const std::string& answer, bool says_goodbye = true) {
        FakeExchange exchange(certificate(), always(answer));
        exchange.says_goodbye = says_goodbye;
        use({exchange.url()});
        client.here = {"hello"};
        return pass(client, request());
    }
};

const std::string unframed = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it";

TEST_F(ForwardEnds, AnAnswerWithoutLengthIsWholeAfterAGoodbye) {
    FakeClient client(loop_);
    EXPECT_EQ(answered(client, unframed).end, ForwardEnd::passed);
    EXPECT_THAT(client.got, EndsWith("\r\n\r\n9\r\nall of it\r\n0\r\n\r\n"));
    EXPECT_FALSE(client.was_ended);
    FakeClient older(loop_);
    older.speaks_1_1 = false;
    EXPECT_EQ(answered(older, unframed).end, ForwardEnd::passed);
    EXPECT_THAT(older.got, EndsWith("Connection: close\r\n\r\nall of it"));
    EXPECT_TRUE(older.was_ended);
    EXPECT_FALSE(older.is_unframed);
}

TEST_F(ForwardEnds, AnAnswerWithoutLengthThatBreaksOffIsNotWhole) {
    for (const bool speaks_1_1 : {true, false}) {
        FakeClient client(loop_);
        client.speaks_1_1 = speaks_1_1;
        const Forwarded forwarded = answered(client, unframed, false);
        EXPECT_EQ(forwarded.end, ForwardEnd::cut);
        EXPECT_NE(forwarded.trouble, "");
        EXPECT_THAT(client.got, HasSubstr("all of it"));
        EXPECT_THAT(client.got, Not(EndsWith("0\r\n\r\n")));
        EXPECT_TRUE(client.was_ended);
        EXPECT_EQ(client.is_unframed, !speaks_1_1) << "its end looks like the end of the answer";
    }
}

TEST_F(ForwardEnds, AnAnswerThatBreaksOffBeforeItsEndIsNotWhole) {
    for (const std::string& answer : {std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf"),
                                      std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
                                      // Two records of TLS, so that the first is on its way when the second is read.
                                      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n") + std::string(20000, 'c') + "\r\nx\r\n"}) {
        FakeClient client(loop_);
        EXPECT_EQ(answered(client, answer).end, ForwardEnd::cut);
        EXPECT_THAT(client.got, Not(EndsWith("\r\n0\r\n\r\n")));
        EXPECT_TRUE(client.was_ended);
        FakeClient older(loop_);
        older.speaks_1_1 = false;
        EXPECT_EQ(answered(older, answer).end, ForwardEnd::cut);
        EXPECT_EQ(older.is_unframed, answer.find("chunked") != std::string::npos);
    }
}

TEST_F(ForwardEnds, AnAnswerThatIsKnownToBeMalformedBeforeAnyOfItIsOutIsNone) {
    for (const bool speaks_1_1 : {true, false}) {
        FakeClient client(loop_);
        client.speaks_1_1 = speaks_1_1;
        EXPECT_EQ(answered(client, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx\r\n").end, ForwardEnd::failed);
        EXPECT_EQ(client.got, "");
        EXPECT_FALSE(client.is_unframed) << "what it is told instead would break off";
    }
}

TEST_F(ForwardEnds, AnAnswerThatIsNoneIsNotPassed) {
    for (const std::string& answer : {std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
                                      std::string("HTTP/1.1 200 OK\r\nX: " + std::string(40000, 'y') + "\r\n\r\n"),
                                      std::string("HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx"),
                                      std::string("HTTP/1.1 200 OK\r\nConnection: close\r\n")}) {
        FakeClient client(loop_);
        const Forwarded forwarded = answered(client, answer);
        EXPECT_EQ(forwarded.end, ForwardEnd::failed) << answer.substr(0, 60);
        EXPECT_NE(forwarded.trouble, "");
        EXPECT_EQ(client.got, "");
        EXPECT_EQ(pool_.kept(), 0U);
    }
}

TEST_F(ForwardEnds, AHundredIsNoAnswerAndEightOfThemAreEnough) {
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    std::string answer;
    for (int i = 0; i < 8; ++i) answer += go_on;
    FakeClient client(loop_);
    EXPECT_EQ(answered(client, answer + forward_ok).end, ForwardEnd::passed);
    EXPECT_EQ(client.got, forward_ok);
    FakeClient another(loop_);
    EXPECT_EQ(answered(another, answer + go_on + forward_ok).end, ForwardEnd::failed);
    EXPECT_EQ(another.got, "");
}

TEST_F(ForwardEnds, AnAnswerThatComesBeforeTheWholeBodyEndsTheUpload) {
    FakeExchange exchange(certificate(), always("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
    exchange.answers_early = true;
    use({exchange.url()});
    FakeClient client(loop_);
    client.here = {"a part"};
    client.then = ClientSide::Body::more;
    const Forwarded forwarded = pass(client, request(std::string(1000, 'b')));
    EXPECT_EQ(forwarded.end, ForwardEnd::passed);
    EXPECT_EQ(forwarded.status, 503U);
    EXPECT_THAT(client.got, HasSubstr("Connection: close\r\n")) << "the rest of the body would be the next request";
    EXPECT_EQ(pool_.kept(), 0U);
}

TEST_F(ForwardEnds, AClientThatLeavesFreesItsConnectionToExchange) {
    FakeExchange exchange(certificate(), always(std::nullopt));
    use({exchange.url()});
    FakeClient client(loop_);
    client.here = {"hello"};
    std::optional<Forwarded> result;
    begin(client, request(), result);
    run_until([&] { return exchange.requests().size() == 1 && client.is_waiting(); });
    client.lets_upstream_rest();
    client.leave();
    run_until([&] { return result && exchange.open_connections() == 0; });
    EXPECT_EQ(result->end, ForwardEnd::client_gone);
    EXPECT_EQ(pool_.kept(), 0U);
}

TEST_F(ForwardEnds, APollThatRestsGetsItsAnswer) {
    std::promise<void> news;
    std::atomic<bool> is_asked = false;
    FakeExchange exchange(certificate(), [&](const std::string&) {
        is_asked = true;
        news.get_future().wait();
        return Said(forward_ok);
    });
    use({exchange.url()});
    FakeClient client(loop_);
    client.here = {"hello"};
    std::optional<Forwarded> result;
    begin(client, request(), result);
    run_until([&] { return is_asked && client.is_waiting(); });
    client.lets_upstream_rest();
    news.set_value();
    run_until([&] { return result.has_value(); });
    EXPECT_EQ(result->end, ForwardEnd::passed);
    EXPECT_EQ(client.got, forward_ok);
}

TEST_F(ForwardEnds, AnAnswerThatNeverComesIsNotWaitedForLonger) {
    FakeExchange exchange(certificate(), always(std::nullopt));
    options_.held = 50ms;
    pool_.set_options(options_);
    use({exchange.url()});
    const Forwarded forwarded = pass(request());
    EXPECT_EQ(forwarded.end, ForwardEnd::failed);
    EXPECT_EQ(forwarded.trouble, "it did not answer in time");
    run_until([&] { return exchange.open_connections() == 0; });
}

TEST_F(ForwardEnds, ABodyThatDoesNotCome) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    using Body = ClientSide::Body;
    for (const auto& [body, end] : {std::pair(Body::late, ForwardEnd::client_late), std::pair(Body::gone, ForwardEnd::client_gone),
                                    std::pair(Body::malformed, ForwardEnd::malformed_body)}) {
        FakeClient client(loop_);
        client.later = {"hel"};
        client.then = body;
        EXPECT_EQ(pass(client, request()).end, end);
        EXPECT_EQ(client.got, "");
    }
    run_until([&] { return exchange.open_connections() == 0; });
    EXPECT_THAT(exchange.requests(), IsEmpty()) << "half a body was taken for one";
}

TEST_F(ForwardEnds, ABodyOfAsMuchAsItMayBeAndOneMore) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    for (const std::size_t size : {std::size_t{10}, std::size_t{11}}) {
        ForwardedRequest what = chunked();
        what.max_body = 10;
        FakeClient client(loop_);
        client.later = {std::string(5, 'a'), std::string(size - 5, 'b')};
        EXPECT_EQ(pass(client, std::move(what)).end, size == 10 ? ForwardEnd::passed : ForwardEnd::body_too_large);
        EXPECT_EQ(client.was_ended, size != 10);
    }
    EXPECT_EQ(exchange.requests().size(), 1U);
}

TEST_F(ForwardEnds, AClientThatTakesNoMoreOfTheAnswer) {
    FakeClient client(loop_);
    client.takes = 30;
    EXPECT_EQ(answered(client, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'a')).end, ForwardEnd::cut);
    EXPECT_EQ(client.got.size(), 30U);
    EXPECT_TRUE(client.was_ended);
    EXPECT_EQ(pool_.kept(), 0U);
}

}  // namespace
}  // namespace eas451
