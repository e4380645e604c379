// SPDX-License-Identifier: Apache-2.0
// JSON by nlohmann's SAX parser. It reports no places, so a second pair of eyes walks the text in
// step with it: each event is exactly one token, and the parser has found that token good already.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "eas451/core/secret.hpp"
#include "readers.hpp"

namespace eas451 {
namespace {

/// Finds the tokens of a text that is known to be JSON up to and including the one asked for.
class TokenWalk {
public:
    explicit TokenWalk(std::string_view text) : text_(text) {}

    struct Token {
        Position at;
        std::string_view text;
    };
    Token next() {
        advance_to(std::min(text_.find_first_not_of(" \t\r\n,:", offset_), text_.size()));
        const Token token{here(), text_.substr(offset_, length())};
        advance_to(offset_ + token.text.size());
        return token;
    }
    /// Where the syntax error is that the parser found after reading `read` bytes.
    Position place_of_error(std::size_t read) {
        advance_to(std::clamp(read == 0 ? 0 : read - 1, offset_, text_.size()));
        return here();
    }

private:
    [[nodiscard]] Position here() const { return {line_, static_cast<std::uint32_t>(offset_ - line_start_ + 1)}; }
    [[nodiscard]] std::size_t length() const {
        if (offset_ >= text_.size()) return 0;
        if (text_[offset_] == '"') {
            std::size_t end = offset_ + 1;
            while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
            return std::min(end + 1, text_.size()) - offset_;
        }
        constexpr std::string_view brackets = "{}[]";
        if (brackets.find(text_[offset_]) != std::string_view::npos) return 1;
        return std::min(text_.find_first_of(" \t\r\n,:{}[]\"", offset_), text_.size()) - offset_;
    }
    void advance_to(std::size_t offset) {
        for (; offset_ < offset; ++offset_) {
            if (text_[offset_] != '\n') continue;
            ++line_;
            line_start_ = offset_ + 1;
        }
    }

    std::string_view text_;
    std::size_t offset_ = 0;
    std::size_t line_start_ = 0;
    std::uint32_t line_ = 1;
};

/// The events of nlohmann::json::sax_parse(); each returns whether to go on.
class Events {
public:
    Events(std::string_view text, TreeBuilder& builder) : walk_(text), size_(text.size()), builder_(builder) {}

    bool null() {
        Node node;
        node.at = walk_.next().at;
        builder_.add(std::move(node));
        return true;
    }
    bool boolean(bool) { return plain(); }
    bool number_integer(std::int64_t) { return plain(); }
    bool number_unsigned(std::uint64_t) { return plain(); }
    bool number_float(double, const std::string&) { return plain(); }
    bool string(std::string& value) {
        Node node;
        node.kind = NodeKind::scalar;
        node.at = walk_.next().at;
        node.scalar = std::move(value);
        cleanse(value);  // a short one is copied by the move
        node.quoted = true;
        builder_.add(std::move(node));
        return true;
    }
    bool binary(nlohmann::json::binary_t&) { return false; }  // not in JSON text
    bool key(std::string& name) {
        const Position at = walk_.next().at;
        builder_.key(std::move(name), at);
        return true;
    }
    bool start_object(std::size_t) { return builder_.open(NodeKind::mapping, walk_.next().at); }
    bool end_object() { return close(); }
    bool start_array(std::size_t) { return builder_.open(NodeKind::sequence, walk_.next().at); }
    bool end_array() { return close(); }
    bool parse_error(std::size_t read, const std::string&, const nlohmann::json::exception& error) {
        // The end of the text counts as a byte that was read.
        builder_.mistake(walk_.place_of_error(read), what_is_wrong(read > size_, error));
        return false;
    }

private:
    bool plain() {
        const auto token = walk_.next();
        Node node;
        node.kind = NodeKind::scalar;
        node.at = token.at;
        node.scalar = token.text;
        builder_.add(std::move(node));
        return true;
    }
    bool close() {
        walk_.next();
        builder_.close();
        return true;
    }

    /// Of the parser's own text only what it expected, as words of ours: that text also quotes the
    /// file, and there may be a password at the place.
    static std::string what_is_wrong(bool at_end, const nlohmann::json::exception& error) {
        if (error.id == 406) return "not JSON: a number beyond what a computer counts with; write a smaller one";
        const std::string_view what = error.what();
        const auto* const row = std::find_if(expectations.begin(), expectations.end(),
                                             [what](const auto& known) { return what.ends_with(known.first); });
        const std::string expected(row == expectations.end() ? "a value" : row->second);
        return std::string("not JSON: ") + (at_end ? "the text ends where " : "") + expected +
               " was expected; check the commas, quotes and brackets here and just above";
    }
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> expectations{{
        {"; expected end of input", "nothing more"},
        {"; expected string literal", "a key in quotes"},
        {"; expected ':'", "a colon"},
        {"; expected '}'", "a comma or a closing brace"},
        {"; expected ']'", "a comma or a closing bracket"},
    }};

    TokenWalk walk_;
    std::size_t size_;
    TreeBuilder& builder_;
};

}  // namespace

void read_json(std::string_view text, TreeBuilder& builder) {
    Events events(text, builder);
    nlohmann::json::sax_parse(text.begin(), text.end(), &events);
}

}  // namespace eas451
