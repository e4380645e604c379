// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace eas451::load {
namespace {

// What read_some and write_some say besides a number of bytes.
constexpr long ended = 0;
constexpr long would_block = -1;
constexpr long broken = -2;

long outcome_of_call(ssize_t result) {
    if (result >= 0) return result;
    return errno == EAGAIN || errno == EINTR ? would_block : broken;
}

}  // namespace

bool Connection::open(const std::string& address, std::uint16_t port, SSL_CTX* tls, SSL_SESSION* ticket) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) return fail("no socket") != Step::failed;
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
        return fail("cannot connect") != Step::failed;
    }
    if (tls != nullptr) {
        ssl_ = SSL_new(tls);
        SSL_set_fd(ssl_, descriptor_);
        SSL_set_connect_state(ssl_);
        if (ticket != nullptr) {
            // A copy: OpenSSL changes a session that it resumes, and others resume the same one.
            SSL_SESSION* const own = SSL_SESSION_dup(ticket);
            SSL_set_session(ssl_, own);
            SSL_SESSION_free(own);
        }
    }
    opened_ = std::chrono::steady_clock::now();
    state_ = State::connecting;
    said_goodbye_ = false;
    reader_.clear();
    return true;
}

void Connection::send(const std::string& request, Time due) {
    request_ = &request;
    sent_ = 0;
    due_ = due;
    state_ = State::sending;
}

void Connection::finish() {
    state_ = State::closing;
}

void Connection::drop() {
    if (ssl_ != nullptr) {
        // Without a goodbye OpenSSL would take back the ticket.
        SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(ssl_);
    }
    ssl_ = nullptr;
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

Connection::Step Connection::advance() {
    if (descriptor_ < 0) return Step::waiting;
    switch (state_) {
        case State::connecting:
            return connect();
        case State::shaking_hands:
            return shake_hands();
        case State::sending:
            return write();
        case State::idle:
        case State::receiving:
            return read();
        case State::closing:
            return close();
    }
    return Step::waiting;
}

Connection::Step Connection::connect() {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    if (error != 0) return fail("cannot connect");
    if (ssl_ == nullptr) {
        state_ = State::idle;
        return Step::ready;
    }
    state_ = State::shaking_hands;
    return shake_hands();
}

Connection::Step Connection::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
        state_ = State::idle;
        return Step::ready;
    }
    return outcome_of(result) == would_block ? Step::waiting : fail("the handshake failed");
}

Connection::Step Connection::write() {
    while (sent_ < request_->size()) {
        const long count = write_some(request_->data() + sent_, request_->size() - sent_);
        if (count == would_block) return Step::waiting;
        if (count <= 0) return fail("cannot send");
        sent_ += static_cast<std::size_t>(count);
    }
    state_ = State::receiving;
    return Step::waiting;  // what comes is another edge
}

Connection::Step Connection::read() {
    static std::array<char, 16384> bytes;
    for (;;) {
        const long count = read_some(bytes.data(), bytes.size());
        if (count == would_block) return Step::waiting;
        if (count == ended) return fail("the server closed the connection");
        if (count == broken) return fail("cannot read");
        if (state_ == State::idle) return fail("bytes that nobody asked for");
        const auto result = reader_.feed({bytes.data(), static_cast<std::size_t>(count)});
        errno = 0;
        if (result == AnswerReader::Result::wrong) return fail(reader_.why());
        if (result == AnswerReader::Result::more) continue;
        state_ = State::idle;
        return Step::answered;
    }
}

/// Ours first, then what the other side says until it has closed too.
Connection::Step Connection::close() {
    std::array<char, 4096> bytes;
    if (!said_goodbye_) {
        ERR_clear_error();
        if (ssl_ != nullptr && SSL_shutdown(ssl_) < 0 && outcome_of(-1) == would_block) return Step::waiting;
        ::shutdown(descriptor_, SHUT_WR);
        said_goodbye_ = true;
    }
    for (;;) {
        const long count = outcome_of_call(::recv(descriptor_, bytes.data(), bytes.size(), 0));
        if (count == would_block) return Step::waiting;
        if (count == broken) return fail("the connection was reset while it closed");
        if (count == ended) break;
    }
    drop();
    return Step::closed;
}

Connection::Step Connection::fail(const std::string& what) {
    why_ = what;
    if (errno != 0) why_ += std::string(": ") + std::strerror(errno);
    drop();
    return Step::failed;
}

long Connection::read_some(char* bytes, std::size_t size) {
    if (ssl_ == nullptr) return outcome_of_call(::recv(descriptor_, bytes, size, 0));
    ERR_clear_error();
    errno = 0;
    const int count = SSL_read(ssl_, bytes, static_cast<int>(size));
    return count > 0 ? count : outcome_of(count);
}

long Connection::write_some(const char* bytes, std::size_t size) {
    if (ssl_ == nullptr) return outcome_of_call(::send(descriptor_, bytes, size, MSG_NOSIGNAL));
    ERR_clear_error();
    errno = 0;
    const int count = SSL_write(ssl_, bytes, static_cast<int>(size));
    return count > 0 ? count : outcome_of(count);
}

long Connection::outcome_of(int result) const {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return would_block;
        case SSL_ERROR_ZERO_RETURN:
            return ended;
        default:
            return broken;
    }
}

}  // namespace eas451::load
