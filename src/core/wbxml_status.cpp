// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/wbxml_status.hpp"

#include <array>
#include <initializer_list>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

// MS-ASWBXML 2.1.2.1: where a command's root element and its Status stand.
struct StatusTokens {
    EasCommand command;
    char page;
    char root;
    char status;
};
constexpr std::array<StatusTokens, 19> tokens{{
    {EasCommand::sync, 0, 0x05, 0x0e},
    {EasCommand::send_mail, 21, 0x05, 0x12},
    {EasCommand::smart_forward, 21, 0x06, 0x12},
    {EasCommand::smart_reply, 21, 0x07, 0x12},
    {EasCommand::folder_sync, 7, 0x16, 0x0c},
    {EasCommand::folder_create, 7, 0x13, 0x0c},
    {EasCommand::folder_delete, 7, 0x14, 0x0c},
    {EasCommand::folder_update, 7, 0x15, 0x0c},
    {EasCommand::move_items, 5, 0x05, 0x0b},
    {EasCommand::get_item_estimate, 6, 0x05, 0x0e},
    {EasCommand::meeting_response, 8, 0x07, 0x0b},
    {EasCommand::search, 15, 0x05, 0x0c},
    {EasCommand::settings, 18, 0x05, 0x06},
    {EasCommand::ping, 13, 0x05, 0x07},
    {EasCommand::item_operations, 20, 0x05, 0x0d},
    {EasCommand::provision, 14, 0x05, 0x0b},
    {EasCommand::resolve_recipients, 10, 0x05, 0x07},
    {EasCommand::validate_cert, 11, 0x05, 0x0a},
    {EasCommand::find, 25, 0x05, 0x0a},
}};

const StatusTokens* tokens_of(EasCommand command) {
    for (const StatusTokens& entry : tokens) {
        if (entry.command == command) return &entry;
    }
    return nullptr;
}

constexpr char switch_page = 0x00;
constexpr char end_tag = 0x01;
constexpr char string_inline = 0x03;
constexpr char has_content = 0x40;
// WBXML 1.3, public identifier 1, UTF-8, no string table: clients compare these four bytes.
constexpr std::string_view header("\x03\x01\x6a\x00", 4);
constexpr std::size_t most_status_digits = 3;

/// Takes the bytes off the front, if they are there.
bool skip(std::string_view& text, std::string_view bytes) {
    if (!text.starts_with(bytes)) return false;
    text.remove_prefix(bytes.size());
    return true;
}
bool skip(std::string_view& text, std::initializer_list<char> bytes) { return skip(text, std::string_view(bytes.begin(), bytes.size())); }

}  // namespace

bool has_status_document(EasCommand command) { return tokens_of(command) != nullptr; }

std::optional<unsigned> read_wbxml_status(EasCommand command, std::string_view document) {
    const StatusTokens* entry = tokens_of(command);
    if (entry == nullptr || !skip(document, header)) return std::nullopt;
    // Page 0 needs no switch to it, and may have one.
    if (!skip(document, {switch_page, entry->page}) && entry->page != 0) return std::nullopt;
    const char root = static_cast<char>(entry->root | has_content);
    if (!skip(document, {root, static_cast<char>(entry->status | has_content), string_inline})) return std::nullopt;
    unsigned status = 0;
    std::size_t digits = 0;
    for (; digits < document.size() && is_ascii_digit(document[digits]) && digits < most_status_digits; ++digits) {
        status = status * 10 + static_cast<unsigned>(document[digits] - '0');
    }
    const bool is_whole = digits > 0 && document.substr(digits).starts_with('\0');
    return is_whole ? std::optional(status) : std::nullopt;
}

std::string wbxml_status_document(EasCommand command, EasStatus status) {
    const StatusTokens* entry = tokens_of(command);
    if (entry == nullptr) return {};
    std::string document(header);
    if (entry->page != 0) {
        document += switch_page;
        document += entry->page;
    }
    document += static_cast<char>(entry->root | has_content);
    document += static_cast<char>(entry->status | has_content);
    document += string_inline;
    document += std::to_string(static_cast<unsigned>(status));
    document += '\0';
    document += end_tag;
    document += end_tag;
    return document;
}

}  // namespace eas451
