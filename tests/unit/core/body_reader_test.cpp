// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/body_reader.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;

RequestHead head_with(BodyFraming framing, std::uint64_t length = 0) {
    RequestHead head;
    head.framing = framing;
    head.content_length = length;
    return head;
}

struct Read {
    bool ended = false;
    bool malformed = false;
    std::size_t taken = 0;
    std::string content;
    bool operator==(const Read&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
    return out << (read.ended       ? "ended"
                   : read.malformed ? "malformed"
                                    : "unfinished")
               << " after " << read.taken << " with " << testing::PrintToString(read.content);
}

void feed(BodyReader& reader, std::string_view part, Read& read) {
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto bytes = std::make_unique<char[]>(part.size());
    std::copy(part.begin(), part.end(), bytes.get());
    std::string_view rest(bytes.get(), part.size());
    while (true) {
        const auto step = reader.read(rest);
        if (step.taken == 0) break;
        EXPECT_TRUE(step.content.empty() || step.content.data() + step.content.size() == rest.data() + step.taken);
        read.content += step.content;
        read.taken += step.taken;
        rest.remove_prefix(step.taken);
    }
    EXPECT_EQ(reader.body_bytes(), read.content.size());
    EXPECT_TRUE(rest.empty() || reader.has_ended() || reader.is_malformed());
    read.ended = reader.has_ended();
    read.malformed = reader.is_malformed();
}

Read in_parts(const RequestHead& head, const std::vector<std::string_view>& parts) {
    BodyReader reader(head);
    Read read;
    for (const auto part : parts) feed(reader, part, read);
    return read;
}

/// What a chunked body comes to: the same whole, in every two parts, and byte by byte.
Read chunked(std::string_view bytes) {
    const auto head = head_with(BodyFraming::chunked);
    const Read whole = in_parts(head, {bytes});
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        EXPECT_EQ(in_parts(head, {bytes.substr(0, split), bytes.substr(split)}), whole) << split;
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
    EXPECT_EQ(in_parts(head, single), whole);
    return whole;
}

/// A body that ends with these bytes, whatever comes behind them.
void expect_content(const std::string& bytes, const std::string& content) {
    EXPECT_EQ(chunked(bytes + "GET /"), (Read{true, false, bytes.size(), content})) << testing::PrintToString(bytes);
}
void expect_malformed(const std::string& bytes) {
    EXPECT_TRUE(chunked(bytes + "\r\n0\r\n\r\n").malformed) << testing::PrintToString(bytes);
}

TEST(body_reader, chunks) {
    expect_content("0\r\n\r\n", "");
    expect_content("5\r\nhello\r\n0\r\n\r\n", "hello");
    expect_content("1\r\na\r\n0002\r\n\r\n\r\nA\r\n0123456789\r\n000\r\n\r\n", "a\r\n0123456789");
    expect_content("00000000000000aB\r\n"s + std::string(0xab, 'x') + "\r\n0\r\n\r\n", std::string(0xab, 'x'));
    expect_content("3\r\n0\r\n\r\n0\r\n\r\n", "0\r\n");
}

TEST(body_reader, an_unfinished_body_takes_everything_and_waits) {
    for (const auto* bytes : {"", "5", "5\r", "5\r\nhel", "5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "0\r\n",
                              "0\r\nX: y\r\n", "0\r\n\r"}) {
        const auto read = chunked(bytes);
        EXPECT_FALSE(read.ended || read.malformed) << bytes;
        EXPECT_EQ(read.taken, std::string(bytes).size()) << bytes;
    }
}

TEST(body_reader, sizes_up_to_sixteen_digits) {
    const auto huge = chunked("FFFFFFFFFFFFFFFF\r\nabc");
    EXPECT_EQ(huge, (Read{false, false, 21, "abc"}));
    expect_content("000000000000000000000"s.substr(0, max_chunk_size_digits) + "\r\n\r\n", "");
    expect_malformed("00000000000000000");
    expect_malformed("00000000000000005\r\nhello");
    expect_malformed("10000000000000005\r\nhello");
}

TEST(body_reader, size_lines_that_could_be_read_in_two_ways) {
    for (const auto& size : {""s,
                             "0x5"s,
                             "+5"s,
                             "-5"s,
                             "_5"s,
                             "5_"s,
                             "5_0"s,
                             " 5"s,
                             "5 "s,
                             "\t5"s,
                             "5\t"s,
                             "5 ;a"s,
                             "5.0"s,
                             "5,5"s,
                             "5h"s,
                             "g"s,
                             "\"5\""s,
                             "5\0"s,
                             "\0005"s,
                             "5\x0b"s,
                             "\xb5"s,
                             "5\r"s,
                             "\r5"s,
                             "5\n"s,
                             "5\r\r"s,
                             "5=a"s,
                             ";a"s,
                             "\xef\xbb\xbf"
                             "5"s}) {
        expect_malformed(size + "\r\nhello");
    }
    expect_malformed("5\nhello");
    expect_malformed("5\rhello");
    expect_malformed("\r\n5\r\nhello");
    expect_malformed("5\r\n\r\nhello");
}

TEST(body_reader, content_ends_with_the_line_it_promised) {
    for (const auto* behind : {"", "\n", "\r", "\r\r\n", "X\r\n", "\n\r", " \r\n", "0\r\n\r\n", "\n0\r\n\r\n"}) {
        EXPECT_TRUE(chunked("5\r\nhello"s + behind + "GET / HTTP/1.1\r\n\r\n").malformed) << behind;
    }
    expect_malformed("4\r\nhello");
    expect_malformed("6\r\nhello\r\n0\r\n\r\n");
}

TEST(body_reader, extensions_are_dropped) {
    for (const auto& extension : {";a"s, ";a=b"s, ";a=\"b\""s, ";a=\"\""s, ";a=\" \t;,=\\\"\\\\ \xc3\xa4\""s,
                                  ";a;b=c;d=\"e\";f"s, ";a.b_c!=1"s}) {
        expect_content("5" + extension + "\r\nhello\r\n0" + extension + "\r\n\r\n", "hello");
    }
}

TEST(body_reader, extensions_outside_the_grammar) {
    for (const auto& extension :
         {";"s,         ";;"s,          ";a;"s,         ";=b"s,       ";a="s,         ";a=;b"s,         ";a=b="s,
          ";a =b"s,     ";a= b"s,       "; a"s,         " ;a"s,       ";a "s,         ";a=b "s,         ";a=\"b\"c"s,
          ";a=\"b\" "s, ";a=\"b"s,      ";a=b\"c\""s,   ";\"a\""s,    ";a=\"\x01\""s, ";a=\"\\\x01\""s, ";a=\"\x7f\""s,
          ";a=\"\n\""s, ";a=\"\r\n\""s, ";a=\"\\\n\""s, ";a=\"\0\""s, ";a\n"s,        ";a\r"s,          ";a=\xc3\xa4"s,
          ";\xc3\xa4"s, ";a=b,c"s,      ";a:b"s,        ";a=(b)"s}) {
        expect_malformed("5" + extension + "\r\nhello");
        EXPECT_TRUE(chunked("0" + extension + "\r\n\r\n").malformed) << testing::PrintToString(extension);
    }
}

TEST(body_reader, extensions_up_to_their_limit_in_the_whole_body) {
    const std::string half = ";" + std::string(max_chunk_extension_bytes / 2 - 1, 'a');
    expect_content("1" + half + "\r\nx\r\n0" + half + "\r\n\r\n", "x");
    EXPECT_TRUE(chunked("1" + half + "\r\nx\r\n0" + half + "a\r\n\r\n").malformed);
    EXPECT_TRUE(chunked("1" + half + "\r\nx\r\n1" + half + "\r\nx\r\n0;a\r\n\r\n").malformed);
    EXPECT_TRUE(chunked("1;a=\"" + std::string(max_chunk_extension_bytes, 'a')).malformed);
}

TEST(body_reader, trailers_are_dropped) {
    for (const auto* trailers :
         {"X: y\r\n", "X:\r\n", "X: \t y z \xc3\xa4 \r\nAuthorization: Basic dTpw\r\n",
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: other\r\nConnection: close\r\n"}) {
        expect_content("2\r\nok\r\n0\r\n"s + trailers + "\r\n", "ok");
    }
}

TEST(body_reader, trailers_under_the_rules_of_a_heads_fields) {
    for (const auto& line :
         {"X"s, ": y"s, "X : y"s, "X\t: y"s, " X: y"s, "\tX: y"s, "X: y\r\n folded"s, "X_Y: z"s, "X.Y: z"s, "X: \0"s,
          "X: \x01"s, "X: \x7f"s, "X: a\rb"s, "X: a\nb"s, "\n"s, "X\0: y"s, "\xc3\xa4: y"s, "GET / HTTP/1.1"s}) {
        EXPECT_TRUE(chunked("0\r\n" + line + "\r\n\r\n").malformed) << testing::PrintToString(line);
    }
    EXPECT_TRUE(chunked("0\r\nX: y\n\r\n").malformed);
    EXPECT_TRUE(chunked("0\r\nX: y\r\n\n").malformed);
    EXPECT_TRUE(chunked("0\r\n\n").malformed);
    EXPECT_TRUE(chunked("0\n\r\n").malformed);
    EXPECT_TRUE(chunked("0\r\n\rX").malformed);
}

TEST(body_reader, trailers_up_to_their_limits) {
    const auto fields = [](std::size_t count) {
        std::string lines;
        for (std::size_t i = 0; i < count; ++i) lines += "X: y\r\n";
        return lines;
    };
    expect_content("0\r\n" + fields(max_trailer_fields) + "\r\n", "");
    EXPECT_TRUE(chunked("0\r\n" + fields(max_trailer_fields + 1) + "\r\n").malformed);
    const auto head = head_with(BodyFraming::chunked);
    const std::string full = "0\r\nX:" + std::string(max_trailer_bytes - 4, 'y') + "\r\n\r\n";
    EXPECT_TRUE(in_parts(head, {full}).ended);
    EXPECT_TRUE(in_parts(head, {"0\r\nX:" + std::string(max_trailer_bytes - 3, 'y') + "\r\n\r\n"}).malformed);
}

TEST(body_reader, content_of_a_known_length) {
    const std::string bytes = "helloGET / HTTP/1.1";
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        const std::string_view all = bytes;
        const auto read =
            in_parts(head_with(BodyFraming::content_length, 5), {all.substr(0, split), all.substr(split)});
        EXPECT_EQ(read, (Read{true, false, 5, "hello"})) << split;
    }
    EXPECT_EQ(in_parts(head_with(BodyFraming::content_length, 20), {bytes}), (Read{false, false, bytes.size(), bytes}));
    const auto longest = head_with(BodyFraming::content_length, 9999999999999999999U);
    EXPECT_EQ(in_parts(longest, {bytes}), (Read{false, false, bytes.size(), bytes}));
}

TEST(body_reader, no_body_has_ended_before_it_began) {
    EXPECT_EQ(in_parts(head_with(BodyFraming::none), {"GET /"}), (Read{true, false, 0, ""}));
    EXPECT_EQ(in_parts(head_with(BodyFraming::content_length, 0), {"GET /"}), (Read{true, false, 0, ""}));
}

TEST(body_reader, content_comes_in_one_run_a_step) {
    BodyReader reader(head_with(BodyFraming::chunked));
    const std::string_view bytes = "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\nrest";
    auto step = reader.read(bytes);
    EXPECT_EQ(step.taken, 5U);
    EXPECT_EQ(step.content.data(), bytes.data() + 3);
    EXPECT_EQ(step.content, "ab");
    step = reader.read(bytes.substr(5));
    EXPECT_EQ(step.taken, 8U);
    EXPECT_EQ(step.content, "cde");
    step = reader.read(bytes.substr(13));
    EXPECT_EQ(step.taken, 7U);
    EXPECT_EQ(step.content, "");
    EXPECT_TRUE(reader.has_ended());
    EXPECT_EQ(reader.read("more").taken, 0U);
    EXPECT_EQ(reader.feed("more"), 0U);
}

TEST(body_reader, a_framing_is_all_it_needs_to_know) {
    BodyReader length(BodyFraming::content_length, 3);
    EXPECT_EQ(length.feed("abcd"), 3U);
    EXPECT_TRUE(length.has_ended());
    EXPECT_TRUE(BodyReader(BodyFraming::content_length, 0).has_ended());
    EXPECT_TRUE(BodyReader(BodyFraming::none, 7).has_ended());
    BodyReader chunks(BodyFraming::chunked, 7);
    EXPECT_EQ(chunks.feed("1\r\na\r\n0\r\n\r\nmore"), 11U);
    EXPECT_TRUE(chunks.has_ended());
}

TEST(body_reader, until_close_all_is_content_and_nothing_ends_it) {
    BodyReader reader(BodyFraming::until_close, 3);
    Read read;
    feed(reader, "0\r\n\r\n", read);
    feed(reader, "", read);
    feed(reader, "HTTP/1.1 200 OK\r\n\r\n", read);
    EXPECT_EQ(read, (Read{false, false, 24, "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}));
    EXPECT_EQ(reader.body_bytes(), 24U);
}

TEST(body_reader, stops_at_the_first_mistake_for_good) {
    BodyReader reader(head_with(BodyFraming::chunked));
    EXPECT_EQ(reader.feed("2\r\nabX0\r\n\r\n"), 6U);
    EXPECT_TRUE(reader.is_malformed());
    EXPECT_FALSE(reader.has_ended());
    EXPECT_EQ(reader.feed("\r\n0\r\n\r\n"), 0U);
    EXPECT_EQ(reader.body_bytes(), 2U);
}

}  // namespace
}  // namespace eas451
