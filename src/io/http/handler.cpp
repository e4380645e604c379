// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/handler.hpp"

#include <stdexcept>

namespace eas451 {

boost::asio::awaitable<std::optional<Answer>> Transaction::pass_on(ClientSide&) {
    throw std::logic_error("a request to pass on, and nobody to pass it on to");
}

}  // namespace eas451
