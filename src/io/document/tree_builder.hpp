// SPDX-License-Identifier: Apache-2.0
// TreeBuilder: makes the tree of a document from a reader's events, and holds what is common to YAML
// and JSON: the nesting limit and the report of duplicate keys. One document, one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/result.hpp"
#include "eas451/io/document/document.hpp"

namespace eas451 {

inline constexpr std::size_t max_document_depth = 32;
/// Mistakes of one document that are kept; a file of garbage does not need more.
inline constexpr std::size_t max_document_mistakes = 1000;

class TreeBuilder {
public:
    explicit TreeBuilder(std::string_view file_name) : file_(file_name) {}

    /// A sequence or a mapping begins. False, with a mistake, when it would nest too deep: the reader
    /// has to stop.
    [[nodiscard]] bool open(NodeKind kind, Position at);
    void close();
    /// The name of the next value; only where expects_key().
    void key(std::string name, Position at);
    /// A scalar or null.
    void add(Node node);
    void mistake(Position at, std::string text);

    [[nodiscard]] bool expects_key() const;
    [[nodiscard]] bool in_sequence() const;
    /// Where a value that is not written out is said to be: at its key, else where the collection
    /// around it begins.
    [[nodiscard]] Position place_of_absent() const;

    /// The tree, or every mistake in the order of the file. Duplicate keys go to `duplicate_keys` where it
    /// is given, and are mistakes like others where it is not.
    Result<Node, std::vector<Mistake>> finish(std::vector<Mistake>* duplicate_keys) &&;

private:
    struct Frame {
        Node node;
        std::string key;
        Position key_at;
        bool has_key = false;
    };
    void report_duplicates(const Node& mapping);

    std::string file_;
    std::vector<Frame> open_;
    Node root_;
    std::vector<Mistake> mistakes_;
    std::vector<Mistake> duplicate_keys_;
};

}  // namespace eas451
