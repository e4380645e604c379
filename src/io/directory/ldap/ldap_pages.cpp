// SPDX-License-Identifier: Apache-2.0
#include "ldap_pages.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "eas451/io/runtime/failure_report.hpp"
#include "eas451/io/runtime/waiters.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

/// A page that nobody waits for yet may be read as late as whoever works on the one before likes.
constexpr std::chrono::hours longest_pause{24};

LdapPages::Page no_page(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

}  // namespace

struct LdapPages::Asked {
    Asked(const net::any_io_executor& loop, LdapSearch asked_for) : search(std::move(asked_for)), done(loop) {}

    LdapSearch search;
    std::optional<LdapConnection::Replied> replied;
    Waiters done;
};

LdapPages::LdapPages(net::any_io_executor loop, std::shared_ptr<LdapConnection> connection, std::string server, LdapSearch search,
                     LdapPagesLimits limits)
    : loop_(std::move(loop)), connection_(std::move(connection)), server_(std::move(server)), search_(std::move(search)), limits_(limits) {
    ask({});
}

void LdapPages::ask(std::string cookie) {
    search_.page = LdapPage{limits_.page_size, std::move(cookie)};
    asked_ = std::make_shared<Asked>(loop_, search_);
    auto ended = [](const std::exception_ptr& failure) {
        if (failure) report_failure("asking for a page", failure);
    };
    auto work = fetch(connection_, asked_);
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

net::awaitable<void> LdapPages::fetch(std::shared_ptr<LdapConnection> connection, std::shared_ptr<Asked> asked) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + longest_pause;
    asked->replied = co_await connection->search(asked->search, deadline);
    asked->done.wake_all();
}

net::awaitable<LdapPages::Page> LdapPages::next() {
    const std::shared_ptr<Asked> asked = std::exchange(asked_, nullptr);
    if (asked == nullptr) co_return Page(std::optional<std::vector<LdapEntry>>());
    // The limit begins here: nobody read while the page before was worked on.
    const SteadyTime deadline = std::chrono::steady_clock::now() + limits_.longest_wait;
    if (!asked->replied) co_await asked->done.wait(deadline);
    if (!asked->replied) {
        LdapFailure late{LdapFailure::Kind::timed_out, server_ + " did not give a page in time"};
        connection_->close(late);
        co_return no_page(late.text);
    }
    if (!*asked->replied) co_return no_page(asked->replied->error().text);
    LdapReply& reply = **asked->replied;
    std::string trouble = trouble_of(reply);
    if (trouble.empty()) trouble = trouble_of_pages(reply, asked->search.page->cookie);
    if (!trouble.empty()) co_return no_page(std::move(trouble));
    if (!reply.result.next_page->empty()) {
        ask(*reply.result.next_page);
        co_await net::post(loop_, net::use_awaitable);  // it is sent before we go on
    }
    co_return Page(std::optional(std::move(reply.entries)));
}

std::string LdapPages::trouble_of(const LdapReply& reply) const {
    const int code = reply.result.code;
    if (code == ldap_code::unavailable_critical_extension) {
        return server_ + " does not give results in pages (RFC 2696): " + text_of(reply.result);
    }
    if (code == ldap_code::size_limit_exceeded) {
        return server_ + ": " + text_of(reply.result) +
               "; it does not let the service account see all entries (OpenLDAP: limits … size.prtotal=unlimited)";
    }
    if (code != ldap_code::success) return server_ + ": " + text_of(reply.result);
    if (reply.result.next_page) return {};
    return server_ + " does not say whether there are more pages (RFC 2696), so that entries may be missing";
}

std::string LdapPages::trouble_of_pages(const LdapReply& reply, const std::string& cookie_before) {
    entries_ += reply.entries.size();
    if (entries_ > limits_.most_entries) {
        return server_ + " gives more than " + std::to_string(limits_.most_entries) + " entries, page after page";
    }
    empty_pages_ = reply.entries.empty() ? empty_pages_ + 1 : 0;
    if (empty_pages_ > limits_.most_empty_pages) return server_ + " gives empty pages without end";
    const std::string first = reply.entries.empty() ? std::string() : reply.entries.front().dn;
    const bool is_repeated = !first.empty() && first == first_dn_ && reply.result.next_page == cookie_before;
    first_dn_ = first;
    return is_repeated ? server_ + " gives the same page again and again" : std::string();
}

}  // namespace eas451
