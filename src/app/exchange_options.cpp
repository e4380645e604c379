// SPDX-License-Identifier: Apache-2.0
#include "exchange_options.hpp"

#include "eas451/io/net/tls_context.hpp"

namespace eas451 {

Result<ExchangeWatchOptions, std::string> exchange_watch_options(const Settings& settings) {
    ExchangeWatchOptions options;
    auto tls = make_client_context(settings.exchange->ca_file);
    if (!tls) return "exchange.ca_file: " + tls.error();
    options.tls = std::move(*tls);
    options.servers = settings.exchange->servers;
    options.times.check_every = settings.limits.exchange_check;
    options.times.limit = settings.limits.exchange_connect;
    return options;
}

}  // namespace eas451
