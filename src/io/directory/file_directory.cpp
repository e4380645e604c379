// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/file_directory.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "directory_contents.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/document/file_kind.hpp"

namespace eas451 {
namespace {

constexpr std::uintmax_t largest_document = 64U << 20U;

LoginAnswer answer(LoginOutcome outcome) {
    return {std::move(outcome), "file", 0};
}

/// Immutable; any thread. An unknown login and a wrong plain password take one keyed hash each, so the
/// clock does not tell them apart. A password_hash takes tens of milliseconds by design, and that is
/// not spent on unknown logins, which anybody can send: where hashes are in use, the time of an answer
/// tells which logins have one.
class FileDirectory final : public Directory {
public:
    FileDirectory(DirectoryContents contents, const FileDirectoryOptions& options)
        : users_(std::move(contents.users)),
          relationships_(
              options.relationships_from_directory
                  ? std::make_shared<const RelationshipTable>(
                        options.static_relationships,
                        RelationshipTable::DirectoryPart{std::move(contents.relationships), SteadyTime::max()})
                  : std::make_shared<const RelationshipTable>(options.static_relationships)) {}

    [[nodiscard]] std::optional<LoginAnswer> log_in_at_once(const LoginQuestion& question) const override {
        const auto match = users_->find(question.login);
        if (match.count == UserTable::Match::Count::one && question.check == PasswordCheck::password &&
            !users_->password_hash(match.user).empty()) {
            return std::nullopt;
        }
        return answer(outcome(question, match));
    }

    void log_in(LoginQuestion question, SteadyTime deadline, std::function<void(LoginAnswer)> done) override {
        // The hash cannot be broken off, so it is not begun when nobody waits for it any more.
        if (std::chrono::steady_clock::now() >= deadline) return done(answer(Unavailable{}));
        done(answer(outcome(question, users_->find(question.login))));
    }

    [[nodiscard]] std::shared_ptr<const RelationshipTable> relationships() const override { return relationships_; }
    [[nodiscard]] bool was_ready() const override { return true; }

private:
    [[nodiscard]] LoginOutcome outcome(const LoginQuestion& question, const UserTable::Match& match) const;
    [[nodiscard]] bool is_right(UserTable::Number user, std::string_view password) const;

    std::unique_ptr<const UserTable> users_;
    std::shared_ptr<const RelationshipTable> relationships_;
};

bool FileDirectory::is_right(UserTable::Number user, std::string_view password) const {
    const auto hash = users_->password_hash(user);
    return hash.empty() ? users_->has_password(user, password) : verify_password(password, hash);
}

LoginOutcome FileDirectory::outcome(const LoginQuestion& question, const UserTable::Match& match) const {
    const bool check = question.check == PasswordCheck::password;
    if (match.count != UserTable::Match::Count::one) {
        if (check) static_cast<void>(users_->has_password(std::nullopt, question.password.reveal()));
        if (match.count == UserTable::Match::Count::none) return NotFound{};
        return Ambiguous{};
    }
    if (check) {
        if (!is_right(match.user, question.password.reveal())) return Rejected{Rejection::bad_credentials};
        const auto control = users_->user_account_control(match.user);
        for (const auto& [bit, why] : account_bits) {
            if ((control & bit) != 0) return Rejected{why};
        }
    }
    return Accepted{std::make_shared<const Recipient>(users_->recipient(match.user)), match.form, check};
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

std::shared_ptr<Directory> make_file_directory(DirectoryContents contents, const FileDirectoryOptions& options) {
    return std::make_shared<FileDirectory>(std::move(contents), options);
}

Result<std::shared_ptr<Directory>, std::vector<Mistake>> open_file_directory(const FileDirectoryOptions& options) {
    const auto kind = file_kind(options.file);
    if (!kind) {
        return one_mistake(options.file.string(), "a directory file ends in " + std::string(known_endings));
    }
    auto contents = *kind == FileKind::document ? read_document_file(options.file) : read_ldif_file(options.file);
    if (!contents) return contents.error();
    return make_file_directory(std::move(*contents), options);
}

}  // namespace eas451
