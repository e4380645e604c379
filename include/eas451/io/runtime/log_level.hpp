// SPDX-License-Identifier: Apache-2.0
// How much the diagnostic log says, and in which form. Apart from log.hpp, because the settings name
// these too.
#pragma once

#include <cstdint>

namespace eas451 {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

}  // namespace eas451
