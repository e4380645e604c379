// SPDX-License-Identifier: Apache-2.0
// An LDAP server of a unit test: TLS on a free port of loopback, a thread for each connection, and one
// function that says what is answered.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
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

#include "ber_writer.hpp"
#include "eas451/io/net/tls_context.hpp"

namespace eas451 {

/// A certificate for 127.0.0.1 that its own file trusts.
class FakeCertificate {
public:
    FakeCertificate() {
        char name[] = "/tmp/eas451-test-ldap-XXXXXX";
        folder_ = ::mkdtemp(name);
        const auto made = make_lab_certificate(certificate(), key(), {"ldap.contoso.com"});
        if (!made) throw std::runtime_error(made.error());
    }
    ~FakeCertificate() { std::filesystem::remove_all(folder_); }
    FakeCertificate(const FakeCertificate&) = delete;
    FakeCertificate& operator=(const FakeCertificate&) = delete;
    [[nodiscard]] std::filesystem::path certificate() const { return folder_ / "ldap.crt"; }
    [[nodiscard]] std::filesystem::path key() const { return folder_ / "ldap.key"; }

private:
    std::filesystem::path folder_;
};

class FakeLdapServer {
public:
    static constexpr unsigned char bind = 0x60;
    static constexpr unsigned char search = 0x63;

    struct Request {
        unsigned connection = 0;  // counted from 0, in the order they were accepted
        int id = 0;
        unsigned char operation = 0;
        std::string bytes;  // of the whole message

        [[nodiscard]] bool has(std::string_view text) const { return bytes.find(text) != std::string::npos; }
    };
    /// What is sent, perhaps nothing; without a value the connection is closed. Called on the
    /// connections' threads, one at a time.
    using Answer = std::function<std::optional<std::string>(const Request&)>;

    /// A connection for which `speaks_tls` is false is accepted and never answered.
    explicit FakeLdapServer(
        const FakeCertificate& certificate, Answer answer,
        std::function<bool(unsigned)> speaks_tls = [](unsigned) { return true; })
        : answer_(std::move(answer)), speaks_tls_(std::move(speaks_tls)) {
        tls_.use_certificate_chain_file(certificate.certificate());
        tls_.use_private_key_file(certificate.key(), boost::asio::ssl::context::pem);
        acceptor_.listen();
        accepting_ = std::thread([this] { accept(); });
    }
    ~FakeLdapServer() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        accepting_.join();
        {
            const std::lock_guard lock(mutex_);
            for (const int open : open_) ::shutdown(open, SHUT_RDWR);
        }
        for (auto& thread : threads_) thread.join();
    }
    FakeLdapServer(const FakeLdapServer&) = delete;
    FakeLdapServer& operator=(const FakeLdapServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t open() const {
        const std::lock_guard lock(mutex_);
        return open_.size();
    }
    [[nodiscard]] std::size_t count(unsigned char operation, std::string_view text = {}) const {
        return requests(operation, text).size();
    }
    [[nodiscard]] std::vector<Request> requests(unsigned char operation, std::string_view text = {}) const {
        const std::lock_guard lock(mutex_);
        std::vector<Request> found;
        for (const Request& request : requests_) {
            if (request.operation == operation && request.has(text)) found.push_back(request);
        }
        return found;
    }

    /// Everybody may bind, and every search finds one entry.
    static std::optional<std::string> friendly(const Request& request) {
        if (request.operation == bind) return ber::result(request.id, 0x61, 0);
        if (request.operation != search) return std::string();
        return ber::entry(request.id, "CN=somebody,DC=contoso,DC=com", {{"mail", {"somebody@contoso.com"}}}) +
               ber::result(request.id, 0x65, 0);
    }

private:
    using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

    void accept() {
        for (unsigned number = 0;; ++number) {
            boost::system::error_code error;
            boost::asio::ip::tcp::socket socket(loop_);
            acceptor_.accept(socket, error);
            if (error) return;
            const std::lock_guard lock(mutex_);
            open_.insert(socket.native_handle());
            threads_.emplace_back(
                [this, number, accepted = std::move(socket)]() mutable { serve(number, std::move(accepted)); });
        }
    }

    void serve(unsigned number, boost::asio::ip::tcp::socket socket) {
        const int descriptor = socket.native_handle();
        Stream stream(std::move(socket), tls_);
        boost::system::error_code error;
        if (speaks_tls_(number)) {
            stream.handshake(boost::asio::ssl::stream_base::server, error);
            while (!error && answer_one(number, stream)) {
            }
        } else {
            char byte = 0;
            while (::recv(descriptor, &byte, 1, 0) > 0) {
            }
        }
        const std::lock_guard lock(mutex_);
        open_.erase(descriptor);
        stream.next_layer().close(error);
    }

    bool answer_one(unsigned number, Stream& stream) {
        boost::system::error_code error;
        std::string bytes(2, '\0');
        boost::asio::read(stream, boost::asio::buffer(bytes), error);
        if (error) return false;
        std::size_t length = static_cast<unsigned char>(bytes[1]);
        if (length > 0x80) {
            std::string more(length - 0x80, '\0');
            boost::asio::read(stream, boost::asio::buffer(more), error);
            length = 0;
            for (const char byte : more) length = length << 8U | static_cast<unsigned char>(byte);
        }
        std::string content(length, '\0');
        boost::asio::read(stream, boost::asio::buffer(content), error);
        if (error) return false;
        Request request{number, 0, 0, content};
        const auto id_bytes = static_cast<std::size_t>(content[1]);
        for (std::size_t i = 0; i < id_bytes; ++i)
            request.id = request.id << 8 | static_cast<unsigned char>(content[2 + i]);
        request.operation = static_cast<unsigned char>(content[2 + id_bytes]);
        std::optional<std::string> answer;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
            answer = answer_(request);
        }
        if (!answer) return false;
        boost::asio::write(stream, boost::asio::buffer(*answer), error);
        return !error;
    }

    boost::asio::io_context loop_;
    boost::asio::ip::tcp::acceptor acceptor_{loop_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    std::uint16_t port_ = acceptor_.local_endpoint().port();
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
    Answer answer_;
    std::function<bool(unsigned)> speaks_tls_;
    mutable std::mutex mutex_;
    std::set<int> open_;
    std::vector<Request> requests_;
    std::vector<std::thread> threads_;
    std::thread accepting_;
};

}  // namespace eas451
