// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/directory_loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas451/io/runtime/run_loop.hpp"
#include "eas451/io/runtime/thread.hpp"
#include "tried_passwords.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

/// One question on its way. Touched on the asker's executor only; the directory loop just carries
/// the pointer.
struct Pending {
    net::steady_timer done;
    std::optional<LoginAnswer> answer;
};

/// Counts a question from ask() until its answer, however that ends.
class Place {
public:
    explicit Place(std::shared_ptr<std::atomic<unsigned>> count) : count_(std::move(count)) { ++*count_; }
    Place(Place&& other) noexcept = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
        if (count_ != nullptr) --*count_;
    }

private:
    std::shared_ptr<std::atomic<unsigned>> count_;
};

std::function<void(LoginAnswer)> deliver_to(const net::any_io_executor& asker, std::shared_ptr<Pending> pending,
                                            std::shared_ptr<Place> place) {
    return [asker, pending = std::move(pending), place = std::move(place)](LoginAnswer answer) mutable {
        place.reset();
        net::post(asker, [pending = std::move(pending), answer = std::move(answer)]() mutable {
            pending->answer = std::move(answer);
            pending->done.cancel();
        });
    };
}

}  // namespace

DirectoryLoop::DirectoryLoop()
    : tried_(std::make_unique<TriedPasswords>()), loop_(1), work_(loop_.get_executor()), waiting_(std::make_shared<std::atomic<unsigned>>(0)), thread_(start_thread([this] {
          run_loop(loop_, "the directory");
      })) {}

DirectoryLoop::~DirectoryLoop() {
    work_.reset();
    loop_.stop();
    thread_.join();
}

void DirectoryLoop::start(std::shared_ptr<Directory> directory, DirectoryReports reports) {
    reports.waiting = [waiting = waiting_] { return waiting->load(); };
    net::post(loop_, [this, directory = std::move(directory), reports = std::move(reports)] {
        directory->start(loop_.get_executor(), reports, *tried_);
    });
}

net::awaitable<LoginAnswer> DirectoryLoop::ask(std::shared_ptr<Directory> directory, LoginQuestion question,
                                               SteadyTime deadline) {
    LoginAnswer unavailable;
    unavailable.outcome = Unavailable();
    if (*waiting_ >= max_questions) co_return unavailable;
    const net::any_io_executor here = co_await net::this_coro::executor;
    auto pending = std::make_shared<Pending>(Pending{net::steady_timer(here, deadline), std::nullopt});
    auto deliver = deliver_to(here, pending, std::make_shared<Place>(waiting_));
    auto put = [directory = std::move(directory), question = std::move(question), deadline,
                deliver = std::move(deliver)]() mutable {
        directory->log_in(std::move(question), deadline, std::move(deliver));
    };
    net::post(loop_, std::move(put));
    co_await pending->done.async_wait(as_result);
    if (!pending->answer) co_return unavailable;
    co_return std::move(*pending->answer);
}

void DirectoryLoop::echo(std::function<void()> answer) { net::post(loop_, std::move(answer)); }

}  // namespace eas451
