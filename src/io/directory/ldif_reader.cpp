// SPDX-License-Identifier: Apache-2.0
#include "ldif_reader.hpp"

#include <algorithm>
#include <utility>

#include "eas451/core/secret.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

/// RFC 4512 attribute descriptions, and what Active Directory adds (";range=0-*"); '_' occurs in
/// schemas of one's own.
bool is_attribute_description(std::string_view text) {
    constexpr std::string_view more = "-.;_=*";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_ascii_alnum(c) || more.find(c) != std::string_view::npos;
    });
}

bool begins_trailer(std::string_view name) {
    return equals_ignore_case(name, "search") || equals_ignore_case(name, "result") || equals_ignore_case(name, "ref");
}

/// For values that cannot be a password; a line that is not understood is never shown, since it may
/// be the rest of one.
std::string shown(std::string_view text) {
    std::string out(text.substr(0, 40));
    std::replace_if(out.begin(), out.end(), [](char c) { return c != ' ' && !is_visible(c); }, '?');
    return "'" + out + "'";
}

LdifFault fault_at(Position at, std::string text) {
    return {at, std::move(text)};
}

}  // namespace

LdifReader::~LdifReader() {
    cleanse(bytes_);
}

void LdifReader::start_block() {
    bytes_.clear();
    spans_.clear();
    block_ = Block::none;
}

LdifItem LdifReader::next() {
    start_block();
    while (!over_) {
        const std::size_t begin = bytes_.size();
        const auto kind = lines_.next(bytes_);
        const Position at{lines_.line(), 1};
        Fault fault;
        switch (kind) {
            case LdifLines::Kind::content: fault = take_line(begin); break;
            case LdifLines::Kind::too_long: fault = fault_at(at, "a line longer than 1 MiB"); break;
            case LdifLines::Kind::blank:
            case LdifLines::Kind::end:
                over_ = kind == LdifLines::Kind::end;
                if (block_ == Block::record) return finish_record();
                start_block();
                break;
            case LdifLines::Kind::utf16:
                over_ = true;
                return fault_at(at, "the file is UTF-16; export it without the option -u of ldifde");
            case LdifLines::Kind::unreadable:
                over_ = true;
                return fault_at(at, "the file cannot be read on from here");
        }
        if (!fault && bytes_.size() > largest_record) fault = fault_at(at, "a record larger than 32 MiB");
        if (fault) return skip_block(std::move(*fault));
    }
    return LdifEnd{};
}

LdifFault LdifReader::skip_block(LdifFault fault) {
    for (;;) {
        bytes_.clear();
        const auto kind = lines_.next(bytes_);
        if (kind == LdifLines::Kind::content || kind == LdifLines::Kind::too_long) continue;
        over_ = kind != LdifLines::Kind::blank;
        return fault;
    }
}

/// One logical line, from `begin` to the end of bytes_: NAME ":" VALUE, NAME "::" BASE64.
LdifReader::Fault LdifReader::take_line(std::size_t begin) {
    const Position at{lines_.line(), 1};
    const bool first = std::exchange(first_line_, false);
    const auto line = view(begin, bytes_.size() - begin);
    if (line.front() == ' ') return fault_at(at, "a continued line with nothing before it to continue");
    if (line == "-") return fault_at(at, "'-' belongs to a change; only content records are read");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return fault_at(at, "no ':' in the line");
    if (!is_attribute_description(line.substr(0, colon))) {
        return fault_at(at, "what stands before the ':' is no attribute name");
    }
    const char kind = colon + 1 < line.size() ? line[colon + 1] : ' ';
    Span span{begin, std::min(line.substr(0, colon).find(';'), colon), 0, 0, at};
    auto value = colon + (kind == ':' || kind == '<' ? 2 : 1);
    while (value < line.size() && line[value] == ' ') ++value;
    span.at.column = static_cast<std::uint32_t>(value + 1);
    if (auto fault = decode_value(kind, begin + value, span)) return fault;
    if (first && equals_ignore_case(name_of(span), "version")) {
        if (value_of(span) == "1") return std::nullopt;
        return fault_at(span.at, "version " + shown(value_of(span)) + " of LDIF; 1 is known");
    }
    return block_ == Block::none ? begin_block(span) : take_attribute(span);
}

LdifReader::Fault LdifReader::decode_value(char kind, std::size_t begin, Span& span) {
    span.value = begin;
    span.value_size = bytes_.size() - begin;
    const auto raw = value_of(span);
    if (kind == '<') return fault_at(span.at, "a value in another file or URL is not fetched; export it inline");
    // Control bytes, which a plain value may not hold, are found by whoever uses the value.
    if (kind != ':') return std::nullopt;
    // base64_decode() also takes the alphabet of URLs, which RFC 2849 does not have.
    auto decoded = raw.find_first_of("-_") == std::string_view::npos ? base64_decode(trim(raw)) : std::nullopt;
    if (!decoded) return fault_at(span.at, "broken base64");
    bytes_.replace(begin, std::string::npos, *decoded);
    span.value_size = decoded->size();
    cleanse(*decoded);
    return std::nullopt;
}

LdifReader::Fault LdifReader::begin_block(const Span& span) {
    if (equals_ignore_case(name_of(span), "dn")) {
        block_ = Block::record;
        dn_ = span;
        return std::nullopt;
    }
    if (!begins_trailer(name_of(span))) {
        return fault_at({span.at.line, 1}, "a record begins with 'dn:'");
    }
    block_ = Block::trailer;
    return take_trailer_line(span);
}

LdifReader::Fault LdifReader::take_trailer_line(const Span& span) {
    const auto value = value_of(span);
    if (!equals_ignore_case(name_of(span), "result") || value == "0" || value.starts_with("0 ")) return std::nullopt;
    return fault_at(span.at, "the search ended with " + shown(value) + ": the export is not complete");
}

LdifReader::Fault LdifReader::take_attribute(const Span& span) {
    if (block_ == Block::trailer) return take_trailer_line(span);
    const auto name = name_of(span);
    if (equals_ignore_case(name, "dn")) {
        return fault_at({span.at.line, 1}, "a second 'dn:' in one record; a blank line parts two records");
    }
    if (equals_ignore_case(name, "changetype")) {
        if (equals_ignore_case(value_of(span), "add")) return std::nullopt;
        return fault_at(span.at, "changetype " + shown(value_of(span)) + "; only content records are read");
    }
    if (equals_ignore_case(name, "control")) {
        return fault_at({span.at.line, 1}, "'control' belongs to a change; only content records are read");
    }
    spans_.push_back(span);
    return std::nullopt;
}

const LdifRecord* LdifReader::finish_record() {
    record_.dn = value_of(dn_);
    record_.at = {dn_.at.line, 1};
    record_.attributes.clear();
    for (const Span& span : spans_) record_.attributes.push_back({name_of(span), value_of(span), span.at});
    return &record_;
}

}  // namespace eas451
