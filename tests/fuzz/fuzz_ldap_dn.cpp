// SPDX-License-Identifier: Apache-2.0
// Any bytes as a distinguished name, and as what a server says of a bind. Oracle: a plain name is its own plain
// form; what is cut of a name is its end; a domain is found again in the name made of it; and every result of a
// bind has a meaning, of which only success is "accepted".
#include <string>

#include "../../src/io/directory/ldap/ldap_bind_outcome.hpp"
#include "../../src/io/directory/ldap/ldap_dn.hpp"
#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

void check_name(std::string_view text) {
    const std::string plain = plain_dn(text);
    require(plain_dn(plain) == plain && plain.size() <= text.size());
    const std::string container = container_of(text);
    require(text.ends_with(container) && container.size() < text.size() + (text.empty() ? 1 : 0));
    const std::string domain = domain_part(text);
    require((',' + plain).ends_with(domain) && (domain.empty() || domain.starts_with(",dc=")));
    require(is_at_or_below(plain, plain));
    if (!domain.empty()) require(is_at_or_below(plain, std::string_view(domain).substr(1)));
}

void check_domain(std::string_view text) {
    if (!is_domain_name(text)) return;
    const std::string dn = dn_of_domain(text);
    require(domain_part(dn) == ',' + plain_dn(dn));
    require(domain_part("CN=a\\,dc=evil," + dn) == ',' + plain_dn(dn));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzInput input(data, size);
    const int code = input.byte();
    const std::string text(input.rest());
    check_name(text);
    check_domain(text);
    static_cast<void>(bind_outcome_of({code, text, std::nullopt}));
    return 0;
}
