// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/document.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <new>
#include <string>

namespace eas451 {
namespace {

Node tree_of(std::string_view text) {
    auto result = parse_document(text, "f");
    if (result.has_value()) return *std::move(result);
    for (const Mistake& mistake : result.error()) ADD_FAILURE() << to_string(mistake);
    return {};
}

/// Every mistake, one a line, as printed.
std::string mistakes_of(std::string_view text) {
    const auto result = parse_document(text, "f");
    if (result.has_value()) return "none";
    std::string lines;
    for (const Mistake& mistake : result.error()) lines += to_string(mistake) + "\n";
    return lines;
}

std::string place(const Node& node) {
    return std::to_string(node.at.line) + ':' + std::to_string(node.at.column);
}

/// A spelling of a tree that shows everything but the places.
std::string shape(const Node& node) {
    switch (node.kind) {
        case NodeKind::null:
            return "null";
        case NodeKind::scalar:
            return (node.quoted ? "q(" : "p(") + node.scalar + ")";
        case NodeKind::sequence: {
            std::string text = "[";
            for (const Node& item : node.items) text += shape(item) + ",";
            return text + "]";
        }
        case NodeKind::mapping:
            break;
    }
    std::string text = "{";
    for (const Node::Entry& entry : node.entries) text += entry.name + "=" + shape(entry.value) + ",";
    return text + "}";
}

TEST(DocumentYaml, KeepsScalarsAsTextAndSaysWhetherTheyWereQuoted) {
    const Node root = tree_of("a: 0777\nb: no\nc: \"14.0\"\nd: 'x''y'\ne: |\n  two\n  lines\nf: 1 2\n");
    EXPECT_EQ(shape(root), "{a=p(0777),b=p(no),c=q(14.0),d=q(x'y),e=q(two\nlines\n),f=p(1 2),}");
}

TEST(DocumentYaml, NullIsATildeTheWordOrNothing) {
    EXPECT_EQ(shape(tree_of("a: ~\nb: null\nc:\nd: \"null\"\ne: ''\nf: nullable\n")),
              "{a=null,b=null,c=null,d=q(null),e=q(),f=p(nullable),}");
    EXPECT_EQ(shape(tree_of("- \n- ~\n-\n")), "[null,null,null,]");
}

TEST(DocumentYaml, EmptyTextIsNull) {
    for (const std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
        EXPECT_EQ(tree_of(text).kind, NodeKind::null) << text;
        EXPECT_EQ(place(tree_of(text)), "1:1");
    }
}

TEST(DocumentYaml, NodesKnowTheirPlace) {
    const Node root = tree_of("# comment\nlist:\n  - one\n  -   key: value\n      other:   \"x\"\nflow: [a, {b: c}]\n");
    const Node& list = *root.find("list");
    EXPECT_EQ(place(root), "2:1");
    EXPECT_EQ(place(list), "3:3");
    EXPECT_EQ(place(list.items[0]), "3:5");
    EXPECT_EQ(place(list.items[1]), "4:7");
    EXPECT_EQ(place(*list.items[1].find("key")), "4:12");
    EXPECT_EQ(list.items[1].entries[1].at.column, 7U);
    EXPECT_EQ(place(*list.items[1].find("other")), "5:16");
    EXPECT_EQ(place(*root.find("flow")), "6:7");
    EXPECT_EQ(place(root.find("flow")->items[1]), "6:11");
    EXPECT_EQ(place(*root.find("flow")->items[1].find("b")), "6:15");
}

TEST(DocumentYaml, WhatIsNotWrittenOutHasThePlaceOfItsKeyOrDash) {
    const Node root = tree_of("a:\nnull_like: 1\nb:   ~\nc:\n  -\n  - x\n  - null\n  -\n");
    EXPECT_EQ(place(*root.find("a")), "1:1");
    EXPECT_EQ(place(*root.find("b")), "3:6");
    const Node& c = *root.find("c");
    EXPECT_EQ(place(c.items[0]), "5:3");
    EXPECT_EQ(place(c.items[2]), "7:5");
    EXPECT_EQ(place(c.items[3]), "8:3");
}

TEST(DocumentYaml, ColumnsCountBytesAndLinesEndInLfOrCrlf) {
    EXPECT_EQ(place(*tree_of("{\"a\": 1, \"b\": 2}").find("b")), "1:15");
    const Node root = tree_of("a: 1\r\n\xC3\xA4: 2\r\n");
    EXPECT_EQ(place(*root.find("\xC3\xA4")), "2:5");
    EXPECT_EQ(root.find("a")->scalar, "1");
}

TEST(DocumentYaml, AByteOrderMarkIsSkipped) {
    const Node root = tree_of(
        "\xEF\xBB\xBF"
        "a: 1\n");
    EXPECT_EQ(shape(root), "{a=p(1),}");
    EXPECT_EQ(place(root), "1:1");
    EXPECT_EQ(shape(tree_of("\xEF\xBB\xBF{\"a\": 1}")), "{a=p(1),}");
}

TEST(DocumentYaml, AnchorsAliasesAndTagsAreRefusedAllAtOnce) {
    EXPECT_EQ(mistakes_of("a: &x 1\nb: *x\nc: !!str 2\nd: ! 3\ne: !own {f: g}\n"),
              "f:1:4: anchors (&name) are not allowed; write the value where it is needed\n"
              "f:2:4: aliases (*name) are not allowed; write the value out\n"
              "f:3:4: tags (!name) are not allowed; leave the tag out\n"
              "f:4:4: tags (!name) are not allowed; leave the tag out\n"
              "f:5:4: tags (!name) are not allowed; leave the tag out\n");
    EXPECT_NE(mistakes_of("a: *unknown\n").find("f:1:4: "), std::string::npos);
    EXPECT_EQ(shape(tree_of("a: \"!x\"\nb: '&y'\nc: \"*\"\n")), "{a=q(!x),b=q(&y),c=q(*),}");
}

TEST(DocumentYaml, OneDocumentOnly) {
    EXPECT_EQ(mistakes_of("a: 1\n---\nb: 2\n"),
              "f:2:1: text after the end of the document; one file holds one document\n");
    EXPECT_EQ(shape(tree_of("%YAML 1.2\n---\na: 1\n...\n")), "{a=p(1),}");
}

TEST(DocumentYaml, KeysAreNames) {
    EXPECT_EQ(mistakes_of("a: {{ template }}\n"),
              "f:1:5: a key is a list or a map; write a name, or quote the whole value\n");
    EXPECT_EQ(mistakes_of("~: 1\n"),
              "f:1:1: a key is missing or null; write a name, in quotes if it is the word null\n");
    EXPECT_EQ(shape(tree_of("\"null\": 1\n")), "{null=p(1),}");
}

TEST(DocumentYaml, SyntaxErrorsNameThePlaceAndAMend) {
    const std::string text = mistakes_of("a: 1\nb: c: d\n");
    EXPECT_EQ(text.find("f:2:5: not YAML: "), 0U) << text;
    EXPECT_NE(text.find("; check the indentation"), std::string::npos) << text;
    EXPECT_NE(mistakes_of("a: [1, 2\n"), "none");
    EXPECT_EQ(mistakes_of("a: \"open\\\"\n"), "f:1:4: this quote is never closed; close it\n");
    EXPECT_EQ(mistakes_of("a: 'open\n"), "f:1:4: this quote is never closed; close it\n");
    EXPECT_NE(mistakes_of("a:\n\t- tab\n"), "none");
}

TEST(Document, DuplicateKeysAreAllReportedWithTheFirstOne) {
    const std::string yaml = mistakes_of("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\nA: 4\na: 5\n");
    EXPECT_EQ(yaml,
              "f:2:17: duplicate key, already set in line 2; keep one of them\n"
              "f:3:1: duplicate key, already set in line 1; keep one of them\n"
              "f:5:1: duplicate key, already set in line 1; keep one of them\n");
    EXPECT_EQ(mistakes_of("{\n \"a\": 1,\n \"b\": [{\"x\": 1, \"x\": 2}],\n \"\\u0061\": 3}"),
              "f:3:17: duplicate key, already set in line 3; keep one of them\n"
              "f:4:2: duplicate key, already set in line 2; keep one of them\n");
}

TEST(Document, NestsThirtyTwoLevelsAndNotOneMore) {
    const auto json = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    const auto yaml = [&](std::size_t depth) { return "a: " + json(depth - 1); };
    EXPECT_EQ(mistakes_of(json(32)), "none");
    EXPECT_EQ(mistakes_of(yaml(32)), "none");
    EXPECT_EQ(mistakes_of(json(33)), "f:1:33: nested deeper than 32 levels; make it flatter\n");
    EXPECT_EQ(mistakes_of(yaml(33)), "f:1:35: nested deeper than 32 levels; make it flatter\n");
    EXPECT_EQ(mistakes_of(std::string(1000000, '[')), "f:1:33: nested deeper than 32 levels; make it flatter\n");
    EXPECT_NE(mistakes_of("a: " + std::string(20000, '[')), "none");
}

TEST(Document, InvalidUtf8AndControlBytesAreNamedWithTheirPlace) {
    EXPECT_EQ(mistakes_of("a: 1\nb: \xC3\xA4\xFF\n"), "f:2:6: byte 0xFF is not UTF-8; save the file as UTF-8\n");
    EXPECT_EQ(mistakes_of("a: \xE4"), "f:1:4: byte 0xE4 is not UTF-8; save the file as UTF-8\n");
    // yaml-cpp would silently end the text here.
    EXPECT_EQ(mistakes_of("a: 1\n\x04"
                          "b: 2\n"),
              "f:2:1: control byte 0x04; remove it, or escape it in quotes\n");
    EXPECT_EQ(mistakes_of(std::string("a\0: 1", 5)), "f:1:2: control byte 0x00; remove it, or escape it in quotes\n");
    EXPECT_EQ(shape(tree_of("{\"a\": \"\\u0004\"}")), "{a=q(\x04),}");
}

TEST(Document, KeepsAThousandMistakesAtMost) {
    std::string text;
    for (int i = 0; i < 1500; ++i) text += "a: 1\n";
    const auto result = parse_document(text, "f");
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().size(), 1000U);
}

TEST(DocumentJson, ValuesAreTextAsWritten) {
    EXPECT_EQ(shape(tree_of(R"({"a": 1.50, "b": -0, "c": 1E3, "d": true, "e": false, "f": null, "g": "1", "h": []})")),
              "{a=p(1.50),b=p(-0),c=p(1E3),d=p(true),e=p(false),f=null,g=q(1),h=[],}");
    EXPECT_EQ(shape(tree_of(R"(["\"", "\\", "a\u00e4\n", "", {}])")), "[q(\"),q(\\),q(a\xC3\xA4\n),q(),{},]");
    EXPECT_EQ(shape(tree_of("[184467440737095516150, 12345678901234567890]")),
              "[p(184467440737095516150),p(12345678901234567890),]");
}

TEST(DocumentJson, NodesKnowTheirPlace) {
    const Node root =
        tree_of("\n  {\"a\\\"b\" :  [1,\n22 , \"x,:]\" ,{}, null],\r\n\t\"c\":true,\"d\":{ \"e\" : -1.5 } }");
    EXPECT_EQ(place(root), "2:3");
    EXPECT_EQ(root.entries[0].at.column, 4U);
    const Node& list = root.entries[0].value;
    EXPECT_EQ(place(list), "2:14");
    EXPECT_EQ(place(list.items[0]), "2:15");
    EXPECT_EQ(place(list.items[1]), "3:1");
    EXPECT_EQ(place(list.items[2]), "3:6");
    EXPECT_EQ(place(list.items[3]), "3:14");
    EXPECT_EQ(place(list.items[4]), "3:18");
    EXPECT_EQ(place(*root.find("c")), "4:6");
    EXPECT_EQ(place(*root.find("d")), "4:15");
    EXPECT_EQ(place(*root.find("d")->find("e")), "4:23");
}

TEST(DocumentJson, SyntaxErrorsNameThePlace) {
    EXPECT_EQ(mistakes_of("{\"a\": 1,\n \"b\": tru }").find("f:2:10: not JSON: "), 0U)
        << mistakes_of("{\"a\": 1,\n \"b\": tru }");
    EXPECT_EQ(mistakes_of("{\"a\": 1,\n}").find("f:2:1: not JSON: "), 0U) << mistakes_of("{\"a\": 1,\n}");
    EXPECT_EQ(mistakes_of("[1] [2]").find("f:1:5: not JSON: "), 0U) << mistakes_of("[1] [2]");
    EXPECT_NE(mistakes_of("{\"a\": 1"), "none");
    EXPECT_NE(mistakes_of("[1e999]").find("beyond"), std::string::npos);
    EXPECT_NE(mistakes_of("[01]"), "none");
    EXPECT_NE(mistakes_of("[1] // comment"), "none");
    EXPECT_NE(mistakes_of("[\"\\ud800\"]"), "none");
}

TEST(DocumentJson, SyntaxErrorsSayWhatWasExpected) {
    const std::string mend = "; check the commas, quotes and brackets here and just above\n";
    EXPECT_EQ(mistakes_of("{\"a\": tru }"), "f:1:10: not JSON: a value was expected" + mend);
    EXPECT_EQ(mistakes_of("{\"a\" 1}"), "f:1:6: not JSON: a colon was expected" + mend);
    EXPECT_EQ(mistakes_of("{\"a\": 1 2}"), "f:1:9: not JSON: a comma or a closing brace was expected" + mend);
    EXPECT_EQ(mistakes_of("[1 2]"), "f:1:4: not JSON: a comma or a closing bracket was expected" + mend);
    EXPECT_EQ(mistakes_of("{1: 2}"), "f:1:2: not JSON: a key in quotes was expected" + mend);
    EXPECT_EQ(mistakes_of("[] []"), "f:1:4: not JSON: nothing more was expected" + mend);
    EXPECT_EQ(mistakes_of("{\"a\": "), "f:1:7: not JSON: the text ends where a value was expected" + mend);
}

TEST(Document, ANodeLeavesNoScalarBehind) {
    constexpr std::string_view secret = "hunter2-hunter3";  // fits into a std::string object itself
    alignas(Node) unsigned char bytes[sizeof(Node)] = {};
    const auto shows = [&] { return std::string(bytes, bytes + sizeof bytes).find(secret) != std::string::npos; };
    auto& node = *new (bytes) Node;
    node.scalar = secret;
    ASSERT_TRUE(shows());
    Node moved = std::move(node);
    EXPECT_EQ(moved.scalar, secret);
    EXPECT_FALSE(shows());
    node = moved;
    ASSERT_TRUE(shows());
    Node assigned;
    assigned = std::move(node);
    EXPECT_EQ(assigned.scalar, secret);
    EXPECT_FALSE(shows());
    node = std::move(assigned);
    ASSERT_TRUE(shows());
    node.~Node();
    EXPECT_FALSE(shows());
}

TEST(Document, FindIsExactAndTellsAbsenceFromNull) {
    const Node root = tree_of("a: ~\nb: 1\n");
    ASSERT_NE(root.find("a"), nullptr);
    EXPECT_EQ(root.find("a")->kind, NodeKind::null);
    EXPECT_EQ(root.find("B"), nullptr);
    EXPECT_EQ(tree_of("text").find("a"), nullptr);
}

class DocumentFile : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "document_test.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(const std::string& name, std::string_view text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }
    std::filesystem::path folder_;
};

TEST_F(DocumentFile, IsReadUpToItsLimitAndNotOneByteMore) {
    const auto file = write("a.yaml", "a: 12345\n");
    ASSERT_TRUE(load_document(file, 9).has_value());
    const auto refused = load_document(file, 8);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(to_string(refused.error()[0]), file.string() + ":1:1: larger than 8 bytes; make it smaller");
}

TEST_F(DocumentFile, MistakesNameTheFile) {
    const auto file = write("b.json", "{\"a\": 1, \"a\": 2}");
    const auto refused = load_document(file, 1000);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error()[0].file, file.string());
}

TEST_F(DocumentFile, ThatCannotBeReadIsAMistake) {
    const auto missing = load_document(folder_ / "none.yaml", 1000);
    ASSERT_TRUE(missing.has_error());
    EXPECT_NE(missing.error()[0].text.find("No such file"), std::string::npos);
    const auto directory = load_document(folder_, 1000);
    ASSERT_TRUE(directory.has_error());
    EXPECT_NE(directory.error()[0].text.find("directory"), std::string::npos);
}

TEST_F(DocumentFile, LargerThanOneBlockIsReadWhole) {
    std::string text;
    for (int i = 0; i < 60000; ++i) text += "- item " + std::to_string(i) + "\n";
    const auto result = load_document(write("large.yaml", text), 64U << 20U);
    ASSERT_TRUE(result.has_value());
    ASSERT_EQ(result->items.size(), 60000U);
    EXPECT_EQ(result->items.back().scalar, "item 59999");
    EXPECT_EQ(result->items.back().at.line, 60000U);
}

}  // namespace
}  // namespace eas451
