// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/admission.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eas451 {
namespace {

struct Asked {
    std::string bind = "0.0.0.0";
    bool tls = true;
    bool proxy_protocol = false;
    std::vector<std::string> trusted = {"10.0.0.0/8", "fe80::/10"};
};

/// What becomes of a connection: "closed", or what the session is told.
std::string admitted(const std::string& peer, const Asked& asked) {
    ListenerSettings listener;
    listener.bind = {asked.bind, 443};
    if (asked.tls) listener.tls = TlsFiles{"tls.crt", "tls.key"};
    listener.trusted_proxies = asked.trusted;
    listener.proxy_protocol = asked.proxy_protocol;
    ConnectionFacts facts;
    facts.client_address = peer;
    if (!Admission(listener).admit(facts)) return "closed";
    std::string text = facts.has_proxy_header ? "header" : "served";
    return text + (facts.forwarders != nullptr ? " forwarded" : "");
}

constexpr const char* proxy = "10.1.2.3";
constexpr const char* stranger = "192.0.2.1";

TEST(admission, of_everybody_where_no_proxy_is_named) {
    EXPECT_EQ(admitted(proxy, {.trusted = {}}), "served");
    EXPECT_EQ(admitted("2001:db8::1", {.trusted = {}}), "served");
    EXPECT_EQ(admitted("127.0.0.1", {.bind = "127.0.0.1", .tls = false, .trusted = {}}), "served");
}

TEST(admission, only_a_trusted_proxy_may_say_whom_it_forwards) {
    EXPECT_EQ(admitted(proxy, {}), "served forwarded");
    EXPECT_EQ(admitted(stranger, {}), "served");
    EXPECT_EQ(admitted("fe80::1%eth0", {}), "served forwarded");
    EXPECT_EQ(admitted("unix", {}), "served");
}

TEST(admission, with_the_proxy_protocol_only_trusted_proxies_are_served) {
    EXPECT_EQ(admitted(proxy, {.proxy_protocol = true}), "header");
    EXPECT_EQ(admitted(stranger, {.proxy_protocol = true}), "closed");
    EXPECT_EQ(admitted("unix", {.proxy_protocol = true}), "closed");
    EXPECT_EQ(admitted(stranger, {.bind = "127.0.0.1", .tls = false, .proxy_protocol = true}), "closed");
}

TEST(admission, without_tls_beyond_loopback_only_trusted_proxies_are_served) {
    EXPECT_EQ(admitted(proxy, {.tls = false}), "served forwarded");
    EXPECT_EQ(admitted(stranger, {.tls = false}), "closed");
    EXPECT_EQ(admitted("127.0.0.1", {.tls = false}), "closed");
    EXPECT_EQ(admitted("127.0.0.1", {.bind = "127.0.0.1", .tls = false}), "served");
    EXPECT_EQ(admitted("::1", {.bind = "::1", .tls = false}), "served");
}

}  // namespace
}  // namespace eas451
