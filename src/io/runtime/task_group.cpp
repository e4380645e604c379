// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/task_group.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "eas451/io/runtime/failure_report.hpp"

namespace eas451 {

namespace net = boost::asio;

TaskGroup::Task::Task(TaskGroup& group, std::function<void(Event)> on_event)
    : group_(group), on_event_(std::move(on_event)) {
    next_ = group.first_;
    link_ = &group.first_;
    if (next_ != nullptr) next_->link_ = &next_;
    group.first_ = this;
    ++group.size_;
    group.arm();
}

TaskGroup::Task::~Task() {
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
    --group_.size_;
}

void TaskGroup::Task::expires_at(SteadyTime deadline) {
    deadline_ = deadline;
    expired_ = false;
    group_.next_look_ = std::min(group_.next_look_, deadline);
}

void TaskGroup::Task::begin_idle(SteadyTime now, SteadyTime deadline) {
    begin_long_wait(now, deadline);
    idle_ = true;
}

void TaskGroup::Task::begin_long_wait(SteadyTime now, SteadyTime deadline) {
    end_idle();
    rest_again(now);
    expires_at(deadline);
}

void TaskGroup::Task::rest_again(SteadyTime now) {
    rests_at_ = now + rest_after;
    group_.resting_.push_back(*this);
}

void TaskGroup::Task::end_idle() {
    idle_ = false;
    if (is_linked()) unlink();
}

TaskGroup::TaskGroup(net::io_context& loop, std::function<void()> on_tick)
    : loop_(loop), timer_(loop), on_tick_(std::move(on_tick)) {}

void TaskGroup::spawn(net::awaitable<void> work) {
    auto done = [](const std::exception_ptr& failure) {
        if (failure) report_failure("a session ended by an exception", failure);
    };
    net::co_spawn(loop_, std::move(work), std::move(done));
}

void TaskGroup::drain() {
    draining_ = true;
    tell_where(Task::Event::leave, [](Task& task) { return task.idle_; });
}

void TaskGroup::abort() {
    draining_ = true;
    tell_where(Task::Event::abort, [](Task&) { return true; });
}

void TaskGroup::tell_where(Task::Event event, const std::function<bool(Task&)>& condition) {
    // It closes a socket or ends its waits; the coroutine itself goes on in a later turn of the loop, so the list
    // does not change under us.
    for (Task* task = first_; task != nullptr; task = task->next_) {
        if (condition(*task)) task->on_event_(event);
    }
}

void TaskGroup::arm() {
    if (armed_) return;
    armed_ = true;
    timer_.expires_after(tick);
    timer_.async_wait([this](const boost::system::error_code& error) {
        armed_ = false;
        if (!error) sweep();
    });
}

void TaskGroup::rest(SteadyTime now) {
    while (!resting_.empty() && resting_.front().rests_at_ <= now) {
        Task& task = resting_.front();
        task.unlink();
        task.on_event_(Task::Event::rest);
    }
}

void TaskGroup::sweep() {
    const SteadyTime now = std::chrono::steady_clock::now();
    rest(now);
    if (now >= next_look_) {
        next_look_ = SteadyTime::max();
        tell_where(Task::Event::late, [this, now](Task& task) {
            if (task.expired_) return false;
            task.expired_ = task.deadline_ <= now;
            if (!task.expired_) next_look_ = std::min(next_look_, task.deadline_);
            return task.expired_;
        });
    }
    on_tick_();
    if (size_ != 0) arm();
}

}  // namespace eas451
