// SPDX-License-Identifier: Apache-2.0
#include "ldap_resolver.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "eas451/io/runtime/failure_report.hpp"
#include "ldap_login_choice.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

/// After an answer of the directory it is taken to be there for so long, unless a question fails.
constexpr std::chrono::seconds trusts_silence_for{5};

SteadyTime now() { return std::chrono::steady_clock::now(); }

bool may_be_sent(std::string_view password) { return !password.empty() && password.find('\0') == std::string_view::npos; }

FailingAddressesOptions addresses_of(const LdapDirectoryOptions& options) {
    FailingAddressesOptions addresses;
    addresses.places = options.failing_users_per_address;
    addresses.place_back_after = options.failing_user_leaves_after;
    return addresses;
}

}  // namespace

LdapResolver::LdapResolver(net::any_io_executor loop, std::shared_ptr<const LdapDirectoryOptions> options,
                           std::shared_ptr<LdapKnowledge> knowledge, DirectoryReports reports, TriedPasswords& tried)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      knowledge_(std::move(knowledge)),
      reports_(std::move(reports)),
      tried_(tried),
      told_(loop_),
      schema_(options_->user_filter, options_->attributes),
      first_reading_(loop_),
      next_reading_(loop_),
      failed_(reports_.say, LogLevel::error, "directory: a login could not be looked up: "),
      held_(reports_.say, LogLevel::warning, "directory: a login is held: ") {}

void LdapResolver::start() {
    asker_ = tried_.begin(options_->replicas, addresses_of(*options_));
    const std::weak_ptr<LdapResolver> weak = weak_from_this();
    LdapLinkEvents events;
    events.up = [weak](const LdapServer& server) {
        if (const auto self = weak.lock()) self->server_is_up(server);
    };
    events.down = [weak](const LdapServer& server, const std::string& why) {
        if (const auto self = weak.lock()) self->server_is_down(server, why);
    };
    events.gone = [weak](const LdapServer& server) {
        if (const auto self = weak.lock()) self->server_is_gone(server);
    };
    servers_ = std::make_shared<LdapServers>(loop_, std::vector<LdapServer>{}, options_->tls,
                                             LdapAccount{options_->bind_name, options_->bind_password},
                                             options_->deadline, events);
    if (options_->global_catalog) start_catalog(std::move(events));
    discovery_ = std::make_shared<LdapDiscovery>(loop_, options_, reports_, servers_, catalog_);
    discovery_->start();
    auto ended = [](const std::exception_ptr& thrown) {
        if (thrown) report_failure("reading the organization", thrown);
    };
    auto work = keep_reading(shared_from_this());
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

void LdapResolver::stop() {
    if (std::exchange(stopped_, true)) return;
    servers_->stop();
    if (catalog_ != nullptr) catalog_->stop();
    discovery_->stop();
    next_reading_.cancel();
    first_reading_.wake_all();
}

void LdapResolver::server_is_up(const LdapServer& server) {
    knowledge_->every_server_is_down = cannot_log_in();
    knowledge_->set_server(server.name, true);
    if (reports_.metrics != nullptr) reports_.metrics->set_directory_up(server.name, true);
    say(LogLevel::info, "directory: " + server.name + " is up");
    next_reading_.cancel();  // what it says may have changed while it was away
}

void LdapResolver::server_is_down(const LdapServer& server, const std::string& why) {
    if (stopped_) return;
    knowledge_->every_server_is_down = cannot_log_in();
    knowledge_->set_server(server.name, false);
    if (reports_.metrics != nullptr) reports_.metrics->set_directory_up(server.name, false);
    // Most reasons begin with the server's name already.
    const bool names_it = why.starts_with(server.name);
    say(LogLevel::warning, "directory: " + (names_it ? "" : server.name + ": ") + why + "; not used until it is back");
}

void LdapResolver::server_is_gone(const LdapServer& server) {
    knowledge_->every_server_is_down = cannot_log_in();
    knowledge_->remove_server(server.name);
    say(LogLevel::info, "directory: " + server.name + " is not named by DNS any more, and not used");
}

void LdapResolver::log_in(LoginQuestion question, SteadyTime deadline, Done done) {
    if (question.check == PasswordCheck::password && !may_be_sent(question.password.reveal())) {
        return done({Rejected{Rejection::bad_credentials}, {}, 0, {}, {}, {}});
    }
    const Key key = knowledge_->logins.key_of(question);
    std::vector<Done>& asking = asked_[key];
    asking.push_back(std::move(done));
    if (asking.size() > 1) return;
    auto self = shared_from_this();
    auto ended = [self, key](const std::exception_ptr& thrown) {
        if (!thrown) return;
        report_failure("looking a login up", thrown);
        self->finish(key, {Unavailable{}, {}, 0, {}, {}, "a failure of our own"});
    };
    auto work = answer_all(self, key, std::move(question), deadline);
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

net::awaitable<void> LdapResolver::answer_all(std::shared_ptr<LdapResolver> self, Key key, LoginQuestion question,
                                              SteadyTime deadline) {
    LoginAnswer found;
    co_await self->answer(question, key, deadline, found);
    self->fall_back_on_memory(question, found);
    self->finish(key, found);
}

/// The question itself may have found out that every server is gone.
void LdapResolver::fall_back_on_memory(const LoginQuestion& question, LoginAnswer& answer) const {
    if (!std::holds_alternative<Unavailable>(answer.outcome) || !knowledge_->every_server_is_down) return;
    auto known = knowledge_->logins.recall(question, now(), true, nullptr);
    if (!known) return;
    answer.outcome = std::move(*known);
    if (question.anew) answer.remembered = knowledge_->logins.looked_up(question.login);
}

void LdapResolver::finish(const Key& key, const LoginAnswer& answer) {
    const auto node = asked_.extract(key);
    if (node.empty()) return;
    for (const Done& done : node.mapped()) done(answer);
}

/// One search, and one bind if the password is not known yet.
net::awaitable<void> LdapResolver::answer(const LoginQuestion& question, const Key& key, SteadyTime deadline,
                                          LoginAnswer& answer) {
    const bool checks_password = question.check == PasswordCheck::password;
    // Another may have asked the same while this question was on its way here.
    auto known = question.anew ? std::nullopt : knowledge_->logins.recall(question, now(), false, nullptr);
    if (known) {
        answer.outcome = std::move(*known);
        co_return;
    }
    co_await wait_for_first_reading(deadline);
    if (!naming_) co_return fail(answer, naming_trouble_);
    const SteadyTime begun = now();
    // While nobody answers, whoever exists is an outage: so is a login that was nobody's before.
    const bool may_recall = checks_password && begun < answered_ + trusts_silence_for && !knowledge_->every_server_is_down;
    auto nobody = may_recall ? knowledge_->logins.nobody(question.login, begun) : std::nullopt;
    std::optional<FoundEntry> found;
    if (nobody) {
        answer.outcome = std::move(*nobody);
    } else {
        found = co_await find_entry(question.login, deadline, answer);
    }
    if (!found) {
        const bool is_outage = std::holds_alternative<Unavailable>(answer.outcome);
        if (checks_password && !is_outage) co_await refuse_nobody(question, deadline, answer);
        co_return;
    }
    const Recipient& recipient = found->recipient;
    const SteadyTime looked_up = now();
    if (checks_password && !knowledge_->logins.knows_password(key, recipient, looked_up)) {
        const bool right = co_await check_password(question, key, *found, deadline, answer);
        if (!right) co_return;
        // A spelling that only the directory takes for this login would be one more entry for each.
        if (LdapSchema::has_login(recipient, question.login)) knowledge_->logins.remember_password(key, recipient, looked_up);
    }
    const LoginForm matched = matched_form(recipient, question.login, *naming_);
    // Not before the password is right: strangers shall not fill the memory with whom they know.
    if (LdapSchema::has_login(recipient, question.login)) {
        knowledge_->logins.remember(question.login, recipient, matched, begun);
    }
    const auto refusal = checks_password ? refusal_by_account(recipient.user_account_control) : std::nullopt;
    if (refusal) {
        answer.outcome = Rejected{*refusal};
    } else {
        answer.outcome = Accepted{std::make_shared<const Recipient>(recipient), matched, checks_password, false};
    }
}

/// The one entry that has the login; nothing with the outcome in the answer.
net::awaitable<std::optional<LdapResolver::FoundEntry>> LdapResolver::find_entry(const LoginName& login, SteadyTime deadline,
                                                                                 LoginAnswer& answer) {
    const auto base = naming_->base_of(login);
    const SteadyTime begun = now();
    if (!base && !naming_->domains_are_known) {
        fail(answer, "the NetBIOS names of the domains cannot be read below CN=Partitions; give directory.ldap.netbios_domains");
        co_return std::nullopt;
    }
    if (!base) {
        answer.outcome = NotFound{};
        answer.trouble = "no domain " + login.domain + " is known; see directory.ldap.netbios_domains";
        knowledge_->logins.remember_nobody(login, answer.outcome, begun);
        co_return std::nullopt;
    }
    answer.base = *base;
    answer.filter = schema_.login_filter(login, ways_of(login, *naming_, options_->smtp_logins));
    LdapSearch search{*base, LdapScope::subtree, answer.filter, schema_.attributes(), login_size_limit(*naming_), ldap_time_limit_seconds};
    const LdapAsked asked = co_await user_servers()->search(std::move(search), deadline);
    count(DirectoryOperation::search, asked, begun);
    answer.server = asked.server;
    answer.requests += asked.requests;
    const int code = asked.replied ? asked.replied->result.code : ldap_code::success;
    if (!asked.replied || (code != ldap_code::success && code != ldap_code::size_limit_exceeded)) {
        fail(answer, text_of(asked));
        co_return std::nullopt;
    }
    answered_ = now();
    LoginChoice choice = choose_entry(*asked.replied, login, *naming_, schema_, options_->smtp_logins);
    if (auto* chosen = std::get_if<Recipient>(&choice)) {
        if (catalog_ != nullptr) co_return co_await complete(std::move(*chosen), deadline, answer);
        const auto& entries = asked.replied->entries;
        const auto entry = std::ranges::find(entries, chosen->distinguished_name, &LdapEntry::dn);
        const auto set = LdapSchema::password_set_of(*entry, std::chrono::system_clock::now());
        co_return FoundEntry{std::move(*chosen), set};
    }
    if (const auto* trouble = std::get_if<std::string>(&choice)) {
        fail(answer, asked.server + ": " + *trouble);
        co_return std::nullopt;
    }
    if (std::holds_alternative<Ambiguous>(choice)) {
        answer.outcome = Ambiguous{};
    } else {
        answer.outcome = NotFound{};
    }
    knowledge_->logins.remember_nobody(login, answer.outcome, begun);
    co_return std::nullopt;
}

void LdapResolver::fail(LoginAnswer& answer, std::string trouble) {
    answered_ = {};
    answer.outcome = Unavailable{};
    failed_.tell(trouble, now());
    answer.trouble = std::move(trouble);
}

net::awaitable<void> LdapResolver::wait_for_first_reading(SteadyTime deadline) {
    while (!has_read_ && !stopped_ && now() < deadline) co_await first_reading_.wait(deadline);
}

void LdapResolver::count(DirectoryOperation operation, const LdapAsked& asked, SteadyTime begun) {
    if (reports_.metrics == nullptr) return;
    if (asked.passed_over != 0) reports_.metrics->count_failover();
    if (asked.requests == 0) return;
    OperationOutcome outcome = OperationOutcome::ok;
    if (!asked.replied) {
        const bool late = asked.replied.error().kind == LdapFailure::Kind::timed_out;
        outcome = late ? OperationOutcome::timed_out : OperationOutcome::failed;
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now() - begun);
    // Asked of more than one server, since those before could not answer.
    for (unsigned i = 1; i < asked.requests; ++i) reports_.metrics->count_directory_request(operation, OperationOutcome::failed, took);
    reports_.metrics->count_directory_request(operation, outcome, took);
}

void LdapResolver::say(LogLevel level, const std::string& text) const {
    if (reports_.say) reports_.say(level, text);
}

}  // namespace eas451
