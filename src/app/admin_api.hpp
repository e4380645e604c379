// SPDX-License-Identifier: Apache-2.0
// AdminApi: what the admin listener answers: /healthz, /readyz, /metrics and /api/v1. On the control loop, so it answers
// when every worker is busy; it never waits there but in coroutines.
#pragma once

#include <memory>
#include <string>

#include "admin_gate.hpp"
#include "commands.hpp"
#include "deployment.hpp"
#include "eas451/io/http/handler.hpp"
#include "eas451/io/metrics/metrics.hpp"
#include "readiness.hpp"
#include "server_controls.hpp"

namespace eas451 {

class AdminApi : public Handler {
public:
    /// So many questions of explain may wait for the directory at once; phones come first there.
    static constexpr unsigned most_explains = 16;
    /// After that a reload is answered 202 and goes on.
    static constexpr std::chrono::seconds longest_reload{60};

    /// All but the deployment outlive it.
    AdminApi(std::shared_ptr<const Deployment> deployment, Metrics& metrics, Readiness& readiness, ServerControls& server,
             std::string version);

    std::unique_ptr<Transaction> start() override;
    void deploy(std::shared_ptr<const Deployment> deployment) { deployment_ = std::move(deployment); }

    /// The answer to one request, or the wait for it.
    Transaction::Next answer(const RequestHead& head, const ConnectionFacts& connection);

private:
    struct Route;
    static const Route routes[];
    [[nodiscard]] static const Route* route_of(std::string_view path);

    Transaction::Next health(const RequestHead& head);
    Transaction::Next readiness(const RequestHead& head);
    Transaction::Next metrics(const RequestHead& head);
    Transaction::Next explain(const RequestHead& head);
    Transaction::Next relationships(const RequestHead& head);
    Transaction::Next status(const RequestHead& head);
    Transaction::Next config(const RequestHead& head);
    Transaction::Next reload(const RequestHead& head);
    Transaction::Next flush(const RequestHead& head);

    boost::asio::awaitable<Transaction::Outcome> explained(ExplainRequest asked, EasRequest request);
    boost::asio::awaitable<LoginAnswer> look_up(std::shared_ptr<const Deployment> deployment, std::string login);
    boost::asio::awaitable<Transaction::Outcome> reloaded();

    std::shared_ptr<const Deployment> deployment_;
    Metrics& metrics_;
    Readiness& readiness_;
    ServerControls& server_;
    std::string version_;
    AdminGate gate_;
    unsigned explains_ = 0;  // on their way
};

}  // namespace eas451
