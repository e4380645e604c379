// SPDX-License-Identifier: Apache-2.0
// An Exchange server of a unit test: TLS on a free port of loopback, a thread for each connection, and one function
// that says what a request is answered. A connection goes on behind an answer unless either side says "Connection: close".
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "eas451/io/net/tls_context.hpp"

namespace eas451 {

/// For these names, localhost and 127.0.0.1; its own file trusts it.
class ExchangeCertificate {
public:
    explicit ExchangeCertificate(const std::vector<std::string>& names = {"ex1.contoso.com"}) {
        char name[] = "/tmp/eas451-test-exchange-XXXXXX";
        folder_ = ::mkdtemp(name);
        const auto made = make_lab_certificate(file(), key(), names);
        if (!made) throw std::runtime_error(made.error());
    }
    ~ExchangeCertificate() { std::filesystem::remove_all(folder_); }
    ExchangeCertificate(const ExchangeCertificate&) = delete;
    ExchangeCertificate& operator=(const ExchangeCertificate&) = delete;
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "ex.crt"; }
    [[nodiscard]] std::filesystem::path key() const { return folder_ / "ex.key"; }
    [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> trust() const { return *make_client_context(file()); }

private:
    std::filesystem::path folder_;
};

class FakeExchange {
public:
    /// The bytes that a request, head and body, is answered with; none: the connection ends without an answer; nothing:
    /// it hangs. Called on the connections' threads, one at a time.
    using Answer = std::function<std::optional<std::string>(const std::string& request)>;
    enum class Greeting : std::uint8_t { tls, silence };

    FakeExchange(const ExchangeCertificate& certificate, Answer answer, Greeting greeting = Greeting::tls,
                 const std::string& address = "127.0.0.1")
        : acceptor_(loop_, {boost::asio::ip::make_address(address), 0}), answer_(std::move(answer)), greeting_(greeting) {
        tls_.use_certificate_chain_file(certificate.file());
        tls_.use_private_key_file(certificate.key(), boost::asio::ssl::context::pem);
        accepting_ = std::thread([this] { accept(); });
    }
    ~FakeExchange() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        accepting_.join();
        end_connections();
        for (auto& thread : threads_) thread.join();
    }
    FakeExchange(const FakeExchange&) = delete;
    FakeExchange& operator=(const FakeExchange&) = delete;

    /// Answers a head before its body is there, and does not read that.
    std::atomic<bool> answers_early{false};
    /// Ends a connection of its own accord with TLS's goodbye.
    std::atomic<bool> says_goodbye{true};
    /// From this side, now.
    void end_connections() {
        const std::scoped_lock lock(mutex_);
        for (const int open : open_) ::shutdown(open, SHUT_RDWR);
    }

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const { return "https://" + host + ":" + std::to_string(port()); }
    /// Each with its body.
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::size_t count(const std::string& method) const {
        std::size_t found = 0;
        for (const std::string& request : requests()) found += request.starts_with(method + ' ') ? 1 : 0;
        return found;
    }
    [[nodiscard]] std::size_t connections() const {
        const std::scoped_lock lock(mutex_);
        return threads_.size();
    }
    [[nodiscard]] std::size_t open_connections() const {
        const std::scoped_lock lock(mutex_);
        return open_.size();
    }

    static std::string reply(const std::string& status, const std::string& fields = {}) {
        return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: 0\r\n\r\n";
    }

private:
    void accept() {
        for (;;) {
            boost::system::error_code error;
            boost::asio::ip::tcp::socket socket(loop_);
            acceptor_.accept(socket, error);
            if (error) return;
            const std::scoped_lock lock(mutex_);
            open_.insert(socket.native_handle());
            threads_.emplace_back([this, accepted = std::move(socket)]() mutable { serve(std::move(accepted)); });
        }
    }
    using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

    void serve(boost::asio::ip::tcp::socket socket) {
        const int descriptor = socket.native_handle();
        Stream stream(std::move(socket), tls_);
        boost::system::error_code error;
        if (greeting_ == Greeting::tls) {
            stream.handshake(boost::asio::ssl::stream_base::server, error);
            std::string bytes;
            while (!error && converse(stream, bytes, error)) {
            }
            if (!error && says_goodbye) stream.shutdown(error);
        } else {
            wait_for_end(descriptor);
        }
        const std::scoped_lock lock(mutex_);
        open_.erase(descriptor);
        stream.next_layer().close(error);
    }
    /// One request. False: the connection ends.
    bool converse(Stream& stream, std::string& bytes, boost::system::error_code& error) {
        std::string request(boost::asio::read_until(stream, boost::asio::dynamic_buffer(bytes), "\r\n\r\n", error), '\0');
        if (error) return false;
        if (!answers_early) request.resize(request.size() + read_body(stream, bytes, request.size(), error));
        if (error) return false;
        bytes.copy(request.data(), request.size());
        bytes.erase(0, request.size());
        const auto answer = said_to(request);
        if (!answer) wait_for_end(stream.next_layer().native_handle());
        if (!answer || answer->empty()) return false;
        boost::asio::write(stream, boost::asio::buffer(*answer), error);
        const auto closes = [](const std::string& text) { return text.find("Connection: close") != std::string::npos; };
        return !error && !closes(request) && !closes(*answer);
    }
    /// The bytes of the body, which are behind the head then.
    static std::size_t read_body(Stream& stream, std::string& bytes, std::size_t head, boost::system::error_code& error) {
        const std::string fields = bytes.substr(0, head);
        constexpr std::string_view last_chunk = "0\r\n\r\n";
        if (fields.find("Transfer-Encoding: chunked") != std::string::npos) {
            while (!error && bytes.find(last_chunk, head) == std::string::npos) read_some(stream, bytes, error);
            return error ? 0 : bytes.find(last_chunk, head) + last_chunk.size() - head;
        }
        constexpr std::string_view name = "Content-Length: ";
        const auto length = fields.find(name);
        const std::size_t body = length == std::string::npos ? 0 : std::stoul(fields.substr(length + name.size()));
        while (!error && bytes.size() < head + body) read_some(stream, bytes, error);
        return error ? 0 : body;
    }
    static void read_some(Stream& stream, std::string& bytes, boost::system::error_code& error) {
        boost::asio::read(stream, boost::asio::dynamic_buffer(bytes), boost::asio::transfer_at_least(1), error);
    }
    std::optional<std::string> said_to(const std::string& request) {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request);
        return answer_(request);
    }
    static void wait_for_end(int descriptor) {
        char byte = 0;
        while (::recv(descriptor, &byte, 1, 0) > 0) {
        }
    }

    boost::asio::io_context loop_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
    Answer answer_;
    Greeting greeting_;
    mutable std::mutex mutex_;
    std::set<int> open_;
    std::vector<std::string> requests_;
    std::vector<std::thread> threads_;
    std::thread accepting_;
};

/// A port of loopback that is taken and where nobody listens.
class RefusingPort {
public:
    [[nodiscard]] std::uint16_t number() const { return socket_.local_endpoint().port(); }

private:
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::socket socket_{loop_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
};

}  // namespace eas451
