// SPDX-License-Identifier: Apache-2.0
// The sizes of a head, and where it ends.
#include <gtest/gtest.h>

#include <string>

#include "eas451/core/request_head.hpp"

namespace eas451 {
namespace {

using Fault = std::optional<HeadFault>;

const std::string host_line = "Host: mail.contoso.com\r\n";

Fault fault_of(const std::string& head) {
    RequestHead out;
    return parse_request_head(head, out);
}

std::string with_fields(std::size_t count) {
    std::string head = "GET / HTTP/1.1\r\n" + host_line;
    for (std::size_t i = 1; i < count; ++i) head += "X: y\r\n";
    return head + "\r\n";
}

std::string of_size(std::size_t size) {
    std::string head = "GET / HTTP/1.1\r\n" + host_line + "X: ";
    return head + std::string(size - head.size() - 4, 'y') + "\r\n\r\n";
}

std::string with_target_of(std::size_t size) {
    return "POST /?" + std::string(size - 2, 'q') + " HTTP/1.1\r\n" + host_line + "\r\n";
}

TEST(request_head_limits, fields) {
    RequestHead out;
    EXPECT_EQ(parse_request_head(with_fields(max_head_fields), out), Fault{});
    EXPECT_EQ(out.fields().size(), max_head_fields);
    EXPECT_FALSE(out.add({"X", "y"}));
    EXPECT_EQ(fault_of(with_fields(max_head_fields + 1)), HeadFault::too_many_fields);
}

TEST(request_head_limits, bytes) {
    ASSERT_EQ(of_size(max_head_bytes).size(), max_head_bytes);
    EXPECT_EQ(fault_of(of_size(max_head_bytes)), Fault{});
    EXPECT_EQ(fault_of(of_size(max_head_bytes + 1)), HeadFault::too_large);
}

TEST(request_head_limits, a_full_buffer_without_an_end_is_too_large) {
    const auto head = of_size(max_head_bytes + 100);
    EXPECT_EQ(fault_of(head.substr(0, max_head_bytes)), HeadFault::too_large);
    EXPECT_EQ(fault_of(head.substr(0, max_head_bytes + 1)), HeadFault::too_large);
    EXPECT_EQ(fault_of(head.substr(0, max_head_bytes - 1)), HeadFault::bad_line_end);
}

TEST(request_head_limits, target) {
    EXPECT_EQ(fault_of(with_target_of(max_target_bytes)), Fault{});
    EXPECT_EQ(fault_of(with_target_of(max_target_bytes + 1)), HeadFault::target_too_long);
}

TEST(request_head_limits, a_long_target_is_told_from_a_large_head_and_named) {
    const auto head = with_target_of(2 * max_head_bytes).substr(0, max_head_bytes);
    RequestHead out;
    EXPECT_EQ(parse_request_head(head, out), HeadFault::target_too_long);
    EXPECT_EQ(out.method, "POST");
    EXPECT_EQ(out.path, "/");
    EXPECT_EQ(out.target.size(), max_head_bytes - 5);
    EXPECT_EQ(out.query.size(), max_head_bytes - 7);
}

TEST(request_head_limits, a_refused_head_names_what_was_read) {
    RequestHead out;
    EXPECT_EQ(parse_request_head("POST /a?b#c HTTP/1.1\r\nHost: x\r\n\r\n", out), HeadFault::bad_target);
    EXPECT_EQ(out.target, "/a?b#c");
    EXPECT_EQ(parse_request_head("POST /a?b HTTP/3\r\nHost: x\r\n\r\n", out), HeadFault::bad_version);
    EXPECT_EQ(out.method, "POST");
    EXPECT_EQ(out.path, "/a");
    EXPECT_EQ(out.query, "b");
    EXPECT_EQ(parse_request_head("post /a HTTP/1.1\r\nHost: x\r\n\r\n", out), HeadFault::bad_request_line);
    EXPECT_EQ(out.method, "");
}

TEST(request_head_limits, every_fault_has_a_word) {
    for (unsigned i = 0; i <= static_cast<unsigned>(HeadFault::duplicate_field); ++i) {
        EXPECT_FALSE(to_string(static_cast<HeadFault>(i)).empty()) << i;
    }
}

TEST(find_head_end, finds_the_blank_line) {
    EXPECT_EQ(find_head_end("", 0), std::nullopt);
    EXPECT_EQ(find_head_end("\r\n\r\n", 0), 4U);
    EXPECT_EQ(find_head_end("a\r\n\r\nb\r\n\r\n", 0), 5U);
    EXPECT_EQ(find_head_end("a\r\nb\r\n", 0), std::nullopt);
    EXPECT_EQ(find_head_end("a\r\n\r", 0), std::nullopt);
    EXPECT_EQ(find_head_end("a\r\r\n", 0), std::nullopt);
}

TEST(find_head_end, does_not_wait_behind_bare_line_feeds) {
    EXPECT_EQ(find_head_end("\n\n", 0), 2U);
    EXPECT_EQ(find_head_end("a\n\nb", 0), 3U);
    EXPECT_EQ(find_head_end("a\n\r\nb", 0), 4U);
    EXPECT_EQ(find_head_end("a\r\n\nb", 0), 4U);
}

TEST(find_head_end, is_the_same_however_the_bytes_arrive) {
    for (const std::string end : {"\r\n\r\n", "\n\n", "\n\r\n", "\r\n\n"}) {
        const std::string head = "GET / HTTP/1.1\r\nHost: a" + end;
        const std::string bytes = head + "body\r\n\r\n";
        for (std::size_t split = 0; split < bytes.size(); ++split) {
            const auto first = find_head_end(std::string_view(bytes).substr(0, split), 0);
            ASSERT_EQ(first.has_value(), split >= head.size()) << split;
            if (!first) {
                EXPECT_EQ(find_head_end(bytes, split), head.size()) << split;
            }
        }
        std::size_t seen = 0;  // byte by byte
        while (seen < head.size() && !find_head_end(std::string_view(head).substr(0, seen + 1), seen)) ++seen;
        EXPECT_EQ(seen + 1, head.size());
    }
}

}  // namespace
}  // namespace eas451
