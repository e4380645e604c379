// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldif_reader.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace eas451 {
namespace {

using namespace std::string_literals;

struct Attribute {
    std::string name, value;
    std::uint32_t line, column;
    bool operator==(const Attribute&) const = default;
};
void PrintTo(const Attribute& attribute, std::ostream* out) {
    *out << attribute.line << ':' << attribute.column << ' ' << attribute.name << '=' << attribute.value;
}
struct Record {
    std::string dn;
    std::uint32_t line;
    std::vector<Attribute> attributes;
};
struct Contents {
    std::vector<Record> records;
    std::vector<std::string> faults;  // "LINE:COLUMN text"
};

Contents read(const std::string& text) {
    std::istringstream in(text);
    LdifReader reader(in);
    Contents contents;
    for (;;) {
        const auto item = reader.next();
        if (std::holds_alternative<LdifEnd>(item)) return contents;
        if (const auto* fault = std::get_if<LdifFault>(&item)) {
            contents.faults.push_back(std::to_string(fault->at.line) + ":" + std::to_string(fault->at.column) + " " +
                                      fault->text);
            continue;
        }
        const auto& record = *std::get<const LdifRecord*>(item);
        contents.records.push_back({std::string(record.dn), record.at.line, {}});
        for (const auto& attribute : record.attributes) {
            contents.records.back().attributes.push_back(
                {std::string(attribute.name), std::string(attribute.value), attribute.at.line, attribute.at.column});
        }
    }
}

std::string only_fault(const std::string& text) {
    const auto contents = read(text);
    if (contents.faults.size() != 1) return std::to_string(contents.faults.size()) + " faults";
    return contents.faults.front();
}

TEST(LdifReader, ReadsRecordsWithTheirLines) {
    const auto contents = read("version: 1\n\ndn: CN=a\nmail: a@x\n\n\n# note\ndn: CN=b\nmail:b@x\nsn:\n");
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 2U);
    EXPECT_EQ(contents.records[0].dn, "CN=a");
    EXPECT_EQ(contents.records[0].line, 3U);
    EXPECT_EQ(contents.records[0].attributes, (std::vector<Attribute>{{"mail", "a@x", 4, 7}}));
    EXPECT_EQ(contents.records[1].line, 8U);
    EXPECT_EQ(contents.records[1].attributes, (std::vector<Attribute>{{"mail", "b@x", 9, 6}, {"sn", "", 10, 4}}));
}

TEST(LdifReader, AnEmptyFileHasNoRecords) {
    for (const auto* text : {"", "\n\n", "# only a comment", "version: 1", "\xef\xbb\xbf", "\r\n"}) {
        const auto contents = read(text);
        EXPECT_TRUE(contents.records.empty()) << text;
        EXPECT_TRUE(contents.faults.empty()) << text;
    }
}

TEST(LdifReader, TakesCrLfLikeLf) {
    const auto contents = read("version: 1\r\ndn: CN=a,\r\n DC=x\r\nmail: a@x\r\n\r\ndn: CN=b\r\n");
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 2U);
    EXPECT_EQ(contents.records[0].dn, "CN=a,DC=x");
    EXPECT_EQ(contents.records[0].attributes, (std::vector<Attribute>{{"mail", "a@x", 4, 7}}));
    EXPECT_EQ(contents.records[1].line, 6U);
}

TEST(LdifReader, PutsFoldedLinesTogether) {
    const auto contents =
        read("dn: CN=a\nhomeMDB: CN=DB01,\n CN=Data\n bases\n# a comment\n folded too\nmail::  YU\n B4\n");
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 1U);
    EXPECT_EQ(contents.records[0].attributes,
              (std::vector<Attribute>{{"homeMDB", "CN=DB01,CN=Databases", 2, 10}, {"mail", "a@x", 7, 9}}));
}

TEST(LdifReader, DecodesBase64ToAnyBytes) {
    const auto contents = read("dn:: Q049asO2\nmsExchMailboxGuid:: AAECAwQFBgcICQoLDA0ODw==\nx:: \n");
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 1U);
    EXPECT_EQ(contents.records[0].dn, "CN=j\xc3\xb6");
    EXPECT_EQ(contents.records[0].attributes[0].value, "\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf"s);
    EXPECT_EQ(contents.records[0].attributes[1].value, "");
}

TEST(LdifReader, KeepsBlanksAndColonsOfValues) {
    const auto contents = read("dn: CN=a\nproxyAddresses:   SMTP:a@x \ndescription: a : b\n");
    ASSERT_EQ(contents.records.size(), 1U);
    EXPECT_EQ(contents.records[0].attributes[0].value, "SMTP:a@x ");
    EXPECT_EQ(contents.records[0].attributes[1].value, "a : b");
}

TEST(LdifReader, StripsAttributeOptions) {
    const auto contents = read("dn: CN=a\nuserCertificate;binary:: AQ==\nmember;range=0-*: CN=b\ncn;lang-de;x-y: k\n");
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 1U);
    EXPECT_EQ(contents.records[0].attributes[0].name, "userCertificate");
    EXPECT_EQ(contents.records[0].attributes[1].name, "member");
    EXPECT_EQ(contents.records[0].attributes[2].name, "cn");
}

TEST(LdifReader, SkipsTheMarkOfUtf8AndRefusesUtf16) {
    EXPECT_EQ(read("\xef\xbb\xbf" "dn: CN=a\n").records.size(), 1U);
    EXPECT_NE(only_fault("\xff\xfe" "d\0n\0:\0"s).find("1:1 the file is UTF-16"), std::string::npos);
    EXPECT_NE(only_fault("\xfe\xff\0d\0n\0:"s).find("1:1 the file is UTF-16"), std::string::npos);
}

TEST(LdifReader, TakesWhatLdifdeWrites) {
    const auto contents = read("dn: CN=a,DC=contoso,DC=com\r\nchangetype: add\r\nobjectClass: top\r\n\r\n");
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 1U);
    EXPECT_EQ(contents.records[0].attributes.size(), 1U);
}

constexpr auto ldapsearch_output = R"(# extended LDIF
#
# LDAPv3
# base <dc=contoso,dc=com> with scope subtree
#

# a, contoso.com
dn: CN=a,DC=contoso,DC=com
mail: a@contoso.com

# search reference
ref: ldap://ForestDnsZones.contoso.com/DC=ForestDnsZones,DC=contoso,DC=com

# search result
search: 2
result: 0 Success
control: 1.2.840.113556.1.4.319 false MIQAAAAFAgEABAA=
pagedresults: cookie=

# b, contoso.com
dn: CN=b,DC=contoso,DC=com

# search result
search: 3
result: 0 Success

# numResponses: 3
# numEntries: 2
)";

TEST(LdifReader, TakesWhatLdapsearchWrites) {
    const auto contents = read(ldapsearch_output);
    EXPECT_TRUE(contents.faults.empty());
    ASSERT_EQ(contents.records.size(), 2U);
    EXPECT_EQ(contents.records[1].dn, "CN=b,DC=contoso,DC=com");
    EXPECT_EQ(contents.records[1].line, 21U);
}

TEST(LdifReader, AnExportCutShortByTheServerIsAFault) {
    EXPECT_EQ(only_fault("dn: CN=a\n\nsearch: 2\nresult: 4 Size limit exceeded\n"),
              "4:9 the search ended with '4 Size limit exceeded': the export is not complete");
}

TEST(LdifReader, NamesTheLineOfEveryFault) {
    const struct { std::string text, fault; } rows[] = {
        {"dn: CN=a\nmail\n", "2:1 no ':' in the line"},
        {"dn: CN=a\n: x\n", "2:1 what stands before the ':' is no attribute name"},
        {"dn: CN=a\nm ail: x\n", "2:1 what stands before the ':' is no attribute name"},
        {"mail: a@x\n", "1:1 a record begins with 'dn:'"},
        {"version: 2\n", "1:10 version '2' of LDIF; 1 is known"},
        {"dn: CN=a\n\nversion: 1\n", "3:1 a record begins with 'dn:'"},
        {" dn: CN=a\n", "1:1 a continued line with nothing before it to continue"},
        {"dn: CN=a\n\n b\n", "3:1 a continued line with nothing before it to continue"},
        {"dn: CN=a\nx: y\ndn: CN=b\n", "3:1 a second 'dn:' in one record; a blank line parts two records"},
        {"dn: CN=a\nmail:: YUB4!\n", "2:8 broken base64"},
        {"dn: CN=a\nmail:: YUB4-_\n", "2:8 broken base64"},
        {"dn: CN=a\nmail:: Y\n", "2:8 broken base64"},
        {"dn:: ?\n", "1:6 broken base64"},
        {"dn: CN=a\njpegPhoto:< file:///etc/passwd\n",
         "2:13 a value in another file or URL is not fetched; export it inline"},
        {"dn: CN=a\nchangetype: modify\nreplace: mail\nmail: x\n-\n",
         "2:13 changetype 'modify'; only content records are read"},
        {"dn: CN=a\nmail: x\n-\n", "3:1 '-' belongs to a change; only content records are read"},
        {"dn: CN=a\ncontrol: 1.2.3 true\n", "2:1 'control' belongs to a change; only content records are read"},
    };
    for (const auto& row : rows) EXPECT_EQ(only_fault(row.text), row.fault) << row.text;
}

TEST(LdifReader, NeverShowsALineThatMayHoldAPassword) {
    for (const auto* text : {"dn: CN=a\npassword hunter2\n", "dn: CN=a\npass word: hunter2\n", "hunter2: x\n",
                             "dn: CN=a\npassword:: hunter2!\n", "dn: CN=a\nhunter2 : \n"}) {
        EXPECT_EQ(only_fault(text).find("hunter2"), std::string::npos) << text;
    }
}

TEST(LdifReader, GoesOnBehindABrokenRecord) {
    const auto contents = read("dn: CN=a\nbad\nbad too\n\ndn: CN=b\n\ndn: CN=c\nmail:: *\n\ndn: CN=d\n");
    EXPECT_EQ(contents.faults.size(), 2U);
    ASSERT_EQ(contents.records.size(), 2U);
    EXPECT_EQ(contents.records[0].dn, "CN=b");
    EXPECT_EQ(contents.records[1].dn, "CN=d");
}

TEST(LdifReader, LimitsTheUnfoldedLine) {
    const std::string name = "description:";
    const std::string fits(LdifLines::longest_line - name.size(), 'x');
    const auto contents = read("dn: CN=a\n" + name + fits + "\r\n\ndn: CN=b\n" + name + fits + "y\r\n\ndn: CN=c\n");
    ASSERT_EQ(contents.records.size(), 2U);
    EXPECT_EQ(contents.records[0].attributes[0].value, fits);
    EXPECT_EQ(contents.faults, (std::vector<std::string>{"5:1 a line longer than 1 MiB"}));

    std::string folded = "dn: CN=a\nx:" + fits;
    for (int i = 0; i < 20; ++i) folded += "\n y";
    EXPECT_EQ(only_fault(folded), "2:1 a line longer than 1 MiB");
    EXPECT_EQ(read("# " + fits + fits + "\ndn: CN=a\n").records.size(), 1U) << "a comment has no limit";
}

TEST(LdifReader, LimitsTheRecord) {
    const std::string line = "x:" + std::string(LdifLines::longest_line - 2, 'x') + "\n";
    std::string text = "dn: CN=a\n";
    for (int i = 0; i < 32; ++i) text += line;
    const auto contents = read(text + "\ndn: CN=b\n");
    EXPECT_EQ(contents.faults, (std::vector<std::string>{"33:1 a record larger than 32 MiB"}));
    EXPECT_EQ(contents.records.size(), 1U);
}

TEST(LdifReader, LinesMayEndAnywhereInAReadBlock) {
    // Every offset around the reader's block size: a line end, a CR and a fold are split there.
    for (std::size_t pad = (256U << 10U) - 24; pad < (256U << 10U) + 4; ++pad) {
        const auto contents =
            read("#" + std::string(pad - 2, 'c') + "\ndn: CN=a\r\nmail: a\r\n @x\r\n\r\ndn: CN=b\r\n");
        ASSERT_TRUE(contents.faults.empty()) << pad;
        ASSERT_EQ(contents.records.size(), 2U) << pad;
        ASSERT_EQ(contents.records[0].attributes[0].value, "a@x") << pad;
    }
}

TEST(LdifReader, AStreamThatBreaksIsAFault) {
    struct Broken : std::stringbuf {
        int_type underflow() override { throw std::runtime_error("input/output error"); }
        std::streamsize xsgetn(char*, std::streamsize) override { throw std::runtime_error("input/output error"); }
    } buffer;
    std::istream in(&buffer);
    LdifReader reader(in);
    const auto item = reader.next();
    ASSERT_TRUE(std::holds_alternative<LdifFault>(item));
    EXPECT_EQ(std::get<LdifFault>(item).text, "the file cannot be read on from here");
    EXPECT_TRUE(std::holds_alternative<LdifEnd>(reader.next()));
}

}  // namespace
}  // namespace eas451
