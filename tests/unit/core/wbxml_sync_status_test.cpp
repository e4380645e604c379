// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/wbxml_sync_status.hpp"

#include <gtest/gtest.h>

#include <string>

#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

const std::string head("\x03\x01\x6a\x00", 4);

std::string element(char tag, const std::string& content) {
    return std::string(1, static_cast<char>(tag | 0x40)) + content + '\x01';
}
std::string text(const std::string& value) {
    return '\x03' + value + '\0';
}
std::string status(const std::string& value) {
    return element('\x0e', text(value));
}
const std::string key = element('\x0b', text("{1}"));
const std::string id = element('\x12', text("1"));

std::string answer(const std::string& content) {
    return head + element('\x05', content);
}
std::string of_folders(const std::string& folders) {
    return element('\x1c', folders);
}
std::string folder(const std::string& content) {
    return element('\x0f', content);
}

TEST(WbxmlSyncStatus, OfTheWhole) {
    EXPECT_EQ(read_sync_status(answer(status("4"))), 4U);
    EXPECT_EQ(read_sync_status(answer(status("1"))), 1U);
    EXPECT_EQ(read_sync_status(wbxml_status_document(EasCommand::sync, EasStatus::user_has_no_mailbox)), 123U);
}

TEST(WbxmlSyncStatus, OfTheFirstFolderWhereverItStands) {
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(key + id + status("12"))))), 12U);
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(status("3") + key + id)))), 3U);
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(key + status("1")) + folder(status("8"))))), 1U) << "the first";
    const std::string mail = element('\x16', element('\x07', element('\x0d', text("1:1")) + status("8")));
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(key + mail + status("6"))))), 6U) << "not an item's";
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(key + mail)))), std::nullopt);
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(key) + folder(status("8"))))), std::nullopt)
        << "not the second's";
}

TEST(WbxmlSyncStatus, WhatIsWrongWithTheWholeComesFirst) {
    const std::string folders = of_folders(folder(status("3")));
    EXPECT_EQ(read_sync_status(answer(status("5") + folders)), 5U);
    EXPECT_EQ(read_sync_status(answer(status("1") + folders)), 3U);
    EXPECT_EQ(read_sync_status(answer(status("1") + of_folders(folder(key)))), 1U);
}

TEST(WbxmlSyncStatus, OtherPagesAndOpaqueBytesArePassedOver) {
    const std::string switched = std::string("\x00\x11", 2) + status("7") + std::string("\x00\x00", 2);
    EXPECT_EQ(read_sync_status(answer(switched + status("4"))), 4U) << "the same tag of another page";
    const std::string opaque = element('\x10', std::string("\xc3\x81\x00", 3) + std::string(128, '\x4e'));
    EXPECT_EQ(read_sync_status(answer(of_folders(folder(opaque + status("9"))))), 9U);
}

TEST(WbxmlSyncStatus, WhatIsNoneIsNotRead) {
    using namespace std::string_literals;
    for (const std::string& document :
         {""s, head, head.substr(0, 3), answer(""), answer(status("")), answer(status("1234")), answer(status("x")),
          head + element('\x06', status("4")), head + status("4"), head + "\x01"s + element('\x05', status("4")),
          head + "\xc5"s + status("4"), head + "\x45\x04"s + status("4"), head + "\x45\xc3\xff\xff\xff\xff\xff\xff"s,
          head + "\x45\x00"s, "<html>"s, answer(of_folders(folder(element('\x0e', status("4")))))}) {
        EXPECT_EQ(read_sync_status(document), std::nullopt) << ::testing::PrintToString(document);
    }
}

TEST(WbxmlSyncStatus, CutOffAnywhere) {
    const std::string whole = answer(of_folders(folder(key + id + status("12") + key)));
    const std::size_t enough = whole.find(text("12")) + text("12").size();
    for (std::size_t size = 0; size <= whole.size(); ++size)
        EXPECT_EQ(read_sync_status(std::string_view(whole).substr(0, size)).has_value(), size >= enough) << size;
}

}  // namespace
}  // namespace eas451
