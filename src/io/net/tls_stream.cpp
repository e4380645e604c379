// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>
#include <algorithm>
#include <climits>
#include <new>

#include "socket_transfer.hpp"

namespace eas451 {

namespace net = boost::asio;

/// The BIO between OpenSSL and the socket. It has no memory of its own.
struct TlsStream::Transport {
    static TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int size) {
        TlsStream& stream = stream_of(bio);
        BIO_clear_retry_flags(bio);
        // What the last call left over was nothing: asking again would only cost a system call.
        if (stream.starved_ || stream.step_bytes_ >= bytes_a_step) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const auto got = static_cast<int>(receive_now(stream.socket_.native_handle(), into, static_cast<std::size_t>(size)));
        if (got > 0) {
            stream.starved_ = got < size;
            stream.step_bytes_ += got;
        } else if (got == 0) {
            stream.at_end_ = true;
        } else if (would_block(errno)) {
            BIO_set_retry_read(bio);
        } else {
            stream.socket_error_ = errno;
        }
        return got;
    }

    static int write(BIO* bio, const char* from, int size) {
        TlsStream& stream = stream_of(bio);
        BIO_clear_retry_flags(bio);
        const auto sent = static_cast<int>(send_now(stream.socket_.native_handle(), from, static_cast<std::size_t>(size)));
        if (sent >= 0) return sent;
        if (would_block(errno)) {
            BIO_set_retry_write(bio);
        } else {
            stream.socket_error_ = errno;
        }
        return -1;
    }

    static long control(BIO* bio, int command, long, void*) {
        if (command == BIO_CTRL_FLUSH) return 1;
        if (command == BIO_CTRL_EOF) return stream_of(bio).at_end_ ? 1 : 0;
        return 0;
    }

    static void count_message(int is_written, int, int content_type, const void*, std::size_t, SSL*, void* owner) {
        TlsStream& stream = *static_cast<TlsStream*>(owner);
        if (content_type == SSL3_RT_HANDSHAKE && is_written == 0 && stream.shook_hands_) ++stream.messages_;
    }

    static BIO_METHOD* make_method() {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "eas451 socket");
        if (method == nullptr) throw std::bad_alloc();
        BIO_meth_set_read(method, read);
        BIO_meth_set_write(method, write);
        BIO_meth_set_ctrl(method, control);
        return method;
    }
};

void TlsStream::Free::operator()(ssl_st* it) const { SSL_free(it); }

TlsStream::TlsStream(StreamSocket socket, ssl_ctx_st* context) : socket_(std::move(socket)), ssl_(SSL_new(context)) {
    static BIO_METHOD* const method = Transport::make_method();
    BIO* bio = BIO_new(method);
    if (ssl_ == nullptr || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // One system call brings a record's head and body, and what came after it.
    SSL_set_read_ahead(ssl_.get(), 1);
    SSL_set_msg_callback(ssl_.get(), Transport::count_message);
    SSL_set_msg_callback_arg(ssl_.get(), this);
}

TlsStream::TlsStream(StreamSocket socket, ssl_ctx_st* context, AsClient) : TlsStream(std::move(socket), context) {
    SSL_set_connect_state(ssl_.get());
    SSL_clear_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);  // release_buffers() is for that
}

TlsStream::~TlsStream() = default;

const char* TlsStream::version() const { return SSL_get_version(ssl_.get()); }

void TlsStream::release_buffers() { SSL_free_buffers(ssl_.get()); }

bool TlsStream::has_pending() const { return SSL_has_pending(ssl_.get()) == 1; }

bool TlsStream::must_wait() { return starved_ && !has_pending() ? std::exchange(starved_, false) : false; }

template <class Call>
StreamStep TlsStream::step(Call call) {
    using Wants = StreamStep::Wants;
    if (failed_) return {Wants::nothing, net::error::connection_aborted, 0};
    if (ERR_peek_error() != 0) ERR_clear_error();  // left by somebody else, it would be taken for ours
    socket_error_ = 0;
    step_bytes_ = 0;
    std::size_t bytes = 0;
    const int result = call(bytes);
    if (messages_ > most_messages) {
        failed_ = true;
        return {Wants::nothing, net::error::connection_aborted, 0};
    }
    if (result > 0) return {Wants::nothing, {}, bytes};
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            starved_ = false;  // whoever waits is told to try again
            return {Wants::to_read, {}, 0};
        case SSL_ERROR_WANT_WRITE: return {Wants::to_write, {}, 0};
        case SSL_ERROR_ZERO_RETURN: return {Wants::nothing, net::error::eof, 0};
        default: break;
    }
    failed_ = true;
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (at_end_) return {Wants::nothing, net::ssl::error::stream_truncated, 0};
    if (socket_error_ != 0) return {Wants::nothing, {socket_error_, boost::system::system_category()}, 0};
    return {Wants::nothing, {static_cast<int>(code), net::error::get_ssl_category()}, 0};
}

StreamStep TlsStream::shake_hands() {
    const StreamStep done = step([this](std::size_t&) { return SSL_do_handshake(ssl_.get()); });
    shook_hands_ = done.wants == StreamStep::Wants::nothing && !done.error;
    return done;
}

StreamStep TlsStream::read(net::mutable_buffer into) {
    if (into.size() == 0) return {};
    const StreamStep done = step(
        [this, into](std::size_t& bytes) { return SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes); });
    data_ += done.bytes;
    if (data_ >= data_for_messages) {
        messages_ = 0;
        data_ = 0;
    }
    return done;
}

StreamStep TlsStream::write(net::const_buffer from) {
    if (from.size() == 0) return {};
    if (failed_ || cannot_write_) return {StreamStep::Wants::nothing, net::error::connection_aborted, 0};
    const StreamStep done = step([this, from](std::size_t& bytes) { return SSL_write_ex(ssl_.get(), from.data(), from.size(), &bytes); });
    // What the other side said before it went can be read still.
    cannot_write_ = failed_ && socket_error_ != 0;
    if (cannot_write_) failed_ = starved_ = false;
    return done;
}

StreamStep TlsStream::shut_down() {
    if (cannot_write_ || SSL_in_init(ssl_.get()) != 0) return {StreamStep::Wants::nothing, net::error::not_connected, 0};
    return step([this](std::size_t&) {
        const int sent = SSL_shutdown(ssl_.get());
        // 0: ours is out, the other side's is not here yet; the next call reads for it.
        return sent == 0 ? SSL_shutdown(ssl_.get()) : sent;
    });
}

}  // namespace eas451
