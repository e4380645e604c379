// SPDX-License-Identifier: Apache-2.0
// Metrics: every counter of the server, with the names of the contract. prometheus-cpp behind it;
// families and series are looked up once and never per request. No label ever carries what a
// stranger sent (T30): a word that is not expected here becomes "other". Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/decision.hpp"

namespace eas451 {

enum class AuthScheme : std::uint8_t;  // of access_record.hpp

enum class CacheName : std::uint8_t { recipient, login };
enum class CacheOutcome : std::uint8_t { hit, miss, negative_hit, stale };
enum class DirectoryOperation : std::uint8_t { search, bind, relationships };
enum class OperationOutcome : std::uint8_t { ok, failed, timed_out };
/// What begins a connection with proxy_protocol: a header; none or a wrong one; one that did not end in time or
/// before its connection; or nothing is read, since it is none of a trusted proxy's.
enum class ProxyHeaderOutcome : std::uint8_t { ok, malformed, incomplete, untrusted };
/// Why a connection was closed before it could ask anything.
enum class ConnectionRefusal : std::uint8_t {
    connections,  // there are as many as limits.connections
    descriptors,  // no descriptor is left, or none but those kept back
    address,      // limits.unauthenticated_per_address
    handshakes,   // limits.handshakes: it was the oldest that goes on
    proxy,        // no valid PROXY protocol header where one is due
    admin,        // the admin listener has as many as it serves at once
};
/// The key of `limits` that ended a connection.
enum class TimeLimit : std::uint8_t { proxy_header, handshake, head, body, body_rate, write, total, held, idle };
enum class AcceptTrouble : std::uint8_t { descriptors, memory, other };
enum class ReloadOutcome : std::uint8_t { ok, failed };

class Metrics {
public:
    /// `version` is the label of build_info. Now is process_start_time_seconds.
    explicit Metrics(std::string version);
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// requests_total{method,command,decision}, decisions_total{reason}, request_seconds. `method`
    /// is one of POST, OPTIONS, GET, HEAD, other; `decision` one of redirect, proxy, refuse.
    void count_request(std::string_view method, EasCommand command, std::string_view decision, Reason reason,
                       std::chrono::microseconds took);
    /// moved_requests_total{reason,version,auth,login_form}: of a user who has moved, who was redirected, would have been, or
    /// was not since the device is too old. Another reason counts nothing.
    void count_moved(Reason reason, std::optional<ProtocolVersion> version, AuthScheme auth, std::optional<LoginForm> form);
    void count_login(std::string_view outcome);  // auth_total{outcome}, a word of to_string(LoginOutcome)
    void count_directory_request(DirectoryOperation operation, OperationOutcome outcome,
                                 std::chrono::microseconds took);
    /// directory_failovers_total: a question that went on to another server.
    void count_failover();
    /// Of a server that was added.
    void set_directory_up(const std::string& server, bool up);
    /// A server that is asked from now on, and is not up yet; one more may ask it already, as during a
    /// reload. The series ends with the last.
    void add_directory(const std::string& server);
    void remove_directory(const std::string& server);
    /// exchange_up{server}: the same for Exchange servers.
    void set_exchange_up(const std::string& server, bool up);
    void add_exchange(const std::string& server);
    void remove_exchange(const std::string& server);
    void count_cache_lookup(CacheName cache, CacheOutcome outcome);
    void count_suppressed_bind();
    void add_connections(int delta);
    /// connections_refused_total{reason}
    void count_refused_connections(ConnectionRefusal why, std::size_t count = 1);
    void count_timeout(TimeLimit limit);  // connections_timed_out_total{limit}
    /// accept_failures_total{error}: how often accept() failed, however many waited.
    void count_accept_failure(AcceptTrouble trouble);
    /// tls_handshakes_total{version,outcome}; version is "TLSv1.2", "TLSv1.3" or "none".
    void count_handshake(std::string_view version, bool ok);
    void count_proxy_header(ProxyHeaderOutcome outcome);  // proxy_headers_total{outcome}
    void count_reload(ReloadOutcome outcome);
    struct CertificateExpiry {
        std::string listener;
        std::int64_t unix_seconds;
    };
    /// certificate_expiry_timestamp_seconds{listener}: of these and no others. One thread at a time.
    void set_certificate_expiries(const std::vector<CertificateExpiry>& expiries);
    /// The total so far; the counter is set to it.
    void set_dropped_log_lines(std::uint64_t total);
    /// Of the key heap: what is in use now, and how often there was no room so far.
    void set_key_memory(std::size_t used, std::uint64_t overflows);

    /// The text exposition format.
    [[nodiscard]] std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace eas451
