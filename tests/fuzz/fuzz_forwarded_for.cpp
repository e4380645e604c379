// SPDX-License-Identifier: Apache-2.0
// Any text as X-Forwarded-For, a line a field; the first line is the peer. Oracle: the client is the peer or one of the hops
// that are written there; who is not trusted is believed nothing; it does not matter over how many fields a
// list is spread; and the address is read back as it was written.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/forwarded_for.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;

void require(bool truth) {
    if (!truth) std::abort();
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(std::min(end + 1, text.size()))) {
        end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
    }
    return parts;
}

const NetworkSet& trusted() {
    static const NetworkSet set({*IpNetwork::parse("10.0.0.0/8"), *IpNetwork::parse("2001:db8::/32")});
    return set;
}

void check(const IpAddress& peer, const std::vector<std::string_view>& values) {
    RequestHead head;
    std::string one_list;
    bool has_room = true;
    std::vector<IpAddress> known{peer};
    for (const std::string_view value : values) {
        has_room = has_room && head.add({"X-Forwarded-For", trim(value)});
        if (&value != values.data()) one_list += ',';
        one_list += value;
        for (const std::string_view hop : split(value, ',')) {
            if (const auto read = parse_hop(trim(hop))) known.push_back(*read);
        }
    }
    if (!has_room) return;
    const IpAddress client = client_behind(peer, head, trusted());
    require(std::ranges::find(known, client) != known.end());
    require(trusted().contains(peer) || client == peer);
    require(IpAddress::parse(client.to_string()) == client);
    RequestHead joined;
    joined.add({"x-forwarded-for", trim(one_list)});
    require(values.empty() || client_behind(peer, joined, trusted()) == client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const std::vector<char> copy(data, data + size);
    std::vector<std::string_view> values = split({copy.data(), copy.size()}, '\n');
    const auto given = parse_hop(values.front());
    values.erase(values.begin());
    check(given ? *given : *IpAddress::parse("10.0.0.1"), values);
    check(*IpAddress::parse("192.0.2.1"), values);
    return 0;
}
