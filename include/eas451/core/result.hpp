// SPDX-License-Identifier: Apache-2.0
// Result<T, E>: a value, or the reason why there is none.
//
// What input from outside can cause is a return value of this type; exceptions mean "cannot start"
// or "a bug". E is always a small type of the function's own, so that a caller sees in the
// signature what can go wrong. Ask has_value() or operator bool first; value() on an error does not
// compile for our error types, and is not meant to.
#pragma once

#include <boost/system/result.hpp>

namespace eas451 {

template <class T, class E>
using Result = boost::system::result<T, E>;

}  // namespace eas451
