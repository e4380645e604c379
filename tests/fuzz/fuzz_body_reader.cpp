// SPDX-License-Identifier: Apache-2.0
// Any bytes as a body. The first two say how it is framed and where it is split; the same must come of it
// whole, in two parts and byte by byte, and of a chunked one what a slow reader makes of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/body_reader.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;

void require(bool truth) {
    if (!truth) std::abort();
}

struct Outcome {
    bool ended = false;
    bool malformed = false;
    std::size_t taken = 0;
    std::string content;
    bool operator==(const Outcome&) const = default;
};

void feed(BodyReader& reader, std::string_view bytes, Outcome& outcome) {
    while (true) {
        const auto step = reader.read(bytes);
        require(step.taken <= bytes.size() && step.content.size() <= step.taken);
        require(step.content.empty() || step.content.data() + step.content.size() == bytes.data() + step.taken);
        if (step.taken == 0) break;
        outcome.content += step.content;
        outcome.taken += step.taken;
        bytes.remove_prefix(step.taken);
    }
    require(bytes.empty() || reader.has_ended() || reader.is_malformed());
    require(reader.body_bytes() == outcome.content.size());
    outcome.ended = reader.has_ended();
    outcome.malformed = reader.is_malformed();
}

Outcome in_two(const RequestHead& head, std::string_view bytes, std::size_t split) {
    BodyReader reader(head);
    Outcome outcome;
    feed(reader, bytes.substr(0, split), outcome);
    feed(reader, bytes.substr(split), outcome);
    return outcome;
}

Outcome byte_by_byte(const RequestHead& head, std::string_view bytes) {
    BodyReader reader(head);
    Outcome outcome;
    for (std::size_t i = 0; i < bytes.size(); ++i) feed(reader, bytes.substr(i, 1), outcome);
    feed(reader, {}, outcome);  // of a body of no bytes there is nothing else to feed
    return outcome;
}

/// The slow reader: whole lines, by the grammar as it is written in RFC 9112, without regard to limits on
/// bytes. Nothing when the body is malformed or has no end.
class Reference {
public:
    explicit Reference(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

    std::optional<Outcome> read() {
        Outcome outcome;
        while (true) {
            const auto size = chunk_line();
            if (!size) return std::nullopt;
            if (*size == 0) break;
            if (*size > rest_.size() || rest_.substr(*size, 2) != "\r\n") return std::nullopt;
            outcome.content += rest_.substr(0, *size);
            rest_.remove_prefix(*size + 2);
        }
        for (auto trailer = line();; trailer = line()) {
            if (!trailer || !(trailer->empty() || is_field(*trailer))) return std::nullopt;
            if (trailer->empty()) break;
        }
        outcome.ended = true;
        outcome.taken = size_ - rest_.size();
        return outcome;
    }

private:
    static bool is_token_byte(char c) {
        return is_ascii_alnum(c) || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
    }
    static bool is_token(std::string_view text) {
        return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
    }
    static bool is_value(std::string_view text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || !is_control(c); });
    }
    static bool is_field(std::string_view text) {
        const auto name = text.substr(0, text.find(':'));
        return name.size() < text.size() && is_token(name) && name.find_first_of("_.") == std::string_view::npos &&
               is_value(text);
    }

    std::optional<std::string_view> line() {
        const auto end = rest_.find("\r\n");
        if (end == std::string_view::npos) return std::nullopt;
        const auto taken = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return is_value(taken) ? std::optional(taken) : std::nullopt;
    }

    std::optional<std::uint64_t> chunk_line() {
        auto text = line();
        if (!text) return std::nullopt;
        std::uint64_t size = 0;
        std::size_t digits = 0;
        for (; digits < text->size() && hex_value((*text)[digits]) >= 0; ++digits) {
            size = size * 16 + static_cast<unsigned>(hex_value((*text)[digits]));
        }
        if (digits == 0 || digits > 16) return std::nullopt;
        return are_extensions(text->substr(digits)) ? std::optional(size) : std::nullopt;
    }

    static bool are_extensions(std::string_view text) {
        while (!text.empty()) {
            if (text[0] != ';') return false;
            text.remove_prefix(1);
            const auto name = text.substr(0, text.find_first_of(";="));
            if (!is_token(name)) return false;
            text.remove_prefix(name.size());
            if (text.starts_with("=\"")) {
                std::size_t at = 2;
                while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
                if (at >= text.size()) return false;
                text.remove_prefix(at + 1);
            } else if (text.starts_with('=')) {
                const auto value = text.substr(1, text.find(';') - 1);
                if (!is_token(value)) return false;
                text.remove_prefix(1 + value.size());
            }
        }
        return true;
    }

    std::string_view rest_;
    std::size_t size_;
};

void check_chunked(std::string_view bytes, const Outcome& whole) {
    const auto reference = Reference(bytes).read();
    if (whole.ended) require(reference == whole);
    // The other way round there are limits of bytes, which short bodies do not reach.
    if (reference && bytes.size() <= 4 * max_trailer_fields) require(whole == *reference);
}

void check(const RequestHead& head, std::string_view bytes, std::size_t split) {
    const Outcome whole = in_two(head, bytes, 0);
    require(!(whole.ended && whole.malformed) && whole.taken <= bytes.size());
    require(in_two(head, bytes, split) == whole);
    require(byte_by_byte(head, bytes) == whole);
    if (head.framing == BodyFraming::chunked) {
        check_chunked(bytes, whole);
    } else {
        const auto length = static_cast<std::size_t>(head.content_length);
        require(!whole.malformed && whole.content == bytes.substr(0, length) &&
                whole.ended == (bytes.size() >= length));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto copy = std::make_unique<char[]>(size - 2);
    std::copy(data + 2, data + size, copy.get());
    const std::string_view bytes(copy.get(), size - 2);
    RequestHead head;
    head.framing = data[0] < 16 ? BodyFraming::content_length : BodyFraming::chunked;
    if (data[0] < 16) head.content_length = data[0];
    check(head, bytes, bytes.empty() ? 0 : data[1] % bytes.size());
    return 0;
}
