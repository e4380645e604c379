// SPDX-License-Identifier: Apache-2.0
// The part of LdapResolver that knows of the global catalog. It has every user of the forest, with the
// attributes that the schema marks for it (isMemberOfPartialAttributeSet): never pwdLastSet. The rest is at
// the domain controller's own port, for users of its own domain.
#include "ldap_resolver.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

/// The entry is another domain's (a referral, RFC 4511 section 4.1.10, which is not followed), or this server
/// does not have it.
bool is_elsewhere(int code) { return code == ldap_code::referral || code == ldap_code::no_such_object; }

}  // namespace

/// The discovery says which they are.
void LdapResolver::start_catalog(LdapLinkEvents events) {
    LdapAccount account{options_->bind_name, options_->bind_password};
    catalog_ = std::make_shared<LdapServers>(loop_, std::vector<LdapServer>{}, options_->tls, std::move(account),
                                             options_->deadline, std::move(events));
}

bool LdapResolver::cannot_log_in() const {
    return servers_->are_all_down() || (catalog_ != nullptr && catalog_->are_all_down());
}

/// The whole entry of whom the catalog has found, so that decisions and the identity are those of a directory
/// without it. Of another domain's user the catalog's attributes are all there are. Nothing, with the outcome in
/// the answer, when nobody can be asked: half an entry is no ground for a decision.
net::awaitable<std::optional<LdapResolver::FoundEntry>> LdapResolver::complete(Recipient found, SteadyTime deadline,
                                                                               LoginAnswer& answer) {
    const SteadyTime begun = std::chrono::steady_clock::now();
    LdapSearch search{found.distinguished_name, LdapScope::base, "(objectClass=*)", schema_.attributes(), 1,
                      ldap_time_limit_seconds};
    const LdapAsked asked = co_await servers_->search(std::move(search), deadline);
    count(DirectoryOperation::search, asked, begun);
    answer.requests += asked.requests;
    const int code = asked.replied ? asked.replied->result.code : ldap_code::success;
    if (!asked.replied || (code != ldap_code::success && !is_elsewhere(code))) {
        fail(answer, text_of(asked));
        co_return std::nullopt;
    }
    const bool is_here = code == ldap_code::success && !asked.replied->entries.empty();
    const LdapEntry whole = is_here ? asked.replied->entries.front() : LdapEntry{};
    const PasswordSet set = LdapSchema::password_set_of(whole, std::chrono::system_clock::now());
    if (!is_here) co_return FoundEntry{std::move(found), set};
    auto recipient = schema_.recipient_of(whole);
    if (recipient) recipient->netbios_name = found.netbios_name;
    if (recipient) co_return FoundEntry{std::move(*recipient), set};
    fail(answer, asked.server + ": " + recipient.error());
    co_return std::nullopt;
}

}  // namespace eas451
