// SPDX-License-Identifier: Apache-2.0
// The reload of server.hpp: built beside the running server on a short-lived thread, then swapped
// whole; a configuration that cannot be built changes nothing.
#include <boost/asio/post.hpp>
#include <system_error>

#include "eas451/io/log/log.hpp"
#include "eas451/io/runtime/run_loop.hpp"
#include "eas451/io/runtime/thread.hpp"
#include "privileges.hpp"
#include "server.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

bool same_bind(const BindAddress& a, const BindAddress& b) { return a.address == b.address && a.port == b.port; }

bool same_binds(const Settings& a, const Settings& b) {
    if (a.listeners.size() != b.listeners.size()) return false;
    for (std::size_t i = 0; i < a.listeners.size(); ++i) {
        if (!same_bind(a.listeners[i].bind, b.listeners[i].bind)) return false;
    }
    return true;
}

bool same_admin(const AdminSettings& a, const AdminSettings& b) {
    if (a.enabled != b.enabled || a.where.index() != b.where.index()) return false;
    const auto* bind = std::get_if<BindAddress>(&a.where);
    if (bind != nullptr) return same_bind(*bind, std::get<BindAddress>(b.where));
    return std::get<std::filesystem::path>(a.where) == std::get<std::filesystem::path>(b.where);
}

bool same_access_log(const Settings& a, const Settings& b) {
    return a.access_log_enabled == b.access_log_enabled && a.access_log_path == b.access_log_path &&
           a.access_log_format == b.access_log_format;
}

/// What a reload cannot change, named so that nobody believes it did.
void warn(std::string_view what) {
    log::warning("reload: " + std::string(what) + " changed, which needs a restart; the rest is applied");
}

std::vector<std::string> what_needs_a_restart(const Settings& started_with, const Settings& after) {
    std::vector<std::string> keys;
    if (!same_binds(started_with, after)) keys.emplace_back("listeners.bind");
    if (started_with.workers != after.workers) keys.emplace_back("workers");
    if (started_with.user != after.user) keys.emplace_back("user");
    return keys;
}

}  // namespace

struct Server::Reloaded {
    std::shared_ptr<const Deployment> deployment;
    Problems problems;
    bool keeps_admin = false;  // the address changed, so password and TLS stay those of the old one, too
};

Server::Reloaded Server::build_reload(const Settings& started_with, bool as_root, TakenOver former) {
    Reloaded reloaded;
    auto settings = load_settings(started_with.file);
    if (!settings) {
        for (const Mistake& mistake : settings.error()) {
            reloaded.problems.push_back({Problem::Kind::configuration, to_string(mistake)});
        }
        return reloaded;
    }
    const KeyPlaces places = settings->places;
    if (const auto allowed = check_privileges(*settings, as_root); !allowed) {
        reloaded.problems.push_back({Problem::Kind::configuration, places.with_place(allowed.error())});
        return reloaded;
    }
    reloaded.keeps_admin = !same_admin(started_with.admin, settings->admin);
    if (reloaded.keeps_admin) settings->admin = started_with.admin;
    if (auto built = build_deployment(std::move(*settings), std::move(former)); built) {
        reloaded.deployment = std::move(*built);
    } else {
        reloaded.problems = built.error();
        for (Problem& problem : reloaded.problems) problem.text = places.with_place(std::move(problem.text));
    }
    return reloaded;
}

void Server::begin_reload() {
    if (draining_) return;
    if (reloading_) {
        reload_again_ = true;
        return;
    }
    reloading_ = true;
    notice_.reloading();
    log::info("reload: reading " + deployment_->settings.file.string());
    if (reloader_.joinable()) reloader_.join();
    const auto build = [this, former = TakenOver{deployment_->tickets, deployment_->trace}] {
        Reloaded reloaded;
        run_guarded("reload", [&] { reloaded = build_reload(started_with_, started_as_root_, former); });
        run_guarded("reload", [&] {
            net::post(loop_, [this, reloaded = std::move(reloaded)]() mutable { finish_reload_once_exchange_is_known(std::move(reloaded)); });
        });
    };
    try {
        reloader_ = start_thread(build);
    } catch (const std::system_error& error) {
        finish_reload({nullptr, {{Problem::Kind::unavailable, error.what()}}, false});
    }
}

/// As at the start, but that requests go on as they did meanwhile. Another SIGHUP waits with it, SIGTERM does not.
void Server::finish_reload_once_exchange_is_known(Reloaded reloaded) {
    if (draining_ || reloaded.deployment == nullptr) return finish_reload(std::move(reloaded));
    next_watch_ = begin_watch(*reloaded.deployment);
    if (next_watch_ == nullptr || next_watch_->servers()->is_known()) return finish_reload(std::move(reloaded));
    log::info("reload: a first look at the Exchange servers");
    look_before_reload_.expires_after(reloaded.deployment->exchange->times.limit);
    look_before_reload_.async_wait([this, reloaded = std::move(reloaded)](const boost::system::error_code&) mutable {
        finish_reload(std::move(reloaded));
    });
}

void Server::finish_reload(Reloaded reloaded) {
    reloading_ = false;
    if (draining_) return next_watch_.reset();
    if (reloaded.deployment == nullptr && reloaded.problems.empty()) {
        reloaded.problems.push_back({Problem::Kind::unavailable, "it could not be built"});
    }
    ReloadReport report;
    if (reloaded.deployment != nullptr) {
        try {
            report.needs_restart = apply(std::move(reloaded.deployment));
            if (reloaded.keeps_admin) report.needs_restart.emplace_back("admin");
            for (const std::string& key : report.needs_restart) warn(key);
            metrics_.count_reload(ReloadOutcome::ok);
            log::info("reload: redirect.mode is " + std::string(to_string(deployment_->settings.policy.mode)));
            log::always("reload: done");
        } catch (const std::exception& error) {
            reloaded.problems.push_back({Problem::Kind::unavailable, error.what()});
        }
    }
    if (!reloaded.problems.empty()) {
        next_watch_.reset();
        metrics_.count_reload(ReloadOutcome::failed);
        for (const Problem& problem : reloaded.problems) log::error("reload: " + problem.text);
        for (Problem& problem : reloaded.problems) report.mistakes.push_back(std::move(problem.text));
        log::error("reload: nothing was changed");
    }
    note_ready(reloaded.problems.empty() ? "serving" : "serving; the last reload changed nothing, its mistakes are in the log");
    note_reload(std::move(report));
    if (std::exchange(reload_again_, false)) begin_reload();
}

void Server::note_reload(ReloadReport report) {
    report.ended = std::chrono::system_clock::now();
    last_reload_ = std::move(report);
    ++reloads_ended_;
    reload_ended_.wake_all();
}

/// Everything that can fail comes before the first thing that changes.
std::vector<std::string> Server::apply(std::shared_ptr<const Deployment> deployment) {
    const Settings& before = deployment_->settings;
    const Settings& after = deployment->settings;
    if (!same_access_log(before, after)) {
        auto opened = open_access_log(after);
        if (access_log_ != nullptr) dropped_by_former_logs_ += access_log_->dropped_lines();
        access_log_ = std::move(opened);
    }
    std::vector<std::string> needs_restart = what_needs_a_restart(started_with_, after);
    std::vector<bool> is_taken(after.listeners.size());
    for (Endpoint& endpoint : endpoints_) {
        // With port 0 several have the same bind address: the first is the first.
        for (std::size_t i = 0; i < after.listeners.size(); ++i) {
            if (is_taken[i] || !same_bind(endpoint.bind, after.listeners[i].bind)) continue;
            is_taken[i] = true;
            endpoint.use(*deployment, i);
            break;
        }
    }
    deployment->tickets->set_lifetime(after.limits.ticket_lifetime);
    log::start(after.log_level, after.log_format, &storage_);
    start_directory(*deployment);
    warn_of_lab(after);
    trace_watch_.use(deployment->trace);
    admin_context_.limits = admin_session_limits(after);
    addresses_.set_limit(after.limits.unauthenticated_per_address);
    admin_.deploy(deployment);
    deploy_to_workers(deployment);
    deployment_ = std::move(deployment);
    note_certificates();
    return needs_restart;
}

}  // namespace eas451
