// SPDX-License-Identifier: Apache-2.0
// Frontend: what a device's request means, from head to answer. One for each worker, used on its
// thread alone. docs/life-of-a-request.md tells the walk.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "deployment.hpp"
#include "eas451/io/directory/directory_loop.hpp"
#include "eas451/io/exchange/exchange_pool.hpp"
#include "eas451/io/exchange/forward.hpp"
#include "eas451/io/http/handler.hpp"
#include "eas451/io/log/access_log.hpp"
#include "eas451/io/metrics/metrics.hpp"
#include "eas451/io/runtime/repeated_line.hpp"
#include "readiness.hpp"
#include "request_ids.hpp"

namespace eas451 {

class Frontend : public Handler {
public:
    /// All but the deployment outlive it.
    Frontend(std::shared_ptr<const Deployment> deployment, DirectoryLoop& directory_loop, Metrics& metrics,
             Readiness& readiness, ExchangePool& exchange);

    std::unique_ptr<Transaction> start() override;

    /// A reload: requests that have begun end with the deployment they began with.
    void deploy(std::shared_ptr<const Deployment> deployment, std::unique_ptr<AccessLog> access_log);
    [[nodiscard]] AccessLog* access_log() { return access_log_.get(); }

private:
    friend class EasTransaction;

    unsigned retry_after();
    [[nodiscard]] std::string challenges(const Deployment& deployment) const;

    std::shared_ptr<const Deployment> deployment_;
    DirectoryLoop& directory_loop_;
    Metrics& metrics_;
    Readiness& readiness_;
    ExchangePool& exchange_;
    RepeatedLine exchange_trouble_;  // a server that fails, fails every request
    std::unique_ptr<AccessLog> access_log_;
    std::minstd_rand random_;
    RequestIds request_ids_;
};

}  // namespace eas451
