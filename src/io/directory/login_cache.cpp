// SPDX-License-Identifier: Apache-2.0
#include "login_cache.hpp"

namespace eas451 {

LoginCache::LoginCache(std::size_t max_entries) : successes_({max_entries}) {
    // What would make every digest fail is found out now, not at the first login.
    static_cast<void>(key_of({}, {}, {}));
    static_cast<void>(account_of({}));
}

}  // namespace eas451
