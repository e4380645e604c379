// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

namespace eas451::load {
namespace {

constexpr std::chrono::seconds patience{20};
/// What opens at once: fewer than any server's backlog.
constexpr std::size_t opening_at_once = 64;

}  // namespace

Run::Run(const Options& options)
    : options_(options),
      expected_{options.status, options.location},
      requests_(options.request_file),
      poller_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!options.tls) return;
    tls_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(tls_, TLS1_3_VERSION);
    SSL_CTX_set_verify(tls_, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_read_ahead(tls_, 1);
    SSL_CTX_set_mode(tls_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(tls_, this);
    SSL_CTX_sess_set_new_cb(tls_, take_ticket);
}

Run::~Run() {
    connections_.clear();
    if (ticket_ != nullptr) SSL_SESSION_free(ticket_);
    if (tls_ != nullptr) SSL_CTX_free(tls_);
    ::close(poller_);
}

int Run::take_ticket(SSL* ssl, SSL_SESSION* ticket) {
    auto& run = *static_cast<Run*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    run.report_.add_ticket();
    if (!run.options_.resumed) return 0;
    if (run.ticket_ != nullptr) SSL_SESSION_free(run.ticket_);
    run.ticket_ = ticket;
    return 1;  // it is ours now
}

std::string Run::to_the_end() {
    for (std::size_t i = 0; i < options_.connections; ++i)
        connections_.push_back(std::make_unique<Connection>(expected_));
    Time started = std::chrono::steady_clock::now();
    prepare();
    if (options_.mode != Mode::hold && options_.mode != Mode::pings && !is_void()) {
        wait_for_go();
        report_.restart();
        started = std::chrono::steady_clock::now();
    }
    if (!is_void()) measure();
    return report_.to_json(options_.mode_name, connections_.size(), std::chrono::steady_clock::now() - started);
}

void Run::warm_up(std::size_t count) {
    is_warming_up_ = true;
    open_first(count);
    while (warm_ < count && !is_void()) turn();
    is_warming_up_ = false;
}

void Run::open_first(std::size_t count) {
    to_be_warm_ = count;
    for (std::size_t i = 0; i < std::min(opening_at_once, count); ++i) open_next();
}

void Run::open_next() {
    if (opened_ < to_be_warm_) open(*connections_[opened_++]);
}

void Run::wait_for_go() {
    if (!options_.waits_for_go) return;
    std::puts("ready");
    std::fflush(stdout);
    int byte = 0;
    while ((byte = std::getchar()) != '\n') {
        if (byte == EOF) throw std::runtime_error("stdin ended, and nobody said go");
    }
}

void Run::open(Connection& connection) {
    if (!connection.open(options_.address, options_.port, tls_, ticket_)) {
        report_.add_error(connection.why());
        return;
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &connection;
    ::epoll_ctl(poller_, EPOLL_CTL_ADD, connection.descriptor(), &event);
}

void Run::send(Connection& connection, Time due) {
    connection.send(requests_.next(), due);
    ++on_their_way_;
    handle(connection, connection.advance());
}

bool Run::watch_stdin() {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    if (::epoll_ctl(poller_, EPOLL_CTL_ADD, 0, &event) != 0) stdin_has_ended_ = true;  // a file: nothing to wait for
    return !stdin_has_ended_;
}

void Run::turn(std::optional<std::chrono::nanoseconds> most) {
    std::array<epoll_event, 256> events;
    const auto limit = most.value_or(patience);
    const timespec wait{static_cast<time_t>(limit.count() / 1'000'000'000),
                        static_cast<long>(limit.count() % 1'000'000'000)};
    const int count = ::epoll_pwait2(poller_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    if (count == 0 && !most) report_.add_error("nothing happened for too long");
    for (int i = 0; i < count; ++i) {
        auto* const connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection != nullptr) {
            handle(*connection, connection->advance());
            continue;
        }
        std::array<char, 64> ignored;
        stdin_has_ended_ = ::read(0, ignored.data(), ignored.size()) <= 0;
    }
}

void Run::handle(Connection& connection, Connection::Step step) {
    switch (step) {
        case Connection::Step::waiting:
            return;
        case Connection::Step::failed:
            report_.add_error(connection.why());
            return;
        case Connection::Step::closed:
            return on_closed(connection);
        case Connection::Step::ready:
            report_.add_handshake(connection.was_resumed());
            if (is_warming_up_) return send(connection, std::chrono::steady_clock::now());
            if (connection.was_resumed() != options_.resumed) report_.add_error("a handshake of the other kind");
            return on_ready(connection);
        case Connection::Step::answered:
            --on_their_way_;
            report_.add_answer(std::chrono::steady_clock::now() - connection.due());
            if (!is_warming_up_) return on_answered(connection);
            ++warm_;
            return open_next();
    }
}

}  // namespace eas451::load
