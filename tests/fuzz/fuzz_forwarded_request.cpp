// SPDX-License-Identifier: Apache-2.0
// Any bytes as the head of a request: what is passed on of one that was accepted is one request for whoever reads
// it, the same as was accepted, and nothing in it that only a front end may say.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "../unit/core/forwarding.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

/// A request that came through us once is passed on by a second one of us as it is.
void check_again(const std::string& bytes) {
    RequestHead head;
    if (parse_request_head(bytes, head)) return;  // it grew beyond a limit
    require(forwarded(head) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto copy = std::make_unique<char[]>(size);
    for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
    const std::string_view bytes(copy.get(), size);
    RequestHead head;
    if (parse_request_head(bytes.substr(0, find_head_end(bytes, 0).value_or(size)), head)) return 0;
    require(mistake_in_forwarded(head).empty());
    check_again(forwarded(head));
    return 0;
}
