// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/user_trace.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

const SteadyTime noon{1000h};

Settings settings_of(std::vector<std::string> users, std::chrono::milliseconds lasts = 1h) {
    Settings settings;
    settings.trace_users = std::move(users);
    settings.trace_for = lasts;
    return settings;
}

TEST(UserTrace, is_on_from_its_begin_until_its_time_is_over) {
    UserTrace trace({"jim"}, 1h);
    EXPECT_FALSE(trace.is_on(noon));
    trace.begin(noon);
    EXPECT_TRUE(trace.is_on(noon));
    EXPECT_TRUE(trace.is_on(noon + 1h - 1ns));
    EXPECT_FALSE(trace.is_on(noon + 1h));
    trace.begin(noon + 2h);
    EXPECT_TRUE(trace.is_on(noon + 2h));
    trace.end();
    EXPECT_FALSE(trace.is_on(noon + 2h));
}

TEST(UserTrace, goes_on_where_nothing_changes_and_begins_anew_where_something_does) {
    EXPECT_EQ(nullptr, UserTrace::of(settings_of({}), nullptr));
    const auto first = UserTrace::of(settings_of({"jim"}), nullptr);
    ASSERT_NE(nullptr, first);
    first->begin(noon);
    EXPECT_EQ(first, UserTrace::of(settings_of({"jim"}), first));
    const auto others = UserTrace::of(settings_of({"ann", "jim"}), first);
    EXPECT_NE(first, others);
    EXPECT_FALSE(others->is_on(noon)) << "whoever applies it begins it";
    EXPECT_NE(first, UserTrace::of(settings_of({"jim"}, 2h), first));
    EXPECT_EQ(nullptr, UserTrace::of(settings_of({}), first));
    EXPECT_TRUE(first->is_on(noon)) << "a reload that fails later has ended nothing";
}

TEST(UserTrace, names_who_was_found_else_who_was_typed) {
    const UserTrace trace({"jim@contoso.com"}, 1h);
    Recipient jim;
    jim.user_principal_name = "jim@contoso.com";
    Recipient ann;
    ann.user_principal_name = "ann@contoso.com";
    EXPECT_TRUE(trace.names(&jim, "contoso\\jimmy"));
    EXPECT_FALSE(trace.names(&ann, "jim@contoso.com"));
    EXPECT_TRUE(trace.names(nullptr, "Jim@contoso.com"));
    EXPECT_FALSE(trace.names(nullptr, ""));
}

TEST(TraceWatch, ends_a_trace_at_its_time_and_stops_with_its_loop) {
    boost::asio::io_context loop(1);
    TraceWatch watch(loop);
    const auto brief = std::make_shared<UserTrace>(std::vector<std::string>{"jim"}, 1ms);
    watch.use(brief);
    loop.run();  // until its timer has ended it
    EXPECT_FALSE(brief->is_on(SteadyTime::min() + 1ns)) << "ended, and not only over";
    const auto lasting = std::make_shared<UserTrace>(std::vector<std::string>{"jim"}, 72h);
    watch.use(lasting);
    EXPECT_TRUE(lasting->is_on(std::chrono::steady_clock::now()));
    watch.use(brief);
    EXPECT_FALSE(lasting->is_on(std::chrono::steady_clock::now())) << "another one ends it";
    watch.use(nullptr);
    watch.stop();
    loop.restart();
    loop.run();
}

}  // namespace
}  // namespace eas451
