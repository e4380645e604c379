// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/ldap/ldap_watch.hpp"

#include <gmock/gmock.h>

#include "watched_server.hpp"

namespace eas451 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Names = std::vector<std::string>;

class LdapWatchTest : public WatchTest {
protected:
    LdapWatchEvents events() {
        return {[this] { ++changes_; }, [this](const LdapWatchEnd& why) { ends_.push_back(why); }};
    }
    std::shared_ptr<LdapWatch> watch(const std::string& server, const Names& containers) {
        return servers_->watch(server, containers, events());
    }

    unsigned changes_ = 0;
    std::vector<LdapWatchEnd> ends_;
};

TEST_F(LdapWatchTest, TellsOfEveryChangeOfTheContainersOnTheServerThatIsNamed) {
    WatchedServer first(certificate());
    WatchedServer second(certificate());
    serve(first.port(), second.port());
    const auto watched = watch("ldaps://s1", {"CN=Federation", "CN=Elsewhere"});
    ASSERT_NE(watched, nullptr);
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(changes_, 0U);
    first.changes = 3;
    EXPECT_TRUE(ask("changed"));
    EXPECT_EQ(changes_, 3U);
    EXPECT_THAT((Names{std::to_string(first.watches_of("CN=Federation")), std::to_string(first.watches_of("CN=Elsewhere"))}),
                ElementsAre("1", "1"));
    EXPECT_EQ(second.watches(), 0U);
    EXPECT_TRUE(ends_.empty());
    expect_that_all_ends();
    EXPECT_EQ(ends_.size(), 1U);  // its connection is gone, once for both
}

TEST_F(LdapWatchTest, ItIsPlacedWholeOrNotAtAll) {
    WatchedServer server(certificate());
    serve(server.port());
    EXPECT_EQ(watch("ldaps://s1", {}), nullptr);
    EXPECT_EQ(watch("ldaps://s2", {"CN=a"}), nullptr);
    const auto five = watch("ldaps://s1", {"CN=a", "CN=b", "CN=c", "CN=d", "CN=e"});
    ASSERT_NE(five, nullptr);
    EXPECT_EQ(watch("ldaps://s1", {"CN=f"}), nullptr);
    five->end();
    EXPECT_EQ(watch("ldaps://s1", {"CN=1", "CN=2", "CN=3", "CN=4", "CN=5", "CN=6"}), nullptr);
    EXPECT_NE(watch("ldaps://s1", {"CN=1", "CN=2", "CN=3", "CN=4", "CN=5"}), nullptr);
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(server.watches(), 15U);
    EXPECT_EQ(server.abandoned(), 10U);
    EXPECT_TRUE(ends_.empty());
    expect_that_all_ends();
}

TEST_F(LdapWatchTest, NothingIsToldAfterItsEnd) {
    WatchedServer server(certificate());
    serve(server.port());
    const auto ended = watch("ldaps://s1", {"CN=Federation"});
    ended->end();
    EXPECT_TRUE(ask("changed"));
    EXPECT_EQ(server.abandoned(), 1U);
    auto let_go = watch("ldaps://s1", {"CN=Federation"});
    let_go.reset();
    EXPECT_TRUE(ask("changed"));
    ask("lost");
    EXPECT_EQ(changes_, 0U);
    EXPECT_TRUE(ends_.empty());
    expect_that_all_ends();
}

TEST_F(LdapWatchTest, OneThatIsRefusedEndsOnceAndTheConnectionStays) {
    WatchedServer server(certificate());
    server.refusal = 53;
    serve(server.port());
    const auto refused = watch("ldaps://s1", {"CN=a", "CN=b"});
    ASSERT_NE(refused, nullptr);
    EXPECT_TRUE(ask("nothing"));
    ASSERT_EQ(ends_.size(), 1U);
    EXPECT_TRUE(ends_[0].was_refused);
    EXPECT_EQ(ends_[0].why, "ldaps://s1: Server is unwilling to perform (53), not here");
    EXPECT_EQ(downs_, 0U);
    server.refusal = 0;
    EXPECT_NE(watch("ldaps://s1", {"CN=1", "CN=2", "CN=3", "CN=4", "CN=5"}), nullptr);
    expect_that_all_ends();
}

TEST_F(LdapWatchTest, ItEndsWithItsConnection) {
    WatchedServer server(certificate());
    serve(server.port());
    const auto lost = watch("ldaps://s1", {"CN=a", "CN=b"});
    ask("lost");
    ASSERT_EQ(ends_.size(), 1U);
    EXPECT_FALSE(ends_[0].was_refused);
    EXPECT_THAT(ends_[0].why, HasSubstr("ldaps://s1 closed the connection"));
    lost->end();
    wait_until_connected();
    const auto again = watch("ldaps://s1", {"CN=a"});
    EXPECT_TRUE(ask("changed"));
    EXPECT_EQ(changes_, 1U);
    expect_that_all_ends();
}

TEST_F(LdapWatchTest, ItMayOutliveItsLoop) {
    WatchedServer server(certificate());
    serve(server.port());
    const auto watched = watch("ldaps://s1", {"CN=a"});
    servers_.reset();
    loop_.reset();
    watched->end();
    EXPECT_EQ(changes_, 0U);
}

}  // namespace
}  // namespace eas451
