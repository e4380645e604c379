// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/file_directory.hpp"

#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

#include "directory_contents.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/document/file_kind.hpp"
#include "login_cache.hpp"

namespace eas451 {
namespace {

constexpr std::uintmax_t largest_document = 64U << 20U;

LoginAnswer answer(LoginOutcome outcome) {
    return {std::move(outcome), "file", 0};
}

/// As long as any directory may trust a password that was right. What is read never changes, so here it
/// stays right; whoever does not come back is to be asked again all the same.
constexpr auto remembered_for = std::chrono::minutes(10);
constexpr std::size_t most_remembered = 65536;

constexpr auto between_warnings = std::chrono::seconds(10);

/// Any thread, but log_in(): the directory loop's. Nothing but the logins it remembers ever changes.
/// Where nobody has a password_hash, an unknown login and a wrong password take one keyed digest each.
/// Where somebody has one, which takes a hundred milliseconds by design until its password was right,
/// whatever is not right at once costs one such hash, whoever is asked for: the clock tells neither
/// which logins exist nor which have a hash.
class FileDirectory final : public Directory {
public:
    FileDirectory(DirectoryContents contents, const FileDirectoryOptions& options, std::function<SteadyTime()> now,
                  VerifyHash verify)
        : users_(std::move(contents.users)),
          relationships_(table_of(std::move(contents.relationships), options)),
          smtp_logins_(options.smtp_logins),
          now_(std::move(now)),
          verify_(std::move(verify)) {}

    void start(const boost::asio::any_io_executor&, const DirectoryReports& reports, TriedPasswords&) override {
        reports_ = reports;
    }

    [[nodiscard]] std::optional<LoginAnswer> log_in_at_once(const LoginQuestion& question) const override {
        return at_once(question, users_->find(question.login, smtp_logins_));
    }

    void log_in(LoginQuestion question, SteadyTime deadline, std::function<void(LoginAnswer)> done) override {
        // The hash cannot be broken off, so it is not begun when nobody waits for it any more.
        if (now_() >= deadline) {
            warn_of_the_queue();
            return done(answer(Unavailable{}));
        }
        const auto match = users_->find(question.login, smtp_logins_);
        // Another question may have found the password right while this one waited.
        if (auto known = at_once(question, match)) return done(*std::move(known));
        done(answer(checked_by_hash(match, question.password.reveal())));
    }

    [[nodiscard]] std::shared_ptr<const RelationshipTable> relationships() const override { return relationships_; }
    [[nodiscard]] bool was_ready() const override { return true; }
    /// Whoever is being asked about now is remembered as before: what was read never changes.
    std::optional<ForgottenLogins> forget_logins() override {
        const ForgottenLogins forgotten{0, logins_.size()};
        logins_.clear();
        return forgotten;
    }

private:
    [[nodiscard]] std::optional<LoginAnswer> at_once(const LoginQuestion& question,
                                                     const UserTable::Match& match) const;
    [[nodiscard]] bool is_right_at_once(const UserTable::Match& match, std::string_view password) const;
    [[nodiscard]] LoginOutcome checked_by_hash(const UserTable::Match& match, std::string_view password);
    [[nodiscard]] LoginOutcome right(const UserTable::Match& match) const;
    [[nodiscard]] LoginOutcome accepted(const UserTable::Match& match, bool password_checked) const;
    void warn_of_the_queue();

    // A user may have several logins, and need not have a distinguished name: the number names the entry.
    static LoginCache::Key key_of(UserTable::Number user, std::string_view password) {
        return LoginCache::key_of({}, std::to_string(user), password);
    }
    static LoginCache::Account account_of(UserTable::Number user) {
        return LoginCache::account_of(std::to_string(user));
    }

    std::unique_ptr<const UserTable> users_;
    std::shared_ptr<const RelationshipTable> relationships_;
    bool smtp_logins_;
    std::function<SteadyTime()> now_;
    VerifyHash verify_;
    LoginCache logins_{most_remembered};
    DirectoryReports reports_;
    std::optional<SteadyTime> warned_;
};

bool is_one(const UserTable::Match& match) { return match.count == UserTable::Match::Count::one; }

LoginOutcome wrong(const UserTable::Match& match) {
    if (is_one(match)) return Rejected{Rejection::bad_credentials};
    if (match.count == UserTable::Match::Count::none) return NotFound{};
    return Ambiguous{};
}

bool FileDirectory::is_right_at_once(const UserTable::Match& match, std::string_view password) const {
    if (!is_one(match)) return users_->has_password(std::nullopt, password);
    if (users_->password_hash(match.user).empty()) return users_->has_password(match.user, password);
    const auto success = logins_.find(key_of(match.user, password));
    return success && now_() - success->accepted < remembered_for;
}

std::optional<LoginAnswer> FileDirectory::at_once(const LoginQuestion& question, const UserTable::Match& match) const {
    if (question.check == PasswordCheck::none) return answer(is_one(match) ? accepted(match, false) : wrong(match));
    if (is_right_at_once(match, question.password.reveal())) return answer(right(match));
    if (users_->first_password_hash().empty()) return answer(wrong(match));
    return std::nullopt;
}

LoginOutcome FileDirectory::checked_by_hash(const UserTable::Match& match, std::string_view password) {
    const auto own = is_one(match) ? users_->password_hash(match.user) : std::string_view{};
    // Another's hash, for who has none, only takes its time.
    const bool fits = verify_(password, own.empty() ? users_->first_password_hash() : own);
    if (own.empty() || !fits) return wrong(match);
    logins_.remember(key_of(match.user, password), account_of(match.user), now_());
    return right(match);
}

LoginOutcome FileDirectory::right(const UserTable::Match& match) const {
    if (const auto why = refusal_by_account(users_->user_account_control(match.user))) return Rejected{*why};
    return accepted(match, true);
}

LoginOutcome FileDirectory::accepted(const UserTable::Match& match, bool password_checked) const {
    return Accepted{std::make_shared<const Recipient>(users_->recipient(match.user)), match.form, password_checked};
}

void FileDirectory::warn_of_the_queue() {
    if (!reports_.say || (warned_ && now_() - *warned_ < between_warnings)) return;
    warned_ = now_();
    const std::string waiting = reports_.waiting ? std::to_string(reports_.waiting()) : "some";
    reports_.say(LogLevel::warning,
                 "directory.file: logins wait longer than directory.deadline for a password_hash to be looked at, " + waiting +
                     " now; those that do are directory-down. If somebody tries passwords, the access log says from "
                     "where (bad-credentials, not-found): shut that address out, or have the users in LDAP");
}

std::vector<Mistake> one_mistake(const std::string& file_name, std::string text) {
    return {{file_name, Position{}, std::move(text)}};
}

ReadContents read_document_file(const std::filesystem::path& file) {
    std::error_code ignored;
    if (const auto size = std::filesystem::file_size(file, ignored); !ignored && size > largest_document) {
        return one_mistake(file.string(), "larger than 64 MiB; give the users as .ldif, which is read as a stream");
    }
    auto root = load_document(file, largest_document);
    if (!root) return root.error();
    return contents_of_document(*root, file.string());
}

ReadContents read_ldif_file(const std::filesystem::path& file) {
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in) return one_mistake(file.string(), "cannot be opened: " + std::generic_category().message(errno));
    return contents_of_ldif(in, file.string());
}

}  // namespace

std::shared_ptr<Directory> make_file_directory(DirectoryContents contents, const FileDirectoryOptions& options,
                                               std::function<SteadyTime()> now, VerifyHash verify) {
    return std::make_shared<FileDirectory>(std::move(contents), options, std::move(now), std::move(verify));
}

ReadContents read_directory_file(const std::filesystem::path& file) {
    const auto kind = file_kind(file);
    if (!kind) return one_mistake(file.string(), "a directory file ends in " + std::string(known_endings));
    return *kind == FileKind::document ? read_document_file(file) : read_ldif_file(file);
}

std::shared_ptr<const RelationshipTable> table_of(std::vector<OrganizationRelationship> relationships, const FileDirectoryOptions& options) {
    if (!options.relationships_from_directory) return std::make_shared<const RelationshipTable>(options.static_relationships);
    return std::make_shared<const RelationshipTable>(
        options.static_relationships, RelationshipTable::DirectoryPart{std::move(relationships), SteadyTime::max()});
}

Result<std::shared_ptr<Directory>, std::vector<Mistake>> open_file_directory(const FileDirectoryOptions& options) {
    auto contents = read_directory_file(options.file);
    if (!contents) return contents.error();
    return make_file_directory(std::move(*contents), options);
}

}  // namespace eas451
