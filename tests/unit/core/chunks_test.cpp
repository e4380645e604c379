// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/chunks.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "eas451/core/body_reader.hpp"

namespace eas451 {
namespace {

std::string size_line(std::size_t bytes) {
    std::string line = "x";
    append_chunk_size(line, bytes);
    return line.substr(1);
}

TEST(chunks, sizes) {
    EXPECT_EQ(size_line(1), "1\r\n");
    EXPECT_EQ(size_line(15), "f\r\n");
    EXPECT_EQ(size_line(16384), "4000\r\n");
    const auto longest = size_line(std::numeric_limits<std::size_t>::max());
    EXPECT_EQ(longest, "ffffffffffffffff\r\n");
    EXPECT_EQ(longest.size(), max_chunk_size_line_bytes);
}

TEST(chunks, a_chunk_of_nothing_does_not_end_the_body) {
    EXPECT_EQ(size_line(0), "");
}

TEST(chunks, what_is_written_is_read_again) {
    std::string body;
    std::string sent;
    for (const std::size_t size : std::vector<std::size_t>{1, 9, 10, 255, 256, 70000}) {
        const std::string content(size, static_cast<char>('a' + size % 26));
        append_chunk_size(body, size);
        body.append(content).append(chunk_end);
        sent += content;
    }
    body += last_chunk;
    BodyReader reader(BodyFraming::chunked, 0);
    std::string read;
    std::size_t taken = 0;
    while (taken < body.size()) {
        const auto step = reader.read(std::string_view(body).substr(taken));
        ASSERT_NE(step.taken, 0U);
        read += step.content;
        taken += step.taken;
    }
    EXPECT_TRUE(reader.has_ended());
    EXPECT_EQ(read, sent);
}

}  // namespace
}  // namespace eas451
