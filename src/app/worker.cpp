// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <boost/asio/post.hpp>

#include "eas451/io/runtime/run_loop.hpp"
#include "eas451/io/runtime/thread.hpp"

namespace eas451 {

namespace net = boost::asio;

SessionLimits session_limits(const Settings& settings) {
    const LimitSettings& limits = settings.limits;
    return {limits.proxy_header, limits.handshake, limits.head,  limits.body,  limits.body_grace,     limits.body_rate,
            limits.idle,         limits.write,     limits.total, limits.held,  settings.refusal_delay};
}

SessionLimits admin_session_limits(const Settings& settings) {
    constexpr std::chrono::milliseconds most{5000};
    SessionLimits limits = session_limits(settings);
    for (std::chrono::milliseconds* limit : {&limits.handshake, &limits.head, &limits.idle}) *limit = std::min(*limit, most);
    return limits;
}

namespace {

/// Of what all workers may have, rounded up.
std::size_t share_of(std::size_t all, std::size_t workers) { return (all + workers - 1) / workers; }

ExchangePoolOptions pool_options(const Deployment& deployment) {
    const LimitSettings& limits = deployment.settings.limits;
    ExchangePoolOptions options;
    if (deployment.exchange) options.tls = deployment.exchange->tls;
    options.connect = limits.exchange_connect;
    options.held = limits.held;
    options.write = limits.write;
    options.idle = limits.exchange_idle;
    options.most = limits.connections;  // those of its clients, of whom another worker may have fewer
    return options;
}

}  // namespace

Worker::Worker(const Shared& shared, std::shared_ptr<const Deployment> deployment, std::shared_ptr<LogFile> access_log,
               std::function<void()> on_end)
    : shared_(shared),
      handshakes_(share_of(deployment->settings.limits.handshakes, shared.workers)),
      loop_(),
      work_(loop_.get_executor()),
      exchange_(loop_),
      frontend_(deployment, shared.directory_loop, shared.metrics, shared.readiness, exchange_),
      tasks_(loop_, [this] { tick(); }),
      context_{frontend_, tasks_, &shared_.metrics, session_limits(deployment->settings)},
      on_end_(std::move(on_end)) {
    context_.addresses = &shared_.addresses;
    context_.handshakes = &handshakes_;
    context_.on_refusal = [this](ConnectionRefusal why, const ConnectionFacts& facts) {
        shared_.refused.note(why, facts.client_address);
    };
    exchange_.set_options(pool_options(*deployment));
    auto log = make_access_log(*deployment, std::move(access_log));
    frontend_.deploy(std::move(deployment), std::move(log));
    thread_ = start_thread([this] { run(); });
}

Worker::~Worker() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
}

void Worker::serve(AcceptedSocket socket, std::shared_ptr<net::ssl::context> tls, ConnectionFacts facts) {
    ++queued_;
    net::post(loop_, [this, socket = std::move(socket), tls = std::move(tls), facts = std::move(facts)]() mutable {
        --queued_;  // from here on it is counted there, or could not be made
        start_session(context_, std::move(socket).attach(loop_), tls, std::move(facts));
    });
}

void Worker::deploy(std::shared_ptr<const Deployment> deployment, std::shared_ptr<LogFile> access_log,
                    std::shared_ptr<const ExchangeServers> servers, ExchangeWatch::Suspicion suspicion) {
    net::post(loop_, [this, deployment = std::move(deployment), access_log = std::move(access_log), servers = std::move(servers),
                      suspicion = std::move(suspicion)]() mutable {
        context_.limits = session_limits(deployment->settings);
        handshakes_.set_limit(share_of(deployment->settings.limits.handshakes, shared_.workers));
        exchange_.set_options(pool_options(*deployment));
        exchange_.set_servers(std::move(servers), std::move(suspicion));
        auto log = make_access_log(*deployment, std::move(access_log));
        frontend_.deploy(std::move(deployment), std::move(log));
    });
}

void Worker::set_exchange_servers(std::shared_ptr<const ExchangeServers> servers, ExchangeWatch::Suspicion suspicion) {
    net::post(loop_, [this, servers = std::move(servers), suspicion = std::move(suspicion)]() mutable {
        exchange_.set_servers(std::move(servers), std::move(suspicion));
    });
}

void Worker::drain() {
    net::post(loop_, [this] {
        tasks_.drain();
        exchange_.close();
        work_.reset();
    });
}

void Worker::abort() {
    net::post(loop_, [this] { tasks_.abort(); });
}

void Worker::echo(std::function<void()> answer) { net::post(loop_, std::move(answer)); }

void Worker::run() {
    run_loop(loop_, "a worker");
    run_guarded("a worker's last lines", [this] {
        if (AccessLog* log = frontend_.access_log(); log != nullptr) log->flush();
    });
    on_end_();
}

void Worker::tick() {
    if (AccessLog* log = frontend_.access_log(); log != nullptr && log->has_waiting_lines()) log->flush();
}

std::unique_ptr<AccessLog> Worker::make_access_log(const Deployment& deployment, std::shared_ptr<LogFile> file) {
    if (file == nullptr) return nullptr;
    return std::make_unique<AccessLog>(shared_.storage, std::move(file), deployment.settings.access_log_format);
}

}  // namespace eas451
