// SPDX-License-Identifier: Apache-2.0
#include "admission.hpp"

#include <vector>

namespace eas451 {
namespace {

std::shared_ptr<const NetworkSet> networks(const std::vector<std::string>& texts) {
    std::vector<IpNetwork> networks;
    for (const std::string& text : texts) {
        if (const auto network = IpNetwork::parse(text)) networks.push_back(*network);
    }
    return std::make_shared<const NetworkSet>(std::move(networks));
}

}  // namespace

// Without TLS, passwords of a stranger would cross the network for everybody to read: `tls: off` beyond loopback is
// for proxies that speak TLS for us.
Admission::Admission(const ListenerSettings& listener)
    : trusted_(networks(listener.trusted_proxies)),
      proxy_protocol_(listener.proxy_protocol),
      only_trusted_(listener.proxy_protocol || (!listener.tls && !listener.bind.is_loopback())) {}

bool Admission::admit(ConnectionFacts& facts) const {
    const auto peer = address_of_peer(facts.client_address);
    const bool is_trusted = peer && trusted_->contains(*peer);
    if (only_trusted_ && !is_trusted) return false;
    facts.has_proxy_header = proxy_protocol_;
    if (is_trusted && !proxy_protocol_) facts.forwarders = trusted_;
    return true;
}

}  // namespace eas451
