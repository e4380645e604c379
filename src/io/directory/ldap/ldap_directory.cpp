// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/ldap_directory.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "ldap_codec.hpp"
#include "ldap_knowledge.hpp"
#include "ldap_resolver.hpp"

namespace eas451 {
namespace {

LoginMemoryOptions memory_options(const LdapDirectoryOptions& options) {
    return {options.realm, options.ttl, options.negative_ttl, options.login_ttl, options.stale_local, options.max_entries};
}

std::shared_ptr<const RelationshipTable> first_table(const LdapDirectoryOptions& options) {
    if (!options.relationships_from_directory) {
        return std::make_shared<const RelationshipTable>(options.static_relationships);
    }
    return std::make_shared<const RelationshipTable>(options.static_relationships, std::nullopt);
}

/// What every thread may ask: the knowledge. What is not known goes to the resolver, which lives on the
/// loop and there alone; from here it is only ever posted to.
class LdapDirectory final : public Directory {
public:
    explicit LdapDirectory(std::shared_ptr<const LdapDirectoryOptions> options)
        : knowledge_(std::make_shared<LdapKnowledge>(memory_options(*options), first_table(*options))),
          options_(std::move(options)) {}

    ~LdapDirectory() override {
        auto resolver = resolver_.lock();
        if (resolver == nullptr) return;  // never started, or its loop has ended
        const boost::asio::any_io_executor loop = resolver->executor();
        boost::asio::post(loop, [resolver = std::move(resolver)] { resolver->stop(); });
    }
    LdapDirectory(const LdapDirectory&) = delete;
    LdapDirectory& operator=(const LdapDirectory&) = delete;

    void start(const boost::asio::any_io_executor& loop, const DirectoryReports& reports, TriedPasswords& tried) override {
        metrics_ = reports.metrics;
        const auto resolver = std::make_shared<LdapResolver>(loop, options_, knowledge_, reports, tried);
        resolver->start();
        resolver_ = resolver;
    }

    [[nodiscard]] std::optional<LoginAnswer> log_in_at_once(const LoginQuestion& question) const override {
        if (question.anew) return std::nullopt;
        auto known = knowledge_->logins.recall(question, std::chrono::steady_clock::now(),
                                               knowledge_->every_server_is_down, metrics_);
        if (!known) return std::nullopt;
        return LoginAnswer{std::move(*known), {}, 0, {}, {}, {}};
    }

    void log_in(LoginQuestion question, SteadyTime deadline, std::function<void(LoginAnswer)> done) override {
        const auto resolver = resolver_.lock();
        if (resolver == nullptr) return done({Unavailable{}, {}, 0, {}, {}, "the directory is not started"});
        resolver->log_in(std::move(question), deadline, std::move(done));
    }

    void doubt(const RememberedLogin& login) const override { knowledge_->logins.forget_password(login); }
    [[nodiscard]] PasswordTurns* turns() const override { return &knowledge_->turns; }

    [[nodiscard]] std::shared_ptr<const RelationshipTable> relationships() const override { return knowledge_->relationships(); }
    [[nodiscard]] bool was_ready() const override { return knowledge_->was_ready; }
    [[nodiscard]] DirectoryState state() const override { return knowledge_->state(options_->relationships_from_directory); }
    std::optional<ForgottenLogins> forget_logins() override {
        if (knowledge_->every_server_is_down) return std::nullopt;
        return knowledge_->logins.forget_all(std::chrono::steady_clock::now());
    }

private:
    std::shared_ptr<LdapKnowledge> knowledge_;
    std::shared_ptr<const LdapDirectoryOptions> options_;
    std::atomic<Metrics*> metrics_{nullptr};
    std::weak_ptr<LdapResolver> resolver_;  // set on the loop, by start()
};

}  // namespace

bool is_ldap_filter(const std::string& text) {
    LdapCodec codec;
    return codec.search({"", LdapScope::base, text, {"1.1"}, 1, 1}).has_value();
}

std::shared_ptr<Directory> make_ldap_directory(std::shared_ptr<const LdapDirectoryOptions> options) {
    return std::make_shared<LdapDirectory>(std::move(options));
}

}  // namespace eas451
