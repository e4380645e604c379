// SPDX-License-Identifier: Apache-2.0
// Any bytes as the head of an answer; the first says what was asked. What is passed on of one that was accepted is
// accepted too, and says the same: the status, and where the body ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "eas451/core/response_head.hpp"
#include "eas451/core/text.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

std::size_t count_of(const ResponseHead& head, std::string_view name) {
    const auto is_it = [name](const HeaderField& field) { return equals_ignore_case(field.name, name); };
    return static_cast<std::size_t>(std::count_if(head.fields().begin(), head.fields().end(), is_it));
}

/// Nothing in it that another reader could take for a line end, a field or a framing.
void check_accepted(const ResponseHead& head, std::string_view bytes) {
    require(head.status == 100 || (head.status >= 200 && head.status <= 599));
    require(count_of(head, "Content-Length") + count_of(head, "Transfer-Encoding") <= 1);
    require(head.framing != BodyFraming::chunked || head.http_1_1);
    require(!head.keep_alive || (head.http_1_1 && head.framing != BodyFraming::until_close));
    const auto count = [bytes](char c) { return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), c)); };
    require(count('\r') == head.fields().size() + 2 && count('\n') == count('\r') && count('\0') == 0);
    for (std::size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
        require(bytes[at - 1] == '\r');
        require(at + 1 == bytes.size() || (bytes[at + 1] != ' ' && bytes[at + 1] != '\t'));
    }
    for (const HeaderField& field : head.fields()) {
        require(!field.name.empty() && field.name.find_first_of(" \t:") == std::string_view::npos);
        require(trim(field.value) == field.value);
    }
}

void check_passed(const ResponseHead& head, std::string_view method, bool client_http_1_1, bool close) {
    const auto framing = passed_framing(head, client_http_1_1, close);
    require(client_http_1_1 || framing.body != BodyFraming::chunked);
    require(framing.body != BodyFraming::until_close || framing.close);
    std::string bytes;
    append_passed_head(bytes, head, framing);
    require(find_head_end(bytes, 0) == bytes.size());
    ResponseHead again;
    const auto fault = parse_response_head(bytes, method, again);
    // Blanks and lines that were not there may make it longer than may be.
    if (fault == ResponseFault::too_large || fault == ResponseFault::too_many_fields) return;
    require(!fault && again.status == head.status && again.phrase == head.phrase);
    require(again.framing == framing.body && again.content_length == head.content_length);
    require(again.keep_alive == !framing.close);
    require(count_of(again, "WWW-Authenticate") == count_of(head, "WWW-Authenticate"));
    require(count_of(again, "Set-Cookie") == count_of(head, "Set-Cookie"));
    require(again.find("X-MS-Location") == head.find("X-MS-Location"));
    require(count_of(again, "Connection") == (framing.close ? 1U : 0U) && count_of(again, "Keep-Alive") == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto copy = std::make_unique<char[]>(size - 1);
    std::transform(data + 1, data + size, copy.get(), [](std::uint8_t byte) { return static_cast<char>(byte); });
    std::string_view bytes(copy.get(), size - 1);
    bytes = bytes.substr(0, find_head_end(bytes, 0).value_or(bytes.size()));
    const std::string_view method = (data[0] & 1U) != 0 ? "HEAD" : "POST";
    ResponseHead head;
    if (parse_response_head(bytes, method, head)) return 0;
    check_accepted(head, bytes);
    check_passed(head, method, (data[0] & 2U) == 0, (data[0] & 4U) != 0);
    return 0;
}
