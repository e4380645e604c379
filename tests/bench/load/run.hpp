// SPDX-License-Identifier: Apache-2.0
// A run of the load client: the connections, the loop that drives them, and what a mode makes of
// each event. One thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connection.hpp"
#include "options.hpp"
#include "report.hpp"
#include "requests.hpp"

namespace eas451::load {

class Run {
public:
    explicit Run(const Options& options);
    virtual ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// To its end; the report as JSON. Throws what no run can begin with.
    std::string to_the_end();
    [[nodiscard]] bool is_void() const { return report_.errors() != 0; }

protected:
    /// What comes before the time that counts; unless a mode knows better, every connection warm.
    virtual void prepare() { warm_up(connections_.size()); }
    virtual void measure() = 0;
    virtual void on_ready(Connection& connection) = 0;
    virtual void on_answered(Connection& connection) = 0;
    virtual void on_closed(Connection&) {}
    /// The first so many connections opened and one request answered on each, some at a time.
    void warm_up(std::size_t count);
    void wait_for_go();
    void open(Connection& connection);
    void send(Connection& connection, Time due);
    /// Waits, for `most` or until something happens, and handles that. When nothing happens for long
    /// although something should, the run is void.
    void turn(std::optional<std::chrono::nanoseconds> most = {});
    /// Beside the connections, descriptor 0; true once it has ended.
    bool watch_stdin();
    [[nodiscard]] bool stdin_has_ended() const { return stdin_has_ended_; }
    void handle(Connection& connection, Connection::Step step);
    /// As many as may open at once.
    void open_first(std::size_t count);
    void open_next();

    const Options& options_;
    Expected expected_;
    Requests requests_;
    Report report_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::size_t on_their_way_ = 0;  // requests without an answer yet
    bool is_warming_up_ = false;
    std::size_t warm_ = 0;
    std::size_t to_be_warm_ = 0;
    std::size_t opened_ = 0;

private:
    static int take_ticket(SSL* ssl, SSL_SESSION* ticket);

    int poller_;
    SSL_CTX* tls_ = nullptr;
    SSL_SESSION* ticket_ = nullptr;
    bool stdin_has_ended_ = false;
};

std::unique_ptr<Run> make_run(const Options& options);

}  // namespace eas451::load
