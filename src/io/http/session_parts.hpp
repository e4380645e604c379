// SPDX-License-Identifier: Apache-2.0
// What a session is made of, apart from its walk (session.cpp).
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "eas451/core/cleansing_append.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/metrics/metrics.hpp"

namespace eas451 {

/// How long the other side may take for its part of a TLS goodbye.
inline constexpr std::chrono::milliseconds goodbye_limit{1000};
/// So many requests that were there already, one behind the other, before the thread's other sessions have a turn.
inline constexpr unsigned requests_a_turn = 16;
/// And so many reads that found something; who sends faster than we read would hold the thread.
inline constexpr unsigned reads_a_turn = 64;

/// A connection that has had so many requests keeps its buffers for the next, until it has been idle for a while.
inline constexpr std::uint64_t busy_from = 3;

inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

/// Counted while it lives.
class ConnectionCount {
public:
    explicit ConnectionCount(Metrics* metrics) : metrics_(metrics) {
        if (metrics_ != nullptr) metrics_->add_connections(1);
    }
    ~ConnectionCount() {
        if (metrics_ != nullptr) metrics_->add_connections(-1);
    }
    ConnectionCount(const ConnectionCount&) = delete;
    ConnectionCount& operator=(const ConnectionCount&) = delete;

private:
    Metrics* metrics_;
};

/// Text that is cleansed when it ends.
struct CleansedString {
    explicit CleansedString(std::string&& moved) : text(std::move(moved)) { cleanse(moved); }
    ~CleansedString() { cleanse(text); }
    CleansedString(const CleansedString&) = delete;
    CleansedString& operator=(const CleansedString&) = delete;
    std::string text;
};

// Bytes that may hold a password: none of them stays behind where they were moved away from (append(), too).

inline void drop_front(std::string& bytes, std::size_t count) {
    if (count == bytes.size()) return cleanse(bytes);
    const std::size_t before = bytes.size();
    bytes.erase(0, count);
    const std::size_t after = bytes.size();
    bytes.resize(before);  // zeroes what was moved away from
    bytes.resize(after);
}

/// All of them; what lies behind `kept` stays here, too.
inline std::string take_all(std::string& bytes, std::size_t kept) {
    std::string taken = std::move(bytes);
    cleanse(bytes);
    bytes.assign(taken, kept, std::string::npos);
    return taken;
}

/// Whether the other side has ended the connection, whatever of it was not read yet.
inline bool has_hung_up(int descriptor) {
    pollfd asked{descriptor, POLLRDHUP, 0};
    return ::poll(&asked, 1, 0) == 1;
}

/// What became of the wait for more of a body.
enum class BodyRead : std::uint8_t { more, late, ended };

/// When a wait ends, and by which limit; by none where that is no setting.
struct WaitEnd {
    SteadyTime at = SteadyTime::max();
    std::optional<TimeLimit> by;
};
inline WaitEnd earlier(WaitEnd a, WaitEnd b) { return b.at < a.at ? b : a; }

}  // namespace eas451
