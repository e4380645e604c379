// SPDX-License-Identifier: Apache-2.0
// TaskGroup: the owner of the sessions of one loop. It knows how many there are, ends those whose
// deadline has passed, and empties itself in two steps: drain, then abort.
//
// Single-threaded: everything happens on the loop's own thread, so a session is stopped by closing
// its socket there, and no cancellation crosses a thread. Deadlines are looked at by one coarse sweep
// instead of one timer per operation, which costs a tenth of a warm request (performance.md 2c). A tick
// (every `tick`) at which no deadline can have passed looks at no task: ten thousand that are idle cost nothing.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <functional>

#include "eas451/core/organization_relationship.hpp"

namespace eas451 {

class TaskGroup {
public:
    static constexpr std::chrono::milliseconds tick{100};
    static constexpr std::chrono::milliseconds rest_after{100};

    /// A task's entry, a member of whatever runs in the group. Linked in while it lives.
    class Task : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        enum class Event : std::uint8_t {
            late,   // its deadline has passed: the present wait has to end soon
            abort,  // all of its waits have to
            leave,  // it is idle, and nothing new is begun any more
            rest,   // it has been idle for a while: it gives back what it will not need before it is busy again
        };
        /// `on_event` is called on the loop: leave and abort at most once, late once for each deadline.
        Task(TaskGroup& group, std::function<void(Event)> on_event);
        ~Task();
        Task(const Task&) = delete;
        Task& operator=(const Task&) = delete;

        /// The wait that begins now ends then at the latest, to the next tick.
        void expires_at(SteadyTime deadline);
        /// Idle tasks are asked to leave by drain(); others are asked to end by is_draining(). After `rest_after` they rest.
        void begin_idle(SteadyTime now, SteadyTime deadline);
        void end_idle();
        /// A wait for somebody else, until `deadline`, which may be long: drain() does not stop it, and after `rest_after`
        /// it rests like an idle one. end_idle() ends it.
        void begin_long_wait(SteadyTime now, SteadyTime deadline);
        /// On `rest`: it comes once more, after `rest_after`, unless the wait ends before.
        void rest_again(SteadyTime now);
        [[nodiscard]] bool is_draining() const { return group_.draining_; }

    private:
        friend class TaskGroup;
        TaskGroup& group_;
        std::function<void(Event)> on_event_;
        SteadyTime deadline_ = SteadyTime::max();
        SteadyTime rests_at_{};  // while it is in the group's resting_
        bool idle_ = false;
        bool expired_ = false;
        Task* next_ = nullptr;
        Task** link_ = nullptr;
    };

    /// `on_tick` is called on the loop at every tick while there are tasks, and once after the last.
    TaskGroup(boost::asio::io_context& loop, std::function<void()> on_tick);

    /// Starts a coroutine that makes a Task for itself. What it throws is logged, never passed on.
    void spawn(boost::asio::awaitable<void> work);
    /// No more idle tasks from now on: those that are idle leave now, the others when they get there.
    void drain();
    /// Stops all.
    void abort();
    /// Any thread.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    void arm();
    void sweep();
    void rest(SteadyTime now);
    void tell_where(Task::Event event, const std::function<bool(Task&)>& condition);

    boost::asio::io_context& loop_;
    boost::asio::steady_timer timer_;
    std::function<void()> on_tick_;
    Task* first_ = nullptr;
    std::atomic<std::size_t> size_{0};
    /// Those that are idle and have not rested, the longest first.
    boost::intrusive::list<Task, boost::intrusive::constant_time_size<false>> resting_;
    SteadyTime next_look_ = SteadyTime::max();  // no task has a deadline before
    bool armed_ = false;
    bool draining_ = false;
};

}  // namespace eas451
