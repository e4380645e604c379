// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <sstream>

#include "moved_series.hpp"
#include "series.hpp"

namespace eas451 {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

Family<Counter>& counter(Registry& registry, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Gauge>& gauge(Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

// From the answer out of memory to the slowest directory, then the long polls that Exchange holds
// for up to an hour.
const Histogram::BucketBoundaries request_buckets{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1,  0.5, 1,
                                                  2.5,    5,      10,    30,    60,   300,  1800, 3600};
const Histogram::BucketBoundaries directory_buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                    0.1,    0.25,  0.5,    1,     2.5,  5,     10};

Histogram& histogram(Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& buckets) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

/// A counter of what is counted elsewhere: it takes over the total there at a scrape, and never falls. Any thread.
class FollowedTotal {
public:
    explicit FollowedTotal(Family<Counter>& family) : counter_(family.Add({})) {}
    void follow(std::uint64_t total) {
        const std::scoped_lock lock(mutex_);
        if (total <= so_far_) return;
        counter_.Increment(static_cast<double>(total - so_far_));
        so_far_ = total;
    }

private:
    std::mutex mutex_;
    std::uint64_t so_far_ = 0;
    Counter& counter_;
};

/// Whether each of some servers is up, for as long as somebody asks it: during a reload that may be two. Any thread.
class ServersUp {
public:
    explicit ServersUp(Family<Gauge>& family) : family_(family) {}
    void add(const std::string& server) {
        const std::scoped_lock lock(mutex_);
        if (++asked_by_[server] == 1) of(server);
    }
    void remove(const std::string& server) {
        const std::scoped_lock lock(mutex_);
        const auto found = asked_by_.find(server);
        if (found == asked_by_.end() || --found->second != 0) return;
        asked_by_.erase(found);
        family_.Remove(&of(server));
    }
    void set(const std::string& server, bool up) {
        const std::scoped_lock lock(mutex_);
        if (asked_by_.contains(server)) of(server).Set(up ? 1 : 0);
    }

private:
    Gauge& of(const std::string& server) { return family_.Add({{"server", server}}); }

    std::mutex mutex_;
    std::map<std::string, unsigned> asked_by_;
    Family<Gauge>& family_;
};

const Words& handshake_versions() {
    static const Words words{"TLSv1.2", "TLSv1.3", "none", other_word};
    return words;
}

double seconds(std::chrono::microseconds time) {
    return std::chrono::duration<double>(time).count();
}

double unix_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct Metrics::Families {
    Registry registry;

    RequestSeries requests{
        counter(registry, "eas451_requests_total", "Requests answered, by method, ActiveSync command and decision.")};
    CounterSeries decisions{counter(registry, "eas451_decisions_total", "Requests answered, by reason word."),
                            {{"reason", reason_words()}}};
    MovedSeries moved{counter(registry, "eas451_moved_requests_total",
                              "Requests of moved users who were redirected, would have been, or were not since the device is too old; "
                              "by version, authentication and form of the login.")};
    Histogram& request_seconds = histogram(registry, "eas451_request_seconds",
                                           "Time from the end of a request's head to the end of its answer.", request_buckets);
    CounterSeries directory_requests{
        counter(registry, "eas451_directory_requests_total", "Requests sent to the directory."),
        {{"operation", {"search", "bind", "relationships"}}, {"outcome", {"ok", "failed", "timed_out"}}}};
    Histogram& directory_request_seconds = histogram(registry, "eas451_directory_request_seconds",
                                                     "Time the directory took for one request.", directory_buckets);
    CounterSeries failovers{
        counter(registry, "eas451_directory_failovers_total",
                "Questions that went on to another directory server, because one before it could not answer."),
        {}};
    ServersUp directories{gauge(registry, "eas451_directory_up", "Whether a directory server answers (1) or not (0).")};
    CounterSeries cache_lookups{
        counter(registry, "eas451_cache_lookups_total", "Lookups in the caches of recipients and logins."),
        {{"cache", {"recipient", "login"}}, {"outcome", {"hit", "miss", "negative_hit", "stale"}}}};
    CounterSeries logins{counter(registry, "eas451_auth_total", "Logins, by outcome word."),
                         {{"outcome", login_words()}}};
    CounterSeries suppressed_binds{
        counter(registry, "eas451_binds_suppressed_total",
                "Binds not sent to the directory, because their password is known to be wrong or the login is held."),
        {}};
    Gauge& connections = gauge(registry, "eas451_connections", "Connections of devices that are open now.").Add({});
    CounterSeries refused_connections{
        counter(registry, "eas451_connections_refused_total",
                "Connections closed before they could ask anything, by what was full or wrong."),
        {{"reason", {"connections", "descriptors", "address", "handshakes", "proxy", "admin"}}}};
    CounterSeries timeouts{counter(registry, "eas451_connections_timed_out_total", "Connections closed by a deadline, by its key."),
                           {{"limit", {"proxy_header", "handshake", "head", "body", "body_rate", "write", "total", "held", "idle"}}}};
    CounterSeries accept_failures{counter(registry, "eas451_accept_failures_total",
                                          "How often the system had no descriptor or memory for a new connection."),
                                  {{"error", {"descriptors", "memory", "other"}}}};
    CounterSeries handshakes{counter(registry, "eas451_tls_handshakes_total", "TLS handshakes with devices."),
                             {{"version", handshake_versions()}, {"outcome", {"ok", "failed"}}}};
    CounterSeries proxy_headers{
        counter(registry, "eas451_proxy_headers_total", "Connections that have to come from a trusted proxy, or begin with its PROXY header, by what became of them."),
        {{"outcome", {"ok", "malformed", "incomplete", "untrusted"}}}};
    ServersUp exchanges{gauge(registry, "eas451_exchange_up", "Whether an Exchange server answers (1) or not (0).")};
    FollowedTotal dropped_log_lines{
        counter(registry, "eas451_dropped_log_lines_total", "Log lines that could not be written.")};
    Gauge& key_memory = gauge(registry, "eas451_key_memory_bytes", "Memory for private keys that is in use, of that which is locked.").Add({});
    FollowedTotal key_overflows{
        counter(registry, "eas451_key_memory_overflows_total", "Keys for which the locked memory had no room.")};
    CounterSeries reloads{counter(registry, "eas451_config_reload_total", "Reloads of the configuration."),
                          {{"outcome", {"ok", "failed"}}}};
    Family<Gauge>& certificate_expiry =
        gauge(registry, "eas451_certificate_expiry_timestamp_seconds", "When a listener's certificate expires.");
    std::vector<Gauge*> certificate_expiries;
    Family<Gauge>& build_info = gauge(registry, "eas451_build_info", "Always 1; the version is in the label.");
    Family<Gauge>& process_start =
        gauge(registry, "eas451_process_start_time_seconds", "When the process was started.");

};

Metrics::Metrics(std::string version) : families_(std::make_unique<Families>()) {
    families_->build_info.Add({{"version", std::move(version)}}).Set(1);
    families_->process_start.Add({}).Set(unix_now());
}

Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view method, EasCommand command, std::string_view decision, Reason reason,
                            std::chrono::microseconds took) {
    families_->requests.count(method, command, decision);
    families_->decisions.at(static_cast<std::size_t>(reason)).Increment();
    families_->request_seconds.Observe(seconds(took));
}

void Metrics::count_moved(Reason reason, std::optional<ProtocolVersion> version, AuthScheme auth, std::optional<LoginForm> form) {
    families_->moved.count(reason, version, auth, form);
}

void Metrics::count_login(std::string_view outcome) {
    families_->logins.at(index_of(login_words(), outcome)).Increment();
}

void Metrics::count_directory_request(DirectoryOperation operation, OperationOutcome outcome,
                                      std::chrono::microseconds took) {
    families_->directory_requests.at(static_cast<std::size_t>(operation), static_cast<std::size_t>(outcome))
        .Increment();
    families_->directory_request_seconds.Observe(seconds(took));
}

void Metrics::count_failover() { families_->failovers.at(0).Increment(); }

void Metrics::add_directory(const std::string& server) { families_->directories.add(server); }
void Metrics::remove_directory(const std::string& server) { families_->directories.remove(server); }
void Metrics::set_directory_up(const std::string& server, bool up) { families_->directories.set(server, up); }
void Metrics::add_exchange(const std::string& server) { families_->exchanges.add(server); }
void Metrics::remove_exchange(const std::string& server) { families_->exchanges.remove(server); }
void Metrics::set_exchange_up(const std::string& server, bool up) { families_->exchanges.set(server, up); }

void Metrics::count_cache_lookup(CacheName cache, CacheOutcome outcome) {
    families_->cache_lookups.at(static_cast<std::size_t>(cache), static_cast<std::size_t>(outcome)).Increment();
}

void Metrics::count_suppressed_bind() {
    families_->suppressed_binds.at().Increment();
}

void Metrics::add_connections(int delta) {
    families_->connections.Increment(delta);
}

void Metrics::count_refused_connections(ConnectionRefusal why, std::size_t count) {
    families_->refused_connections.at(static_cast<std::size_t>(why)).Increment(static_cast<double>(count));
}

void Metrics::count_timeout(TimeLimit limit) {
    families_->timeouts.at(static_cast<std::size_t>(limit)).Increment();
}

void Metrics::count_accept_failure(AcceptTrouble trouble) {
    families_->accept_failures.at(static_cast<std::size_t>(trouble)).Increment();
}

void Metrics::count_handshake(std::string_view version, bool ok) {
    families_->handshakes.at(index_of(handshake_versions(), version), ok ? 0 : 1).Increment();
}

void Metrics::count_proxy_header(ProxyHeaderOutcome outcome) {
    families_->proxy_headers.at(static_cast<std::size_t>(outcome)).Increment();
}

void Metrics::count_reload(ReloadOutcome outcome) {
    families_->reloads.at(static_cast<std::size_t>(outcome)).Increment();
}

void Metrics::set_certificate_expiries(const std::vector<CertificateExpiry>& expiries) {
    for (Gauge* former : families_->certificate_expiries) families_->certificate_expiry.Remove(former);
    families_->certificate_expiries.clear();
    for (const CertificateExpiry& expiry : expiries) {
        Gauge& gauge = families_->certificate_expiry.Add({{"listener", expiry.listener}});
        gauge.Set(static_cast<double>(expiry.unix_seconds));
        families_->certificate_expiries.push_back(&gauge);
    }
}

void Metrics::set_dropped_log_lines(std::uint64_t total) { families_->dropped_log_lines.follow(total); }

void Metrics::set_key_memory(std::size_t used, std::uint64_t overflows) {
    families_->key_memory.Set(static_cast<double>(used));
    families_->key_overflows.follow(overflows);
}

std::string Metrics::text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_->registry.Collect());
    return out.str();
}

}  // namespace eas451
