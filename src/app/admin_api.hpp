// SPDX-License-Identifier: Apache-2.0
// AdminApi: what the admin listener answers: /healthz, /readyz, /metrics. On the control loop, so it
// answers when every worker is busy.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "deployment.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/http/handler.hpp"
#include "eas451/io/metrics/metrics.hpp"
#include "readiness.hpp"

namespace eas451 {

class AdminApi : public Handler {
public:
    /// `dropped_log_lines` is asked at each scrape. All outlive it.
    AdminApi(std::shared_ptr<const Deployment> deployment, Metrics& metrics, Readiness& readiness,
             std::function<std::uint64_t()> dropped_log_lines);

    std::unique_ptr<Transaction> start() override;
    void deploy(std::shared_ptr<const Deployment> deployment) { deployment_ = std::move(deployment); }

    /// The answer to one request. Host must be the bound name or loopback, so that a web page a
    /// browser is lured to cannot reach us by a name of its own (DNS rebinding).
    Answer answer(const RequestHead& head, const ConnectionFacts& connection);

private:
    [[nodiscard]] bool is_host_allowed(const RequestHead& head, const ConnectionFacts& connection) const;
    bool is_password_right(const RequestHead& head);
    bool verify(const Secret& password);

    std::shared_ptr<const Deployment> deployment_;
    Metrics& metrics_;
    Readiness& readiness_;
    std::function<std::uint64_t()> dropped_log_lines_;
    std::string verified_digest_;  // of the hash and the password that was last right
    SteadyTime next_check_{};
};

}  // namespace eas451
