// SPDX-License-Identifier: Apache-2.0
// Any bytes as a value in a filter. Oracle: escaped, they have nothing in them that means something in a filter;
// a reader of RFC 4515 gets them back; and what libldap puts on the wire is one comparison with exactly them.
#include <string>

#include "../../src/io/directory/ldap/ldap_codec.hpp"
#include "../../src/io/directory/ldap/ldap_filter.hpp"
#include "eas451/core/text.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

/// As RFC 4515 section 3 reads a value.
std::string unescaped(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            value += text[i];
            continue;
        }
        require(i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0);
        value += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        i += 2;
    }
    return value;
}

/// Definite length, as BER writes it.
std::string element(char tag, std::string_view content) {
    std::string made(1, tag);
    if (content.size() < 128) {
        made += static_cast<char>(content.size());
    } else if (content.size() < 256) {
        made += '\x81';
        made += static_cast<char>(content.size());
    } else {
        made += '\x82';
        made += static_cast<char>(content.size() >> 8U);
        made += static_cast<char>(content.size() & 0xffU);
    }
    return made.append(content);
}

/// equalityMatch [3] of RFC 4511 section 4.5.1, between the two numbers before and the attributes behind it.
void check_wire(std::string_view value, const std::string& escaped) {
    LdapCodec codec;
    require(codec.search({"DC=a", LdapScope::subtree, "(&(objectClass=user)(uid=" + escaped + "))", {"mail"}, 2, 5}).has_value());
    const std::string sent = codec.take_output();
    const std::string both = element('\xa3', element('\x04', "objectClass") + element('\x04', "user")) +
                             element('\xa3', element('\x04', "uid") + element('\x04', value));
    require(sent.find(element('\xa0', both) + element('\x30', element('\x04', "mail"))) != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    const std::string escaped = escape_filter_value(value);
    for (const char c : escaped) require(is_ascii_alnum(c) || std::string_view("._@-\\").find(c) != std::string_view::npos);
    require(unescaped(escaped) == value);
    // libldap takes an empty value for the question whether there is any; no login is empty.
    if (size > 0 && size <= 256) check_wire(value, escaped);
    return 0;
}
