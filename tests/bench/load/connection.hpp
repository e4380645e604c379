// SPDX-License-Identifier: Apache-2.0
// One non-blocking connection of the load client, plain or TLS. Driven by advance() whenever its
// socket may have become ready; edges are enough, since it always goes on until it would block.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "answer_reader.hpp"

namespace eas451::load {

using Time = std::chrono::steady_clock::time_point;

class Connection {
public:
    explicit Connection(const Expected& expected) : reader_(expected) {}
    ~Connection() { drop(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to connect. `tls` null: plain. `ticket` null: a full handshake. False: why() says it.
    bool open(const std::string& address, std::uint16_t port, SSL_CTX* tls, SSL_SESSION* ticket);
    /// Sends one; `request` lives until its answer is there. `due` is when its latency begins.
    void send(const std::string& request, Time due);
    /// Says goodbye, and waits for the other side's.
    void finish();
    void drop();

    enum class Step : std::uint8_t { waiting, ready, answered, closed, failed };
    Step advance();

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] Time opened() const { return opened_; }
    [[nodiscard]] Time due() const { return due_; }
    [[nodiscard]] bool was_resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) == 1; }
    [[nodiscard]] const std::string& why() const { return why_; }

private:
    enum class State : std::uint8_t { connecting, shaking_hands, idle, sending, receiving, closing };

    Step connect();
    Step shake_hands();
    Step write();
    Step read();
    Step close();
    Step fail(const std::string& what);
    long read_some(char* bytes, std::size_t size);
    long write_some(const char* bytes, std::size_t size);
    [[nodiscard]] long outcome_of(int result) const;

    AnswerReader reader_;
    int descriptor_ = -1;
    SSL* ssl_ = nullptr;
    State state_ = State::connecting;
    const std::string* request_ = nullptr;
    std::size_t sent_ = 0;
    bool said_goodbye_ = false;
    Time opened_;
    Time due_;
    std::string why_;
};

}  // namespace eas451::load
