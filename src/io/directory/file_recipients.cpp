// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "directory_contents.hpp"
#include "eas451/io/directory/recipients.hpp"

namespace eas451 {

Result<RecipientsSeen, std::vector<Mistake>> visit_file_recipients(const FileDirectoryOptions& options, RecipientVisitor& visitor) {
    auto contents = read_directory_file(options.file);
    if (!contents) return contents.error();
    visitor.begin(table_of(std::move(contents->relationships), options));
    const auto count = static_cast<UserTable::Number>(contents->users->size());
    for (UserTable::Number user = 0; user < count; ++user) {
        const Recipient recipient = contents->users->recipient(user);
        if (recipient.is_mail_enabled()) visitor.take(recipient);
    }
    RecipientsSeen seen;
    seen.source = options.file.string();
    return seen;
}

}  // namespace eas451
