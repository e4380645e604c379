// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/secret.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gtest/gtest.h>

#include <new>
#include <nlohmann/json.hpp>
#include <ostream>
#include <type_traits>
#include <utility>

namespace eas451 {
namespace {

constexpr std::string_view short_password = "hunter2-hunter3";  // fits into a std::string object itself
const std::string long_password(200, 'p');

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<std::string, Secret> && !std::is_constructible_v<std::string_view, Secret>);
static_assert(!std::is_convertible_v<std::string, Secret> && !std::is_constructible_v<Secret, const std::string&>);
template <class T>
concept Printable = requires(std::ostream& stream, const T& value) { stream << value; };
template <class T>
concept Comparable = requires(const T& value) { value == value; };
static_assert(Printable<std::string> && !Printable<Secret>);
static_assert(Comparable<std::string> && !Comparable<Secret>);  // in constant time, or not at all
static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<Secret>::value);  // spdlog's too
static_assert(std::is_constructible_v<nlohmann::json, std::string> && !std::is_constructible_v<nlohmann::json, const Secret&>);
static_assert(!std::is_constructible_v<nlohmann::json, Secret&&>);

/// A Secret in memory that can be looked at.
struct Cell {
    alignas(Secret) unsigned char bytes[sizeof(Secret)] = {};

    Secret& put(std::string text) { return *new (bytes) Secret(std::move(text)); }
    [[nodiscard]] bool shows(std::string_view text) const {
        return std::string(bytes, bytes + sizeof bytes).find(text) != std::string::npos;
    }
};

TEST(secret, cleanse_overwrites_the_whole_capacity) {
    std::string text = long_password;
    text.resize(10);
    const char* const bytes = text.data();
    const auto capacity = text.capacity();
    ASSERT_GE(capacity, long_password.size());
    cleanse(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.data(), bytes);
    EXPECT_EQ(std::string_view(bytes, capacity).find_first_not_of('\0'), std::string_view::npos);
}

TEST(secret, a_plain_string_can_be_cleansed_at_the_end) {
    std::string text = long_password;
    const char* const bytes = text.data();
    const auto capacity = text.capacity();
    {
        const CleansedAtEnd at_end(text);
        EXPECT_EQ(text, long_password);
    }
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.data(), bytes);
    EXPECT_EQ(std::string_view(bytes, capacity).find_first_not_of('\0'), std::string_view::npos);
}

TEST(secret, takes_the_bytes_and_cleanses_the_source) {
    for (const std::string& password : {std::string(short_password), long_password}) {
        std::string source = password;
        const Secret secret(std::move(source));
        EXPECT_EQ(secret.reveal(), password);
        EXPECT_FALSE(secret.empty());
        EXPECT_EQ(std::string_view(source.data(), source.capacity()).find_first_not_of('\0'), std::string_view::npos);
    }
}

TEST(secret, starts_empty) {
    EXPECT_TRUE(Secret().empty());
    EXPECT_EQ(Secret().reveal(), "");
}

TEST(secret, leaves_nothing_behind_when_moved_from) {
    Cell cell;
    Secret& source = cell.put(std::string(short_password));
    ASSERT_TRUE(cell.shows(short_password));
    const Secret target(std::move(source));
    EXPECT_EQ(target.reveal(), short_password);
    EXPECT_FALSE(cell.shows(short_password));
    EXPECT_TRUE(source.empty());
    source.~Secret();
}

TEST(secret, leaves_nothing_behind_when_assigned_from) {
    Cell cell;
    Secret& source = cell.put(std::string(short_password));
    Secret target{std::string(long_password)};
    target = std::move(source);
    EXPECT_EQ(target.reveal(), short_password);
    EXPECT_FALSE(cell.shows(short_password));
    source.~Secret();
}

TEST(secret, leaves_nothing_behind_when_assigned_over) {
    Cell cell;
    Secret& target = cell.put(std::string(short_password));
    target = Secret(std::string(long_password));
    EXPECT_EQ(target.reveal(), long_password);
    EXPECT_FALSE(cell.shows("hunter3"));
    target.~Secret();
}

TEST(secret, leaves_nothing_behind_when_it_ends) {
    Cell cell;
    cell.put(std::string(short_password)).~Secret();
    EXPECT_FALSE(cell.shows(short_password));
}

TEST(secret, survives_assignment_to_itself) {
    Secret secret{std::string(short_password)};
    Secret& same = secret;
    secret = std::move(same);
    EXPECT_EQ(secret.reveal(), short_password);
}

}  // namespace
}  // namespace eas451
