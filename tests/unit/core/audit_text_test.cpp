// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/audit_text.hpp"
#include "eas451/core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eas451 {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

AuditRow stuck_row() {
    AuditRow row;
    row.severity = AuditSeverity::stuck;
    row.finding = row.reason = "no-relationship";
    row.recipient = "CN=Olga,DC=contoso,DC=com";
    row.user_principal_name = "olga@contoso.com";
    row.primary_smtp_address = "olga@contoso.com";
    row.target_address = "SMTP:olga@litware.com";
    row.audit_class = AuditClass::stuck;
    row.what = "organization relationship: litware.com (the domain is in no relationship)";
    row.mend = "Set-OrganizationRelationship";
    return row;
}

std::string written(AuditFormat format, const std::vector<AuditRow>& rows, const AuditSummary& summary = {}, const AuditEnd& end = {}) {
    const auto text = make_audit_text(format);
    std::string out;
    text->begin(RedirectMode::report, out);
    for (const AuditRow& row : rows) text->row(row, out);
    text->end(summary, end, out);
    return out;
}

constexpr const char* header =
    "severity,finding,recipient,user_principal_name,primary_smtp_address,target_address,class,reason,location,what,mend\r\n";

TEST(AuditCsv, ARowIsALineWithTheColumnsOfTheHeader) {
    EXPECT_EQ(written(AuditFormat::csv, {stuck_row()}),
              std::string(header) + "stuck,no-relationship,\"CN=Olga,DC=contoso,DC=com\",olga@contoso.com,olga@contoso.com,"
                                    "SMTP:olga@litware.com,stuck,no-relationship,,organization relationship: litware.com (the domain is "
                                    "in no relationship),Set-OrganizationRelationship\r\n");
}

TEST(AuditCsv, QuotesCommasAndLineEndsAreQuoted) {
    AuditRow row;
    row.recipient = "a\"b,c\r\nd";
    EXPECT_EQ(written(AuditFormat::csv, {row}), std::string(header) + "fine,,\"a\"\"b,c\r\nd\",,,,,,,,\r\n");
}

TEST(AuditCsv, NothingIsAFormula) {
    for (const char* evil : {"=1+1", "+1", "-1", "@SUM(A1)"}) {
        AuditRow row;
        row.recipient = evil;
        EXPECT_EQ(written(AuditFormat::csv, {row}), std::string(header) + "fine,,'" + evil + ",,,,,,,,\r\n");
    }
    AuditRow row;
    row.recipient = "=HYPERLINK(\"x\",1)";
    EXPECT_THAT(written(AuditFormat::csv, {row}), HasSubstr(",\"'=HYPERLINK(\"\"x\"\",1)\","));
    row.recipient = "\t=1";
    EXPECT_THAT(written(AuditFormat::csv, {row}), HasSubstr(",'\t=1,"));
    row.recipient = "a=1";
    EXPECT_THAT(written(AuditFormat::csv, {row}), HasSubstr(",a=1,"));
}

TEST(AuditCsv, AnIncompleteReportHasARowThatSaysSo) {
    EXPECT_EQ(written(AuditFormat::csv, {}, {}, {"dc1", "", "", "dc1: gone"}), std::string(header) + "incomplete,incomplete,,,,,,,,dc1: gone,\r\n");
    EXPECT_EQ(written(AuditFormat::csv, {}), header);
}

TEST(AuditJson, IsOneObjectWhateverIsInIt) {
    constexpr const char* head =
        R"({"asked":{"method":"POST","command":"Sync","protocol_version":"16.1"},"redirect_mode":"report","rows":[)";
    EXPECT_EQ(written(AuditFormat::json, {}),
              std::string(head) + R"(],"findings":0,"findings_of":{},"recipients":0,"classes":{"local":0,"redirected":0,"would-redirect":0,)" +
                  R"("stuck":0},"reasons":{},"targets":[],"source":null,"base":null,"filter":null,"complete":true,"trouble":null})" + "\n");
    AuditRow plain;
    plain.what = "a \"b\"\n";
    AuditSummary summary;
    summary.recipients = 2;
    summary.findings = 1;
    summary.findings_of["no-target"] = 1;
    summary.reasons[static_cast<std::size_t>(Reason::no_target)] = 1;
    summary.targets["a.example"] = {1, 2};
    summary.targets["b.example"] = {0, 3};
    const std::string out = written(AuditFormat::json, {stuck_row(), plain}, summary, {"dc1", "DC=x", "(f)", "gone"});
    EXPECT_THAT(out, HasSubstr("[\n{\"severity\":\"stuck\",\"finding\":\"no-relationship\",\"recipient\":\"CN=Olga,DC=contoso,DC=com\","));
    EXPECT_THAT(out, HasSubstr("},\n{\"severity\":\"fine\",\"finding\":null,\"recipient\":null,"));
    EXPECT_THAT(out, HasSubstr("\"class\":null,"));
    EXPECT_THAT(out, HasSubstr(R"("what":"a \"b\"\n")"));
    EXPECT_THAT(out, HasSubstr(R"("targets":[{"host":"a.example","redirected":1,"would_redirect":2},{"host":"b.example","redirected":0,"would_redirect":3}])"));
    EXPECT_THAT(out, EndsWith("\"complete\":false,\"trouble\":\"gone\"}\n"));
}

TEST(AuditTable, AFindingIsALineWithItsMend) {
    EXPECT_THAT(written(AuditFormat::table, {stuck_row()}),
                testing::StartsWith("stuck    no-relationship           olga@contoso.com: organization relationship: litware.com (the domain is in "
                                    "no relationship); mend: Set-OrganizationRelationship\n"));
    AuditRow fine;
    fine.finding = "redirected";
    fine.recipient = "CN=Olga";
    fine.what = "organization relationship: X";
    fine.location = "https://a.example/Microsoft-Server-ActiveSync";
    fine.mend = "nothing";
    EXPECT_THAT(written(AuditFormat::table, {fine}),
                testing::StartsWith("fine     redirected                CN=Olga: organization relationship: X -> https://a.example/Microsoft-Server-ActiveSync\n"));
}

TEST(AuditTable, AnIncompleteReportSaysSo) {
    AuditSummary summary;
    summary.recipients = 1;
    const std::string out = written(AuditFormat::table, {}, summary, {"dc1", "DC=x", "(f)", "dc1 closed"});
    EXPECT_THAT(out, HasSubstr("\nINCOMPLETE: dc1 closed\n1 mail-enabled recipient in dc1, below DC=x\n"));
    EXPECT_THAT(out, EndsWith("0 findings so far; these are not all recipients\n"));
    EXPECT_THAT(written(AuditFormat::table, {}, summary, {"dc1", "", "(f)", ""}), HasSubstr("in dc1, the whole forest\n"));
}

TEST(AuditTable, WhatComesFromTheDirectoryDrivesNoTerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
    EXPECT_EQ(printable("\xc2\x9b" "31m"), "?31m");
    EXPECT_EQ(printable("M\xc3\xbcller \xc2\xa0 \xc2"), "M\xc3\xbcller \xc2\xa0 \xc2");
    EXPECT_EQ(printable("a\xe2\x80\xa8" "b\xe2\x80\xae" "c\xe2\x81\xa6" "d\xe2\x80\x93"), "a?b?c?d\xe2\x80\x93");
    AuditRow row = stuck_row();
    row.user_principal_name = "o\x1b]0;lga";
    row.what = "\x1b[31m";
    EXPECT_THAT(written(AuditFormat::table, {row}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace eas451
