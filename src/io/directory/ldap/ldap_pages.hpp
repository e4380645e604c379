// SPDX-License-Identifier: Apache-2.0
// LdapPages: what a search finds, page by page (RFC 2696), however much that is. The next page is asked for as soon
// as one is here, so that the server works on it while this one is worked on; of more than two there is never any
// memory used.
//
// On the loop of its connection, which nobody else uses meanwhile.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ldap_connection.hpp"

namespace eas451 {

struct LdapPagesLimits {
    /// The MaxPageSize of a domain controller.
    int page_size = 1000;
    /// Of one page, from when it is waited for.
    std::chrono::milliseconds longest_wait = std::chrono::seconds(30);
    /// One after the other without an entry. The RFC allows them.
    unsigned most_empty_pages = 16;
    /// More than any forest has: a server that goes round in circles comes to an end here.
    std::size_t most_entries = 10'000'000;
};

class LdapPages {
public:
    /// Nothing after the last page; the error is one sentence, and nothing comes after it.
    using Page = Result<std::optional<std::vector<LdapEntry>>, std::string>;

    /// Asks for the first page. The connection is open and bound. `search` has no size limit and no page.
    LdapPages(boost::asio::any_io_executor loop, std::shared_ptr<LdapConnection> connection, std::string server, LdapSearch search,
              LdapPagesLimits limits = {});
    LdapPages(const LdapPages&) = delete;
    LdapPages& operator=(const LdapPages&) = delete;

    boost::asio::awaitable<Page> next();

private:
    struct Asked;

    void ask(std::string cookie);
    static boost::asio::awaitable<void> fetch(std::shared_ptr<LdapConnection> connection, std::shared_ptr<Asked> asked);
    /// Why this is no page of a search that goes on; empty: it is one.
    [[nodiscard]] std::string trouble_of(const LdapReply& reply) const;
    [[nodiscard]] std::string trouble_of_pages(const LdapReply& reply, const std::string& cookie_before);

    boost::asio::any_io_executor loop_;
    std::shared_ptr<LdapConnection> connection_;
    std::string server_;
    LdapSearch search_;
    LdapPagesLimits limits_;
    std::shared_ptr<Asked> asked_;  // null: there is no more
    std::string first_dn_;          // of the page before
    std::size_t entries_ = 0;
    unsigned empty_pages_ = 0;
};

}  // namespace eas451
