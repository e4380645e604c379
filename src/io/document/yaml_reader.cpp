// SPDX-License-Identifier: Apache-2.0
// YAML by yaml-cpp's events. Scalars stay text: what a value means is decided by the key it is for,
// not by YAML's own typing, which would make `0777` a 511 and `no` a false.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <istream>
#include <streambuf>
#include <string>
#include <utility>

#include "readers.hpp"

namespace eas451 {
namespace {

/// Thrown through yaml-cpp, which offers no other way to end the parsing early.
struct Stop {};

/// Reads from memory without a copy.
class ViewBuffer : public std::streambuf {
public:
    explicit ViewBuffer(std::string_view text) {
        char* const begin = const_cast<char*>(text.data());  // never written: there is no put area
        setg(begin, begin, begin + text.size());
    }
};

Position position_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

/// yaml-cpp quotes the file at the end of some messages, which may be part of a password: the name of
/// an unknown anchor, and what follows a colon ("unknown escape character: x").
std::string without_quotation(const std::string& message) {
    const std::string_view unknown_anchor = YAML::ErrorMsg::UNKNOWN_ANCHOR;
    if (message.starts_with(unknown_anchor)) return std::string(unknown_anchor);
    return message.substr(0, message.find(':'));
}

class Events : public YAML::EventHandler {
public:
    Events(std::string_view text, TreeBuilder& builder) : text_(text), builder_(builder) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 1) return;
        builder_.mistake(position_of(mark), "text after the end of the document; one file holds one document");
        throw Stop{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_properties(mark, "?", anchor);
        Node node;
        node.at = is_null_word(mark) ? position_of(mark) : place_of_absent(mark);
        if (!builder_.expects_key()) return builder_.add(std::move(node));
        builder_.mistake(node.at, "a key is missing or null; write a name, in quotes if it is the word null");
        builder_.key("null", node.at);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        builder_.mistake(position_of(mark), "aliases (*name) are not allowed; write the value out");
        Node node;
        node.at = position_of(mark);
        if (builder_.expects_key()) return builder_.key("*", node.at);
        builder_.add(std::move(node));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_properties(mark, tag, anchor);
        refuse_open_quote(mark);
        if (builder_.expects_key()) return builder_.key(value, position_of(mark));
        Node node;
        node.kind = NodeKind::scalar;
        node.at = position_of(mark);
        node.scalar = value;
        node.quoted = tag == "!";  // yaml-cpp's word for a scalar that is not plain
        builder_.add(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(NodeKind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { builder_.close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(NodeKind::mapping, mark, tag, anchor);
    }
    void OnMapEnd() override { builder_.close(); }

private:
    void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        refuse_properties(mark, tag, anchor);
        if (builder_.expects_key()) {
            builder_.mistake(position_of(mark), "a key is a list or a map; write a name, or quote the whole value");
            throw Stop{};
        }
        if (!builder_.open(kind, position_of(mark))) throw Stop{};
    }

    void refuse_properties(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
        if (anchor != 0) {
            builder_.mistake(position_of(mark), "anchors (&name) are not allowed; write the value where it is needed");
        }
        // "!" alone is both an explicit tag and yaml-cpp's word for a quoted scalar.
        const bool has_tag = (tag != "?" && tag != "!" && !tag.empty()) || byte_at(mark.pos) == '!';
        if (has_tag) builder_.mistake(position_of(mark), "tags (!name) are not allowed; leave the tag out");
    }

    /// yaml-cpp takes the end of the text for the missing quote: a file cut short would pass.
    void refuse_open_quote(const YAML::Mark& mark) {
        const char quote = byte_at(mark.pos);
        if (quote != '"' && quote != '\'') return;
        std::size_t at = static_cast<std::size_t>(mark.pos) + 1;
        while (at < text_.size() && text_[at] != quote) at += quote == '"' && text_[at] == '\\' ? 2 : 1;
        if (at < text_.size()) return;
        builder_.mistake(position_of(mark), "this quote is never closed; close it");
        throw Stop{};
    }

    [[nodiscard]] char byte_at(std::ptrdiff_t offset) const {
        return offset >= 0 && static_cast<std::size_t>(offset) < text_.size() ? text_[offset] : '\n';
    }

    /// Whether a null is written out at the mark; if not, the mark is that of the next token.
    [[nodiscard]] bool is_null_word(const YAML::Mark& mark) const {
        static constexpr std::array<std::string_view, 4> words{"~", "null", "Null", "NULL"};
        if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= text_.size()) return false;
        const std::string_view rest = text_.substr(mark.pos);
        for (const std::string_view word : words) {
            if (!rest.starts_with(word)) continue;
            constexpr std::string_view ends = " \t\r\n,]}";
            return rest.size() == word.size() || ends.find(rest[word.size()]) != std::string_view::npos;
        }
        return false;
    }

    /// An empty list item is said to be at its dash.
    [[nodiscard]] Position place_of_absent(const YAML::Mark& mark) const {
        if (!builder_.in_sequence() || mark.is_null()) return builder_.place_of_absent();
        auto line = static_cast<std::uint32_t>(mark.line + 1);
        std::ptrdiff_t at = mark.pos - 1;
        for (; at >= 0 && std::string_view(" \t\r\n").find(byte_at(at)) != std::string_view::npos; --at) {
            if (byte_at(at) == '\n') --line;
        }
        if (at < 0 || byte_at(at) != '-') return builder_.place_of_absent();
        const std::size_t line_start = text_.substr(0, at).rfind('\n') + 1;  // npos + 1 is 0
        return {line, static_cast<std::uint32_t>(at - line_start + 1)};
    }

    std::string_view text_;
    TreeBuilder& builder_;
    unsigned documents_ = 0;
};

}  // namespace

void read_yaml(std::string_view text, TreeBuilder& builder) {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    Events events(text, builder);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(events)) {
        }
    } catch (const Stop&) {
        // The builder knows why.
    } catch (const YAML::Exception& error) {
        builder.mistake(position_of(error.mark),
                        "not YAML: " + without_quotation(error.msg) +
                            "; check the indentation, quotes and brackets here and just above");
    }
}

}  // namespace eas451
