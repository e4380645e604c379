// SPDX-License-Identifier: Apache-2.0
#include "refused_connections.hpp"

#include "eas451/io/log/log.hpp"

namespace eas451 {
namespace {

constexpr std::chrono::seconds between_warnings{10};

std::string_view cause_of(ConnectionRefusal why) {
    switch (why) {
        case ConnectionRefusal::connections: return "limits.connections is reached";
        case ConnectionRefusal::descriptors: return "the limit of descriptors is reached";
        case ConnectionRefusal::address: return "limits.unauthenticated_per_address is reached";
        case ConnectionRefusal::handshakes: return "limits.handshakes is reached, and its handshake was the oldest";
        case ConnectionRefusal::proxy: return "it is none of the listener's trusted_proxies, or sent no PROXY header that is valid";
        case ConnectionRefusal::admin: return "the admin listener has as many as it serves at once";
    }
    return {};
}

AcceptTrouble trouble_of(const boost::system::error_code& error) {
    namespace errc = boost::system::errc;
    if (error == errc::too_many_files_open || error == errc::too_many_files_open_in_system) return AcceptTrouble::descriptors;
    if (error == errc::no_buffer_space || error == errc::not_enough_memory) return AcceptTrouble::memory;
    return AcceptTrouble::other;
}

}  // namespace

void RefusedConnections::note(ConnectionRefusal why, std::string_view client) {
    metrics_.count_refused_connections(why);
    Warnings& warnings = refusals_[static_cast<std::size_t>(why)];
    if (!is_due(warnings)) return;
    const std::string from = client.empty() ? std::string() : " from " + std::string(client);
    log::warning("a connection" + from + " was refused: " + std::string(cause_of(why)) + "; so far " +
                 std::to_string(warnings.so_far));
}

void RefusedConnections::note_trouble(const boost::system::error_code& error, std::size_t turned_away) {
    metrics_.count_accept_failure(trouble_of(error));
    if (turned_away != 0) metrics_.count_refused_connections(ConnectionRefusal::descriptors, turned_away);
    if (!is_due(troubles_)) return;
    log::warning("a connection could not be accepted: " + error.message() + "; so far " + std::to_string(troubles_.so_far));
}

/// One more; whether a warning is due now. Of two threads at once one warns.
bool RefusedConnections::is_due(Warnings& warnings) {
    ++warnings.so_far;
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime::rep next = warnings.next;
    if (now.time_since_epoch().count() < next) return false;
    return warnings.next.compare_exchange_strong(next, (now + between_warnings).time_since_epoch().count());
}

}  // namespace eas451
