// SPDX-License-Identifier: Apache-2.0
// Drives LdapServers from a test: commands on stdin, a line for each answer on stdout.
//     ldap_driver DEADLINE_MS CA_FILE ACCOUNT PASSWORD URL…
//     search N BASE FILTER      N at once; prints "search CODE ENTRIES SERVER MS" or "search KIND MS TEXT"
//     bind DN PASSWORD          prints the same with "bind"
// Every change of a server's state is a line "up URL" or "down URL TEXT".
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/streambuf.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "../../src/io/directory/ldap/ldap_servers.hpp"

namespace {

using namespace eas451;
namespace net = boost::asio;

const char* word_of(LdapFailure::Kind kind) {
    switch (kind) {
        case LdapFailure::Kind::unreachable: return "unreachable";
        case LdapFailure::Kind::tls: return "tls";
        case LdapFailure::Kind::timed_out: return "timed-out";
        case LdapFailure::Kind::broken: break;
    }
    return "broken";
}

class Driver {
public:
    Driver(net::io_context& loop, std::chrono::milliseconds limit) : loop_(loop), limit_(limit), input_(loop, ::dup(0)) {}

    void use(std::vector<std::shared_ptr<LdapLink>> links) {
        servers_.emplace(std::move(links));
        servers_->start();
    }
    LdapServers& servers() { return *servers_; }

    void read_commands() {
        net::async_read_until(input_, buffer_, '\n', [this](const boost::system::error_code& error, std::size_t) {
            if (error) return servers_->stop();
            std::istream in(&buffer_);
            std::string line;
            std::getline(in, line);
            obey(line);
            read_commands();
        });
    }

private:
    void obey(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        words >> verb;
        if (verb == "search") {
            int times = 0;
            LdapSearch search{{}, LdapScope::subtree, {}, {"mail", "targetAddress"}, 2, 5};
            words >> times >> search.base >> search.filter;
            for (int i = 0; i < times; ++i) spawn(run_search(search));
        } else {
            std::string dn;
            std::string password;
            words >> dn >> password;
            spawn(run_bind(dn, Secret(std::move(password))));
        }
    }
    void spawn(net::awaitable<void> work) { net::co_spawn(loop_, std::move(work), net::detached); }

    net::awaitable<void> run_search(LdapSearch search) {
        const SteadyTime begun = std::chrono::steady_clock::now();
        const LdapAsked asked = co_await servers_->search(std::move(search), begun + limit_);
        print("search", asked, begun);
    }
    net::awaitable<void> run_bind(std::string dn, Secret password) {
        const SteadyTime begun = std::chrono::steady_clock::now();
        const LdapAsked asked = co_await servers_->bind(std::move(dn), std::move(password), begun + limit_);
        print("bind", asked, begun);
    }

    static void print(const char* verb, const LdapAsked& asked, SteadyTime begun) {
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
        if (asked.replied) {
            std::printf("%s %d %zu %s %lld\n", verb, asked.replied->result.code, asked.replied->entries.size(),
                        asked.server.c_str(), static_cast<long long>(took.count()));
        } else {
            const LdapFailure failure = asked.replied.error();
            std::printf("%s %s %lld %s\n", verb, word_of(failure.kind), static_cast<long long>(took.count()), failure.text.c_str());
        }
        std::fflush(stdout);
    }

    net::io_context& loop_;
    std::chrono::milliseconds limit_;
    net::posix::stream_descriptor input_;
    net::streambuf buffer_;
    std::optional<LdapServers> servers_;
};

LdapServer server_of(const std::string& url) {
    const bool start_tls = url.rfind("ldap://", 0) == 0;
    const std::string rest = url.substr(start_tls ? 7 : 8);
    const std::size_t colon = rest.rfind(':');
    return {url, rest.substr(0, colon), static_cast<std::uint16_t>(std::stoi(rest.substr(colon + 1))), start_tls};
}

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) return 2;
    net::io_context loop;
    const std::chrono::milliseconds limit(std::stoi(argv[1]));
    auto tls = std::make_shared<net::ssl::context>(net::ssl::context::tls_client);
    tls->load_verify_file(argv[2]);
    const auto account = std::make_shared<const LdapAccount>(LdapAccount{argv[3], Secret(std::string(argv[4]))});
    Driver driver(loop, limit);
    LdapLinkEvents events;
    events.up = [&](const LdapServer& server) {
        driver.servers().count_up();
        say("up " + server.name);
    };
    events.down = [&](const LdapServer& server, const std::string& why) { say("down " + server.name + " " + why); };
    std::vector<std::shared_ptr<LdapLink>> links;
    for (int i = 5; i < argc; ++i) {
        links.push_back(std::make_shared<LdapLink>(loop.get_executor(), server_of(argv[i]), tls, account, limit, events));
    }
    driver.use(std::move(links));
    driver.read_commands();
    loop.run();
    return 0;
}
