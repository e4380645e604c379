// SPDX-License-Identifier: Apache-2.0
// Directory: who may log in, and what is known of them. The seam between the request path and
// whatever holds the users: a file here, LDAP beside it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/credentials.hpp"
#include "eas451/core/login_outcome.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/runtime/log_level.hpp"

namespace eas451 {

/// An outcome and what it cost, for the access log.
struct LoginAnswer {
    LoginOutcome outcome;
    std::string server;     // who was asked; empty: nobody had to be
    unsigned requests = 0;  // sent to the directory for this one
    // For people, in explain and check; of an answer from memory there is nothing to tell.
    std::string base;     // where was searched
    std::string filter;   // and for what
    std::string trouble;  // why nobody could be asked, or nobody had to be
    /// When it was looked up, of an outcome from memory that was asked for `anew`, and nobody could be asked.
    std::optional<SteadyTime> remembered{};
};

/// What administrators are shown of a directory.
struct DirectoryState {
    struct Server {
        std::string name;  // as in logs and metrics
        bool is_up = false;
    };
    std::vector<Server> servers;  // by name, and none of which nothing is known yet
    bool reads_relationships = false;  // from servers, again and again
    /// When they last were, completely, and until when those may be used (max_age).
    std::optional<SteadyTime> relationships_read;
    std::optional<SteadyTime> relationships_good_until;
};

/// How many there were.
struct ForgottenLogins {
    std::size_t recipients = 0;  // logins that were looked up, those that are nobody's included
    std::size_t passwords = 0;   // that were right
};

class Metrics;
class PasswordTurns;
class TriedPasswords;

/// Whom a directory tells of itself. Both outlive it.
struct DirectoryReports {
    Metrics* metrics = nullptr;  // null: nobody counts
    std::function<void(LogLevel, const std::string&)> say;  // one line for the log; any thread
    std::function<unsigned()> waiting;  // questions that have no answer yet; any thread. The directory loop fills it in
};

/// Which check a question wants: `password` for a request, `none` where authentication is off and
/// for explain, which has no password.
enum class PasswordCheck : std::uint8_t { password, none };

/// One question. Owns what it asks with, since it may cross to another thread.
struct LoginQuestion {
    LoginName login;
    Secret password;  // empty when check is none
    PasswordCheck check = PasswordCheck::password;
    /// Where from, an IP address in text, for log_in(): how many users fail at one address is limited.
    std::string client_address{};
    /// What is remembered is no answer, unless no server is up: for explain, which shows what is true now.
    bool anew = false;
};

/// Thread-safe: every worker asks the same Directory. Immutable to its callers.
class Directory {
public:
    virtual ~Directory() = default;

    /// Begins whatever it does by itself, such as keeping connections up. On the directory loop's
    /// thread, once, before the first log_in(). When the directory is destroyed, on any thread, that
    /// ends on the loop; when the loop is destroyed first, with it. TriedPasswords is the loop's, and
    /// outlives everything on it: what was tried counts whichever directory asks.
    virtual void start(const boost::asio::any_io_executor&, const DirectoryReports&, TriedPasswords&) {}

    /// Answers from memory without waiting, or says nothing: then log_in() has to be asked.
    [[nodiscard]] virtual std::optional<LoginAnswer> log_in_at_once(const LoginQuestion& question) const = 0;

    /// On the directory loop's thread only. Calls `done` exactly once, at once or later, on that
    /// thread, at the deadline at the latest (Unavailable).
    virtual void log_in(LoginQuestion question, SteadyTime deadline, std::function<void(LoginAnswer)> done) = 0;

    /// Somebody who knows better has refused a password that was accepted from memory: Accepted::remembered of it. It is
    /// tried again when it comes the next time. Any thread.
    virtual void doubt(const RememberedLogin&) const {}
    /// In which turn requests accepted from memory go to him: one first, where they are many. Null: nothing is remembered
    /// here. Any thread.
    [[nodiscard]] virtual PasswordTurns* turns() const { return nullptr; }

    /// The relationships as of now, static ones included.
    [[nodiscard]] virtual std::shared_ptr<const RelationshipTable> relationships() const = 0;

    /// True once a question could have been answered since start.
    [[nodiscard]] virtual bool was_ready() const = 0;

    /// Any thread.
    [[nodiscard]] virtual DirectoryState state() const { return {}; }
    /// Forgets who was looked up and which passwords were right, so that all are asked about again; also what is on its
    /// way now and was asked before. Which passwords are wrong is not forgotten: that shields the directory. Nothing: no
    /// server is up, and what is remembered is all there is, so it is kept. Any thread.
    virtual std::optional<ForgottenLogins> forget_logins() { return ForgottenLogins{}; }
};

}  // namespace eas451
