// SPDX-License-Identifier: Apache-2.0
// Keeps the plain passwords of a lab's file out of memory: what is stored is a digest under a key of
// this process (see keyed_digest.hpp). Two digests have one length and compare in constant time
// whatever the passwords are.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

std::string password_digest(std::string_view password);

/// `digest` of another length (a user without a password has an empty one) never matches, and takes
/// the same time.
bool matches_password_digest(std::string_view password, std::string_view digest);

}  // namespace eas451
