// SPDX-License-Identifier: Apache-2.0
#include "directory_texts.hpp"

namespace eas451 {
namespace {

TEST(DirectoryRelationships, ReadsRelationshipsOfADocument) {
    const auto contents = R"({"users": [], "organization_relationships": [
      {"name": "Office 365", "domain_names": ["contoso.mail.onmicrosoft.com", "x.com"],
       "target_owa_url": "http://outlook.com/owa/contoso.com", "eas_url": null, "minimum_protocol_version": "16.1"},
      {"name": "Fabrikam", "domain_names": "Fabrikam.com", "target_owa_url": "https://mail.fabrikam.com/owa",
       "eas_url": "https://eas.fabrikam.com:8443/x", "enabled": false},
      {"name": "No target", "domain_names": ["y.com"]}]})";
    const auto directory = directory_of(read_document(contents));
    ASSERT_NE(directory, nullptr);
    const auto table = directory->relationships();
    EXPECT_EQ(describe(*table, "contoso.mail.onmicrosoft.com"),
              "Office 365 on https://outlook.office365.com/Microsoft-Server-ActiveSync 16.1");
    EXPECT_EQ(describe(*table, "fabrikam.COM"),
              "Fabrikam off https://eas.fabrikam.com:8443/Microsoft-Server-ActiveSync");
    EXPECT_EQ(describe(*table, "y.com"), "No target on " + std::string(to_string(UrlFault::missing)));
    EXPECT_EQ(table->all().size(), 3U);
    EXPECT_EQ(table->all().front().relationship.source, OrganizationRelationship::Source::directory);

    const auto without = directory_of(read_document(contents), false);
    ASSERT_NE(without, nullptr);
    EXPECT_TRUE(without->relationships()->all().empty());
}

TEST(DirectoryRelationships, ReadsRelationshipsOfLdif) {
    const auto directory = directory_of(read_ldif(R"(dn: CN=a,DC=x
uid: a

dn: CN=O365,CN=Federation,CN=Contoso
objectClass: top
objectClass: msExchFedSharingRelationship
cn: O365
name: O365
msExchFedDomainNames: contoso.mail.onmicrosoft.com
msExchFedDomainNames: x.com
msExchFedTargetOWAURL: http://outlook.com/owa/contoso.com
msExchFedIsEnabled: FALSE
msExchVersion: 44220983382016

dn: CN=FedOrg
objectClass: msExchFedOrgId
msExchFedDomainNames: not.one.com
)"));
    ASSERT_NE(directory, nullptr);
    const auto table = directory->relationships();
    EXPECT_EQ(describe(*table, "x.com"), "O365 off https://outlook.office365.com/Microsoft-Server-ActiveSync");
    EXPECT_EQ(describe(*table, "contoso.mail.onmicrosoft.com"), describe(*table, "x.com"));
    EXPECT_EQ(describe(*table, "not.one.com"), "none");
}

TEST(DirectoryRelationships, NamesEveryMistakeOfARelationship) {
    EXPECT_EQ(mistakes_of(read_document(R"(users: []
organization_relationships:
  - {name: A, domain_names: [a.com], target_owa_url: "ftp://a.com"}
  - {domain_names: [b.com, "not a domain"], eas_url: http://b.com}
  - {name: C, domain_names: [c.com, A.com], minimum_protocol_version: new, enabled: "true"}
  - {name: D, domain_name: d.com}
  - E
  - {name: F, domain_names: [f.com], minimum_protocol_version: 13.9}
  - {name: G, domain_names: [g.com], minimum_protocol_version: 14.0}
)")),
              "f:3:54: target_owa_url: not an http or https URL\n"
              "f:4:5: a relationship without a name\n"
              "f:4:28: no domain name; write it as contoso.mail.onmicrosoft.com\n"
              "f:4:54: eas_url: not an https URL; write it as https://HOST\n"
              "f:5:37: domain 'A.com' already stands in line 3; a domain belongs to one relationship\n"
              "f:5:71: no version of the protocol; write it as \"14.1\"\n"
              "f:5:85: enabled is true or false\n"
              "f:6:5: a relationship without domain_names matches nobody\n"
              "f:6:15: unknown key 'domain_name' (did you mean 'domain_names'?)\n"
              "f:7:5: a relationship has to be a mapping, not a value\n"
              "f:8:64: below 14.0, where devices do not understand a 451; write 14.0 or more\n");
    EXPECT_EQ(
        mistakes_of(read_ldif("dn: CN=a\nuid: a\n\n"
                              "dn: CN=r\nobjectClass: msExchFedSharingRelationship\nmsExchFedDomainNames: x.com\n\n"
                              "dn: CN=s\nobjectClass: msExchFedSharingRelationship\nmsExchFedDomainNames: X.com\n"
                              "msExchFedIsEnabled: yes\n")),
        "f:10:23: domain 'X.com' already stands in line 6; a domain belongs to one relationship\n"
        "f:11:21: msExchFedIsEnabled is neither TRUE nor FALSE\n");
}

TEST(DirectoryRelationships, StaticRelationshipsComeFirst) {
    OrganizationRelationship fixed;
    fixed.name = "static";
    fixed.domain_names = {"x.com"};
    fixed.target_owa_url = "https://static.com/owa";
    auto contents =
        read_document("users: []\norganization_relationships: [{name: file, domain_names: [x.com, y.com]}]\n");
    ASSERT_TRUE(contents.has_value());
    const auto directory = make_file_directory(std::move(*contents), {"", {fixed}, true});
    EXPECT_EQ(describe(*directory->relationships(), "x.com"),
              "static on https://static.com/Microsoft-Server-ActiveSync");
    EXPECT_NE(describe(*directory->relationships(), "y.com"), "none");
}

}  // namespace
}  // namespace eas451
