// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request head, and what is accepted of them as an ActiveSync request.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;

void require(bool truth) {
    if (!truth) std::abort();
}

bool lies_inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_find_head_end(std::string_view bytes, std::size_t split) {
    const auto whole = find_head_end(bytes, 0);
    require(!whole || (*whole >= 2 && *whole <= bytes.size() && bytes[*whole - 1] == '\n'));
    const auto first = find_head_end(bytes.substr(0, split), 0);
    require((first ? first : find_head_end(bytes, split)) == whole);
}

void check_equal(const RequestHead& a, const RequestHead& b) {
    require(a.method == b.method && a.target == b.target && a.path == b.path && a.query == b.query && a.host == b.host);
    require(a.http_1_1 == b.http_1_1 && a.keep_alive == b.keep_alive && a.expects_continue == b.expects_continue);
    require(a.framing == b.framing && a.content_length == b.content_length && a.fields().size() == b.fields().size());
    for (std::size_t i = 0; i < a.fields().size(); ++i) {
        require(a.fields()[i].name == b.fields()[i].name && a.fields()[i].value == b.fields()[i].value);
    }
}

/// What the rest of the program relies on in a head that was accepted.
void check_accepted(const RequestHead& head, std::string_view bytes) {
    require(bytes.size() <= max_head_bytes && bytes.ends_with("\r\n\r\n") && head.target.size() <= max_target_bytes);
    require(head.path.starts_with('/') && (!head.host.empty() || !head.http_1_1));
    require(head.framing == BodyFraming::content_length || head.content_length == 0);
    require((head.framing == BodyFraming::chunked) == head.find("Transfer-Encoding").has_value());
    require((head.framing == BodyFraming::content_length) == head.find("Content-Length").has_value());
    for (const HeaderField& field : head.fields()) {
        require(!field.name.empty() && field.value.find_first_of("\r\n\0\x7f", 0, 4) == std::string_view::npos);
        require(lies_inside(field.name, bytes) && lies_inside(field.value, bytes));
    }
}

void check_request(const RequestHead& head) {
    const auto request = parse_eas_request(head);
    const auto again = parse_eas_request(head);
    require(request.has_value() == again.has_value());
    if (!request) {
        require(request.error() == again.error() && !to_string(request.error()).empty());
        return;
    }
    require(request->command_name == again->command_name && request->device_id == again->device_id);
    for (const auto* text : {&request->command_name, &request->user, &request->device_id, &request->device_type}) {
        require(is_valid_utf8(*text) && !contains_control(*text));
    }
    require(request->method == EasMethod::options || !request->command_name.empty());
    // Its plain form says the same, as far as a plain query can: an unknown code has no name there.
    const std::string plain = plain_query_of(*request);
    if (plain.empty() || (!request->command_name.empty() && !is_ascii_alpha(request->command_name[0]))) return;
    RequestHead plain_head;
    plain_head.method = head.method;
    plain_head.query = plain;
    const auto reread = parse_eas_request(plain_head);
    require(reread.has_value() && reread->command == request->command && reread->user == request->user);
    // Bytes that were no text are invalid, the digits that stand for them are not.
    require(reread->device_id == request->device_id && (reread->device_id_valid || !request->device_id_valid));
    require(reread->device_type == request->device_type && reread->device_type_valid == request->device_type_valid);
}

/// The bytes as a query of their own, for what the byte rules of a head would never let through.
void check_as_query(std::string_view bytes) {
    for (const std::string_view method : {"POST", "OPTIONS"}) {
        RequestHead head;
        head.method = method;
        head.query = bytes;
        check_request(head);
    }
}

void check_head(std::string_view bytes) {
    RequestHead head;
    const auto fault = parse_request_head(bytes, head);
    for (const auto part : {head.method, head.target, head.path, head.query, head.host})
        require(lies_inside(part, bytes));
    RequestHead again;
    require(parse_request_head(bytes, again) == fault);
    check_equal(head, again);
    if (fault) return;
    check_accepted(head, bytes);
    if (classify_target(head) == Target::eas) check_request(head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto copy = std::make_unique<char[]>(size);
    for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
    const std::string_view bytes(copy.get(), size);
    check_find_head_end(bytes, size == 0 ? 0 : data[size / 2] % size);
    check_head(bytes.substr(0, find_head_end(bytes, 0).value_or(size)));
    check_as_query(bytes);
    check_as_query(base64_encode(bytes));
    return 0;
}
