// SPDX-License-Identifier: Apache-2.0
// Just enough DNS to answer for SRV records in a test: messages byte by byte, and a server of UDP on a free
// port of loopback.
#pragma once

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace eas451::dns {

inline std::string number(unsigned value) { return {static_cast<char>(value >> 8U & 0xffU), static_cast<char>(value & 0xffU)}; }

/// In labels; "." is the root.
inline std::string name(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; text != "." && at < text.size();) {
        const std::size_t dot = std::min(text.find('.', at), text.size());
        out += static_cast<char>(dot - at);
        out += text.substr(at, dot - at);
        at = dot + 1;
    }
    return out + '\0';
}

/// A record of the name that was asked for (a pointer to byte 12).
inline std::string record(unsigned type, const std::string& data) {
    return "\xc0\x0c" + number(type) + number(1) + number(0) + number(600) + number(static_cast<unsigned>(data.size())) + data;
}
inline std::string srv(unsigned priority, unsigned weight, unsigned port, std::string_view host) {
    return record(33, number(priority) + number(weight) + number(port) + name(host));
}

inline std::string question(std::string_view of) { return name(of) + number(33) + number(1); }
/// `flags` is 0x8180 for a good answer; its last digit is the code: 3 is NXDOMAIN, 2 SERVFAIL.
inline std::string answer(const std::vector<std::string>& records, unsigned flags = 0x8180, unsigned id = 7,
                          const std::string& of = question("_ldap._tcp.contoso.com")) {
    std::string out = number(id) + number(flags) + number(1) + number(static_cast<unsigned>(records.size())) + number(0) + number(0) + of;
    for (const std::string& one : records) out += one;
    return out;
}

}  // namespace eas451::dns

namespace eas451 {

class FakeDnsServer {
public:
    struct Said {
        std::vector<std::string> records;
        unsigned flags = 0x8180;
    };
    /// What is said of a name; nothing: no answer at all. Called on the server's own thread.
    using Answer = std::function<std::optional<Said>(const std::string& name)>;
    static Said no_such_name() { return {{}, 0x8183}; }

    explicit FakeDnsServer(Answer answer, const std::string& address = "127.0.0.1")
        : socket_(loop_, {boost::asio::ip::make_address(address), 0}), answer_(std::move(answer)) {
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeDnsServer() {
        const boost::asio::ip::udp::endpoint own = socket_.local_endpoint();
        boost::asio::ip::udp::socket waking(loop_, own.protocol());
        waking.send_to(boost::asio::buffer("", 1), own);
        thread_.join();
    }
    FakeDnsServer(const FakeDnsServer&) = delete;
    FakeDnsServer& operator=(const FakeDnsServer&) = delete;

    [[nodiscard]] std::string address() const { return written(socket_.local_endpoint()); }
    [[nodiscard]] std::vector<std::string> asked() const {
        const std::scoped_lock lock(mutex_);
        return asked_;
    }

private:
    static std::string written(const boost::asio::ip::udp::endpoint& endpoint) {
        const std::string address = endpoint.address().to_string();
        return (endpoint.address().is_v6() ? '[' + address + ']' : address) + ':' + std::to_string(endpoint.port());
    }

    void serve() {
        std::string buffer(512, '\0');
        for (;;) {
            boost::asio::ip::udp::endpoint from;
            const std::size_t size = socket_.receive_from(boost::asio::buffer(buffer), from);
            if (size < 12) return;
            const std::string end("\0\0\x21\0\1", 5);
            const std::size_t last = buffer.find(end, 12) + end.size();
            const std::string question = buffer.substr(12, last - 12);
            std::string name;
            for (std::size_t at = 0; question[at] != '\0'; at += static_cast<std::size_t>(question[at]) + 1) {
                name += (name.empty() ? "" : ".") + question.substr(at + 1, static_cast<std::size_t>(question[at]));
            }
            std::optional<Said> said;
            {
                const std::scoped_lock lock(mutex_);
                asked_.push_back(name);
                said = answer_(name);
            }
            if (!said) continue;
            const auto id = static_cast<unsigned>(static_cast<unsigned char>(buffer[0]) << 8U | static_cast<unsigned char>(buffer[1]));
            socket_.send_to(boost::asio::buffer(dns::answer(said->records, said->flags, id, question)), from);
        }
    }

    boost::asio::io_context loop_;
    boost::asio::ip::udp::socket socket_;
    Answer answer_;
    mutable std::mutex mutex_;
    std::vector<std::string> asked_;
    std::thread thread_;
};

}  // namespace eas451
