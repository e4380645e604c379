// SPDX-License-Identifier: Apache-2.0
// An LDAP server of a unit test that can be watched, and LdapServers over one or more of them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../../../../src/io/directory/ldap/ldap_servers.hpp"
#include "../fake_ldap_server.hpp"

namespace eas451 {

/// Takes watches, and tells of a change with the answer to a search for "changed", as often as `changes`
/// says. `refusal` is the code that a watch is answered with; a search for "lost" ends its connection.
class WatchedServer {
public:
    static constexpr std::string_view control = "1.2.840.113556.1.4.528";
    static constexpr unsigned char abandon = 0x50;

    explicit WatchedServer(const FakeCertificate& certificate)
        : server_(certificate, [this](const FakeLdapServer::Request& request) { return answer(request); }) {}

    std::atomic<int> refusal{0};
    std::atomic<unsigned> changes{1};

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::size_t watches() const { return server_.count(FakeLdapServer::search, control); }
    [[nodiscard]] std::size_t watches_of(std::string_view container) const {
        std::size_t count = 0;
        for (const auto& request : server_.requests(FakeLdapServer::search, control)) count += request.has(container) ? 1 : 0;
        return count;
    }
    [[nodiscard]] std::size_t abandoned() const { return server_.count(abandon); }

private:
    std::optional<std::string> answer(const FakeLdapServer::Request& request) {
        if (request.operation == FakeLdapServer::search && request.has(control)) return take_watch(request);
        if (request.has("lost")) return std::nullopt;
        std::string told;
        if (request.has("changed")) {
            for (unsigned i = 0; i < changes; ++i) told += ber::entry(watch_of_[request.connection], "CN=Office 365,CN=Federation", {});
        }
        return told + FakeLdapServer::friendly(request).value_or("");
    }
    std::string take_watch(const FakeLdapServer::Request& request) {
        if (refusal != 0) return ber::result(request.id, 0x65, refusal, "not here");
        watch_of_[request.connection] = request.id;
        return {};
    }

    std::map<unsigned, int> watch_of_;  // the last one of each connection
    FakeLdapServer server_;
};

class WatchTest : public testing::Test {
protected:
    /// Longer than anything may take: a test that waits for it fails.
    static constexpr std::chrono::seconds patience{30};

    static const FakeCertificate& certificate() {
        static const FakeCertificate made;
        return made;
    }
    template <class... Ports>
    void serve(Ports... ports) {
        std::vector<LdapServer> servers;
        for (const std::uint16_t port : {ports...}) {
            servers.push_back({"ldaps://s" + std::to_string(servers.size() + 1), "127.0.0.1", port, false});
        }
        const std::size_t wanted = servers.size();
        LdapLinkEvents events;
        events.up = [this](const LdapServer&) { ++ups_; };
        events.down = [this](const LdapServer&, const std::string&) { ++downs_; };
        LdapLinkTimes times;
        times.retry_after = std::chrono::milliseconds(20);
        servers_ = std::make_shared<LdapServers>(loop_->get_executor(), std::move(servers), *make_client_context(certificate().certificate()),
                                                 LdapAccount{"cn=service", std::make_shared<const Secret>(std::string("secret"))}, patience, std::move(events), times);
        servers_->start();
        run_until([&] { return ups_ == wanted; });
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            loop_->restart();
            loop_->run_one_for(std::chrono::milliseconds(20));
        }
    }
    /// After a search for "lost", which is repeated on the next connection and ends that one too.
    void wait_until_connected() {
        run_until([&] { return !servers_->first_up().empty(); });
    }
    /// A search whose filter holds that; its answer is here when this returns, and with it what came before.
    bool ask(const std::string& word) {
        std::optional<LdapAsked> asked;
        auto ended = [&asked](const std::exception_ptr& thrown, LdapAsked answer) {
            if (thrown) std::rethrow_exception(thrown);
            asked = std::move(answer);
        };
        auto work = servers_->search({"DC=contoso", LdapScope::subtree, "(mail=" + word + ")", {"mail"}, 2, 5},
                                     std::chrono::steady_clock::now() + patience);
        boost::asio::co_spawn(*loop_, std::move(work), std::move(ended));
        run_until([&] { return asked.has_value(); });
        return asked->replied.has_value();
    }
    /// Everything ends by itself, and nobody holds the servers.
    void expect_that_all_ends() {
        const std::weak_ptr<LdapServers> weak = servers_;
        servers_->stop();
        servers_.reset();
        loop_->restart();
        loop_->run_for(patience);
        EXPECT_TRUE(loop_->stopped()) << "something is still waited for";
        EXPECT_TRUE(weak.expired());
    }

    std::optional<boost::asio::io_context> loop_{std::in_place, 1};
    std::size_t ups_ = 0;
    std::size_t downs_ = 0;
    std::shared_ptr<LdapServers> servers_;
};

}  // namespace eas451
