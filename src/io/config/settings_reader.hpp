// SPDX-License-Identifier: Apache-2.0
// SettingsReader: walks a document by the table and fills in Settings. It remembers where each key
// stands and which values were wrong, for the cross-checks that follow.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "eas451/io/config/key_places.hpp"
#include "key.hpp"

namespace eas451 {

class SettingsReader {
public:
    /// Relative paths are taken from the folder of `file`.
    explicit SettingsReader(const std::filesystem::path& file);

    void read(const Node& root, Settings& settings);

    /// Adds a mistake; `path` as in "listeners[0].bind" names what it is about.
    void complain(const std::string& path, Position at, const std::string& text);
    /// The same at the place of `path`, or of the nearest thing around it that is in the file.
    void complain(const std::string& path, const std::string& text) { complain(path, place_of(path), text); }
    [[nodiscard]] Position place_of(const std::string& path) const { return places_.of(path); }
    [[nodiscard]] bool is_given(const std::string& path) const { return places_.has(path); }
    /// A mistake was found in it, in something in it, or in the map around it as such: nothing more can be said of its
    /// value.
    [[nodiscard]] bool is_wrong(const std::string& path) const;

    /// All of them, in the order of the file.
    std::vector<Mistake> take_mistakes();
    /// Of all that was read.
    KeyPlaces take_places() { return std::move(places_); }

private:
    /// Where the walk is: what the table calls it, what the file calls it, and which maps of lists.
    struct Level {
        std::string prefix;  // "listeners[]."
        std::string path;    // "listeners[0]", empty at the top
        Indices at;
    };
    void read_map(const Node& map, const Level& level, Settings& settings);
    void read_key(const Key& key, const Node& value, const std::string& path, const Level& level, Settings& settings);
    void read_section(const Key& key, const Node& value, const std::string& path, const Level& level,
                      Settings& settings);
    void read_list(const Key& key, const Node& value, const std::string& path, const Level& level, Settings& settings);
    void report_unknown(const std::string& name, Position at, const Level& level);

    std::string file_;
    std::filesystem::path folder_;
    KeyPlaces places_;
    std::set<std::string> wrong_;
    std::vector<Mistake> mistakes_;
};

}  // namespace eas451
