// SPDX-License-Identifier: Apache-2.0
#include "user_trace.hpp"

#include "eas451/core/named_users.hpp"
#include "eas451/io/log/log.hpp"

namespace eas451 {
namespace {

/// A long list does not make a long line.
std::string text_of(const std::vector<std::string>& users) {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < users.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + log::quoted(users[i]);
    if (users.size() > most) text += " and " + std::to_string(users.size() - most) + " more";
    return text;
}

std::string text_of(std::chrono::milliseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return seconds % 60 == 0 ? std::to_string(seconds / 60) + " min" : std::to_string(seconds) + " s";
}

}  // namespace

std::shared_ptr<UserTrace> UserTrace::of(const Settings& settings, std::shared_ptr<UserTrace> former) {
    if (settings.trace_users.empty()) return nullptr;
    const bool is_same = former != nullptr && former->users_ == settings.trace_users && former->lasts_ == settings.trace_for;
    return is_same ? std::move(former) : std::make_shared<UserTrace>(settings.trace_users, settings.trace_for);
}

bool UserTrace::names(const Recipient* recipient, std::string_view login) const {
    return recipient != nullptr ? is_named(*recipient, users_) : is_named(login, users_);
}

void TraceWatch::use(std::shared_ptr<UserTrace> trace) {
    if (trace == trace_) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (trace_ != nullptr && trace_->is_on(now)) end("by a reload");
    timer_.cancel();
    trace_ = std::move(trace);
    if (trace_ == nullptr) return;
    trace_->begin(now);
    log::always("trace: begins for " + text_of(trace_->users()) + "; it ends by itself after " + text_of(trace_->lasts()) +
                " (log.trace_for)");
    timer_.expires_at(now + trace_->lasts());
    // One that was on its way already when it was cancelled is of the trace before.
    timer_.async_wait([this, of = trace_.get()](const boost::system::error_code& error) {
        if (!error && of == trace_.get()) end("log.trace_for is over");
    });
}

void TraceWatch::end(const std::string& why) {
    trace_->end();
    log::always("trace: ended for " + text_of(trace_->users()) + ": " + why);
}

}  // namespace eas451
