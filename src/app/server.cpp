// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "eas451/io/log/log.hpp"
#include "eas451/io/runtime/key_heap.hpp"
#include "eas451/io/runtime/run_loop.hpp"
#include "privileges.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

unsigned worker_count(const Settings& settings) {
    return settings.workers != 0 ? settings.workers : std::max(1U, std::thread::hardware_concurrency());
}

using Paths = std::vector<std::filesystem::path>;

void add_files(const std::optional<TlsFiles>& tls, Paths& files) {
    if (!tls) return;
    for (const CertificateFiles& one : tls->all()) {
        files.insert(files.end(), {one.certificate, one.key});
        if (one.ocsp_response) files.push_back(*one.ocsp_response);
    }
}

std::string mend_of(const BindAddress& bind, const boost::system::error_code& why) {
    constexpr std::uint16_t first_for_everybody = 1024;
    if (why != boost::system::errc::permission_denied || bind.port >= first_for_everybody) return {};
    return "; a port below 1024 is for root (with `user:` the server is root no longer than that), or for who has "
           "CAP_NET_BIND_SERVICE, as the unit of systemd has";
}

/// A reload reads all of these again, and then as the user we have become.
void warn_of_what_a_reload_cannot_read(const Settings& settings) {
    Paths files{settings.file};
    for (const ListenerSettings& listener : settings.listeners) add_files(listener.tls, files);
    if (settings.admin.enabled) {
        add_files(settings.admin.tls, files);
        if (settings.admin.password_hash_file) files.push_back(*settings.admin.password_hash_file);
    }
    if (settings.directory.type == DirectoryType::file) files.push_back(settings.directory.file);
    if (settings.directory.type == DirectoryType::ldap) {
        const LdapSettings& ldap = settings.directory.ldap;
        if (ldap.ca_file) files.push_back(*ldap.ca_file);
        if (ldap.bind_password_file) files.push_back(*ldap.bind_password_file);
    }
    if (settings.exchange && settings.exchange->ca_file) files.push_back(*settings.exchange->ca_file);
    for (const std::filesystem::path& file : files) {
        if (::access(file.c_str(), R_OK) == 0) continue;
        log::warning(file.string() + " cannot be read by user " + settings.user + ": a reload will fail");
    }
}

}  // namespace

Result<std::unique_ptr<Server>, std::string> Server::make(std::shared_ptr<const Deployment> deployment, Storage& storage,
                                                          std::string version, InheritedSockets sockets, ServiceNotice notice) {
    std::unique_ptr<Server> server(new Server(std::move(deployment), storage, std::move(version), std::move(notice)));
    try {
        server->open_listeners(sockets);
        server->open_admin(sockets);
        for (const std::string& where : sockets.left()) {
            return "systemd passes a socket for " + where + ", and nothing of the configuration listens there";
        }
        if (const auto dropped = drop_privileges(server->deployment_->settings); !dropped) return dropped.error();
        warn_of_what_a_reload_cannot_read(server->deployment_->settings);
        // As the user who will have to reopen it.
        server->access_log_ = open_access_log(server->deployment_->settings);
    } catch (const std::exception& error) {
        return std::string(error.what());
    }
    return server;
}

Server::Server(std::shared_ptr<const Deployment> deployment, Storage& storage, std::string version, ServiceNotice notice)
    : deployment_(std::move(deployment)),
      started_with_(deployment_->settings),
      started_as_root_(is_root()),
      storage_(storage),
      version_(std::move(version)),
      metrics_(version_),
      refused_(metrics_),
      addresses_(deployment_->settings.limits.unauthenticated_per_address),
      signals_(loop_, SIGHUP, SIGUSR1),
      drain_timer_(loop_),
      first_look_(loop_),
      look_before_reload_(loop_),
      trace_watch_(loop_),
      notice_(std::move(notice)),
      watchdog_timer_(loop_),
      admin_(deployment_, metrics_, readiness_, *this, version_),
      admin_tasks_(loop_, [] {}),
      admin_context_{admin_, admin_tasks_, nullptr, admin_session_limits(deployment_->settings)},
      reload_ended_(loop_.get_executor()),
      descriptors_(descriptors_for_connections(worker_count(started_with_))) {
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
}

void Server::warn_of_lab(const Settings& settings) {
    if (!settings.lab) return;
    log::always("LAB: lab is true. Not for production: root is allowed, and authentication can be off");
    if (!settings.authenticate) log::always("LAB: authentication.basic is off. Passwords are not looked at; anybody is anybody");
}

void Server::warn_of_swapped_keys() {
    const KeyHeapState keys = key_heap_state();
    if (keys.not_locked.empty()) return;
    log::warning("keys could not be locked in memory and may be swapped out: " + keys.not_locked + "; allow " +
                 std::to_string(keys.bytes / 1024) + " KiB (LimitMEMLOCK=, ulimit -l)");
}

Server::~Server() {
    if (reloader_.joinable()) reloader_.join();
}

void Server::Endpoint::use(const Deployment& deployment, std::size_t listener_number) {
    const auto& certificate = deployment.certificates[listener_number];
    tls = certificate ? certificate->context : nullptr;
    certificate_expires = certificate ? std::optional<std::int64_t>(certificate->not_after()) : std::nullopt;
    admission = deployment.admissions[listener_number];
}

void Server::open_listeners(InheritedSockets& sockets) {
    const Settings& settings = deployment_->settings;
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
        const BindAddress& bind = settings.listeners[i].bind;
        auto on_accept = [this, i](AcceptedSocket socket, ConnectionFacts facts) { accept(i, std::move(socket), std::move(facts)); };
        Endpoint endpoint{bind, {}, deployment_->admissions[i], {}, {}};
        endpoint.use(*deployment_, i);
        try {
            endpoint.listener = std::make_unique<Listener>(loop_, ListenAddress{bind.address, bind.port, {}, sockets.take(bind)},
                                                           std::move(on_accept), on_trouble());
        } catch (const boost::system::system_error& error) {
            throw std::runtime_error("cannot listen on " + bind.to_string() + ": " + error.code().message() +
                                     mend_of(bind, error.code()));
        }
        endpoints_.push_back(std::move(endpoint));
    }
}

void Server::open_admin(InheritedSockets& sockets) {
    const AdminSettings& admin = deployment_->settings.admin;
    if (!admin.enabled) return;
    ListenAddress where;
    std::string name;
    if (const auto* bind = std::get_if<BindAddress>(&admin.where)) {
        where = {bind->address, bind->port, {}, sockets.take(*bind)};
        name = bind->to_string();
    } else {
        where.unix_path = std::get<std::filesystem::path>(admin.where).string();
        name = where.unix_path;
        where.inherited = sockets.take_unix(name);
    }
    auto on_accept = [this](AcceptedSocket socket, ConnectionFacts facts) { accept_admin(std::move(socket), std::move(facts)); };
    try {
        admin_listener_ = std::make_unique<Listener>(loop_, where, std::move(on_accept), on_trouble());
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("cannot listen on " + name + " for admin: " + error.code().message());
    }
    if (where.unix_path.empty() || where.inherited >= 0) return;
    const auto given = give_socket_to_user(where.unix_path, deployment_->settings);
    if (!given) throw std::runtime_error(given.error());
}

Listener::OnTrouble Server::on_trouble() {
    return [this](const boost::system::error_code& why, std::size_t turned_away) { refused_.note_trouble(why, turned_away); };
}

std::shared_ptr<LogFile> Server::open_access_log(const Settings& settings) {
    if (!settings.access_log_enabled) return nullptr;
    LogFile::Header header;
    if (settings.access_log_format == AccessLogFormat::w3c) {
        header = [] { return w3c_header(std::chrono::system_clock::now()); };
    }
    return LogFile::open(settings.access_log_path, std::move(header));
}

void Server::start_workers() {
    directory_loop_.emplace();
    start_directory(*deployment_);
    workers_running_ = worker_count(deployment_->settings);
    const Worker::Shared shared{*directory_loop_, metrics_, readiness_, storage_, refused_, addresses_, workers_running_};
    for (std::size_t i = 0; i < workers_running_; ++i) {
        auto on_end = [this] { net::post(loop_, [this] { worker_ended(); }); };
        workers_.push_back(std::make_unique<Worker>(shared, deployment_, access_log_, std::move(on_end)));
    }
}

/// Before a request is served from it.
void Server::start_directory(const Deployment& deployment) {
    directory_loop_->start(deployment.directory, {&metrics_, [](LogLevel level, const std::string& text) { log::say(level, text); }});
}

void Server::run() {
    const Settings& settings = deployment_->settings;
    log::always("eas451 " + version_ + ", " + settings.file.string() + ", redirect.mode " +
                std::string(to_string(settings.policy.mode)));
    warn_of_swapped_keys();
    warn_of_lab(settings);
    trace_watch_.use(deployment_->trace);
    start_workers();
    note_certificates();
    start_listening_once_exchange_is_known();
    if (admin_listener_ != nullptr) {
        admin_listener_->start();
        const auto* bind = std::get_if<BindAddress>(&settings.admin.where);
        log::always("admin on " + (bind == nullptr ? std::get<std::filesystem::path>(settings.admin.where).string()
                                                   : BindAddress{bind->address, admin_listener_->port()}.to_string()));
    }
    wait_for_signal();
    watch_for_life();
    run_loop(loop_, "the control loop");
    exchange_watch_.reset();
    directory_loop_.reset();
    workers_.clear();
    storage_.flush();
    log::always("stopped");
}

void Server::accept(std::size_t endpoint, AcceptedSocket socket, ConnectionFacts facts) {
    if (!endpoints_[endpoint].admission.admit(facts)) {
        metrics_.count_proxy_header(ProxyHeaderOutcome::untrusted);
        return refused_.note(ConnectionRefusal::proxy, facts.client_address);
    }
    std::size_t connections = 0;
    const std::size_t limit = deployment_->settings.limits.connections;
    Worker* least_loaded = nullptr;
    for (const auto& worker : workers_) {
        connections += worker->load();
        if (least_loaded == nullptr || worker->load() < least_loaded->load()) least_loaded = worker.get();
    }
    if (connections >= limit) return refused_.note(ConnectionRefusal::connections);
    // A request that is passed on has one to Exchange, too.
    if (connections >= (deployment_->exchange ? descriptors_ / 2 : descriptors_)) return refused_.note(ConnectionRefusal::descriptors);
    facts.is_tls = endpoints_[endpoint].tls != nullptr;
    least_loaded->serve(std::move(socket), endpoints_[endpoint].tls, std::move(facts));
}

void Server::accept_admin(AcceptedSocket socket, ConnectionFacts facts) {
    constexpr std::size_t max_admin_connections = 64;
    if (admin_tasks_.size() >= max_admin_connections) return refused_.note(ConnectionRefusal::admin, facts.client_address);
    const auto& certificate = deployment_->admin_certificate;
    facts.is_tls = certificate.has_value();
    start_session(admin_context_, std::move(socket).attach(loop_), certificate ? certificate->context : nullptr, std::move(facts));
}

void Server::wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        // One that was on its way when the waits were cancelled comes without an error; nothing may be waited for any more.
        if (error || has_ended()) return;
        on_signal(signal);
        wait_for_signal();
    });
}

void Server::on_signal(int signal) {
    if (signal == SIGHUP) return begin_reload();
    if (signal == SIGUSR1) {
        storage_.reopen();
        log::info("logs reopened");
        return;
    }
    if (!draining_) return begin_drain();
    log::always("second signal: sessions are cut");
    for (const auto& worker : workers_) worker->abort();
}

std::uint64_t Server::dropped_log_lines() const {
    const std::uint64_t dropped_by_access_log = access_log_ != nullptr ? access_log_->dropped_lines() : 0;
    return dropped_by_former_logs_ + dropped_by_access_log + log::dropped_lines();
}

/// Of what listens, and by the ports that it has.
void Server::note_certificates() {
    std::vector<Metrics::CertificateExpiry> expiries;
    for (const Endpoint& endpoint : endpoints_) {
        if (!endpoint.certificate_expires) continue;
        expiries.push_back({BindAddress{endpoint.bind.address, endpoint.listener->port()}.to_string(), *endpoint.certificate_expires});
    }
    metrics_.set_certificate_expiries(expiries);
}

}  // namespace eas451
