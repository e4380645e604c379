// SPDX-License-Identifier: Apache-2.0
// decide() is on the way of every warm request and allocates nothing. This file replaces the test
// program's operator new to count, for the thread that asks.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "decision_world.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace eas451 {
namespace {

using test::accepted;
using test::moved_recipient;
using test::now;

std::size_t allocations_of(const EasRequest& request, const LoginOutcome& outcome, const Policy& policy,
                           const RelationshipTable& table, Reason expected) {
    const Surroundings surroundings{table, true, now};
    const std::size_t before = allocations;
    const Verdict verdict = decide(request, "Apple-iPad2C2/1202.440 with a long name", outcome, policy, surroundings);
    const std::size_t counted = allocations - before;
    EXPECT_EQ(verdict.reason, expected);
    return counted;
}

class DecisionAllocationTest : public testing::Test {
protected:
    EasRequest request_ = [] {
        // Longer than a small-string buffer: a copy of it would allocate.
        EasRequest request = test::post(ProtocolVersion{14, 1}, EasCommand::resolve_recipients);
        request.device_type = "a device type of more than 16 bytes";
        return request;
    }();
    LoginOutcome moved_ = accepted(moved_recipient());
    Policy policy_ = test::policy();
    RelationshipTable table_{{test::office365(), test::relationship("a", "twice.example", "https://a.example/"),
                              test::relationship("b", "twice.example", "https://b.example/")}};
};

TEST_F(DecisionAllocationTest, TheCounterCounts) {
    const std::size_t before = allocations;
    const auto made = std::make_unique<int>(1);
    EXPECT_EQ(allocations - before, 1U);
}

TEST_F(DecisionAllocationTest, NoneForARedirect) {
    EXPECT_EQ(allocations_of(request_, moved_, policy_, table_, Reason::redirected), 0U);
}

TEST_F(DecisionAllocationTest, NoneForARefusal) {
    const LoginOutcome outcome = accepted(moved_recipient({}));
    EXPECT_EQ(allocations_of(request_, outcome, policy_, table_, Reason::no_mailbox), 0U);
    EXPECT_EQ(allocations_of(request_, Rejected{Rejection::bad_credentials}, policy_, table_, Reason::bad_credentials),
              0U);
    EXPECT_EQ(allocations_of(request_, Unavailable{}, policy_, table_, Reason::directory_down), 0U);
}

TEST_F(DecisionAllocationTest, NoneForADuplicateDomainInCapitals) {
    const LoginOutcome outcome = accepted(moved_recipient("SMTP:user12@TWICE.EXAMPLE"));
    EXPECT_EQ(allocations_of(request_, outcome, policy_, table_, Reason::no_relationship), 0U);
}

TEST_F(DecisionAllocationTest, NoneForTheLongestDomain) {
    const std::string domain =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    const LoginOutcome outcome = accepted(moved_recipient("SMTP:user12@" + domain));
    ASSERT_EQ(domain.size(), 253U);
    EXPECT_EQ(allocations_of(request_, outcome, policy_, table_, Reason::no_relationship), 0U);
}

TEST_F(DecisionAllocationTest, NoneForTheCanaryAndSkip) {
    policy_.only_users = {"a rather long name@contoso.com", "user12@contoso.com"};
    policy_.skip_user_agents = {"another rather long user agent"};
    policy_.skip_device_types = {"a device type of more than 16"};
    EXPECT_EQ(allocations_of(request_, moved_, policy_, table_, Reason::client_unsupported), 0U);
    policy_.only_users.pop_back();
    EXPECT_EQ(allocations_of(request_, moved_, policy_, table_, Reason::redirect_off), 0U);
}

TEST_F(DecisionAllocationTest, NoneForALocalMailbox) {
    policy_.has_exchange = true;
    EXPECT_EQ(allocations_of(request_, accepted(test::local_recipient()), policy_, table_, Reason::proxied), 0U);
}

}  // namespace
}  // namespace eas451
