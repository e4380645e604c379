// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/document.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "eas451/core/secret.hpp"
#include "eas451/core/text.hpp"
#include "readers.hpp"

namespace eas451 {
namespace {

using Outcome = Result<Node, std::vector<Mistake>>;

Outcome refuse(std::string_view file_name, Position at, std::string text) {
    return std::vector<Mistake>{{std::string(file_name), at, std::move(text)}};
}

Outcome unreadable(std::string_view file_name, std::string text) {
    return std::vector<Mistake>{{std::string(file_name), {}, std::move(text), true}};
}

Position position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(offset - line_start + 1)};
}

std::size_t first_byte_not_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t length = 1;
        while (length <= 4 && !is_valid_utf8(text.substr(at, length))) ++length;
        if (length > 4) return at;
        at += length;
    }
    return at;
}

// yaml-cpp takes byte 0x04 for the end of the text and a NUL for a sign of UTF-16; neither syntax
// allows any of these unescaped.
bool is_foreign_control(char c) {
    return is_control(c) && c != '\n' && c != '\r' && c != '\t' && c != 0x7f;
}

std::string hexadecimal(char c) {
    return "0x" + hex_upper(std::string_view(&c, 1));
}

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// resize(), but for the copy that it would leave behind when it needs more room.
void grow(std::string& text, std::size_t size) {
    if (size > text.capacity()) {
        std::string larger;
        larger.reserve(std::max(size, 2 * text.capacity()));
        larger = text;
        cleanse(text);
        text = std::move(larger);
    }
    text.resize(size);
}

std::string reason_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace

std::string to_string(const Mistake& mistake) {
    return mistake.file + ':' + std::to_string(mistake.at.line) + ':' + std::to_string(mistake.at.column) + ": " +
           mistake.text;
}

Node::Node() = default;
Node::Node(const Node&) = default;
Node& Node::operator=(const Node&) = default;

Node::~Node() {
    cleanse(scalar);
}

Node::Node(Node&& other) noexcept
    : kind(other.kind),
      at(other.at),
      scalar(std::move(other.scalar)),
      quoted(other.quoted),
      items(std::move(other.items)),
      entries(std::move(other.entries)) {
    cleanse(other.scalar);
}

Node& Node::operator=(Node&& other) noexcept {
    if (this == &other) return *this;
    cleanse(scalar);
    kind = other.kind;
    at = other.at;
    scalar = std::move(other.scalar);
    cleanse(other.scalar);
    quoted = other.quoted;
    items = std::move(other.items);
    entries = std::move(other.entries);
    return *this;
}

const Node* Node::find(std::string_view name) const {
    for (const Entry& entry : entries) {
        if (entry.name == name) return &entry.value;
    }
    return nullptr;
}

Outcome parse_document(std::string_view text, std::string_view file_name, std::vector<Mistake>* duplicate_keys) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.substr(0, byte_order_mark.size()) == byte_order_mark) text.remove_prefix(byte_order_mark.size());
    // Marks of yaml-cpp are ints.
    if (text.size() > std::size_t{1} << 30U) return refuse(file_name, {}, "larger than 1 GiB; split it");
    if (!is_valid_utf8(text)) {
        const std::size_t at = first_byte_not_utf8(text);
        return refuse(file_name, position_of(text, at),
                      "byte " + hexadecimal(text[at]) + " is not UTF-8; save the file as UTF-8");
    }
    const auto* const control = std::find_if(text.begin(), text.end(), is_foreign_control);
    if (control != text.end()) {
        return refuse(file_name, position_of(text, static_cast<std::size_t>(control - text.begin())),
                      "control byte " + hexadecimal(*control) + "; remove it, or escape it in quotes");
    }
    TreeBuilder builder(file_name);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
    if (is_json) {
        read_json(text, builder);
    } else {
        read_yaml(text, builder);
    }
    return std::move(builder).finish(duplicate_keys);
}

Outcome load_document(const std::filesystem::path& file, std::size_t max_bytes, std::vector<Mistake>* duplicate_keys) {
    const std::string name = file.string();
    const std::unique_ptr<std::FILE, FileCloser> stream(std::fopen(file.c_str(), "rbe"));
    if (!stream) return unreadable(name, "cannot be opened: " + reason_of(errno) + "; check the path and its rights");
    std::string text;
    const CleansedAtEnd at_end(text);
    std::error_code size_unknown;
    const auto size = std::filesystem::file_size(file, size_unknown);
    constexpr std::size_t block = 256 * 1024;
    if (!size_unknown && size <= max_bytes) text.reserve(size + block);
    while (text.size() <= max_bytes) {
        const std::size_t start = text.size();
        grow(text, start + std::min(block, max_bytes + 1 - start));
        const std::size_t got = std::fread(text.data() + start, 1, text.size() - start, stream.get());
        text.resize(start + got);
        if (got != 0) continue;
        if (std::ferror(stream.get()) == 0) break;
        return unreadable(name, "cannot be read: " + reason_of(errno) + "; it must be a readable file");
    }
    if (text.size() > max_bytes) {
        return refuse(name, {}, "larger than " + std::to_string(max_bytes) + " bytes; make it smaller");
    }
    return parse_document(text, name, duplicate_keys);
}

}  // namespace eas451
