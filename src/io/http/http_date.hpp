// SPDX-License-Identifier: Apache-2.0
// The Date header (IMF-fixdate of RFC 9110), written once a second for each thread.
#pragma once

#include <string_view>

namespace eas451 {

/// Valid until the next call on this thread.
std::string_view http_date_now();

}  // namespace eas451
