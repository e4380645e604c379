// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/ldap/organization_watch.hpp"

#include <gmock/gmock.h>

#include "watched_server.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

const std::string watched_1 = "organization relationships: watched on ldaps://s1";
const std::string refused_1 = "organization relationships: not watched: ldaps://s1: Server is unwilling to perform (53), not here; "
                              "read every organization_relationships.refresh until they are";

class OrganizationWatchTest : public WatchTest {
protected:
    void begin() {
        watch_ = std::make_shared<OrganizationWatch>(
            loop_->get_executor(), [this] { ++wakes_; }, [this](const std::string& line) { lines_.push_back(line); }, times_);
    }
    static LdapOrganization read_from(const std::string& server, std::vector<std::string> containers = {"CN=Federation"}) {
        LdapOrganization read;
        read.server = server;
        read.containers = std::move(containers);
        read.can_be_watched = true;
        return read;
    }
    /// A reading that begins now and is good.
    void read(const LdapOrganization& organization) {
        watch_->reading_begins(steady_clock::now());
        watch_->follow(*servers_, organization);
    }
    void read(const std::string& server = "ldaps://s1") { read(read_from(server)); }
    /// Places it, with the reading that has to follow.
    void settle(const std::string& server = "ldaps://s1") {
        read(server);
        ASSERT_TRUE(watch_->wants_reading());
        ask("nothing");
        read(server);
        ASSERT_FALSE(watch_->wants_reading());
    }
    void wait_for_wakes(unsigned count) {
        run_until([&] { return wakes_ >= count; });
    }
    void end_all() {
        watch_->stop();
        watch_.reset();
        expect_that_all_ends();
    }

    OrganizationWatchTimes times_;
    std::shared_ptr<OrganizationWatch> watch_;
    unsigned wakes_ = 0;
    std::vector<std::string> lines_;
};

TEST_F(OrganizationWatchTest, IsPlacedOnceAndReadOnceMore) {
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    read();
    EXPECT_TRUE(watch_->wants_reading());
    EXPECT_THAT(lines_, IsEmpty());
    for (int i = 0; i < 3; ++i) {
        read();
        EXPECT_FALSE(watch_->wants_reading());
    }
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(server.watches_of("CN=Federation"), 1U);
    EXPECT_THAT(lines_, ElementsAre(watched_1));
    end_all();
    EXPECT_EQ(wakes_, 0U);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(OrganizationWatchTest, ManyChangesAreOneReadingAndNotTooSoon) {
    times_.gathering = 50ms;
    times_.between_readings = 300ms;
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    settle();
    const auto begun = steady_clock::now();
    watch_->reading_begins(begun);
    server.changes = 100;
    for (int i = 0; i < 3; ++i) ask("changed");
    EXPECT_FALSE(watch_->wants_reading());
    wait_for_wakes(1);
    EXPECT_TRUE(watch_->wants_reading());
    EXPECT_GE(steady_clock::now() - begun, 300ms);
    ask("changed");
    EXPECT_EQ(wakes_, 1U);
    read();
    EXPECT_FALSE(watch_->wants_reading());
    ask("changed");
    wait_for_wakes(2);
    end_all();
}

TEST_F(OrganizationWatchTest, AReadingThatBeginsMeanwhileSeesTheChange) {
    times_.gathering = 50ms;
    times_.between_readings = 0ms;
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    settle();
    ask("changed");
    const auto changed = steady_clock::now();
    read();
    run_until([&] { return steady_clock::now() - changed >= 200ms; });
    EXPECT_EQ(wakes_, 0U);
    ask("changed");
    wait_for_wakes(1);
    end_all();
}

TEST_F(OrganizationWatchTest, AServerThatRefusesIsAskedAgainLaterAndToldOfOnce) {
    times_ = {0ms, 0ms, 10s, 100ms};
    WatchedServer server(certificate());
    server.refusal = 53;
    serve(server.port());
    begin();
    read();
    ask("nothing");
    wait_for_wakes(1);
    const auto refused = steady_clock::now();
    read();
    EXPECT_FALSE(watch_->wants_reading());
    EXPECT_EQ(server.watches(), 1U);
    run_until([&] { return steady_clock::now() - refused >= 100ms; });
    read();
    ask("nothing");
    EXPECT_EQ(server.watches(), 2U);
    EXPECT_THAT(lines_, ElementsAre(refused_1));
    server.refusal = 0;
    run_until([&] { return steady_clock::now() - refused >= 250ms; });
    settle();
    EXPECT_THAT(lines_, ElementsAre(refused_1, watched_1));
    end_all();
}

TEST_F(OrganizationWatchTest, ALostConnectionIsReadAndWatchedAgain) {
    times_.gathering = 0ms;
    times_.between_readings = 0ms;
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    settle();
    ask("lost");
    wait_for_wakes(1);
    EXPECT_TRUE(watch_->wants_reading());
    wait_until_connected();
    settle();
    EXPECT_THAT(lines_, ElementsAre(watched_1, StartsWith("organization relationships: not watched: ldaps://s1 closed the connection"),
                                    watched_1));
    ask("changed");
    wait_for_wakes(2);
    end_all();
}

TEST_F(OrganizationWatchTest, AServerThatIsLostByEachWatchIsNotWatched) {
    times_.gathering = 0ms;
    times_.between_readings = 0ms;
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    for (unsigned i = 0; i < OrganizationWatch::max_early_losses; ++i) {
        settle();
        ask("lost");
        wait_for_wakes(i + 1);
        run_until([&] { return ask("nothing"); });
    }
    read();
    EXPECT_FALSE(watch_->wants_reading());
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(server.watches_of("CN=Federation"), OrganizationWatch::max_early_losses);
    end_all();
}

TEST_F(OrganizationWatchTest, OneThatCannotBePlacedWantsAReadingButNotAtOnce) {
    times_.gathering = 50ms;
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    for (unsigned i = 1; i <= 2; ++i) {
        read("ldaps://gone");
        EXPECT_FALSE(watch_->wants_reading());
        wait_for_wakes(i);
    }
    EXPECT_THAT(lines_, ElementsAre(StartsWith("organization relationships: not watched: ldaps://gone: lost")));
    end_all();
}

TEST_F(OrganizationWatchTest, WhatWasReadOfTwoServersIsReadOnceMore) {
    times_.gathering = 0ms;
    times_.between_readings = 0ms;
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    LdapOrganization mixed = read_from("ldaps://s1");
    mixed.is_of_one_server = mixed.can_be_watched = false;
    read(mixed);
    EXPECT_FALSE(watch_->wants_reading());
    wait_for_wakes(1);
    const auto woken = steady_clock::now();
    read(mixed);
    run_until([&] { return steady_clock::now() - woken >= 100ms; });
    EXPECT_EQ(wakes_, 1U);
    settle();
    read(mixed);
    wait_for_wakes(2);
    ask("nothing");
    EXPECT_EQ(server.abandoned(), 0U);
    EXPECT_THAT(lines_, ElementsAre(watched_1));
    end_all();
}

TEST_F(OrganizationWatchTest, AServerBehindThePreferredOneIsReadOnceMoreBeforeItIsWatched) {
    times_.gathering = 0ms;
    times_.between_readings = 0ms;
    WatchedServer first(certificate());
    WatchedServer second(certificate());
    serve(first.port(), second.port());
    begin();
    read("ldaps://s2");
    EXPECT_FALSE(watch_->wants_reading());
    wait_for_wakes(1);
    settle("ldaps://s1");
    EXPECT_EQ(second.watches(), 0U);
    EXPECT_THAT(lines_, ElementsAre(watched_1));
    end_all();
}

TEST_F(OrganizationWatchTest, ItGoesWhereWasRead) {
    WatchedServer first(certificate());
    WatchedServer second(certificate());
    serve(first.port(), second.port());
    begin();
    for (int i = 0; i < 3; ++i) read("ldaps://s2");  // s1 does not answer all that it is asked
    settle("ldaps://s1");
    run_until([&] { return second.abandoned() == 1; });
    EXPECT_EQ(first.watches(), 1U);
    EXPECT_EQ(second.watches(), 1U);
    read(read_from("ldaps://s1", {"CN=Federation", "CN=New"}));
    EXPECT_TRUE(watch_->wants_reading());
    read(read_from("ldaps://s1", {"CN=Federation", "CN=New"}));
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(first.abandoned(), 1U);
    EXPECT_EQ(first.watches(), 3U);
    EXPECT_THAT(lines_, ElementsAre("organization relationships: watched on ldaps://s2", watched_1));
    end_all();
}

TEST_F(OrganizationWatchTest, OfMoreThanFiveContainersFiveAreWatched) {
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    const LdapOrganization seven = read_from("ldaps://s1", {"CN=1", "CN=2", "CN=3", "CN=4", "CN=5", "CN=6", "CN=7"});
    for (int i = 0; i < 3; ++i) read(seven);
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(server.watches(), 5U);
    EXPECT_EQ(server.watches_of("CN=6"), 0U);
    EXPECT_THAT(lines_, ElementsAre(watched_1 + ", but for those in 2 of 7 containers"));
    end_all();
}

TEST_F(OrganizationWatchTest, WhereItIsNotOfferedNothingIsSentOrTold) {
    WatchedServer server(certificate());
    serve(server.port());
    begin();
    LdapOrganization not_offered = read_from("ldaps://s1");
    not_offered.can_be_watched = false;
    read(not_offered);
    read(read_from("ldaps://s1", {}));
    EXPECT_FALSE(watch_->wants_reading());
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(server.watches(), 0U);
    EXPECT_THAT(lines_, IsEmpty());
    settle();
    read(not_offered);
    EXPECT_TRUE(ask("nothing"));
    EXPECT_EQ(server.abandoned(), 1U);
    EXPECT_THAT(lines_, ElementsAre(watched_1, "organization relationships: not watched: ldaps://s1 does not offer it"));
    end_all();
}

}  // namespace
}  // namespace eas451
