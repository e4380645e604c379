// SPDX-License-Identifier: Apache-2.0
// NearestName: which known name somebody meant by a mistyped one.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

class NearestName {
public:
    /// `typed` has to outlive this.
    explicit NearestName(std::string_view typed) : typed_(typed), distance_(most_edits + 1) {}

    void consider(std::string_view known);
    /// " (did you mean 'mail'?)", or nothing when no name is within three edits and half its length.
    [[nodiscard]] std::string hint() const;

private:
    static constexpr std::size_t most_edits = 3;
    std::string_view typed_;
    std::string_view best_;
    std::size_t distance_;
};

}  // namespace eas451
