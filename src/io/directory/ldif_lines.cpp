// SPDX-License-Identifier: Apache-2.0
#include "ldif_lines.hpp"

#include <string_view>

#include "eas451/core/secret.hpp"

namespace eas451 {
namespace {

constexpr std::size_t block_size = 256U << 10U;

}  // namespace

LdifLines::LdifLines(std::istream& in) : in_(in), block_(block_size, '\0') {}

LdifLines::~LdifLines() {
    cleanse(block_);
}

bool LdifLines::refill() {
    in_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
    position_ = 0;
    end_ = static_cast<std::size_t>(in_.gcount());
    return end_ > 0;
}

int LdifLines::peek() {
    if (position_ == end_ && !refill()) return -1;
    return static_cast<unsigned char>(block_[position_]);
}

LdifLines::Kind LdifLines::skip_mark() {
    mark_looked_at_ = true;
    if (position_ == end_ && !refill()) return Kind::content;
    const std::string_view start(block_.data(), end_);
    if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) return Kind::utf16;
    if (start.starts_with("\xef\xbb\xbf")) position_ = 3;
    return Kind::content;
}

void LdifLines::skip_physical_line() {
    ++next_line_;
    for (; peek() != -1; position_ = end_) {
        const auto newline = std::string_view(block_.data(), end_).find('\n', position_);
        if (newline == std::string_view::npos) continue;
        position_ = newline + 1;
        return;
    }
}

bool LdifLines::append_physical_line(std::string& out, std::size_t limit) {
    ++next_line_;
    const std::size_t begin = out.size();
    bool fits = true;
    for (bool ended = false; !ended && peek() != -1;) {
        const auto newline = std::string_view(block_.data(), end_).find('\n', position_);
        ended = newline != std::string_view::npos;
        const std::size_t size = (ended ? newline : end_) - position_;
        fits = fits && out.size() + size <= limit;
        if (fits) out.append(block_, position_, size);
        position_ = ended ? newline + 1 : end_;
    }
    if (out.size() > begin && out.back() == '\r') out.pop_back();
    return fits;
}

LdifLines::Kind LdifLines::next(std::string& out) {
    if (!mark_looked_at_ && skip_mark() == Kind::utf16) return Kind::utf16;
    while (peek() == '#') {
        do {
            skip_physical_line();
        } while (peek() == ' ');
    }
    line_ = next_line_;
    if (peek() == -1) return in_.bad() ? Kind::unreadable : Kind::end;
    const std::size_t begin = out.size();
    // The CR of CR LF is not part of the line and may stand one past the limit.
    const std::size_t limit = begin + longest_line + 1;
    bool fits = append_physical_line(out, limit);
    if (fits && out.size() == begin) return Kind::blank;
    while (peek() == ' ') {
        ++position_;
        fits = append_physical_line(out, limit) && fits;
    }
    if (fits && out.size() - begin <= longest_line) return Kind::content;
    out.resize(begin);
    return Kind::too_long;
}

}  // namespace eas451
