// SPDX-License-Identifier: Apache-2.0
// The reload of server.hpp: built beside the running server on a short-lived thread, then swapped
// whole; a configuration that cannot be built changes nothing.
#include <boost/asio/post.hpp>
#include <system_error>

#include "eas451/io/log/log.hpp"
#include "eas451/io/runtime/run_loop.hpp"
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

void warn_of_what_needs_a_restart(const Settings& started_with, const Settings& after) {
    if (!same_binds(started_with, after)) warn("listeners.bind");
    if (started_with.workers != after.workers) warn("workers");
    if (started_with.user != after.user) warn("user");
}

}  // namespace

struct Server::Reloaded {
    std::shared_ptr<const Deployment> deployment;
    Problems problems;
    bool keeps_admin = false;  // the address changed, so password and TLS stay those of the old one, too
};

Server::Reloaded Server::build_reload(const Settings& started_with, std::shared_ptr<TicketKeys> tickets) {
    Reloaded reloaded;
    auto settings = load_settings(started_with.file);
    if (!settings) {
        for (const Mistake& mistake : settings.error()) {
            reloaded.problems.push_back({Problem::Kind::configuration, to_string(mistake)});
        }
        return reloaded;
    }
    reloaded.keeps_admin = !same_admin(started_with.admin, settings->admin);
    if (reloaded.keeps_admin) settings->admin = started_with.admin;
    if (auto built = build_deployment(std::move(*settings), std::move(tickets)); built) {
        reloaded.deployment = std::move(*built);
    } else {
        reloaded.problems = built.error();
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
    const auto build = [this, tickets = deployment_->tickets] {
        Reloaded reloaded;
        run_guarded("reload", [&] { reloaded = build_reload(started_with_, tickets); });
        run_guarded("reload", [&] {
            net::post(loop_, [this, reloaded = std::move(reloaded)]() mutable { finish_reload_once_exchange_is_known(std::move(reloaded)); });
        });
    };
    try {
        reloader_ = std::thread(build);
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
    if (reloaded.deployment != nullptr) {
        try {
            apply(std::move(reloaded.deployment));
            if (reloaded.keeps_admin) warn("admin");
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
        log::error("reload: nothing was changed");
    }
    note_ready(reloaded.problems.empty() ? "serving" : "serving; the last reload changed nothing, its mistakes are in the log");
    if (std::exchange(reload_again_, false)) begin_reload();
}

/// Everything that can fail comes before the first thing that changes.
void Server::apply(std::shared_ptr<const Deployment> deployment) {
    const Settings& before = deployment_->settings;
    const Settings& after = deployment->settings;
    if (!same_access_log(before, after)) {
        auto opened = open_access_log(after);
        if (access_log_ != nullptr) dropped_by_former_logs_ += access_log_->dropped_lines();
        access_log_ = std::move(opened);
    }
    warn_of_what_needs_a_restart(started_with_, after);
    std::vector<bool> is_taken(after.listeners.size());
    for (Endpoint& endpoint : endpoints_) {
        // With port 0 several have the same bind address: the first is the first.
        for (std::size_t i = 0; i < after.listeners.size(); ++i) {
            if (is_taken[i] || !same_bind(endpoint.bind, after.listeners[i].bind)) continue;
            is_taken[i] = true;
            endpoint.tls = deployment->certificates[i] ? deployment->certificates[i]->context : nullptr;
            endpoint.admission = deployment->admissions[i];
            break;
        }
    }
    deployment->tickets->set_lifetime(after.limits.ticket_lifetime);
    log::start(after.log_level, after.log_format, &storage_);
    start_directory(*deployment);
    warn_of_lab(after);
    admin_context_.limits = session_limits(after);
    addresses_.set_limit(after.limits.unauthenticated_per_address);
    admin_.deploy(deployment);
    deploy_to_workers(deployment);
    deployment_ = std::move(deployment);
    note_certificates();
}

}  // namespace eas451
