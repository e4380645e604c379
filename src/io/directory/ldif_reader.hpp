// SPDX-License-Identifier: Apache-2.0
// LdifReader: the content records of an LDIF file (RFC 2849), one at a time, in the memory of the
// largest one. Takes what ldifde and ldapsearch write:
// - ldifde marks every record `changetype: add`, which says no more than a content record does;
//   any other change record is refused;
// - ldapsearch without -LLL ends with a block `search: 2`, `result: 0 Success` and, with pages, one
//   after each page; another result means that the export is not complete, and is a fault. Blocks
//   of `ref:` lines (search references) are passed over.
// A value that names a file or URL (`attr:< …`) is refused: nothing else is ever opened.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "eas451/io/document/document.hpp"
#include "ldif_lines.hpp"

namespace eas451 {

struct LdifAttribute {
    std::string_view name;   // as written, without options (";binary", ";range=0-1499")
    std::string_view value;  // decoded; may hold any bytes
    Position at;             // of the value
};

struct LdifRecord {
    std::string_view dn;
    Position at;  // of the dn line
    std::vector<LdifAttribute> attributes;
};

struct LdifFault {
    Position at;
    std::string text;
};

struct LdifEnd {};

/// The record lives in the reader, until the next call of next().
using LdifItem = std::variant<LdifEnd, LdifFault, const LdifRecord*>;

class LdifReader {
public:
    /// Bytes of one record: a group of 100,000 members has 8 MiB.
    static constexpr std::size_t largest_record = 32U << 20U;

    /// The stream has to outlive this.
    explicit LdifReader(std::istream& in) : lines_(in) {}
    ~LdifReader();  // cleanses the record: it may have held a password
    LdifReader(const LdifReader&) = delete;
    LdifReader& operator=(const LdifReader&) = delete;

    /// After a fault reading goes on behind the next blank line, so that one run finds every fault.
    LdifItem next();

private:
    enum class Block : std::uint8_t { none, record, trailer };
    using Fault = std::optional<LdifFault>;
    struct Span {
        std::size_t name, name_size, value, value_size;
        Position at;
    };

    void start_block();
    Fault take_line(std::size_t begin);
    Fault take_attribute(const Span& span);
    Fault begin_block(const Span& span);
    Fault take_trailer_line(const Span& span);
    Fault decode_value(char kind, std::size_t begin, Span& span);
    LdifFault skip_block(LdifFault fault);
    const LdifRecord* finish_record();
    [[nodiscard]] std::string_view name_of(const Span& span) const { return view(span.name, span.name_size); }
    [[nodiscard]] std::string_view value_of(const Span& span) const { return view(span.value, span.value_size); }
    [[nodiscard]] std::string_view view(std::size_t begin, std::size_t size) const {
        return std::string_view(bytes_).substr(begin, size);
    }

    LdifLines lines_;
    std::string bytes_;  // of the block being read; grows while it is, so spans are offsets
    std::vector<Span> spans_;
    Span dn_{};
    LdifRecord record_;
    Block block_ = Block::none;
    bool first_line_ = true;
    bool over_ = false;
};

}  // namespace eas451
