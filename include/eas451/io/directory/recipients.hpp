// SPDX-License-Identifier: Apache-2.0
// Every mail-enabled recipient of a directory, one after the other, for audit: in the memory of a few
// thousand of them where the directory is LDAP.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/recipient.hpp"
#include "eas451/core/result.hpp"
#include "eas451/io/directory/file_directory.hpp"
#include "eas451/io/directory/ldap_directory.hpp"

namespace eas451 {

/// Who is told of them, on the thread that asks. It may take its time: what it takes counts against no limit.
class RecipientVisitor {
public:
    virtual ~RecipientVisitor() = default;
    /// Once, before the first. The table says of itself where relationships could not be read.
    virtual void begin(std::shared_ptr<const RelationshipTable> relationships) = 0;
    virtual void take(const Recipient& recipient) = 0;
    /// An entry with an attribute that cannot be read; `why` names both.
    virtual void take_unreadable(std::string_view distinguished_name, const std::string& why) = 0;
};

/// Where they were looked for, and how that ended.
struct RecipientsSeen {
    std::string source;  // the server, as configured, or the file; empty: none could be asked
    std::string base;    // of LDAP; empty besides: the whole forest
    std::string filter;  // of LDAP
    std::string trouble;  // not empty: these are not all of them, and why
    std::string relationships_trouble;  // not empty: those of the directory could not be read, and why
};

/// In pages (RFC 2696) on a connection of its own to the first server that is up, or to its global catalog; nobody
/// else is asked once the first page has been. The options are those of make_ldap_directory(). The visitor lives
/// until it ends.
boost::asio::awaitable<RecipientsSeen> visit_ldap_recipients(std::shared_ptr<const LdapDirectoryOptions> options,
                                                             RecipientVisitor& visitor);

/// In the order of the file; or its mistakes, and then nobody is told of anything.
Result<RecipientsSeen, std::vector<Mistake>> visit_file_recipients(const FileDirectoryOptions& options, RecipientVisitor& visitor);

}  // namespace eas451
