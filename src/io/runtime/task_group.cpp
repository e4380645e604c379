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
    idle_ = true;
    rests_at_ = now + rest_after;
    expires_at(deadline);
    group_.next_look_ = std::min(group_.next_look_, rests_at_);
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
    stop_where([](Task& task) { return task.idle_; });
}

void TaskGroup::abort() {
    draining_ = true;
    stop_where([](Task&) { return true; });
}

void TaskGroup::stop_where(const std::function<bool(Task&)>& condition) {
    // stop closes a socket; the coroutine itself goes on in a later turn of the loop, so the list
    // does not change under us.
    for (Task* task = first_; task != nullptr; task = task->next_) {
        if (condition(*task)) task->on_event_(Task::Event::stop);
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

void TaskGroup::look_at(Task& task, SteadyTime now) {
    if (!task.expired_ && task.deadline_ <= now) {
        task.expired_ = true;
        task.on_event_(Task::Event::stop);
    } else if (task.idle_ && task.rests_at_ <= now) {
        task.rests_at_ = SteadyTime::max();
        task.on_event_(Task::Event::rest);
    }
    if (!task.expired_) next_look_ = std::min(next_look_, task.deadline_);
    if (task.idle_) next_look_ = std::min(next_look_, task.rests_at_);
}

void TaskGroup::sweep() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= next_look_) {
        next_look_ = SteadyTime::max();
        for (Task* task = first_; task != nullptr; task = task->next_) look_at(*task, now);
    }
    on_tick_();
    if (size_ != 0) arm();
}

}  // namespace eas451
