// SPDX-License-Identifier: Apache-2.0
// Server: the one composition root. Builds everything in order, runs the control loop on the caller's
// thread, reloads, drains.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "admin_api.hpp"
#include "deployment.hpp"
#include "eas451/io/directory/directory_loop.hpp"
#include "eas451/io/http/listener.hpp"
#include "eas451/io/http/session.hpp"
#include "eas451/io/log/storage.hpp"
#include "eas451/io/metrics/metrics.hpp"
#include "eas451/io/runtime/waiters.hpp"
#include "readiness.hpp"
#include "refused_connections.hpp"
#include "server_controls.hpp"
#include "systemd.hpp"
#include "worker.hpp"

namespace eas451 {

class Server : private ServerControls {
public:
    /// Binds where no inherited socket listens, opens the access log and drops privileges; starts no thread that serves.
    /// The error is why it cannot run.
    static Result<std::unique_ptr<Server>, std::string> make(std::shared_ptr<const Deployment> deployment, Storage& storage,
                                                             std::string version, InheritedSockets sockets,
                                                             ServiceNotice notice);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Serves until SIGTERM or SIGINT and the drain after it. SIGHUP reloads, SIGUSR1 reopens logs.
    void run();

private:
    using Tls = std::shared_ptr<boost::asio::ssl::context>;
    struct Endpoint {
        /// That listener of the configuration.
        void use(const Deployment& deployment, std::size_t listener_number);

        BindAddress bind;  // as configured: what a reload recognises it by
        Tls tls;           // null: plain
        Admission admission;
        std::optional<std::int64_t> certificate_expires;  // Unix time
        std::unique_ptr<Listener> listener;
    };
    struct Reloaded;

    Server(std::shared_ptr<const Deployment> deployment, Storage& storage, std::string version, ServiceNotice notice);

    void open_listeners(InheritedSockets& sockets);
    void open_admin(InheritedSockets& sockets);
    Listener::OnTrouble on_trouble();
    static std::shared_ptr<LogFile> open_access_log(const Settings& settings);
    void start_workers();
    void start_directory(const Deployment& deployment);
    std::unique_ptr<ExchangeWatch> begin_watch(const Deployment& deployment);
    void tell_workers(const std::shared_ptr<const ExchangeServers>& servers);
    void start_listening_once_exchange_is_known();
    void start_listening();
    void accept(std::size_t endpoint, AcceptedSocket socket, ConnectionFacts facts);
    void accept_admin(AcceptedSocket socket, ConnectionFacts facts);

    void wait_for_signal();
    void on_signal(int signal);
    void begin_reload();
    void note_reload(ReloadReport report);
    static Reloaded build_reload(const Settings& started_with, bool as_root, TakenOver former);
    void finish_reload_once_exchange_is_known(Reloaded reloaded);
    void finish_reload(Reloaded reloaded);
    /// What a restart has to apply.
    std::vector<std::string> apply(std::shared_ptr<const Deployment> deployment);
    void deploy_to_workers(const std::shared_ptr<const Deployment>& deployment);
    static void warn_of_lab(const Settings& settings);
    static void warn_of_swapped_keys();
    void note_certificates();
    void note_ready(std::string_view what);
    void watch_for_life();
    void ask_for_echoes();
    void begin_drain();
    void worker_ended();
    /// The last worker has: the control loop does what it has begun, and ends.
    [[nodiscard]] bool has_ended() const { return workers_running_ == 0; }

    // For administrators.
    [[nodiscard]] std::uint64_t dropped_log_lines() const override;
    [[nodiscard]] ServerStatus status() const override;
    boost::asio::awaitable<LoginAnswer> ask(std::shared_ptr<Directory> directory, LoginQuestion question, SteadyTime deadline) override;
    boost::asio::awaitable<std::optional<ReloadReport>> reload(SteadyTime deadline) override;

    const std::chrono::system_clock::time_point started_at_ = std::chrono::system_clock::now();
    const SteadyTime started_ = std::chrono::steady_clock::now();
    std::shared_ptr<const Deployment> deployment_;
    const Settings started_with_;  // what needs a restart to change is still as here
    const bool started_as_root_;   // as a restart will
    Storage& storage_;
    std::string version_;
    Metrics metrics_;
    RefusedConnections refused_;
    ConnectionsByAddress addresses_;
    Readiness readiness_;
    std::shared_ptr<LogFile> access_log_;  // null: off
    std::uint64_t dropped_by_former_logs_ = 0;
    boost::asio::io_context loop_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer drain_timer_;
    boost::asio::steady_timer first_look_;  // at Exchange, which is waited for at the start
    boost::asio::steady_timer look_before_reload_;  // and by a reload
    TraceWatch trace_watch_;
    ServiceNotice notice_;
    boost::asio::steady_timer watchdog_timer_;
    std::size_t echoes_awaited_ = 0;
    std::vector<Endpoint> endpoints_;
    std::unique_ptr<Listener> admin_listener_;
    AdminApi admin_;
    TaskGroup admin_tasks_;
    SessionContext admin_context_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<ExchangeWatch> exchange_watch_;  // ends before the workers, to which it posts; null: nothing is passed on
    std::unique_ptr<ExchangeWatch> next_watch_;      // of a reload that waits for its first look
    unsigned watches_begun_ = 0;
    unsigned watch_in_use_ = 0;  // exchange_watch_, by their number
    // Ends before the workers, in run() or by its place here: it posts answers to their loops.
    std::optional<DirectoryLoop> directory_loop_;
    std::thread reloader_;
    bool reloading_ = false;
    bool reload_again_ = false;
    std::optional<ReloadReport> last_reload_;
    std::uint64_t reloads_ended_ = 0;
    Waiters reload_ended_;  // or the drain has begun
    bool draining_ = false;
    std::size_t workers_running_ = 0;
    std::size_t descriptors_;  // for connections
};

}  // namespace eas451
