// SPDX-License-Identifier: Apache-2.0
// ExchangeServers: which Exchange servers there are, which of them are up, and who is sent to which. A value that
// ExchangeWatch publishes as shared_ptr<const ExchangeServers>; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eas451 {

struct ExchangeServer {
    /// From a URL of the settings (https://HOST or https://HOST:PORT, lower-case), which is checked already: throws
    /// std::invalid_argument for any other. An address as the host is resolved at once.
    static ExchangeServer at(std::string_view url);

    std::string url;   // in the settings' spelling: its name in logs and metrics
    std::string host;  // what its certificate has to name; IPv6 without brackets
    std::uint16_t port = 443;
    std::uint64_t hash = 0;  // of the url
    /// Where it is reached, the one that answered last first; most_addresses at most. Empty until the name was resolved.
    std::vector<boost::asio::ip::tcp::endpoint> addresses;
    bool was_checked = false;  // until then it is not known whether it is up
    bool is_up = false;
    std::string why_down;  // one sentence without the server's name; empty when it is up

    static constexpr std::size_t most_addresses = 4;
    /// HOST or HOST:PORT, as in a Host field.
    [[nodiscard]] std::string_view authority() const;
    bool operator==(const ExchangeServer&) const = default;
};

/// Which servers to try, one after the other: indices into ExchangeServers::servers.
class ExchangeOrder {
public:
    static constexpr std::size_t most = 16;
    void push_back(std::size_t server) { indices_[size_++] = static_cast<std::uint8_t>(server); }
    [[nodiscard]] const std::uint8_t* begin() const { return indices_.data(); }
    [[nodiscard]] const std::uint8_t* end() const { return indices_.data() + size_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t operator[](std::size_t i) const { return indices_[i]; }
    template <class Before>
    void sort(Before comes_before) {
        std::sort(indices_.data(), indices_.data() + size_, comes_before);
    }

private:
    std::array<std::uint8_t, most> indices_{};
    std::uint8_t size_ = 0;
};

struct ExchangeServers {
    static constexpr std::size_t most = ExchangeOrder::most;  // the settings allow no more

    std::vector<ExchangeServer> servers;  // as configured
    /// What Exchange says of modern authentication, ready to be appended to the head of a 401: lines
    /// "WWW-Authenticate: Bearer …\r\n". Empty: it offers none, or was not asked yet.
    std::string challenges;

    [[nodiscard]] bool any_up() const;
    /// Whether there is something to say of them: one is up, or all were found to be down.
    [[nodiscard]] bool is_known() const;
    /// Those that are up, in the order in which this user's requests try them (rendezvous hashing): a user stays with
    /// one server as long as it is up, and when one goes down, or comes back, nobody moves but its own users. The
    /// same on every replica with the same servers, whatever their order. No allocation.
    [[nodiscard]] ExchangeOrder order_for(std::uint64_t user) const;
    bool operator==(const ExchangeServers&) const = default;
};

/// What order_for() takes: of a login or another name of the user. ASCII letters count the same in either case.
std::uint64_t user_number(std::string_view identity);

}  // namespace eas451
