// SPDX-License-Identifier: Apache-2.0
// Document: a YAML or JSON file as one tree of nodes, each with its line and column.
//
// The settings and the file directory are both read through it, so that both name the place of every
// mistake in the same way. JSON is read as JSON (its own escapes, its own syntax errors), YAML as
// YAML; which of them a text is, its first character that is no blank tells ('{' or '[' is JSON).
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eas451/core/result.hpp"

namespace eas451 {

/// Both count from 1; columns count bytes.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

/// One mistake, with what mends it. Printed as `FILE:LINE:COL: text`.
struct Mistake {
    std::string file;
    Position at;
    std::string text;
    bool is_unreadable = false;  // the file cannot be opened, or read: what is in it is not known
};
std::string to_string(const Mistake& mistake);

enum class NodeKind : std::uint8_t { null, scalar, sequence, mapping };

/// Any scalar may be a password, so each is cleansed when its node ends or is moved from.
struct Node {
    struct Entry;
    Node();
    ~Node();
    Node(const Node&);
    Node& operator=(const Node&);
    Node(Node&&) noexcept;
    Node& operator=(Node&&) noexcept;

    NodeKind kind = NodeKind::null;
    Position at;
    std::string scalar;   // the text of a scalar, unescaped
    bool quoted = false;  // a scalar that can only be text: quoted in YAML, a string in JSON
    std::vector<Node> items;                            // sequence
    std::vector<Entry> entries;                         // mapping, in file order, duplicates kept

    /// The value of the first entry of that name; nullptr when absent. Names are case-sensitive.
    [[nodiscard]] const Node* find(std::string_view name) const;
};
struct Node::Entry {
    std::string name;
    Position at;  // of the name
    Node value;
};

/// Reads a whole text. Anchors and tags of YAML are refused; more than one document, nesting deeper
/// than 32 and syntax errors are a Mistake. Duplicate keys are reported as mistakes of their own (a
/// tree with one is not returned), all of them in one run. These mistakes say where and what was
/// expected and quote nothing of the text, since it may be a password. Never throws on bad input.
///
/// Where `duplicate_keys` is given, they go there instead and the tree comes back with both, so that the
/// caller can report them together with what it finds itself.
Result<Node, std::vector<Mistake>> parse_document(std::string_view text, std::string_view file_name,
                                                  std::vector<Mistake>* duplicate_keys = nullptr);

/// Reads a file of at most max_bytes; a file that cannot be read or is larger is a Mistake. Our copies
/// of its text are cleansed; what the parsers' libraries keep while they read is theirs.
Result<Node, std::vector<Mistake>> load_document(const std::filesystem::path& file, std::size_t max_bytes,
                                                 std::vector<Mistake>* duplicate_keys = nullptr);

}  // namespace eas451
