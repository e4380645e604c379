// SPDX-License-Identifier: Apache-2.0
// LdifLines: the logical lines of an LDIF file (RFC 2849): folded lines put together, comments and
// the byte order mark left out, CR LF and LF alike. Reads the stream in blocks; one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>

namespace eas451 {

class LdifLines {
public:
    /// Of a line put together from its folds. No attribute we read comes near; photographs may.
    static constexpr std::size_t longest_line = 1U << 20U;

    enum class Kind : std::uint8_t {
        content,
        blank,
        end,
        too_long,    // the line is passed over, its bytes are not appended
        utf16,       // the file begins with the mark of UTF-16; nothing more can be read
        unreadable,  // the stream broke; nothing more can be read
    };

    /// The stream has to outlive this.
    explicit LdifLines(std::istream& in);
    ~LdifLines();  // cleanses the block: it may have held passwords
    LdifLines(const LdifLines&) = delete;
    LdifLines& operator=(const LdifLines&) = delete;

    /// Appends the next logical line to `out`.
    Kind next(std::string& out);
    /// Where the line of the last next() begins; from 1.
    [[nodiscard]] std::uint32_t line() const { return line_; }

private:
    bool refill();
    /// The next byte without taking it, or -1 at the end.
    int peek();
    Kind skip_mark();
    void skip_physical_line();
    /// Appends up to the end of the physical line; false when `out` would grow beyond `limit`.
    bool append_physical_line(std::string& out, std::size_t limit);

    std::istream& in_;
    std::string block_;
    std::size_t position_ = 0;
    std::size_t end_ = 0;
    std::uint32_t next_line_ = 1;
    std::uint32_t line_ = 1;
    bool mark_looked_at_ = false;
};

}  // namespace eas451
