// SPDX-License-Identifier: Apache-2.0
#include "ldap_catalog_check.hpp"

#include <algorithm>
#include <vector>

#include "eas451/core/text.hpp"
#include "ldap_filter.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

/// These are told in reports, and no answer depends on them.
constexpr std::string_view only_reported[] = {"msExchRecipientTypeDetails", "msExchRemoteRecipientType", "msExchMailboxGuid"};

LdapSearch root_search() {
    return {"", LdapScope::base, "(objectClass=*)", {"isGlobalCatalogReady", "schemaNamingContext"}, 1, ldap_time_limit_seconds};
}

/// What the schema says of the attributes of users that we look at.
LdapSearch schema_search(const std::string& base, const LdapSchema& schema) {
    std::string any;
    for (const std::string_view attribute : recipient_attributes) {
        any.append("(lDAPDisplayName=").append(escape_filter_value(schema.name_of(attribute))).append(")");
    }
    return {base, LdapScope::one_level, "(&(objectClass=attributeSchema)(|" + any + "))",
            {"lDAPDisplayName", "isMemberOfPartialAttributeSet"}, 2 * static_cast<int>(std::size(recipient_attributes)),
            ldap_time_limit_seconds};
}

void add(std::string& list, std::string_view name) { list.append(list.empty() ? "" : ", ").append(name); }

/// An attribute that the schema does not have, or does not show, is not judged.
void judge(const std::string& name, const LdapSchema& schema, const LdapReply& reply, DirectoryFindings& findings) {
    std::string deciding;
    std::string reported;
    for (const std::string_view attribute : recipient_attributes) {
        const std::string& theirs = schema.name_of(attribute);
        const auto is_it = [&](const LdapEntry& entry) { return equals_ignore_case(entry.value("lDAPDisplayName"), theirs); };
        const auto entry = std::ranges::find_if(reply.entries, is_it);
        if (entry == reply.entries.end() || equals_ignore_case(entry->value("isMemberOfPartialAttributeSet"), "TRUE")) continue;
        const bool decides = std::ranges::find(only_reported, attribute) == std::end(only_reported);
        add(decides ? deciding : reported, theirs);
    }
    if (!reported.empty()) findings.facts.push_back(name + ": not in the global catalog, and only told in reports: " + reported);
    if (deciding.empty()) return;
    findings.warnings.push_back(name + ": not in the global catalog: " + deciding +
                                "; users of other domains than the server's own are decided on as if they had none "
                                "(isMemberOfPartialAttributeSet in the schema)");
}

}  // namespace

net::awaitable<bool> check_ldap_catalog(LdapServers& catalog, const std::string& name, SteadyTime deadline,
                                        DirectoryFindings& findings) {
    const LdapAsked root = co_await catalog.search(root_search(), deadline);
    if (!root.replied) {
        findings.errors.push_back(text_of(root));
        co_return false;
    }
    for (const LdapEntry& dse : root.replied->entries) {
        if (!equals_ignore_case(dse.value("isGlobalCatalogReady"), "FALSE")) continue;
        findings.errors.push_back(name + ": its global catalog is not complete yet (isGlobalCatalogReady FALSE), so that users are missing");
    }
    co_return true;
}

net::awaitable<void> check_catalog_attributes(LdapServers& server, const std::string& name, const LdapSchema& schema,
                                              SteadyTime deadline, DirectoryFindings& findings) {
    const LdapAsked root = co_await server.search(root_search(), deadline);
    if (!root.replied || root.replied->entries.empty()) co_return;  // said where the server itself was asked
    const std::string base(root.replied->entries.front().value("schemaNamingContext"));
    if (base.empty()) co_return;
    const LdapAsked asked = co_await server.search(schema_search(base, schema), deadline);
    if (!asked.replied || asked.replied->result.code != ldap_code::success) {
        co_return findings.warnings.push_back(name + ": what is in the global catalog cannot be read in the schema: " + text_of(asked));
    }
    judge(name, schema, *asked.replied, findings);
}

}  // namespace eas451
