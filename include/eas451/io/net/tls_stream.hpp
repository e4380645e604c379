// SPDX-License-Identifier: Apache-2.0
// TlsStream: TLS on a socket that never blocks, with OpenSSL driven directly.
//
// Boost's ssl::stream keeps two buffers of 17 KiB and a BIO pair as large for as long as it lives; most of our
// connections are phones that say nothing for minutes. Here OpenSSL reads and writes the socket itself, and
// release_buffers() takes its buffers from a connection that rests, which then is little more than OpenSSL's own state.
// (SSL_MODE_RELEASE_BUFFERS would do so after each record, and cleanse 17 KiB each time: a busy connection cannot afford
// that.)
//
// It is an Asio AsyncStream, and has the same things as plain steps for those who would rather not start an operation
// for what can be done at once. One owner, its loop's thread alone, one operation in each direction at a time; closing
// the socket ends every operation. It stays where it is: OpenSSL knows its address.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "eas451/io/net/stream_step.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace eas451 {

class TlsStream {
public:
    static constexpr bool is_tls = true;
    using executor_type = StreamSocket::executor_type;
    using lowest_layer_type = StreamSocket;

    /// A connection that was accepted. OpenSSL holds a reference of its own to the context. Throws std::bad_alloc.
    TlsStream(StreamSocket socket, ssl_ctx_st* context);
    /// A connection that we made. Which name the other side has to have is for the caller to set before the handshake.
    struct AsClient {};
    TlsStream(StreamSocket socket, ssl_ctx_st* context, AsClient role);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    [[nodiscard]] StreamSocket& socket() { return socket_; }
    [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
    [[nodiscard]] lowest_layer_type& lowest_layer() { return socket_; }
    [[nodiscard]] ssl_st* native_handle() { return ssl_.get(); }
    /// "TLSv1.3"; of a handshake that is done.
    [[nodiscard]] const char* version() const;
    /// Of a connection that rests; the next step allocates them again. Nothing happens while they hold anything.
    void release_buffers();
    /// OpenSSL holds bytes that were not asked for yet: the socket may have no more, and read() has.
    [[nodiscard]] bool has_pending() const;
    /// The last read got all there was: whoever wants more waits for the socket first. Says so once.
    [[nodiscard]] bool must_wait();

    // Steps. A step that wants something is made again with the same bytes once the socket is ready; whoever gives up
    // instead closes the socket.
    StreamStep shake_hands();
    /// Errors: eof after the other side's close_notify, asio's stream_truncated when it went away without one, that of
    /// the socket, or of OpenSSL.
    StreamStep read(boost::asio::mutable_buffer into);
    /// May take only a part.
    StreamStep write(boost::asio::const_buffer from);
    /// Sends our close_notify; done when that of the other side was read, too. Nothing is written afterwards.
    StreamStep shut_down();

    // The same as operations: void(error_code) and void(error_code, std::size_t).
    template <class Token>
    auto async_handshake(Token&& token) {
        return start<void(boost::system::error_code)>([this] { return shake_hands(); }, token);
    }
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        const boost::asio::mutable_buffer first = first_of<boost::asio::mutable_buffer>(buffers);
        return start<void(boost::system::error_code, std::size_t)>([this, first] { return read(first); }, token);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        const boost::asio::const_buffer first = first_of<boost::asio::const_buffer>(buffers);
        return start<void(boost::system::error_code, std::size_t)>([this, first] { return write(first); }, token);
    }
    template <class Token>
    auto async_shutdown(Token&& token) {
        return start<void(boost::system::error_code)>([this] { return shut_down(); }, token);
    }

private:
    struct Transport;
    struct Free {
        void operator()(ssl_st* it) const;
    };

    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers) {
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
            if (Buffer buffer(*at); buffer.size() != 0) return buffer;
        }
        return {};
    }

    /// One operation: steps, and waits for the socket between them.
    template <class Make>
    struct Operation {
        TlsStream& stream;
        Make make;
        StreamStep done{};
        enum : std::uint8_t { begin, waiting, posted } state = begin;

        template <class Self>
        void operator()(Self& self, boost::system::error_code error = {}) {
            if (state == posted || error) return end(self, error);
            done = make();
            if (done.wants != StreamStep::Wants::nothing) {
                state = waiting;
                return stream.socket_.async_wait(done.wait_type(), std::move(self));
            }
            if (state == waiting) return end(self, {});
            // A handler is never called from within the function that started the operation.
            state = posted;
            boost::asio::post(stream.get_executor(), std::move(self));
        }

        template <class Self>
        void end(Self& self, boost::system::error_code error) {
            if (!error) error = done.error;
            if constexpr (requires { self.complete(error, std::size_t{}); }) {
                self.complete(error, error ? std::size_t{0} : done.bytes);
            } else {
                self.complete(error);
            }
        }
    };

    template <class Signature, class Make, class Token>
    auto start(Make make, Token& token) {
        return boost::asio::async_compose<Token, Signature>(Operation<Make>{*this, std::move(make)}, token, socket_);
    }

    template <class Call>
    StreamStep step(Call call);

    StreamSocket socket_;
    std::unique_ptr<ssl_st, Free> ssl_;
    /// Each step reads so much from the socket at most: what OpenSSL deals with by itself, and does not return from,
    /// is no way to have the thread for oneself.
    static constexpr int bytes_a_step = 65536;
    /// So many handshake messages (key updates, mostly) within so much data are enough. Each costs more than a small
    /// read; with a byte of data behind every few of them they would be nearly all that the thread does.
    static constexpr unsigned most_messages = 32;
    static constexpr std::size_t data_for_messages = 1024 * 1024;

    int step_bytes_ = 0;     // read in this step
    unsigned messages_ = 0;  // of handshakes, after the handshake
    std::size_t data_ = 0;   // read since messages_ began at 0
    int socket_error_ = 0;   // errno of the last transfer that failed
    bool shook_hands_ = false;
    bool starved_ = false;   // the last read from the socket got all there was
    bool at_end_ = false;    // the socket's
    bool failed_ = false;    // for good: OpenSSL forbids any further step, SSL_shutdown too
    bool cannot_write_ = false;  // the socket takes nothing more; what has arrived is read all the same
};

}  // namespace eas451
