// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <random>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "eas451/core/access_record.hpp"
#include "eas451/core/login_outcome.hpp"

namespace eas451 {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Series with their values, labels as printed.
std::map<std::string, double> series_of(const Metrics& metrics) {
    std::map<std::string, double> series;
    std::istringstream text(metrics.text());
    for (std::string line; std::getline(text, line);) {
        if (line.empty() || line[0] == '#') continue;
        const std::size_t blank = line.rfind(' ');
        EXPECT_TRUE(series.emplace(line.substr(0, blank), std::stod(line.substr(blank + 1))).second) << line;
    }
    return series;
}

double value_of(const Metrics& metrics, const std::string& name) {
    const auto series = series_of(metrics);
    const auto found = series.find(name);
    return found == series.end() ? -1 : found->second;
}

/// Everything once, so that each family has a series.
void use_everything(Metrics& metrics) {
    metrics.count_request("POST", EasCommand::sync, "redirect", Reason::redirected, microseconds(300));
    metrics.count_moved(Reason::redirected, ProtocolVersion(14, 1), AuthScheme::basic, LoginForm::upn);
    metrics.count_login("accepted");
    metrics.count_directory_request(DirectoryOperation::search, OperationOutcome::ok, milliseconds(3));
    metrics.add_directory("dc1.contoso.com");
    metrics.set_directory_up("dc1.contoso.com", true);
    metrics.add_exchange("ex1.contoso.com");
    metrics.set_exchange_up("ex1.contoso.com", false);
    metrics.count_cache_lookup(CacheName::recipient, CacheOutcome::hit);
    metrics.count_suppressed_bind();
    metrics.count_failover();
    metrics.add_connections(1);
    metrics.count_refused_connections(ConnectionRefusal::address);
    metrics.count_accept_failure(AcceptTrouble::memory);
    metrics.count_timeout(TimeLimit::head);
    metrics.count_handshake("TLSv1.3", true);
    metrics.count_proxy_header(ProxyHeaderOutcome::ok);
    metrics.count_reload(ReloadOutcome::ok);
    metrics.set_certificate_expiries({{"0.0.0.0:443", 1'900'000'000}});
    metrics.set_dropped_log_lines(1);
    metrics.set_key_memory(1000, 1);
}

TEST(Metrics, has_every_name_of_the_contract_with_help_and_type) {
    Metrics metrics("1.2.3");
    use_everything(metrics);
    const std::string text = metrics.text();
    const std::map<std::string, std::string> types{
        {"requests_total", "counter"},
        {"decisions_total", "counter"},
        {"moved_requests_total", "counter"},
        {"request_seconds", "histogram"},
        {"directory_requests_total", "counter"},
        {"directory_request_seconds", "histogram"},
        {"directory_up", "gauge"},
        {"directory_failovers_total", "counter"},
        {"cache_lookups_total", "counter"},
        {"auth_total", "counter"},
        {"binds_suppressed_total", "counter"},
        {"connections", "gauge"},
        {"connections_refused_total", "counter"},
        {"accept_failures_total", "counter"},
        {"connections_timed_out_total", "counter"},
        {"tls_handshakes_total", "counter"},
        {"proxy_headers_total", "counter"},
        {"exchange_up", "gauge"},
        {"dropped_log_lines_total", "counter"},
        {"key_memory_bytes", "gauge"},
        {"key_memory_overflows_total", "counter"},
        {"config_reload_total", "counter"},
        {"certificate_expiry_timestamp_seconds", "gauge"},
        {"build_info", "gauge"},
        {"process_start_time_seconds", "gauge"},
    };
    for (const auto& [name, type] : types) {
        EXPECT_NE(text.find("# HELP eas451_" + name + " "), std::string::npos) << name;
        EXPECT_NE(text.find("# TYPE eas451_" + name + " " + type + "\n"), std::string::npos) << name;
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '#'), static_cast<std::ptrdiff_t>(2 * types.size()));
}

TEST(Metrics, counts_moved_users_by_what_they_come_with) {
    Metrics metrics("1.2.3");
    const auto of = [&](const char* labels) { return value_of(metrics, std::string("eas451_moved_requests_total{") + labels + "}"); };
    const auto count = [&](Reason reason, std::optional<ProtocolVersion> version) {
        metrics.count_moved(reason, version, AuthScheme::basic, LoginForm::upn);
    };
    count(Reason::proxied, ProtocolVersion(14, 1));
    count(Reason::no_relationship, ProtocolVersion(14, 1));
    EXPECT_EQ(std::string::npos, metrics.text().find("eas451_moved_requests_total{"));
    const std::pair<ProtocolVersion, const char*> versions[] = {
        {{2, 5}, "below-14.0"}, {{12, 1}, "below-14.0"}, {{14, 0}, "14.0"}, {{14, 1}, "14.1"},  {{15, 0}, "14.1"},
        {{16, 0}, "16.0"},      {{16, 1}, "16.1"},       {{16, 2}, "16.1"}, {{999, 9}, "16.1"},
    };
    std::map<std::string, double> expected;
    for (const auto& [version, word] : versions) {
        count(Reason::would_redirect, version);
        ++expected[word];
    }
    for (const auto& [word, times] : expected) {
        const std::string labels = R"(auth="basic",login_form="upn",reason="would-redirect",version=")" + word + '"';
        EXPECT_EQ(times, of(labels.c_str())) << word;
    }
    count(Reason::client_too_old, std::nullopt);
    EXPECT_EQ(1, of(R"(auth="basic",login_form="upn",reason="client-too-old",version="none")"));
    metrics.count_moved(Reason::redirected, ProtocolVersion(16, 1), AuthScheme::none, std::nullopt);
    EXPECT_EQ(1, of(R"(auth="none",login_form="none",reason="redirected",version="16.1")"));
    for (const LoginForm form : {LoginForm::upn, LoginForm::netbios, LoginForm::smtp, LoginForm::bare}) {
        metrics.count_moved(Reason::redirected, ProtocolVersion(16, 1), AuthScheme::basic, form);
        const std::string labels = "auth=\"basic\",login_form=\"" + std::string(to_string(form)) + R"(",reason="redirected",version="16.1")";
        EXPECT_EQ(1, of(labels.c_str()));
    }
}

TEST(Metrics, is_in_the_text_format) {
    Metrics metrics("1.2.3");
    use_everything(metrics);
    metrics.add_directory("a\"b\\c\nd");
    metrics.set_directory_up("a\"b\\c\nd", true);
    const std::regex line_pattern(
        R"re(# (HELP|TYPE) eas451_[a-z_0-9]+ .+|eas451_[a-z_0-9]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? (\+Inf|[-+.e0-9]+))re");
    std::istringstream text(metrics.text());
    for (std::string line; std::getline(text, line);) EXPECT_TRUE(std::regex_match(line, line_pattern)) << line;
}

TEST(Metrics, counts_requests_by_their_three_labels_and_their_reason) {
    Metrics metrics("1");
    for (int i = 0; i < 3; ++i) {
        metrics.count_request("POST", EasCommand::folder_sync, "proxy", Reason::proxied, milliseconds(20));
    }
    metrics.count_request("OPTIONS", EasCommand::unknown, "refuse", Reason::no_credentials, microseconds(50));
    const auto series = series_of(metrics);
    EXPECT_EQ(series.at(R"(eas451_requests_total{command="FolderSync",decision="proxy",method="POST"})"), 3);
    EXPECT_EQ(series.at(R"(eas451_requests_total{command="Unknown",decision="refuse",method="OPTIONS"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_decisions_total{reason="proxied"})"), 3);
    EXPECT_EQ(series.at(R"(eas451_decisions_total{reason="no-credentials"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_decisions_total{reason="redirected"})"), 0);
    EXPECT_EQ(series.at("eas451_request_seconds_count"), 4);
    EXPECT_NEAR(series.at("eas451_request_seconds_sum"), 0.06005, 1e-9);
    EXPECT_EQ(series.at(R"(eas451_request_seconds_bucket{le="0.01"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_request_seconds_bucket{le="+Inf"})"), 4);
}

TEST(Metrics, every_reason_has_a_series_from_the_start) {
    const auto series = series_of(Metrics("1"));
    for (std::size_t i = 0; i < reason_count; ++i) {
        const std::string word(to_string(static_cast<Reason>(i)));
        EXPECT_EQ(series.count("eas451_decisions_total{reason=\"" + word + "\"}"), 1U) << word;
    }
}

TEST(Metrics, every_cause_of_a_refused_connection_has_its_word) {
    Metrics metrics("1");
    metrics.count_refused_connections(ConnectionRefusal::connections);
    metrics.count_refused_connections(ConnectionRefusal::descriptors, 64);
    metrics.count_refused_connections(ConnectionRefusal::address);
    metrics.count_refused_connections(ConnectionRefusal::address);
    metrics.count_refused_connections(ConnectionRefusal::handshakes, 3);
    metrics.count_refused_connections(ConnectionRefusal::admin, 2);
    metrics.count_accept_failure(AcceptTrouble::descriptors);
    const auto series = series_of(metrics);
    EXPECT_EQ(series.at(R"(eas451_connections_refused_total{reason="connections"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_connections_refused_total{reason="descriptors"})"), 64);
    EXPECT_EQ(series.at(R"(eas451_connections_refused_total{reason="address"})"), 2);
    EXPECT_EQ(series.at(R"(eas451_connections_refused_total{reason="handshakes"})"), 3);
    EXPECT_EQ(series.at(R"(eas451_connections_refused_total{reason="proxy"})"), 0);
    EXPECT_EQ(series.at(R"(eas451_connections_refused_total{reason="admin"})"), 2);
    EXPECT_EQ(series.at(R"(eas451_accept_failures_total{error="descriptors"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_accept_failures_total{error="memory"})"), 0);
    EXPECT_EQ(series.at(R"(eas451_accept_failures_total{error="other"})"), 0);
}

TEST(Metrics, every_deadline_has_its_key) {
    Metrics metrics("1");
    metrics.count_timeout(TimeLimit::handshake);
    metrics.count_timeout(TimeLimit::body_rate);
    metrics.count_timeout(TimeLimit::idle);
    const auto series = series_of(metrics);
    for (const auto& [limit, count] : std::map<std::string, int>{{"handshake", 1}, {"head", 0}, {"body", 0}, {"body_rate", 1},
                                                                 {"write", 0}, {"total", 0}, {"held", 0}, {"idle", 1}}) {
        EXPECT_EQ(series.at("eas451_connections_timed_out_total{limit=\"" + limit + "\"}"), count) << limit;
    }
}

TEST(Metrics, every_login_outcome_has_its_word) {
    Metrics metrics("1");
    const std::vector<LoginOutcome> outcomes{Accepted{},
                                             NotFound{},
                                             Ambiguous{},
                                             Held{},
                                             Unavailable{},
                                             NotChecked{},
                                             Rejected{Rejection::bad_credentials},
                                             Rejected{Rejection::logon_restricted}};
    for (const auto& outcome : outcomes) {
        metrics.count_login(to_string(outcome));
        EXPECT_EQ(value_of(metrics, "eas451_auth_total{outcome=\"" + std::string(to_string(outcome)) + "\"}"), 1);
    }
    EXPECT_EQ(value_of(metrics, R"(eas451_auth_total{outcome="other"})"), 0);
    metrics.count_login("user@contoso.com");
    EXPECT_EQ(value_of(metrics, R"(eas451_auth_total{outcome="other"})"), 1);
}

TEST(Metrics, counts_what_is_left) {
    Metrics metrics("9.8.7");
    use_everything(metrics);
    metrics.count_directory_request(DirectoryOperation::relationships, OperationOutcome::timed_out, milliseconds(5000));
    metrics.count_cache_lookup(CacheName::login, CacheOutcome::negative_hit);
    metrics.count_handshake("TLSv1.1", false);
    metrics.count_proxy_header(ProxyHeaderOutcome::untrusted);
    metrics.count_reload(ReloadOutcome::failed);
    metrics.add_connections(4);
    metrics.add_connections(-2);
    metrics.set_exchange_up("ex1.contoso.com", true);
    const auto series = series_of(metrics);
    EXPECT_EQ(series.at(R"(eas451_directory_requests_total{operation="search",outcome="ok"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_directory_requests_total{operation="relationships",outcome="timed_out"})"), 1);
    EXPECT_EQ(series.at("eas451_directory_request_seconds_count"), 2);
    EXPECT_EQ(series.at(R"(eas451_directory_up{server="dc1.contoso.com"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_exchange_up{server="ex1.contoso.com"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_cache_lookups_total{cache="recipient",outcome="hit"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_cache_lookups_total{cache="login",outcome="negative_hit"})"), 1);
    EXPECT_EQ(series.at("eas451_binds_suppressed_total"), 1);
    EXPECT_EQ(series.at("eas451_connections"), 3);
    EXPECT_EQ(series.at(R"(eas451_tls_handshakes_total{outcome="ok",version="TLSv1.3"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_tls_handshakes_total{outcome="failed",version="other"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_proxy_headers_total{outcome="untrusted"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_config_reload_total{outcome="failed"})"), 1);
    EXPECT_EQ(series.at(R"(eas451_certificate_expiry_timestamp_seconds{listener="0.0.0.0:443"})"), 1'900'000'000);
    EXPECT_EQ(series.at(R"(eas451_build_info{version="9.8.7"})"), 1);
    EXPECT_NEAR(series.at("eas451_process_start_time_seconds"), static_cast<double>(std::time(nullptr)), 60);
}

TEST(Metrics, a_server_has_a_series_while_somebody_asks_it) {
    const std::string ex1 = R"(eas451_exchange_up{server="https://ex1"})";
    Metrics metrics("1");
    metrics.set_exchange_up("https://ex1", true);
    EXPECT_EQ(series_of(metrics).count(ex1), 0U);
    metrics.add_exchange("https://ex1");
    EXPECT_EQ(value_of(metrics, ex1), 0);
    metrics.set_exchange_up("https://ex1", true);
    metrics.add_exchange("https://ex1");
    EXPECT_EQ(value_of(metrics, ex1), 1) << "it stays up when one more asks it";
    metrics.remove_exchange("https://ex1");
    EXPECT_EQ(value_of(metrics, ex1), 1);
    metrics.remove_exchange("https://ex1");
    metrics.remove_exchange("https://ex1");
    EXPECT_EQ(series_of(metrics).count(ex1), 0U);
}

TEST(Metrics, dropped_log_lines_follow_a_total_and_never_fall) {
    Metrics metrics("1");
    for (const std::uint64_t total : {0U, 5U, 5U, 12U, 3U}) metrics.set_dropped_log_lines(total);
    EXPECT_EQ(value_of(metrics, "eas451_dropped_log_lines_total"), 12);
    metrics.set_dropped_log_lines(13);
    EXPECT_EQ(value_of(metrics, "eas451_dropped_log_lines_total"), 13);
    metrics.set_key_memory(4096, 2);
    metrics.set_key_memory(1024, 3);
    EXPECT_EQ(value_of(metrics, "eas451_key_memory_bytes"), 1024);
    EXPECT_EQ(value_of(metrics, "eas451_key_memory_overflows_total"), 3);
}

TEST(Metrics, what_strangers_send_makes_no_series) {
    Metrics metrics("1");
    use_everything(metrics);
    const std::vector<std::string> methods{"POST", "OPTIONS", "GET", "HEAD", "other"};
    const std::vector<std::string> decisions{"redirect", "proxy", "refuse", "other"};
    for (const auto& method : methods) {
        for (const auto& decision : decisions) {
            for (int command = 0; command <= static_cast<int>(EasCommand::unknown); ++command) {
                metrics.count_request(method, static_cast<EasCommand>(command), decision, Reason::proxied,
                                      microseconds(1));
            }
        }
    }
    const std::size_t before = series_of(metrics).size();
    std::mt19937 random(451);
    const auto word = [&random] {
        std::string text;
        for (std::size_t i = random() % 12; i-- > 0;) text += static_cast<char>(random());
        return text;
    };
    for (int i = 0; i < 10'000; ++i) {
        metrics.count_request(word(), static_cast<EasCommand>(random() % 26), word(),
                              static_cast<Reason>(random() % reason_count), microseconds(random() % 1'000'000));
        metrics.count_login(word());
        metrics.count_handshake(word(), random() % 2 == 0);
    }
    EXPECT_EQ(series_of(metrics).size(), before);
}

TEST(Metrics, many_threads_lose_no_count) {
    Metrics metrics("1");
    metrics.add_directory("dc1");
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&metrics] {
            for (int i = 0; i < 2000; ++i) {
                const auto command = static_cast<EasCommand>(i % 26);
                metrics.count_request("POST", command, "proxy", Reason::proxied, microseconds(10));
                metrics.set_directory_up("dc1", i % 2 == 0);
                if (i % 100 == 0) static_cast<void>(metrics.text());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    double total = 0;
    for (const auto& [name, value] : series_of(metrics)) {
        if (name.starts_with("eas451_requests_total")) total += value;
    }
    EXPECT_EQ(total, 8000);
    EXPECT_EQ(value_of(metrics, R"(eas451_decisions_total{reason="proxied"})"), 8000);
}

TEST(Metrics, ADirectoryHasASeriesWhileAnybodyAsksIt) {
    Metrics metrics("1.0");
    const std::string series = "eas451_directory_up{server=\"dc1\"}";
    metrics.set_directory_up("dc1", true);
    EXPECT_EQ(metrics.text().find(series), std::string::npos);
    metrics.add_directory("dc1");
    EXPECT_NE(metrics.text().find(series + " 0"), std::string::npos);
    metrics.set_directory_up("dc1", true);
    metrics.add_directory("dc1");
    EXPECT_NE(metrics.text().find(series + " 1"), std::string::npos);
    metrics.remove_directory("dc1");
    EXPECT_NE(metrics.text().find(series + " 1"), std::string::npos);
    metrics.remove_directory("dc1");
    EXPECT_EQ(metrics.text().find(series), std::string::npos);
}

}  // namespace
}  // namespace eas451
