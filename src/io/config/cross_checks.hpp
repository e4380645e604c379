// SPDX-License-Identifier: Apache-2.0
// What does not go together, though each value by itself is right.
#pragma once

#include "settings_reader.hpp"

namespace eas451 {

void check_together(const Settings& settings, SettingsReader& reader);

}  // namespace eas451
