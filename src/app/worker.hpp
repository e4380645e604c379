// SPDX-License-Identifier: Apache-2.0
// Worker: one thread, one loop, the sessions born on it and all that only they use. A session never
// leaves its worker, so nothing here needs a lock.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "eas451/io/exchange/exchange_watch.hpp"
#include "eas451/io/http/listener.hpp"
#include "eas451/io/http/session.hpp"
#include "frontend.hpp"
#include "refused_connections.hpp"

namespace eas451 {

class Worker {
public:
    /// What all workers share; outlives them.
    struct Shared {
        DirectoryLoop& directory_loop;
        Metrics& metrics;
        Readiness& readiness;
        Storage& storage;
        RefusedConnections& refused;
        ConnectionsByAddress& addresses;
        std::size_t workers;  // how many there are
    };

    /// Starts the thread. `on_end` is called on it when the last session has ended after a drain.
    Worker(const Shared& shared, std::shared_ptr<const Deployment> deployment, std::shared_ptr<LogFile> access_log,
           std::function<void()> on_end);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // From the control loop. No access_log: none is written. No servers: nothing is passed on.
    void serve(AcceptedSocket socket, std::shared_ptr<boost::asio::ssl::context> tls, ConnectionFacts facts);
    /// All at once: a request finds none of them without the others.
    void deploy(std::shared_ptr<const Deployment> deployment, std::shared_ptr<LogFile> access_log,
                std::shared_ptr<const ExchangeServers> servers, ExchangeWatch::Suspicion suspicion);
    /// Which Exchange servers there are from now on, and who is told of one that cannot be reached.
    void set_exchange_servers(std::shared_ptr<const ExchangeServers> servers, ExchangeWatch::Suspicion suspicion);
    /// No more sessions will come: those that are idle end, the others after their answer.
    void drain();
    void abort();
    /// Calls it on the worker's thread, when that comes to it.
    void echo(std::function<void()> answer);
    /// Sessions handed over and not ended yet.
    [[nodiscard]] std::size_t load() const { return queued_ + tasks_.size(); }

private:
    void run();
    void tick();
    std::unique_ptr<AccessLog> make_access_log(const Deployment& deployment, std::shared_ptr<LogFile> file);

    Shared shared_;
    Handshakes handshakes_;
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    ExchangePool exchange_;
    Frontend frontend_;
    TaskGroup tasks_;
    SessionContext context_;
    std::function<void()> on_end_;
    std::atomic<std::size_t> queued_{0};    // handed over and not begun
    std::thread thread_;
};

/// The times of the settings as a session knows them.
SessionLimits session_limits(const Settings& settings);
/// Of the admin listener, which has few places: none of them is kept by who says nothing.
SessionLimits admin_session_limits(const Settings& settings);

}  // namespace eas451
