// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/response_head.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;
using Fault = std::optional<ResponseFault>;

Fault fault_of(const std::string& head, std::string_view method = "POST") {
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto bytes = std::make_unique<char[]>(head.size());
    std::copy(head.begin(), head.end(), bytes.get());
    ResponseHead out;
    return parse_response_head({bytes.get(), head.size()}, method, out);
}
Fault with_status_line(const std::string& line) {
    return fault_of(line + "\r\nContent-Length: 0\r\n\r\n");
}
Fault with_lines(const std::string& lines, const std::string& line = "HTTP/1.1 200 OK",
                 std::string_view method = "POST") {
    return fault_of(line + "\r\n" + lines + "\r\n", method);
}

ResponseHead head_of(const std::string& head, std::string_view method = "POST") {
    ResponseHead out;
    EXPECT_EQ(parse_response_head(head, method, out), Fault{}) << head;
    return out;
}

TEST(response_head, reads_an_answer_of_exchange) {
    const std::string bytes =
        "HTTP/1.1 449 Retry after sending a PROVISION command\r\nCache-Control: private\r\nContent-Length: 54\r\n"
        "Set-Cookie: a=1\r\nset-cookie: \t b=2 \t\r\nX_Odd.Name:y\r\nX-Empty:\r\n\r\n";
    const auto head = head_of(bytes);
    EXPECT_EQ(head.status, 449U);
    EXPECT_EQ(head.phrase, "Retry after sending a PROVISION command");
    EXPECT_TRUE(head.http_1_1 && head.keep_alive);
    EXPECT_EQ(head.framing, BodyFraming::content_length);
    EXPECT_EQ(head.content_length, 54U);
    ASSERT_EQ(head.fields().size(), 6U);
    EXPECT_EQ(head.fields()[3].name, "set-cookie");
    EXPECT_EQ(head.fields()[3].value, "b=2");
    EXPECT_EQ(head.find("SET-COOKIE"), "a=1");
    EXPECT_EQ(head.find("x_odd.name"), "y");
    EXPECT_EQ(head.find("X-Empty"), "");
    EXPECT_FALSE(head.find("X-Absent"));
}

TEST(response_head, status_lines) {
    const std::vector<std::pair<std::string, Fault>> cases = {
        {"HTTP/1.1 200 OK", {}},
        {"HTTP/1.0 200 OK", {}},
        {"HTTP/1.1 200", {}},
        {"HTTP/1.1 200 ", {}},
        {"HTTP/1.1 200  two  blanks ", {}},
        {"HTTP/1.1 200 \xc3\x9c\t!", {}},
        {"HTTP/1.1 599 x", {}},
        {"HTTP/1.1 600 x", ResponseFault::bad_status},
        {"HTTP/1.1 999 x", ResponseFault::bad_status},
        {"HTTP/1.1 099 x", ResponseFault::bad_status},
        {"HTTP/1.1 000 x", ResponseFault::bad_status},
        {"HTTP/1.1 101 Switching Protocols", ResponseFault::bad_status},
        {"HTTP/1.1 102 x", ResponseFault::bad_status},
        {"HTTP/1.1 103 Early Hints", ResponseFault::bad_status},
        {"HTTP/1.1 199 x", ResponseFault::bad_status},
        {"HTTP/1.1 20 OK", ResponseFault::bad_status_line},
        {"HTTP/1.1 2000 OK", ResponseFault::bad_status_line},
        {"HTTP/1.1 +20 OK", ResponseFault::bad_status_line},
        {"HTTP/1.1 2x0 OK", ResponseFault::bad_status_line},
        {"HTTP/1.1  200 OK", ResponseFault::bad_status_line},
        {"HTTP/1.1 200\tOK", ResponseFault::bad_status_line},
        {"HTTP/1.1 200OK", ResponseFault::bad_status_line},
        {"HTTP/1.1 ", ResponseFault::bad_status_line},
        {"HTTP/1.1", ResponseFault::bad_status_line},
        {"HTTP/1.1 200 a\0b"s, ResponseFault::bad_status_line},
        {"HTTP/1.1 200 a\x7f", ResponseFault::bad_status_line},
        {"HTTP/1.1 200 \x1b[2J", ResponseFault::bad_status_line},
        {" HTTP/1.1 200 OK", ResponseFault::bad_version},
        {"HTTP/1.2 200 OK", ResponseFault::bad_version},
        {"HTTP/2 200", ResponseFault::bad_version},
        {"HTTP/2.0 200 OK", ResponseFault::bad_version},
        {"HTTP/0.9 200 OK", ResponseFault::bad_version},
        {"http/1.1 200 OK", ResponseFault::bad_version},
        {"HTTP/1.10 200 OK", ResponseFault::bad_version},
        {"ICY 200 OK", ResponseFault::bad_version},
        {"SSH-2.0-x", ResponseFault::bad_status_line},
        {"", ResponseFault::bad_line_end},
    };
    for (const auto& [line, fault] : cases) EXPECT_EQ(with_status_line(line), fault) << line;
    for (unsigned status = 200; status <= 599; ++status) {
        const auto text = "HTTP/1.1 " + std::to_string(status) + "\r\n\r\n";
        EXPECT_EQ(head_of(text).status, status);
    }
    EXPECT_EQ(head_of("HTTP/1.1 200\r\n\r\n").phrase, "");
    EXPECT_EQ(head_of("HTTP/1.1 200 \r\n\r\n").phrase, "");
    EXPECT_EQ(head_of("HTTP/1.1 200  a b \r\n\r\n").phrase, " a b ");
}

TEST(response_head, line_ends) {
    for (const auto* head :
         {"HTTP/1.1 200 OK\nX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nX: y\n\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n\n",
          "HTTP/1.1 200 OK\n\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "\nHTTP/1.1 200 OK\r\n\r\n",
          "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/1.1 200 OK\r\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
          "HTTP/1.1 200 OK\r\nX: y\r\n\r\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nmore", "HTTP/1.1 200 OK\r\n\r\n\r\n",
          "HTTP/1.1 200 OK\r\nX: y\r\n", "HTTP/1.1 200 OK", "", "\r\n\r\n"}) {
        EXPECT_EQ(fault_of(head), ResponseFault::bad_line_end) << head;
    }
    const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\n";
    ASSERT_EQ(fault_of(whole), Fault{});
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_TRUE(fault_of(whole.substr(0, size))) << size;
}

TEST(response_head, fields) {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        if (c == '\r' || c == '\n') continue;
        const bool in_name = is_ascii_alnum(c) || (c != '\0' && "!#$%&'*+-.^_`|~"s.find(c) != std::string::npos);
        if (c != ':') {
            EXPECT_EQ(with_lines("X"s + c + "Y: z\r\n"), in_name ? Fault{} : ResponseFault::bad_field) << i;
        }
        const bool in_value = c == '\t' || !is_control(c);
        EXPECT_EQ(with_lines("X: a"s + c + "b\r\n"), in_value ? Fault{} : ResponseFault::bad_field_value) << i;
    }
    for (const auto* bad : {": empty", "no colon", "X : y", " X: y", "\tX: y", "X\t: y", ":", "X: a\r\n folded",
                            "Content-Length: 1\r\n 0", "Content-Length : 1"}) {
        EXPECT_EQ(with_lines(bad + "\r\n"s), ResponseFault::bad_field) << bad;
    }
}

TEST(response_head, framings) {
    const auto length = [](const std::string& value) { return with_lines("Content-Length: " + value + "\r\n"); };
    const auto coding = [](const std::string& value) { return with_lines("Transfer-Encoding: " + value + "\r\n"); };
    for (const auto* good : {"0", "00", "13", "9999999999999999999"}) EXPECT_EQ(length(good), Fault{}) << good;
    for (const auto* bad : {"", "-1", "+1", "1,1", "1, 1", "0x1", "1f", "1 1", "00000000000000000001"}) {
        EXPECT_EQ(length(bad), ResponseFault::bad_framing) << bad;
    }
    for (const auto* good : {"chunked", "CHUNKED", "Chunked\t "}) EXPECT_EQ(coding(good), Fault{}) << good;
    for (const auto* bad : {"", "identity", "gzip", "gzip, chunked", "chunked, chunked", "chunked,", "xchunked"}) {
        EXPECT_EQ(coding(bad), ResponseFault::bad_framing) << bad;
    }
    for (const auto* lines :
         {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\ncontent-length: 2\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
          "Content-Length: 1\r\nX: y\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"}) {
        for (const auto* status : {"200 OK", "304 Not Modified", "100 Continue", "204 No Content"}) {
            EXPECT_EQ(with_lines(lines, "HTTP/1.1 "s + status), ResponseFault::bad_framing) << lines << status;
        }
        EXPECT_EQ(with_lines(lines, "HTTP/1.1 200 OK", "HEAD"), ResponseFault::bad_framing) << lines;
    }
    EXPECT_EQ(with_lines("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK"), ResponseFault::bad_framing);
    EXPECT_EQ(head_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").framing, BodyFraming::chunked);
    EXPECT_EQ(head_of("HTTP/1.1 200 OK\r\n\r\n").framing, BodyFraming::until_close);
    EXPECT_EQ(head_of("HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n").content_length, 7U);
}

TEST(response_head, answers_without_a_body) {
    const std::string length = "Content-Length: 5\r\n";
    const std::string coding = "Transfer-Encoding: chunked\r\n";
    for (const auto* status : {"100 Continue", "204 No Content"}) {
        const auto line = "HTTP/1.1 "s + status;
        EXPECT_EQ(head_of(line + "\r\n\r\n").framing, BodyFraming::none);
        EXPECT_EQ(with_lines(length, line), ResponseFault::bad_framing);
        EXPECT_EQ(with_lines(coding, line), ResponseFault::bad_framing);
    }
    EXPECT_EQ(with_lines("Content-Length: 0\r\n", "HTTP/1.1 100 Continue"), ResponseFault::bad_framing);
    EXPECT_EQ(with_lines("Content-Length: 1\r\n", "HTTP/1.1 204 No Content"), ResponseFault::bad_framing);
    EXPECT_EQ(with_lines("Content-Length: 00\r\n", "HTTP/1.1 204 No Content"), with_lines("Content-Length: 00\r\n", "HTTP/1.1 200 OK"));
    for (const auto* status : {"204 No Content", "304 Not Modified"}) {
        const auto head = head_of("HTTP/1.1 "s + status + "\r\nContent-Length: 0\r\n\r\n");
        EXPECT_EQ(head.framing, BodyFraming::none) << status;
        EXPECT_TRUE(head.keep_alive) << status;
    }
    EXPECT_EQ(head_of("HTTP/1.1 304 Not Modified\r\n" + length + "\r\n").framing, BodyFraming::none);
    EXPECT_EQ(with_lines(coding, "HTTP/1.1 304 Not Modified"), ResponseFault::bad_framing);
    for (const auto& lines : {""s, length, coding}) {
        const auto head = head_of("HTTP/1.1 200 OK\r\n" + lines + "\r\n", "HEAD");
        EXPECT_EQ(head.framing, BodyFraming::none) << lines;
        EXPECT_EQ(head.content_length, 0U);
        EXPECT_TRUE(head.keep_alive);
    }
    EXPECT_EQ(head_of("HTTP/1.1 200 OK\r\n\r\n", "head").framing, BodyFraming::until_close);
}

TEST(response_head, keeps_alive_unless_told) {
    const auto kept = [](const std::string& lines, const std::string& version = "HTTP/1.1") {
        return head_of(version + " 200 OK\r\n" + lines + "\r\n").keep_alive;
    };
    const std::string length = "Content-Length: 0\r\n";
    EXPECT_TRUE(kept(length));
    EXPECT_TRUE(kept(length + "Connection: keep-alive, X_Y\r\nKeep-Alive: timeout=5\r\n"));
    EXPECT_TRUE(kept("Transfer-Encoding: chunked\r\n"));
    EXPECT_FALSE(kept(length + "Connection: close\r\n"));
    EXPECT_FALSE(kept(length + "Connection: keep-alive,CLOSE\r\nConnection: keep-alive\r\n"));
    EXPECT_FALSE(kept(length, "HTTP/1.0"));
    EXPECT_FALSE(kept(length + "Connection: keep-alive\r\n", "HTTP/1.0"));
    EXPECT_FALSE(kept(""));
    for (const auto* bad : {"Set-Cookie", "www-authenticate", "Content-Length", "X-MS-Location", "MS-Server-ActiveSync",
                            "two words", "\"close\""}) {
        EXPECT_EQ(with_lines("Connection: "s + bad + "\r\n"), ResponseFault::bad_field) << bad;
    }
    std::string options = "a";
    for (std::size_t i = 1; i < max_connection_options; ++i) options += ",a";
    EXPECT_EQ(with_lines("Connection: " + options + "\r\n"), Fault{});
    EXPECT_EQ(with_lines("Connection: " + options + "\r\nConnection: a\r\n"), ResponseFault::bad_field);
}

TEST(response_head, limits) {
    std::string lines;
    for (std::size_t i = 0; i < max_response_fields; ++i) lines += "X: y\r\n";
    EXPECT_EQ(with_lines(lines), Fault{});
    EXPECT_EQ(with_lines(lines + "X: y\r\n"), ResponseFault::too_many_fields);
    const auto of_size = [](std::size_t size) {
        const std::string start = "HTTP/1.1 200 OK\r\nX: ";
        return start + std::string(size - start.size() - 4, 'y') + "\r\n\r\n";
    };
    const auto longest = of_size(max_response_head_bytes);
    ASSERT_EQ(longest.size(), max_response_head_bytes);
    EXPECT_EQ(fault_of(longest), Fault{});
    EXPECT_EQ(fault_of(of_size(max_response_head_bytes + 1)), ResponseFault::too_large);
    const auto endless = of_size(max_response_head_bytes + 100);
    EXPECT_EQ(fault_of(endless.substr(0, max_response_head_bytes)), ResponseFault::too_large);
    EXPECT_EQ(fault_of(endless.substr(0, max_response_head_bytes - 1)), ResponseFault::bad_line_end);
}

TEST(response_head, a_head_read_before_leaves_nothing_behind) {
    ResponseHead head;
    ASSERT_EQ(parse_response_head("HTTP/1.0 503 x\r\nContent-Length: 3\r\nX: y\r\n\r\n", "POST", head), Fault{});
    ASSERT_TRUE(parse_response_head("HTTP/1.1 451 y\r\nX: y\r\nX\r\n\r\n", "POST", head));
    ASSERT_EQ(parse_response_head("HTTP/1.1 204\r\n\r\n", "POST", head), Fault{});
    EXPECT_EQ(head.status, 204U);
    EXPECT_EQ(head.phrase, "");
    EXPECT_TRUE(head.http_1_1 && head.keep_alive);
    EXPECT_EQ(head.framing, BodyFraming::none);
    EXPECT_EQ(head.content_length, 0U);
    EXPECT_TRUE(head.fields().empty());
}

TEST(response_head, every_fault_has_a_word) {
    for (unsigned i = 0; i <= static_cast<unsigned>(ResponseFault::bad_status); ++i) {
        EXPECT_FALSE(to_string(static_cast<ResponseFault>(i)).empty()) << i;
    }
}

}  // namespace
}  // namespace eas451
