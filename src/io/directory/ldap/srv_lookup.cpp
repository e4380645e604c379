// SPDX-License-Identifier: Apache-2.0
#include "srv_lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>

#include "eas451/io/net/blocking_call.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t most_answer_bytes = 64 * 1024;
/// Names of the controllers alone, and of every LDAP server that says it belongs to the domain (MS-ADTS 6.3.2.3).
constexpr std::string_view prefixes[] = {"_ldap._tcp.dc._msdcs.", "_ldap._tcp."};

SrvOutcome failed(std::string why) { return SrvOutcome(boost::system::in_place_error, std::move(why)); }

net::ip::udp::endpoint endpoint_of(const std::string& name_server) {
    const std::size_t colon = name_server.rfind(':');
    std::string host = name_server.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return {net::ip::make_address(host), static_cast<std::uint16_t>(std::stoul(name_server.substr(colon + 1)))};
}

/// What the C library keeps of one asker. Not shared between threads.
class Resolver {
public:
    explicit Resolver(const std::vector<std::string>& name_servers) {
        is_good_ = ::res_ninit(&state_) == 0;
        if (!is_good_) return;
        // Answers of more than 512 bytes come at once. Nothing is retried beyond the patience of who waits.
        state_.options |= RES_USE_EDNS0;
        state_.retrans = 2;
        state_.retry = 2;
        for (const std::string& name_server : name_servers) add(endpoint_of(name_server), name_servers.size());
    }
    ~Resolver() {
        if (is_good_) ::res_nclose(&state_);
    }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    SrvOutcome ask(const std::string& name) {
        if (!is_good_) return failed("the resolver cannot be set up");
        std::vector<unsigned char> answer(most_answer_bytes);
        errno = 0;
        const int length = ::res_nquery(&state_, name.c_str(), ns_c_in, ns_t_srv, answer.data(), static_cast<int>(answer.size()));
        if (length < 0) return without_answer(name, errno);
        const std::size_t size = std::min(static_cast<std::size_t>(length), answer.size());
        auto records = srv_records_of({reinterpret_cast<const char*>(answer.data()), size});
        if (!records) return failed("a name server was asked for " + name + ", and " + records.error());
        return SrvFound{name, std::move(*records)};
    }

private:
    [[nodiscard]] SrvOutcome without_answer(const std::string& name, int error) const {
        if (state_.res_h_errno == HOST_NOT_FOUND || state_.res_h_errno == NO_DATA) return SrvFound{name, {}};
        if (state_.res_h_errno == NO_RECOVERY) return failed("no name server answers what is asked of it for " + name);
        const bool is_refused = error == ECONNREFUSED;
        return failed("no name server " + std::string(is_refused ? "is there to ask" : "has an answer") + " for " + name);
    }

    /// The library has room for addresses of IPv4, and pointers to memory it frees for both kinds.
    void add(const net::ip::udp::endpoint& endpoint, std::size_t count) {
        if (added_ >= MAXNS) return;
        auto*& slot = state_._u._ext.nsaddrs[added_];
        if (slot == nullptr) slot = static_cast<sockaddr_in6*>(std::malloc(sizeof(sockaddr_in6)));
        if (slot == nullptr) throw std::bad_alloc();
        std::memset(slot, 0, sizeof(sockaddr_in6));
        std::memcpy(slot, endpoint.data(), endpoint.size());
        state_.nsaddr_list[added_] = {};
        if (endpoint.address().is_v4()) std::memcpy(&state_.nsaddr_list[added_], endpoint.data(), sizeof(sockaddr_in));
        state_._u._ext.nssocks[added_] = -1;
        ++added_;
        state_.nscount = static_cast<int>(std::min<std::size_t>(count, MAXNS));
        state_._u._ext.nscount = static_cast<std::uint16_t>(state_.nscount);
    }

    struct __res_state state_ {};
    std::size_t added_ = 0;
    bool is_good_ = false;
};

SrvOutcome ask(const SrvQuestion& question) {
    Resolver resolver(question.name_servers);
    SrvOutcome outcome = failed("nothing was asked");
    for (const std::string_view prefix : prefixes) {
        outcome = resolver.ask(std::string(prefix) + question.domain);
        if (!outcome || !outcome->answer.records.empty() || outcome->answer.unusable != 0) break;
    }
    return outcome;
}

/// It may end with its loop, in the middle of the wait.
struct Waited {
    explicit Waited(const net::any_io_executor& loop) : woken(loop) {}
    net::steady_timer woken;
    std::optional<SrvOutcome> outcome;
};

struct AbandonedAtTheEnd {
    std::shared_ptr<BlockingCall> call;
    explicit AbandonedAtTheEnd(std::shared_ptr<BlockingCall> of) : call(std::move(of)) {}
    ~AbandonedAtTheEnd() { call->abandon(); }
    AbandonedAtTheEnd(const AbandonedAtTheEnd&) = delete;
    AbandonedAtTheEnd& operator=(const AbandonedAtTheEnd&) = delete;
};

std::shared_ptr<BlockingCall> begin(const net::any_io_executor& loop, SrvQuestion question, const std::shared_ptr<Waited>& waited) {
    const auto outcome = std::make_shared<SrvOutcome>(failed("it was not asked"));
    auto work = [outcome, question = std::move(question)] {
        try {
            *outcome = ask(question);
        } catch (const std::exception& thrown) {
            *outcome = failed(thrown.what());
        }
    };
    auto done = [outcome, weak = std::weak_ptr<Waited>(waited)](const boost::system::error_code& not_called) {
        const auto waiting = weak.lock();
        if (waiting == nullptr) return;
        waiting->outcome = not_called ? failed(not_called.message()) : std::move(*outcome);
        waiting->woken.cancel();
    };
    return BlockingCall::start(loop, std::move(work), std::move(done));
}

}  // namespace

std::string_view srv_domain_of(std::string_view configured) {
    constexpr std::string_view srv = "srv:";
    return configured.starts_with(srv) ? configured.substr(srv.size()) : std::string_view{};
}

net::awaitable<SrvOutcome> look_up_srv(SrvQuestion question, SteadyTime deadline) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const auto waited = std::make_shared<Waited>(loop);
    waited->woken.expires_at(deadline);
    const AbandonedAtTheEnd call(begin(loop, std::move(question), waited));
    co_await waited->woken.async_wait(as_result);
    if (waited->outcome) co_return std::move(*waited->outcome);
    co_return failed("DNS did not answer in time");
}

std::string absence_in(const SrvFound& found) {
    if (!found.answer.records.empty()) return {};
    if (found.answer.is_not_offered) return "DNS says of " + found.name + " that there is decidedly no such service";
    if (found.answer.unusable != 0) return "DNS names no server for " + found.name + " that has a host name and a port";
    return "DNS knows no domain controllers: no SRV records for " + found.name;
}

LdapServer ldap_server_of(const SrvRecord& record) {
    constexpr std::uint16_t ldap_port = 389;
    constexpr std::uint16_t ldaps_port = 636;
    LdapServer server;
    server.host = record.host;
    server.port = record.port == ldap_port ? ldaps_port : record.port;
    server.name = "ldaps://" + server.host + (server.port == ldaps_port ? "" : ":" + std::to_string(server.port));
    return server;
}

}  // namespace eas451
