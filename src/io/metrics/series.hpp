// SPDX-License-Identifier: Apache-2.0
// Series whose labels come from closed sets: looked up in prometheus-cpp once, then found by index,
// without a lock, a string or a hash.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eas451/core/eas_request.hpp"

namespace eas451 {

/// The label for what a stranger made up.
inline constexpr const char* other_word = "other";

using Words = std::vector<std::string>;

/// Every reason, in the order of the enumeration.
const Words& reason_words();
/// Every word of to_string(LoginOutcome), and other_word at the end.
const Words& login_words();
/// The place of a word; of the last one, other_word, when it is not among them.
std::size_t index_of(const Words& words, std::string_view word);

/// One counter for each combination of at most two labels. All of them exist from the start, so that
/// a rate over the first event is right.
class CounterSeries {
public:
    using Label = std::pair<std::string, Words>;

    CounterSeries(prometheus::Family<prometheus::Counter>& family, const std::vector<Label>& labels);

    [[nodiscard]] prometheus::Counter& at(std::size_t first = 0, std::size_t second = 0) const {
        return *series_[first * second_size_ + second];
    }

private:
    std::size_t second_size_ = 1;
    std::vector<prometheus::Counter*> series_;
};

/// requests_total: its 520 combinations are made when they are first needed.
class RequestSeries {
public:
    explicit RequestSeries(prometheus::Family<prometheus::Counter>& family) : family_(family) {}

    void count(std::string_view method, EasCommand command, std::string_view decision);

private:
    static constexpr std::size_t methods = 5;
    static constexpr std::size_t commands = static_cast<std::size_t>(EasCommand::unknown) + 1;
    static constexpr std::size_t decisions = 4;

    prometheus::Family<prometheus::Counter>& family_;
    std::array<std::atomic<prometheus::Counter*>, methods * commands * decisions> series_{};
};

}  // namespace eas451
