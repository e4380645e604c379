// SPDX-License-Identifier: Apache-2.0
// The requests that are sent, one after another and then again from the first.
#pragma once

#include <string>
#include <vector>

namespace eas451::load {

class Requests {
public:
    /// A file of whole requests, nothing between them; a body has a Content-Length. Throws.
    explicit Requests(const std::string& file);
    const std::string& next() { return all_[at_++ % all_.size()]; }

private:
    std::vector<std::string> all_;
    std::size_t at_ = 0;
};

}  // namespace eas451::load
