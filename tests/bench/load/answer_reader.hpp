// SPDX-License-Identifier: Apache-2.0
// Reads answers from the bytes of a connection, and says of each whether it is the one that is wanted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eas451::load {

/// The value of a field in a head; `name` in lower case.
std::optional<std::string_view> find_field(std::string_view head, std::string_view name);

/// What every answer has to be.
struct Expected {
    unsigned status = 451;
    std::string location;  // empty: not looked at
};

class AnswerReader {
public:
    explicit AnswerReader(const Expected& expected) : expected_(expected) {}

    enum class Result { more, good, wrong };
    /// Takes bytes of one answer; after good or wrong the next one begins. More bytes than that are wrong:
    /// there is never more than one request on its way.
    Result feed(std::string_view bytes);
    /// Why it was wrong.
    [[nodiscard]] const std::string& why() const { return why_; }
    void clear() { waiting_.clear(); }

private:
    Result judge(std::string_view bytes);
    Result refuse(std::string_view head, const char* why);

    const Expected& expected_;
    std::string waiting_;  // what came of an answer that is not whole; usually nothing
    std::string why_;
};

}  // namespace eas451::load
