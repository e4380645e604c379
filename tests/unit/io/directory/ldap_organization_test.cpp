// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/ldap/ldap_organization.hpp"

#include <gmock/gmock.h>

#include "watched_server.hpp"

namespace eas451 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string federation = "CN=Federation,CN=Contoso,CN=Services,CN=Configuration,DC=contoso";

class LdapOrganizationTest : public WatchTest {
protected:
    /// Reads from a server whose root DSE has these controls.
    LdapOrganization read(const std::vector<std::string>& controls, const LdapNamingOptions& options = {}) {
        FakeLdapServer server(certificate(), [&](const FakeLdapServer::Request& request) -> std::optional<std::string> {
            if (request.operation == FakeLdapServer::bind) return FakeLdapServer::friendly(request);
            if (request.operation != FakeLdapServer::search) return std::string();
            std::string found;
            if (request.has("supportedControl")) found = root(request.id, controls);
            if (request.has("msExchFedSharingRelationship")) found = relationships(request.id);
            return found + ber::result(request.id, 0x65, 0);
        });
        serve(server.port());
        std::optional<Result<LdapOrganization, std::string>> read;
        auto ended = [&read](const std::exception_ptr& thrown, Result<LdapOrganization, std::string> result) {
            if (thrown) std::rethrow_exception(thrown);
            read = std::move(result);
        };
        auto work = read_organization(*servers_, options, std::chrono::steady_clock::now() + patience);
        boost::asio::co_spawn(*loop_, std::move(work), std::move(ended));
        run_until([&] { return read.has_value(); });
        expect_that_all_ends();
        EXPECT_TRUE(*read) << (*read ? "" : read->error());
        return *read ? std::move(**read) : LdapOrganization{};
    }

private:
    static std::string root(int id, const std::vector<std::string>& controls) {
        return ber::entry(id, "", {{"defaultNamingContext", {"DC=contoso"}},
                                   {"configurationNamingContext", {"CN=Configuration,DC=contoso"}},
                                   {"supportedControl", controls}});
    }
    static std::string relationships(int id) {
        std::string entries;
        for (const char* dn : {"CN=Z,CN=Zulu,DC=contoso", "CN=Office 365,CN=Federation,CN=Contoso,CN=Services,CN=Configuration,DC=contoso",
                                      "CN=Fabrikam\\, Inc,cn=federation, CN=Contoso,CN=Services,CN=Configuration,DC=contoso"}) {
            entries += ber::entry(id, dn, {{"msExchFedDomainNames", {"contoso.mail.onmicrosoft.com"}}});
        }
        return entries;
    }
};

TEST_F(LdapOrganizationTest, SaysWhereTheRelationshipsAreAndWhetherTheyCanBeWatchedThere) {
    const LdapOrganization organization = read({"1.2.840.113556.1.4.319", "1.2.840.113556.1.4.528"});
    EXPECT_EQ(organization.trouble, "");
    EXPECT_THAT(organization.containers, ElementsAre(federation, "CN=Zulu,DC=contoso"));
    EXPECT_EQ(organization.server, "ldaps://s1");
    EXPECT_TRUE(organization.can_be_watched);
}

TEST_F(LdapOrganizationTest, AServerWithoutTheControlCannotBeWatched) {
    const LdapOrganization organization = read({"1.2.840.113556.1.4.319", "1.2.840.113556.1.4.5280"});
    EXPECT_EQ(organization.containers.size(), 2U);
    EXPECT_FALSE(organization.can_be_watched);
}

TEST_F(LdapOrganizationTest, WhatIsNotWantedIsNotWatched) {
    LdapNamingOptions options;
    options.wants_relationships = false;
    const LdapOrganization organization = read({"1.2.840.113556.1.4.528"}, options);
    EXPECT_THAT(organization.containers, IsEmpty());
    EXPECT_FALSE(organization.can_be_watched);
}

}  // namespace
}  // namespace eas451
