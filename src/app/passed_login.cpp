// SPDX-License-Identifier: Apache-2.0
#include "passed_login.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using Next = PasswordTurns::Next;
using Said = PasswordTurns::Said;

/// What Exchange answers to those it knows; 400, 404 or 503 anybody can have.
bool is_to_a_user(unsigned status) { return (status >= 200 && status < 300) || status == 449 || status == 451; }

Said said_of_password(unsigned status) {
    if (status == 401) return Said::wrong;
    return is_to_a_user(status) ? Said::right : Said::nothing;
}

}  // namespace

PassedLogin::PassedLogin(ClientSide& client, const Directory& directory, const LoginOutcome& outcome, Asked asked,
                         boost::asio::io_context& loop)
    : client_(client), directory_(directory), is_bearer_(std::holds_alternative<NotChecked>(outcome)), loop_(loop) {
    const auto* accepted = std::get_if<Accepted>(&outcome);
    if (accepted != nullptr) remembered_ = accepted->remembered;
    PasswordTurns* const turns = remembered_ ? directory.turns() : nullptr;
    if (turns != nullptr) turn_.emplace(*turns, *remembered_, asked.at, asked.takes_long);
}

bool PassedLogin::has_to_wait() {
    if (turn_) next_ = turn_->next(std::chrono::steady_clock::now());
    return next_ != Next::go;
}

boost::asio::awaitable<bool> PassedLogin::wait() {
    if (next_ == Next::wait) {
        client_.wait_begins(2 * PasswordTurns::longest_wait, *this);
        auto turn = turn_->wait();
        next_ = co_await std::move(turn);
        client_left_ = !client_.wait_ends();
    }
    if (client_left_ || next_ == Next::go) co_return !client_left_;
    // Whatever is known of it from now on was asked anew.
    turn_.reset();
    remembered_.reset();
    co_return false;
}

void PassedLogin::give_up() {
    if (turn_) turn_->give_up();
}

void PassedLogin::request_sent() {
    if (!is_bearer_) return;
    here_ = std::make_shared<PassedLogin*>(this);
    silence_.emplace(loop_, refused_within);
    auto is_quiet = [here = std::weak_ptr(here_)](const boost::system::error_code& error) {
        const auto still = here.lock();
        if (still != nullptr && !error) (*still)->client_.authenticated();
    };
    silence_->async_wait(std::move(is_quiet));
}

void PassedLogin::answer_begins(unsigned status) {
    here_ = nullptr;
    silence_.reset();
    if (is_to_a_user(status)) client_.authenticated();
    // By then whoever waits is sent to the directory, and not to memory.
    if (status == 401 && remembered_) directory_.doubt(*remembered_);
    if (turn_) turn_->told(said_of_password(status), std::chrono::steady_clock::now());
}

Authorization authorization_in(std::string_view head) {
    constexpr std::string_view name = "Authorization:";
    RequestHead found;
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        if (equals_ignore_case(line.substr(0, name.size()), name)) found.add({"Authorization", trim(line.substr(name.size()))});
        head.remove_prefix(std::min(head.size(), line.size() + 2));
    }
    return parse_authorization(found);
}

}  // namespace eas451
