// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/wbxml_sync_status.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

// MS-ASWBXML 2.1.2.1.1: page 0, AirSync.
constexpr std::uint16_t sync_tag = 0x05;
constexpr std::uint16_t status_tag = 0x0e;
constexpr std::uint16_t collection_tag = 0x0f;
constexpr std::uint16_t collections_tag = 0x1c;

constexpr std::array path_of_whole{sync_tag, status_tag};
constexpr std::array path_of_folder{sync_tag, collections_tag, collection_tag, status_tag};
constexpr std::size_t folder_depth = 3;

std::optional<unsigned> number_of(std::string_view text) {
    constexpr std::size_t most_digits = 3;
    if (text.empty() || text.size() > most_digits || !std::ranges::all_of(text, is_ascii_digit)) return std::nullopt;
    unsigned number = 0;
    for (const char digit : text) number = number * 10 + static_cast<unsigned>(digit - '0');
    return number;
}

/// Goes from token to token, and knows the names down to a Collection's Status.
class SyncAnswer {
public:
    explicit SyncAnswer(std::string_view tokens) : rest_(tokens) {}

    std::optional<unsigned> status() {
        while (!is_done_ && !rest_.empty()) step();
        const bool whole_is_fine = !of_whole_ || *of_whole_ == 1;
        return whole_is_fine && of_folder_ ? of_folder_ : of_whole_;
    }

private:
    void step() {
        constexpr std::uint8_t opaque = 0xc3;
        const std::uint8_t token = take();
        switch (token) {
            case 0x00:
                page_ = take();
                break;
            case 0x01:
                close();
                break;
            case 0x03:
                take_text();
                break;
            case opaque:
                take_opaque();
                break;
            default:
                open(token);
        }
    }

    std::uint8_t take() {
        is_done_ = is_done_ || rest_.empty();
        if (rest_.empty()) return 0;
        const auto byte = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return byte;
    }

    void open(std::uint8_t token) {
        constexpr std::uint8_t attributes = 0x80;
        constexpr std::uint8_t content = 0x40;
        constexpr std::uint8_t first_tag = 0x05;
        const std::uint8_t tag = token & 0x3fU;
        // Attributes, entities, tables of strings: ActiveSync has none of them.
        is_done_ = is_done_ || (token & attributes) != 0 || tag < first_tag;
        if ((token & content) == 0 || is_done_) return;
        if (depth_ < path_.size()) path_[depth_] = static_cast<std::uint16_t>(page_ << 8U | tag);
        ++depth_;
    }

    void close() {
        // Of the first Collection no more can come; nor of the document behind its root.
        if (depth_ <= 1 || (depth_ == folder_depth && is_at(std::span(path_of_folder).first<folder_depth>())))
            is_done_ = true;
        if (depth_ != 0) --depth_;
    }

    void take_text() {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos) {
            is_done_ = true;
            return;
        }
        if (is_at(path_of_whole)) of_whole_ = number_of(rest_.substr(0, end));
        if (is_at(path_of_folder)) of_folder_ = number_of(rest_.substr(0, end));
        is_done_ = is_at(path_of_folder) || (of_whole_ && *of_whole_ != 1);
        rest_.remove_prefix(end + 1);
    }

    /// Behind its length, seven bits a byte.
    void take_opaque() {
        std::size_t size = 0;
        std::uint8_t byte = 0;
        do {
            byte = take();
            size = (size << 7U) | (byte & 0x7fU);
        } while ((byte & 0x80U) != 0 && size <= rest_.size());
        is_done_ = is_done_ || size > rest_.size();
        if (!is_done_) rest_.remove_prefix(size);
    }

    [[nodiscard]] bool is_at(std::span<const std::uint16_t> path) const {
        return depth_ == path.size() && std::equal(path.begin(), path.end(), path_.begin());
    }

    std::string_view rest_;
    std::uint8_t page_ = 0;
    std::size_t depth_ = 0;
    std::array<std::uint16_t, path_of_folder.size()> path_{};  // the first of the elements that are open
    std::optional<unsigned> of_whole_;
    std::optional<unsigned> of_folder_;
    bool is_done_ = false;
};

}  // namespace

std::optional<unsigned> read_sync_status(std::string_view document) {
    constexpr std::string_view header("\x03\x01\x6a\x00", 4);
    if (!document.starts_with(header)) return std::nullopt;
    return SyncAnswer(document.substr(header.size())).status();
}

}  // namespace eas451
