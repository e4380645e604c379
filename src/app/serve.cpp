// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "commands.hpp"
#include "deployment.hpp"
#include "eas451/io/log/log.hpp"
#include "eas451/io/log/storage.hpp"
#include "eas451/io/runtime/failure_report.hpp"
#include "privileges.hpp"
#include "server.hpp"

namespace eas451 {
namespace {

/// The log goes through the storage thread while this lives, and to stderr directly after it.
class LogSession {
public:
    LogSession(const Settings& settings, Storage& storage) { log::start(settings.log_level, settings.log_format, &storage); }
    ~LogSession() { log::stop(); }
    LogSession(const LogSession&) = delete;
    LogSession& operator=(const LogSession&) = delete;
};

int fail(int code, const std::string& text) {
    log::error(text);
    return code;
}

int code_of(const Problems& problems) {
    const auto is_wrong = [](const Problem& problem) { return problem.kind == Problem::Kind::configuration; };
    return std::ranges::any_of(problems, is_wrong) ? exit_configuration : exit_unavailable;
}

}  // namespace

int serve(const std::filesystem::path& config) {
    auto sockets = InheritedSockets::from_environment();
    ServiceNotice notice = ServiceNotice::from_environment();
    ignore_early_signals();
    raise_descriptor_limit();
    auto settings = settings_or_mistakes(config);
    if (!settings) return exit_configuration;
    Storage storage;
    const LogSession logging(*settings, storage);
    set_failure_report([](const std::string& text) { log::error(text); });
    const KeyPlaces places = settings->places;
    if (const auto allowed = check_privileges(*settings, is_root()); !allowed) return fail(exit_configuration, places.with_place(allowed.error()));
    if (!sockets) return fail(exit_unavailable, sockets.error());
    auto deployment = build_deployment(std::move(*settings));
    if (!deployment) {
        for (const Problem& problem : deployment.error()) log::error(places.with_place(problem.text));
        return code_of(deployment.error());
    }
    auto server = Server::make(std::move(*deployment), storage, version(), std::move(*sockets), std::move(notice));
    if (!server) return fail(exit_unavailable, server.error());
    (*server)->run();
    hold_back_late_signals();
    return exit_ok;
}

}  // namespace eas451
