// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace eas451 {

/// From now on libldap and liblber overwrite what they free. A bind's request is built in their memory, in pieces that
/// they reallocate, and is given back with the password in it. Any thread, any number of times; what was allocated
/// before is freed as well. Throws std::runtime_error if somebody else has given liblber other functions.
void make_libldap_overwrite_what_it_frees();

}  // namespace eas451
