// SPDX-License-Identifier: Apache-2.0
// TicketKeys: what TLS session tickets are sealed with (RFC 5077 section 4: AES-256-CBC, then
// HMAC-SHA-256). One for all listeners and workers of the process, kept over reloads, so that a client
// may come back to any of them. New tickets have the newest key, made when the last one is half a
// ticket's life old; former ones open tickets until none of theirs can be valid any more, and are
// overwritten then. Nothing is written to disk: after a restart every client makes a full handshake.
//
// Any thread. Time is a value; it does not go back.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "eas451/io/runtime/key_heap.hpp"

struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct evp_mac_ctx_st;

namespace eas451 {

class TicketKeys {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t name_bytes = 16;
    static constexpr std::size_t vector_bytes = 16;

    /// `lifetime` is that of a ticket.
    explicit TicketKeys(std::chrono::milliseconds lifetime);
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    /// From now on; tickets of former keys live as long as was said when they were made, or shorter.
    void set_lifetime(std::chrono::milliseconds lifetime);

    /// Makes OpenSSL's contexts ready to seal, and writes the key's name and a fresh initialisation
    /// vector, of 16 bytes each. False when OpenSSL has no random bytes or no memory.
    bool seal(Time now, unsigned char* name, unsigned char* vector, evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac);

    /// `former`: still good, but a new ticket is due.
    enum class Found : std::uint8_t { unknown, current, former, failed };
    /// Makes them ready to open a ticket of that name.
    Found open(Time now, const unsigned char* name, const unsigned char* vector, evp_cipher_ctx_st* cipher,
               evp_mac_ctx_st* mac);

private:
    struct Key {
        std::array<unsigned char, name_bytes> name;
        std::array<unsigned char, 32> cipher;
        std::array<unsigned char, 32> mac;
    };
    // A key is the newest for half a lifetime, and opens for a whole one more: three are there at most.
    static constexpr std::size_t most_keys = 3;

    bool has_current(Time now) const;
    bool make_current(Time now);
    void drop_old(Time now);

    mutable std::mutex mutex_;
    std::chrono::milliseconds lifetime_;
    KeyPointer<std::array<Key, most_keys>> keys_;
    std::array<std::optional<Time>, most_keys> made_{};  // nothing: no key there
    std::size_t current_ = 0;
    evp_cipher_st* cipher_;
};

}  // namespace eas451
