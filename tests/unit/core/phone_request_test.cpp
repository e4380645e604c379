// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/phone_request.hpp"

#include <gtest/gtest.h>

#include "eas451/core/credentials.hpp"

namespace eas451 {
namespace {

const Phone phone{"CONTOSO\\anna", "eas451probe", "i Pad", "an agent/1"};

std::string bytes_of(const PhoneQuestion& question, std::string_view password = "pass:w\xc3\xb6rd") {
    const Secret token = basic_token(phone.user, Secret(std::string(password)));
    return std::string(phone_request(*parse_typed_endpoint("mail.contoso.com:8443"), question, phone, token).reveal());
}

/// Read as the server does: its parsers are strict.
RequestHead parsed(const std::string& request) {
    RequestHead head;
    const auto end = find_head_end(request, 0);
    EXPECT_TRUE(end);
    EXPECT_FALSE(parse_request_head(std::string_view(request).substr(0, end.value_or(0)), head)) << request;
    return head;
}

TEST(PhoneRequest, OptionsHasNoQueryAndAVersionOnlyIfToldTo) {
    EXPECT_EQ(
        bytes_of({EasMethod::options, EasCommand::unknown, std::nullopt}, "x"),
        "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: mail.contoso.com:8443\r\nUser-Agent: an agent/1\r\n"
        "Connection: close\r\nAuthorization: Basic Q09OVE9TT1xhbm5hOng=\r\n\r\n");
    const std::string versioned = bytes_of({EasMethod::options, EasCommand::unknown, ProtocolVersion(12, 1)});
    EXPECT_EQ(parsed(versioned).find("MS-ASProtocolVersion"), "12.1");
}

TEST(PhoneRequest, OurOwnParsersUnderstandEveryCommand) {
    for (const EasCommand command : phone_commands()) {
        const std::string request = bytes_of({EasMethod::post, command, ProtocolVersion(16, 1)});
        const RequestHead head = parsed(request);
        ASSERT_EQ(classify_target(head), Target::eas);
        const auto eas = parse_eas_request(head);
        ASSERT_TRUE(eas) << request;
        EXPECT_EQ(eas->command, command);
        EXPECT_EQ(eas->version, ProtocolVersion(16, 1));
        EXPECT_EQ(eas->user, phone.user);
        EXPECT_EQ(eas->device_id, phone.device_id);
        EXPECT_EQ(eas->device_type, phone.device_type);
        const auto authorization = parse_authorization(head);
        const auto* basic = std::get_if<BasicCredentials>(&authorization);
        ASSERT_NE(basic, nullptr);
        EXPECT_EQ(basic->credentials.login.text, phone.user);
        EXPECT_EQ(basic->credentials.password.reveal(), "pass:w\xc3\xb6rd");
        const std::string body = request.substr(*find_head_end(request, 0));
        EXPECT_EQ(head.content_length, body.size());
        EXPECT_EQ(head.find("Content-Type").has_value(), !body.empty());
        EXPECT_EQ(body.empty(), command == EasCommand::ping);
        EXPECT_TRUE(body.empty() || body.starts_with(std::string("\x03\x01\x6a\x00", 4)));
    }
}

TEST(PhoneRequest, WhatCanStandInAHead) {
    EXPECT_TRUE(is_basic_user(std::string(256, 'a')));
    for (const std::string& user :
         {std::string(), std::string(257, 'a'), std::string("a:b"), std::string("a\nb"), std::string("a\0b", 3)}) {
        EXPECT_FALSE(is_basic_user(user)) << user;
    }
    EXPECT_TRUE(is_device_id(std::string(32, 'a')));
    for (const std::string& id : {std::string(), std::string(33, 'a'), std::string("a-b"), std::string("a b")})
        EXPECT_FALSE(is_device_id(id)) << id;
}

}  // namespace
}  // namespace eas451
