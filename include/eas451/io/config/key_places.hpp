// SPDX-License-Identifier: Apache-2.0
// KeyPlaces: where a configuration says what, so that a mistake can be told with its place also when it is found
// later, by whoever opens what a key names.
//
// Plain values; any thread once they are filled.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "eas451/io/document/document.hpp"

namespace eas451 {

class KeyPlaces {
public:
    KeyPlaces() = default;
    /// `file` as it is printed.
    explicit KeyPlaces(std::string file) : file_(std::move(file)) {}

    /// `path` as in "listeners[0].bind"; the first place counts.
    void add(const std::string& path, Position at) { places_.emplace(path, at); }
    [[nodiscard]] bool has(const std::string& path) const { return places_.contains(path); }
    /// Of the nearest thing around it that is in the file; the top of the file when nothing is.
    [[nodiscard]] Position of(std::string path) const;

    /// With "FILE:LINE:COL: " in front, when the text begins with the path of a key and ": ", but for a section at the top;
    /// else as it is.
    [[nodiscard]] std::string with_place(std::string text) const;

private:
    std::string file_;
    std::map<std::string, Position> places_;
};

}  // namespace eas451
