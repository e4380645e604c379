// SPDX-License-Identifier: Apache-2.0
// What a session is made of, apart from its walk (session.cpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/metrics/metrics.hpp"

namespace eas451 {

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

// Bytes that may hold a password: none of them stays behind where they were moved away from.

/// A string that grows by itself would leave its old bytes behind.
inline void append(std::string& bytes, std::string_view more) {
    if (bytes.capacity() - bytes.size() < more.size()) {
        std::string larger;
        larger.reserve(std::max(bytes.size() + more.size(), bytes.empty() ? 0 : 2 * bytes.capacity()));
        larger = bytes;
        cleanse(bytes);
        bytes = std::move(larger);
    }
    bytes.append(more);
}

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

/// When a wait ends, and by which limit; by none where that is no setting.
struct WaitEnd {
    SteadyTime at = SteadyTime::max();
    std::optional<TimeLimit> by;
};
inline WaitEnd earlier(WaitEnd a, WaitEnd b) { return b.at < a.at ? b : a; }

}  // namespace eas451
