// SPDX-License-Identifier: Apache-2.0
#include "series.hpp"

#include <algorithm>

#include "eas451/core/login_outcome.hpp"
#include "eas451/core/reason.hpp"

namespace eas451 {
namespace {

const Words& method_words() {
    static const Words words{"POST", "OPTIONS", "GET", "HEAD", other_word};
    return words;
}

const Words& decision_words() {
    static const Words words{"redirect", "proxy", "refuse", other_word};
    return words;
}

Words every_login_word() {
    std::vector<LoginOutcome> outcomes{Accepted{}, NotFound{}, Ambiguous{}, Held{}, Unavailable{}, NotChecked{}};
    for (std::size_t i = 0; i <= static_cast<std::size_t>(Rejection::logon_restricted); ++i) {
        outcomes.emplace_back(Rejected{static_cast<Rejection>(i)});
    }
    Words words;
    for (const LoginOutcome& outcome : outcomes) words.emplace_back(to_string(outcome));
    words.emplace_back(other_word);
    return words;
}

}  // namespace

const Words& reason_words() {
    static const Words words = [] {
        Words all;
        for (std::size_t i = 0; i < reason_count; ++i) all.emplace_back(to_string(static_cast<Reason>(i)));
        return all;
    }();
    return words;
}

const Words& login_words() {
    static const Words words = every_login_word();
    return words;
}

std::size_t index_of(const Words& words, std::string_view word) {
    const auto found = std::find(words.begin(), words.end(), word);
    return static_cast<std::size_t>((found == words.end() ? words.end() - 1 : found) - words.begin());
}

CounterSeries::CounterSeries(prometheus::Family<prometheus::Counter>& family, const std::vector<Label>& labels) {
    static const Label no_label{"", {""}};
    const Label& first = labels.empty() ? no_label : labels[0];
    const Label& second = labels.size() < 2 ? no_label : labels[1];
    second_size_ = second.second.size();
    for (const std::string& word : first.second) {
        for (const std::string& other : second.second) {
            prometheus::Labels all;
            if (!first.first.empty()) all[first.first] = word;
            if (!second.first.empty()) all[second.first] = other;
            series_.push_back(&family.Add(all));
        }
    }
}

void RequestSeries::count(std::string_view method, EasCommand command, std::string_view decision) {
    const std::size_t method_index = index_of(method_words(), method);
    const std::size_t decision_index = index_of(decision_words(), decision);
    const std::size_t index =
        (method_index * commands + static_cast<std::size_t>(command)) * decisions + decision_index;
    prometheus::Counter* counter = series_[index].load(std::memory_order_acquire);
    if (counter == nullptr) {
        // Two threads that come here together are given the same counter.
        counter = &family_.Add({{"method", method_words()[method_index]},
                                {"command", std::string(to_string(command))},
                                {"decision", decision_words()[decision_index]}});
        series_[index].store(counter, std::memory_order_release);
    }
    counter->Increment();
}

}  // namespace eas451
