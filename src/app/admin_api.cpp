// SPDX-License-Identifier: Apache-2.0
#include "admin_api.hpp"

#include "admin_json.hpp"
#include "admin_query.hpp"
#include "eas451/io/log/log.hpp"
#include "eas451/io/runtime/key_heap.hpp"
#include "explanation.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

class AdminTransaction : public Transaction {
public:
    explicit AdminTransaction(AdminApi& api) : api_(api) {}
    Next begin(const RequestHead& head, const ConnectionFacts& connection) override { return api_.answer(head, connection); }
    Answer refuse(HeadFault fault, const RequestHead&, const ConnectionFacts&) override {
        return {fault == HeadFault::target_too_long ? 414U : 400U, {}, {}};
    }
    Answer refuse_body() override { return {400, {}, {}}; }
    void finish(const TransferFacts&) override {}

private:
    AdminApi& api_;
};

constexpr std::string_view text_lines = "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n";
constexpr std::string_view metrics_lines =
    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n";
constexpr std::string_view json_lines =
    "Content-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";

constexpr std::string_view reads = "GET, HEAD";
constexpr std::string_view changes = "POST";

Answer text_answer(unsigned status, std::string body) { return {status, std::string(text_lines), std::move(body)}; }
Answer json_answer(unsigned status, std::string body) { return {status, std::string(json_lines), std::move(body)}; }

bool may(std::string_view method, std::string_view methods) {
    return methods == reads ? method == "GET" || method == "HEAD" : method == methods;
}

/// By which a certificate lets programs call us.
std::vector<std::string> admin_names(const Deployment& deployment) {
    std::vector<std::string> names;
    if (!deployment.admin_certificate) return names;
    for (const CertificateFacts& one : deployment.admin_certificate->certificates) {
        names.insert(names.end(), one.names.begin(), one.names.end());
    }
    return names;
}

/// One of `most_explains` places, while it is on its way.
class Place {
public:
    explicit Place(unsigned& taken) : taken_(taken) { ++taken_; }
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    unsigned& taken_;
};

}  // namespace

struct AdminApi::Route {
    std::string_view path;
    std::string_view methods;
    Transaction::Next (AdminApi::*answer)(const RequestHead&);
    bool is_probe = false;
};

const AdminApi::Route AdminApi::routes[] = {
    {"/healthz", reads, &AdminApi::health, true},
    {"/readyz", reads, &AdminApi::readiness, true},
    {"/metrics", reads, &AdminApi::metrics},
    {"/api/v1/explain", reads, &AdminApi::explain},
    {"/api/v1/relationships", reads, &AdminApi::relationships},
    {"/api/v1/status", reads, &AdminApi::status},
    {"/api/v1/config", reads, &AdminApi::config},
    {"/api/v1/reload", changes, &AdminApi::reload},
    {"/api/v1/cache/flush", changes, &AdminApi::flush},
};

AdminApi::AdminApi(std::shared_ptr<const Deployment> deployment, Metrics& metrics, Readiness& readiness, ServerControls& server,
                   std::string version)
    : deployment_(std::move(deployment)),
      metrics_(metrics),
      readiness_(readiness),
      server_(server),
      version_(std::move(version)) {}

std::unique_ptr<Transaction> AdminApi::start() { return std::make_unique<AdminTransaction>(*this); }

const AdminApi::Route* AdminApi::route_of(std::string_view path) {
    for (const Route& route : routes) {
        if (route.path == path) return &route;
    }
    return nullptr;
}

Transaction::Next AdminApi::answer(const RequestHead& head, const ConnectionFacts& connection) {
    const Route* route = route_of(head.path);
    const bool is_probe = route != nullptr && route->is_probe;
    if (auto refusal = gate_.refuse(deployment_->settings.admin, admin_names(*deployment_), head, connection, is_probe)) return std::move(*refusal);
    const bool is_api = head.path.starts_with("/api/v1/");
    if (route == nullptr) return is_api ? json_answer(404, error_json("there is nothing of that name")) : not_found_answer();
    if (!may(head.method, route->methods)) {
        Answer answer = is_api ? json_answer(405, error_json("only " + std::string(route->methods))) : Answer{405, {}, {}};
        answer.header_lines += "Allow: " + std::string(route->methods) + "\r\n";
        return answer;
    }
    return (this->*route->answer)(head);
}

Transaction::Next AdminApi::health(const RequestHead&) { return text_answer(200, "ok\n"); }

Transaction::Next AdminApi::readiness(const RequestHead&) {
    const bool ready = readiness_.is_ready(*deployment_->directory);
    return text_answer(ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
}

Transaction::Next AdminApi::metrics(const RequestHead&) {
    metrics_.set_dropped_log_lines(server_.dropped_log_lines());
    const KeyHeapState keys = key_heap_state();
    metrics_.set_key_memory(keys.used, keys.overflows);
    return Answer{200, std::string(metrics_lines), metrics_.text()};
}

Transaction::Next AdminApi::relationships(const RequestHead&) { return json_answer(200, relationships_json(*deployment_)); }

Transaction::Next AdminApi::status(const RequestHead&) {
    const bool ready = readiness_.is_ready(*deployment_->directory);
    return json_answer(200, status_json(*deployment_, server_.status(), ready, server_.dropped_log_lines(), version_));
}

Transaction::Next AdminApi::config(const RequestHead&) { return json_answer(200, show_settings_json(deployment_->settings)); }

Transaction::Next AdminApi::explain(const RequestHead& head) {
    auto asked = explain_request_of(head.query);
    if (!asked) return json_answer(400, error_json(asked.error()));
    auto request = request_of(*asked);
    if (!request) return json_answer(400, error_json(std::string(request.error().part) + ": " + std::string(request.error().text)));
    if (explains_ >= most_explains) {
        Answer busy = json_answer(503, error_json("as many explanations as there may be at once wait for the directory"));
        busy.header_lines += "Retry-After: 1\r\n";
        return busy;
    }
    return explained(std::move(*asked), std::move(*request));
}

net::awaitable<Transaction::Outcome> AdminApi::explained(ExplainRequest asked, EasRequest request) {
    const Place place(explains_);
    const auto deployment = deployment_;
    const auto begun = std::chrono::steady_clock::now();
    LoginAnswer login = co_await look_up(deployment, asked.login);
    const auto took = std::chrono::steady_clock::now() - begun;
    const auto exchange = server_.status().exchange;
    const ExplanationGround ground{deployment->settings, deployment->policy, deployment->directory->relationships(),
                                   exchange == nullptr || exchange->any_up()};
    const Explanation explanation(std::move(asked), std::move(request), std::move(login), took, ground);
    Transaction::Outcome outcome = json_answer(200, explanation.json());
    co_return outcome;
}

/// The server's own directory, over the connections that it has.
net::awaitable<LoginAnswer> AdminApi::look_up(std::shared_ptr<const Deployment> deployment, std::string login) {
    LoginAnswer answer;
    answer.outcome = NotFound();
    auto name = parse_login_name(login);
    if (!name) {
        answer.trouble = trouble_of(name.error());
        co_return answer;
    }
    LoginQuestion question = question_of(std::move(*name));
    auto known = deployment->directory->log_in_at_once(question);  // by a file
    if (known) co_return std::move(*known);
    // What failed at the directory's own deadline has a reason, and that is waited for.
    constexpr std::chrono::seconds for_the_reason{1};
    const SteadyTime deadline = std::chrono::steady_clock::now() + deployment->settings.directory.deadline;
    answer = co_await server_.ask(deployment->directory, std::move(question), deadline + for_the_reason);
    co_return answer;
}

Transaction::Next AdminApi::reload(const RequestHead&) {
    if (server_.status().draining) return json_answer(503, reload_json("stopping"));
    log::info("reload: asked for at the admin listener");
    return reloaded();
}

net::awaitable<Transaction::Outcome> AdminApi::reloaded() {
    const auto report = co_await server_.reload(std::chrono::steady_clock::now() + longest_reload);
    Transaction::Outcome outcome = json_answer(202, reload_json("running"));
    if (report) {
        outcome = json_answer(report->mistakes.empty() ? 200 : 422, reload_json(*report, *deployment_));
    } else if (server_.status().draining) {
        outcome = json_answer(503, reload_json("stopping"));
    }
    co_return outcome;
}

Transaction::Next AdminApi::flush(const RequestHead&) {
    const auto forgotten = deployment_->directory->forget_logins();
    if (!forgotten) {
        return json_answer(409, error_json("no directory server is up: what is remembered is all there is, and is kept"));
    }
    log::info("cache: " + std::to_string(forgotten->recipients) + " recipients and " + std::to_string(forgotten->passwords) +
              " passwords forgotten, as asked for at the admin listener");
    return json_answer(200, flush_json(*forgotten));
}

}  // namespace eas451
