// SPDX-License-Identifier: Apache-2.0
// CertificateChoice: which certificates a client is offered for the name that it asks for.
//
// The exact name wins, then a pattern for its left-most label, then the first certificate, as in nginx.
// Of all that have the name, the first of each kind of key is offered: the handshake then takes what
// the client understands. Immutable; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eas451 {

class CertificateChoice {
public:
    struct Candidate {
        int key_kind = 0;                // any number that tells kinds apart
        std::vector<std::string> names;  // lower-case; "*.contoso.com" is a pattern
    };
    /// Numbers of candidates, of which each has a key of another kind.
    using Offer = std::vector<std::size_t>;

    /// In the order of preference; one at least.
    explicit CertificateChoice(const std::vector<Candidate>& candidates);

    /// Offers that differ; number 0 is for clients that ask for no name of ours.
    [[nodiscard]] const std::vector<Offer>& offers() const { return offers_; }
    /// Which of the offers a client gets that asks for this name, in any case, with a dot at its end or without.
    [[nodiscard]] std::size_t offer_for(std::string_view name) const;

private:
    std::size_t number_of(const Offer& offer);

    std::vector<Offer> offers_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace eas451
