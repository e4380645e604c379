// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <functional>
#include <optional>
#include <vector>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

/// From here on the process may open so many more descriptors; all as before at the end.
class FewDescriptors {
public:
    explicit FewDescriptors(rlim_t more) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        // The kernel gives the lowest that is free, so all below it are in use.
        const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(lowest_free);
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(lowest_free) + more;
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    rlimit before_{};
};

/// A client's socket, which never waits for longer than the tests do.
class Client {
public:
    Client() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void connect(std::uint16_t port) const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(0, ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
    /// The server has closed it.
    [[nodiscard]] bool is_closed(int flags = 0) const {
        char byte = 0;
        const ssize_t count = ::recv(socket_, &byte, 1, flags);
        return count == 0 || (count < 0 && errno == ECONNRESET);
    }

private:
    int socket_;
};

class ListenerTest : public testing::Test {
protected:
    void listen(const std::string& address = "127.0.0.1") {
        auto on_accept = [this](AcceptedSocket socket, const ConnectionFacts& facts) {
            accepted_.push_back(std::move(socket));
            facts_.push_back(facts);
        };
        auto on_trouble = [this](const boost::system::error_code& why, std::size_t turned_away) {
            last_trouble_ = why;
            ++troubles_;
            turned_away_ += turned_away;
        };
        listener_.emplace(loop_, ListenAddress{address, 0, {}}, on_accept, on_trouble);
        listener_->start();
    }
    /// Serves the loop until then; false when that does not come.
    bool run_until(const std::function<bool()>& condition) {
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit) return false;
            loop_.run_one_for(100ms);
        }
        return true;
    }

    boost::asio::io_context loop_{1};
    boost::asio::steady_timer timer_{loop_};  // with the first one the loop opens descriptors of its own
    std::optional<Listener> listener_;
    std::vector<AcceptedSocket> accepted_;
    std::vector<ConnectionFacts> facts_;
    boost::system::error_code last_trouble_;
    std::size_t troubles_ = 0;
    std::size_t turned_away_ = 0;
};

TEST_F(ListenerTest, hands_a_connection_on_with_both_addresses) {
    listen();
    const Client client;
    client.connect(listener_->port());
    ASSERT_TRUE(run_until([&] { return accepted_.size() == 1; }));
    EXPECT_EQ("127.0.0.1", facts_[0].client_address);
    EXPECT_EQ("127.0.0.1", facts_[0].server_address);
    EXPECT_EQ(listener_->port(), facts_[0].server_port);
    EXPECT_FALSE(client.is_closed(MSG_DONTWAIT));
}

TEST_F(ListenerTest, on_all_addresses_it_says_which_one_was_called) {
    listen("0.0.0.0");
    const Client client;
    client.connect(listener_->port());
    ASSERT_TRUE(run_until([this] { return facts_.size() == 1; }));
    EXPECT_EQ(facts_[0].server_address, "127.0.0.1");
    EXPECT_EQ(facts_[0].server_port, listener_->port());
}

TEST_F(ListenerTest, a_connection_sends_at_once_and_finds_out_that_its_client_is_gone) {
    listen();
    const Client client;
    client.connect(listener_->port());
    ASSERT_TRUE(run_until([this] { return accepted_.size() == 1; }));
    const auto socket = std::move(accepted_[0]).attach(loop_);
    boost::asio::ip::tcp::no_delay at_once;
    boost::asio::socket_base::keep_alive finds_out;
    socket.get_option(at_once);
    socket.get_option(finds_out);
    EXPECT_TRUE(at_once.value());
    EXPECT_TRUE(finds_out.value());
}

TEST_F(ListenerTest, takes_all_who_come_together_and_the_next) {
    listen();
    std::vector<Client> together(50);
    for (const Client& client : together) client.connect(listener_->port());
    ASSERT_TRUE(run_until([this] { return accepted_.size() == 50; }));
    const Client next;
    next.connect(listener_->port());
    EXPECT_TRUE(run_until([this] { return accepted_.size() == 51; }));
    EXPECT_EQ(troubles_, 0U);
}

TEST_F(ListenerTest, without_a_descriptor_those_who_wait_are_turned_away_and_the_next_is_served_at_once) {
    listen();
    const std::array<Client, 3> turned_away;
    const Client served;
    {
        const FewDescriptors none(0);
        for (const Client& client : turned_away) client.connect(listener_->port());
        ASSERT_TRUE(run_until([&] { return turned_away_ == 3; }));
        for (const Client& client : turned_away) EXPECT_TRUE(client.is_closed());
        EXPECT_EQ(boost::system::errc::too_many_files_open, last_trouble_);
        // Nobody waits any more, so nothing is tried: no further trouble until somebody comes.
        const std::size_t so_far = troubles_;
        loop_.run_for(50ms);
        EXPECT_EQ(so_far, troubles_);
    }
    served.connect(listener_->port());
    ASSERT_TRUE(run_until([&] { return accepted_.size() == 1; }));
    EXPECT_EQ(3U, turned_away_);
    EXPECT_FALSE(served.is_closed(MSG_DONTWAIT));
}

TEST_F(ListenerTest, turns_away_again_and_again_with_the_one_reserve) {
    listen();
    const std::array<Client, 200> clients;
    const FewDescriptors none(0);
    for (const Client& client : clients) {
        client.connect(listener_->port());
        ASSERT_TRUE(run_until([&] { return turned_away_ == static_cast<std::size_t>(&client - clients.data()) + 1; }));
    }
    for (const Client& client : clients) EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(accepted_.empty());
}

TEST_F(ListenerTest, without_a_reserve_it_waits_ever_longer_and_then_serves_who_waited) {
    const Client client;
    {
        const FewDescriptors one(1);  // the listening socket's own
        listen();
        client.connect(listener_->port());
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(run_until([&] { return troubles_ == 5; }));
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms + 10ms + 20ms + 40ms);
        EXPECT_EQ(0U, turned_away_);
        EXPECT_FALSE(client.is_closed(MSG_DONTWAIT));
    }
    ASSERT_TRUE(run_until([&] { return accepted_.size() == 1; }));
    EXPECT_FALSE(client.is_closed(MSG_DONTWAIT));
}

TEST_F(ListenerTest, finds_a_reserve_again_once_there_are_descriptors) {
    const std::array<Client, 2> clients;
    {
        const FewDescriptors one(1);
        listen();
        clients[0].connect(listener_->port());
        ASSERT_TRUE(run_until([&] { return troubles_ == 1; }));
    }
    ASSERT_TRUE(run_until([&] { return accepted_.size() == 1; }));
    const FewDescriptors none(0);
    clients[1].connect(listener_->port());
    ASSERT_TRUE(run_until([&] { return turned_away_ == 1; }));
    EXPECT_TRUE(clients[1].is_closed());
}

TEST_F(ListenerTest, stops_while_it_waits) {
    const Client client;
    const FewDescriptors one(1);
    listen();
    client.connect(listener_->port());
    ASSERT_TRUE(run_until([&] { return troubles_ == 8; }));  // the next try is most of a second away
    listener_->stop();
    const auto begin = std::chrono::steady_clock::now();
    loop_.run();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
    EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace eas451
