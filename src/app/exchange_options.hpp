// SPDX-License-Identifier: Apache-2.0
// What ExchangeWatch needs of the settings, for the server and for `check --online`.
#pragma once

#include <string>

#include "eas451/core/result.hpp"
#include "eas451/io/config/settings.hpp"
#include "eas451/io/exchange/exchange_watch.hpp"

namespace eas451 {

/// Of settings that have `exchange`. Reads its ca_file; the error says why it cannot be used, and begins with its key.
Result<ExchangeWatchOptions, std::string> exchange_watch_options(const Settings& settings);

}  // namespace eas451
