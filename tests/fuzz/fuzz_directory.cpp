// SPDX-License-Identifier: Apache-2.0
// The file directory: the first byte is 'y' (YAML), 'j' (JSON) or 'l' (LDIF), the rest the file.
// Oracle: nothing throws; either there are mistakes, each with a place, or every user that was loaded
// is found by each name it was given.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "../../src/io/directory/directory_contents.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;
using Count = UserTable::Match::Count;

ReadContents read(char format, const std::string& text) {
    if (format == 'l') {
        std::istringstream in(text);
        return contents_of_ldif(in, "file");
    }
    // What a document is, its own first character tells; 'j' only keeps the corpus readable.
    auto root = parse_document(text, "file");
    if (!root) return root.error();
    return contents_of_document(*root, "file");
}

void require(bool condition) {
    if (!condition) std::abort();
}

/// Names may be of a form that no login has; then there is nothing to look up.
void find_by(const UserTable& users, UserTable::Number user, std::string_view name, bool only_one) {
    const auto login = parse_login_name(name);
    if (!login) return;
    const auto match = users.find(*login, true);
    require(match.count != Count::none);
    if (only_one) require(match.count == Count::one && match.user == user);
}

void find_again(const UserTable& users, UserTable::Number user) {
    const auto recipient = users.recipient(user);
    const auto& upn = recipient.user_principal_name;
    const auto& account = recipient.sam_account_name;
    if (upn.find('@') != std::string::npos) find_by(users, user, upn, true);
    // With an '@' it would be taken for a userPrincipalName.
    if (account.find('@') == std::string::npos) find_by(users, user, account, false);
    if (recipient.mail.find('@') != std::string::npos) find_by(users, user, recipient.mail, false);
    for (const std::string_view address : recipient.proxy_addresses) {
        if (!starts_with_ignore_case(address, "smtp:") || address.find('@') == std::string_view::npos) continue;
        find_by(users, user, address.substr(5), false);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    auto contents = read(static_cast<char>(data[0]), {reinterpret_cast<const char*>(data) + 1, size - 1});
    if (!contents) {
        require(!contents.error().empty());
        for (const auto& mistake : contents.error()) require(mistake.at.line >= 1 && mistake.at.column >= 1);
        return 0;
    }
    for (UserTable::Number user = 0; user < contents->users->size(); ++user) find_again(*contents->users, user);
    const auto directory = make_file_directory(std::move(*contents), {});
    require(directory->relationships() != nullptr);
    return 0;
}
