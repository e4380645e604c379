// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/admin_gate.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

/// The answer's status, or 0 for who may ask.
unsigned refusal(const std::vector<HeaderField>& fields, std::string_view host = "127.0.0.1:9451") {
    RequestHead head;
    head.clear();
    head.host = host;
    for (const HeaderField& field : fields) head.add(field);
    AdminSettings settings;
    settings.where = BindAddress{"admin.contoso.com", 9451};
    ConnectionFacts facts;
    facts.server_address = "192.0.2.1";
    facts.server_port = 9451;
    AdminGate gate;
    const auto answer = gate.refuse(settings, {"admin.fabrikam.com", "*.wild.example"}, head, facts, false);
    return answer ? answer->status : 0;
}

TEST(AdminGate, ProgramsMayAsk) {
    EXPECT_EQ(refusal({}), 0U);
    EXPECT_EQ(refusal({{"User-Agent", "curl"}}), 0U);
    for (const std::string_view host : {"127.0.0.1", "[::1]:9451", "localhost:9451", "192.0.2.1:9451", "ADMIN.contoso.com:1",
                                        "admin.Fabrikam.com:9451", "a.wild.example"}) {
        EXPECT_EQ(refusal({}, host), 0U) << host;
    }
}

TEST(AdminGate, NobodyMayAskByAnotherName) {
    for (const std::string_view host : {"evil.example", "192.0.2.2", "fabrikam.com", "a.b.wild.example", "127.0.0.1.evil.example", ""}) EXPECT_EQ(refusal({}, host), 403U) << host;
}

TEST(AdminGate, OurOwnPagesMayAsk) {
    for (const std::string_view origin : {"http://127.0.0.1:9451", "https://127.0.0.1:9451", "HTTP://127.0.0.1:9451"}) {
        EXPECT_EQ(refusal({{"Origin", origin}}), 0U) << origin;
    }
    EXPECT_EQ(refusal({{"origin", "https://LOCALHOST:9451"}}, "localhost:9451"), 0U);
    EXPECT_EQ(refusal({{"Sec-Fetch-Site", "same-origin"}}), 0U);
    // Typed by the user.
    EXPECT_EQ(refusal({{"Sec-Fetch-Site", "none"}}), 0U);
}

TEST(AdminGate, PagesOfOtherSitesMayNot) {
    for (const std::string_view origin : {"null", "", "http://evil.example", "https://evil.example:9451", "http://127.0.0.1", "http://127.0.0.1:80",
                                          "http://127.0.0.1:94510", "http://127.0.0.1:9451.evil.example", "http://localhost:9451", "ftp://127.0.0.1:9451",
                                          "127.0.0.1:9451", "http://127.0.0.1:9451/", "http://evil.example http://127.0.0.1:9451"}) {
        EXPECT_EQ(refusal({{"Origin", origin}}), 403U) << origin;
    }
    for (const std::string_view site : {"cross-site", "same-site", "", "Same-Origin", "same-origin, none"}) {
        EXPECT_EQ(refusal({{"Sec-Fetch-Site", site}}), 403U) << site;
    }
    EXPECT_EQ(refusal({{"Origin", "http://127.0.0.1:9451"}, {"Origin", "http://evil.example"}}), 403U);
    EXPECT_EQ(refusal({{"Origin", "http://127.0.0.1:9451"}, {"Sec-Fetch-Site", "cross-site"}}), 403U);
}

}  // namespace
}  // namespace eas451
