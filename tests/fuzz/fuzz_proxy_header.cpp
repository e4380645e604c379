// SPDX-License-Identifier: Apache-2.0
// What a connection begins with, as a PROXY header. Oracle: whole and in steps of any size the verdict is the
// same and the reader stops at the same byte, which is never behind the header's end or its limit; what is
// accepted names an address that is read back, and is no header any more with a byte less or more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "eas451/core/proxy_header.hpp"

namespace {

using namespace eas451;

void require(bool truth) {
    if (!truth) std::abort();
}

struct Verdict {
    std::optional<ProxyHeaderFault> fault;
    bool is_whole = false;
    std::size_t taken = 0;
};

/// Behind that many bytes there is nothing but a block whose length is known.
constexpr std::size_t long_enough = 128;

/// In memory of exactly its size, so that a sanitizer sees a read past the end; of long ones it has seen enough.
Result<std::size_t, ProxyHeaderFault> missing_of_copy(std::string_view bytes) {
    if (bytes.size() > long_enough) return missing_of_proxy_header(bytes);
    const auto copy = std::make_unique<char[]>(bytes.size());
    std::copy_n(bytes.data(), bytes.size(), copy.get());
    return missing_of_proxy_header({copy.get(), bytes.size()});
}

/// As a reader does who gets at most `step` bytes each time, and more of a long header once he is within it.
Verdict read_in_steps(std::string_view stream, std::size_t step) {
    Verdict verdict;
    for (;;) {
        const auto missing = missing_of_copy(stream.substr(0, verdict.taken));
        if (!missing) verdict.fault = missing.error();
        verdict.is_whole = missing && *missing == 0;
        if (verdict.fault || verdict.is_whole || verdict.taken == stream.size()) return verdict;
        require(verdict.taken + *missing <= max_proxy_header_bytes);
        const std::size_t most = verdict.taken < long_enough ? step : step + long_enough / 2;
        verdict.taken += std::min({*missing, most, stream.size() - verdict.taken});
    }
}

void check_header(std::string_view bytes) {
    const auto copy = std::make_unique<char[]>(bytes.size());
    std::copy_n(bytes.data(), bytes.size(), copy.get());
    const std::string_view header(copy.get(), bytes.size());
    const auto read = parse_proxy_header(header);
    if (!read) {
        require(!to_string(read.error()).empty());
        return;
    }
    require(!parse_proxy_header(header.substr(0, header.size() - 1)));
    if (read->client) require(IpAddress::parse(read->client->to_string()) == read->client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream(reinterpret_cast<const char*>(data), size);
    const Verdict at_once = read_in_steps(stream, size);
    for (const std::size_t step : {std::size_t{1}, 1 + size % 7}) {
        const Verdict in_steps = read_in_steps(stream, step);
        require(in_steps.fault == at_once.fault && in_steps.is_whole == at_once.is_whole);
        require(!in_steps.is_whole || in_steps.taken == at_once.taken);
    }
    // Given more than was asked for, it is refused or the same, and never whole with bytes behind it.
    const auto all = missing_of_proxy_header(stream);
    require(!all || *all != 0 || at_once.taken == size);
    if (at_once.fault) require(!all);
    if (at_once.is_whole) check_header(stream.substr(0, at_once.taken));
    return 0;
}
