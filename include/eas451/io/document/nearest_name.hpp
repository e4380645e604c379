// SPDX-License-Identifier: Apache-2.0
// NearestName: which known name somebody meant by a mistyped one. For settings and directory files.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

class NearestName {
public:
    /// `typed` has to outlive this.
    explicit NearestName(std::string_view typed) : typed_(typed), distance_(most_edits + 1) {}

    /// Of names equally near, the first one considered is the nearest.
    void consider(std::string_view known);
    /// Empty when no name is within three slips and half its length. A slip is a letter too many, too
    /// few or wrong; the right letters in another order are one. Case does not count.
    [[nodiscard]] std::string_view name() const { return best_; }
    /// " (did you mean 'mail'?)", or nothing.
    [[nodiscard]] std::string hint() const;

private:
    static constexpr std::size_t most_edits = 3;
    std::string_view typed_;
    std::string_view best_;
    std::size_t distance_;
};

}  // namespace eas451
