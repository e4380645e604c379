// SPDX-License-Identifier: Apache-2.0
#include "answer_reader.hpp"

#include <strings.h>

#include <charconv>

namespace eas451::load {
namespace {

bool is_name(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

}  // namespace

std::optional<std::string_view> find_field(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
        ++at;
        std::string_view line = head.substr(at);
        if (!is_name(line, name)) continue;
        line.remove_prefix(name.size() + 1);
        line = line.substr(0, line.find('\r'));
        const std::size_t begin = line.find_first_not_of(' ');
        return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
    }
    return std::nullopt;
}

AnswerReader::Result AnswerReader::feed(std::string_view bytes) {
    if (waiting_.empty()) {
        const Result result = judge(bytes);
        if (result == Result::more) waiting_ = bytes;
        return result;
    }
    waiting_ += bytes;
    const Result result = judge(waiting_);
    if (result != Result::more) waiting_.clear();
    return result;
}

AnswerReader::Result AnswerReader::judge(std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return Result::more;
    const std::string_view head = bytes.substr(0, end + 2);
    unsigned status = 0;
    if (head.substr(0, 9) == "HTTP/1.1 " && head.size() > 12)
        std::from_chars(head.data() + 9, head.data() + 12, status);
    if (status != expected_.status) return refuse(head, "another status");
    if (!expected_.location.empty() && find_field(head, "x-ms-location") != expected_.location) {
        return refuse(head, "another X-MS-Location");
    }
    std::size_t length = 0;
    const auto field = find_field(head, "content-length");
    if (!field) return refuse(head, "no Content-Length");
    std::from_chars(field->data(), field->data() + field->size(), length);
    if (bytes.size() < end + 4 + length) return Result::more;
    if (bytes.size() > end + 4 + length) return refuse(head, "more than one answer");
    return Result::good;
}

AnswerReader::Result AnswerReader::refuse(std::string_view head, const char* why) {
    why_ = std::string(why) + " in: " + std::string(head.substr(0, head.find('\r')));
    return Result::wrong;
}

}  // namespace eas451::load
