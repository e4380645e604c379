// SPDX-License-Identifier: Apache-2.0
#include "tree_builder.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace eas451 {

bool TreeBuilder::open(NodeKind kind, Position at) {
    if (open_.size() >= max_document_depth) {
        mistake(at, "nested deeper than " + std::to_string(max_document_depth) + " levels; make it flatter");
        return false;
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.at = at;
    open_.push_back(std::move(frame));
    return true;
}

void TreeBuilder::close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    // Growing leaves up to half of a vector empty, which counts with a million of them.
    node.items.shrink_to_fit();
    node.entries.shrink_to_fit();
    if (node.kind == NodeKind::mapping) report_duplicates(node);
    add(std::move(node));
}

void TreeBuilder::key(std::string name, Position at) {
    Frame& frame = open_.back();
    frame.key = std::move(name);
    frame.key_at = at;
    frame.has_key = true;
}

void TreeBuilder::add(Node node) {
    if (open_.empty()) {
        root_ = std::move(node);
        return;
    }
    Frame& frame = open_.back();
    if (frame.node.kind == NodeKind::sequence) {
        frame.node.items.push_back(std::move(node));
        return;
    }
    frame.node.entries.push_back({std::move(frame.key), frame.key_at, std::move(node)});
    frame.has_key = false;
}

void TreeBuilder::mistake(Position at, std::string text) {
    if (mistakes_.size() < max_document_mistakes) mistakes_.push_back({file_, at, std::move(text)});
}

bool TreeBuilder::expects_key() const {
    return !open_.empty() && open_.back().node.kind == NodeKind::mapping && !open_.back().has_key;
}

bool TreeBuilder::in_sequence() const {
    return !open_.empty() && open_.back().node.kind == NodeKind::sequence;
}

Position TreeBuilder::place_of_absent() const {
    if (open_.empty()) return {};
    return open_.back().has_key ? open_.back().key_at : open_.back().node.at;
}

void TreeBuilder::report_duplicates(const Node& mapping) {
    const auto& entries = mapping.entries;
    if (entries.size() < 2) return;
    std::vector<std::uint32_t> order(entries.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::tie(entries[a].name, a) < std::tie(entries[b].name, b);
    });
    std::size_t first = 0;  // of a run of equal names
    for (std::size_t i = 1; i < order.size(); ++i) {
        const auto& entry = entries[order[i]];
        const auto& original = entries[order[first]];
        if (entry.name != original.name) {
            first = i;
            continue;
        }
        // Its name is not repeated: what was cut off a password by a comma looks like a key too.
        if (duplicate_keys_.size() >= max_document_mistakes) return;
        duplicate_keys_.push_back({file_, entry.at, "duplicate key, already set in line " +
                                                        std::to_string(original.at.line) + "; keep one of them"});
    }
}

Result<Node, std::vector<Mistake>> TreeBuilder::finish(std::vector<Mistake>* duplicate_keys) && {
    if (duplicate_keys != nullptr) {
        *duplicate_keys = std::move(duplicate_keys_);
    } else {
        mistakes_.insert(mistakes_.end(), duplicate_keys_.begin(), duplicate_keys_.end());
    }
    if (mistakes_.empty()) return std::move(root_);
    std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
        return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    return std::move(mistakes_);
}

}  // namespace eas451
