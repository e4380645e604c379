// SPDX-License-Identifier: Apache-2.0
// Handshakes: the TLS handshakes of one loop that are going on, up to a limit. One more ends the one that
// has been at it longest of the client that has most: a phone's takes a fraction of a second, so what is old is a
// stranger's who begins many and finishes none, and a phone far away is not the one to pay for them.
//
// Single-threaded, like the sessions whose handshakes they are; outlives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>

namespace eas451 {

class Handshakes {
public:
    /// One that goes on while this lives.
    class Place {
    public:
        /// `stop` makes the handshake end soon, and does not end the Place at once; it is called at most once.
        /// `client` is whose it is: IpAddress::client().
        Place(Handshakes& handshakes, std::uint64_t client, std::function<void()> stop);
        ~Place() { leave(); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        friend class Handshakes;
        void leave();

        Handshakes* handshakes_;  // null when it has been stopped
        std::function<void()> stop_;
        std::uint64_t client_;
        std::size_t* count_ = nullptr;  // how many its client has
        Place* older_ = nullptr;
        Place* newer_ = nullptr;
    };

    explicit Handshakes(std::size_t limit) : limit_(limit) {}
    ~Handshakes() = default;
    Handshakes(const Handshakes&) = delete;
    Handshakes& operator=(const Handshakes&) = delete;

    /// 0 is as 1. A lower one than before is reached when the next begins.
    void set_limit(std::size_t limit) { limit_ = limit; }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    void stop_one();

    std::size_t limit_;
    std::size_t size_ = 0;
    std::unordered_map<std::uint64_t, std::size_t> by_client_;  // as many entries as there are handshakes at most
    Place* oldest_ = nullptr;
    Place* newest_ = nullptr;
};

}  // namespace eas451
