// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/ldap/ldap_pages.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../fake_ldap_server.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using Request = FakeLdapServer::Request;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto patience = 30s;

std::string page_control(std::string_view cookie) {
    return ber::control("1.2.840.113556.1.4.319", ber::element(0x30, ber::integer(0) + ber::octets(cookie)));
}

/// A page with these entries, and the cookie of the next.
std::string page(const Request& request, const std::vector<std::string>& names, std::string_view cookie) {
    std::string bytes;
    for (const std::string& name : names) bytes += ber::entry(request.id, name, {});
    return bytes + ber::result_with_controls(request.id, 0x65, 0, page_control(cookie));
}

class LdapPagesTest : public testing::Test {
protected:
    /// Answers searches for pages with what `answer` gives for the number of each, from 0.
    void serve(std::function<std::string(const Request&, unsigned)> answer) {
        auto reply = [this, answer = std::move(answer)](const Request& request) -> std::optional<std::string> {
            if (request.operation != FakeLdapServer::search) return std::string();
            const std::lock_guard lock(mutex_);
            const unsigned number = asked_++;
            changed_.notify_all();
            return answer(request, number);
        };
        server_.emplace(certificate(), std::move(reply));
        connection_ = LdapConnection::make(loop_.get_executor(), {"ldaps://dc1", "127.0.0.1", server_->port()},
                                           *make_client_context(certificate().certificate()));
        const auto failure = run(connection_->open(std::chrono::steady_clock::now() + patience));
        ASSERT_FALSE(failure) << failure->text;
        pages_.emplace(loop_.get_executor(), connection_, "ldaps://dc1", LdapSearch{"DC=contoso,DC=com", LdapScope::subtree, "(a=b)", {"1.1"}, 0, 5},
                       limits_);
    }
    /// The names of the next page, "the end", or the trouble.
    std::vector<std::string> next() {
        const LdapPages::Page page = run(pages_->next());
        if (!page) return {page.error()};
        if (!*page) return {"the end"};
        std::vector<std::string> names;
        for (const LdapEntry& entry : **page) names.push_back(entry.dn);
        return names;
    }
    void wait_until_asked(unsigned times) {
        std::unique_lock lock(mutex_);
        ASSERT_TRUE(changed_.wait_for(lock, patience, [&] { return asked_ >= times; }));
    }

    template <class T>
    T run(net::awaitable<T> work) {
        std::optional<T> result;
        auto ended = [&result](const std::exception_ptr& thrown, T value) {
            if (thrown) std::rethrow_exception(thrown);
            result.emplace(std::move(value));
        };
        net::co_spawn(loop_, std::move(work), std::move(ended));
        const auto limit = std::chrono::steady_clock::now() + patience;
        loop_.restart();
        while (!result && std::chrono::steady_clock::now() < limit) loop_.run_one_for(10ms);
        if (!result) throw std::runtime_error("it does not end");
        return std::move(*result);
    }

    net::io_context loop_{1};  // outlives the connection
    LdapPagesLimits limits_;
    std::shared_ptr<LdapConnection> connection_;

private:
    static const FakeCertificate& certificate() {
        static const FakeCertificate made;
        return made;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned asked_ = 0;
    std::optional<FakeLdapServer> server_;
    std::optional<LdapPages> pages_;
};

TEST_F(LdapPagesTest, EachPageIsAskedForWithTheCookieOfTheOneBefore) {
    serve([](const Request& request, unsigned number) {
        EXPECT_EQ(request.has("first-cookie"), number == 1);
        EXPECT_TRUE(request.has("1.2.840.113556.1.4.319"));
        return number == 0 ? page(request, {"CN=a", "CN=b"}, "first-cookie") : page(request, {"CN=c"}, "");
    });
    EXPECT_THAT(next(), ElementsAre("CN=a", "CN=b"));
    EXPECT_THAT(next(), ElementsAre("CN=c"));
    EXPECT_THAT(next(), ElementsAre("the end"));
    EXPECT_THAT(next(), ElementsAre("the end"));
}

TEST_F(LdapPagesTest, TheNextPageIsAskedForBeforeThisOneIsWorkedOn) {
    serve([](const Request& request, unsigned number) { return page(request, {"CN=a"}, number == 0 ? "x" : ""); });
    EXPECT_THAT(next(), ElementsAre("CN=a"));
    wait_until_asked(2);  // while nobody runs our loop
}

TEST_F(LdapPagesTest, WhatTheWorkOnAPageTakesCountsAgainstNoLimit) {
    limits_.longest_wait = 200ms;
    serve([](const Request& request, unsigned number) {
        return page(request, std::vector<std::string>(1000, "CN=of a name that fills more than one record of TLS"), number == 0 ? "x" : "");
    });
    EXPECT_EQ(next().size(), 1000U);
    std::this_thread::sleep_for(limits_.longest_wait * 2);  // the work itself
    EXPECT_EQ(next().size(), 1000U);
    EXPECT_THAT(next(), ElementsAre("the end"));
}

TEST_F(LdapPagesTest, APageThatDoesNotComeIsNotWaitedForLonger) {
    limits_.longest_wait = 100ms;
    serve([](const Request&, unsigned) { return std::string(); });
    EXPECT_THAT(next(), ElementsAre("ldaps://dc1 did not give a page in time"));
    EXPECT_FALSE(connection_->is_alive());
    EXPECT_THAT(next(), ElementsAre("the end"));
}

TEST_F(LdapPagesTest, SoManyEmptyPagesAndNotOneMore) {
    limits_.most_empty_pages = 2;
    serve([](const Request& request, unsigned number) {
        const std::vector<std::string> names = number == 2 ? std::vector<std::string>{"CN=a"} : std::vector<std::string>{};
        return page(request, names, std::to_string(number));
    });
    EXPECT_THAT(next(), ElementsAre());
    EXPECT_THAT(next(), ElementsAre());
    EXPECT_THAT(next(), ElementsAre("CN=a"));
    EXPECT_THAT(next(), ElementsAre());
    EXPECT_THAT(next(), ElementsAre());
    EXPECT_THAT(next(), ElementsAre("ldaps://dc1 gives empty pages without end"));
    EXPECT_THAT(next(), ElementsAre("the end"));
}

TEST_F(LdapPagesTest, SoManyEntriesAndNotOneMore) {
    limits_.most_entries = 2;
    serve([](const Request& request, unsigned number) { return page(request, {"CN=" + std::to_string(number)}, std::to_string(number)); });
    EXPECT_THAT(next(), ElementsAre("CN=0"));
    EXPECT_THAT(next(), ElementsAre("CN=1"));
    EXPECT_THAT(next(), ElementsAre(HasSubstr("more than 2 entries")));
}

TEST_F(LdapPagesTest, TheSamePageAgainIsTheEnd) {
    serve([](const Request& request, unsigned number) { return page(request, {"CN=" + std::to_string(number / 3)}, "the same"); });
    EXPECT_THAT(next(), ElementsAre("CN=0"));
    EXPECT_THAT(next(), ElementsAre(HasSubstr("the same page again and again")));
}

TEST_F(LdapPagesTest, AServerWhoseCookieIsAlwaysTheSameIsFollowed) {
    serve([](const Request& request, unsigned number) { return page(request, {"CN=" + std::to_string(number)}, number < 4 ? "0" : ""); });
    for (const char* name : {"CN=0", "CN=1", "CN=2", "CN=3", "CN=4", "the end"}) EXPECT_THAT(next(), ElementsAre(name));
}

TEST_F(LdapPagesTest, ASuccessThatSaysNothingOfPagesIsNoEnd) {
    serve([](const Request& request, unsigned) { return ber::entry(request.id, "CN=a", {}) + ber::result(request.id, 0x65, 0); });
    EXPECT_THAT(next(), ElementsAre(HasSubstr("does not say whether there are more pages")));
}

TEST_F(LdapPagesTest, AControlThatCannotBeReadIsNone) {
    serve([](const Request& request, unsigned) {
        return ber::result_with_controls(request.id, 0x65, 0, ber::control("1.2.840.113556.1.4.319", "\x30\x03\x02\x01"));
    });
    EXPECT_THAT(next(), ElementsAre(HasSubstr("does not say whether there are more pages")));
}

}  // namespace
}  // namespace eas451
