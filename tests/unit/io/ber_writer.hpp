// SPDX-License-Identifier: Apache-2.0
// Just enough BER to be an LDAP server in a test: what a real one sends, byte by byte.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eas451::ber {

inline std::string element(unsigned char tag, std::string_view content) {
    std::string out(1, static_cast<char>(tag));
    if (content.size() < 128) {
        out += static_cast<char>(content.size());
    } else {
        out += '\x82';
        out += static_cast<char>(content.size() >> 8U);
        out += static_cast<char>(content.size() & 0xffU);
    }
    return out.append(content);
}
inline std::string integer(int value) {
    return element(0x02, value < 128 ? std::string(1, static_cast<char>(value))
                                     : std::string{static_cast<char>(value >> 8), static_cast<char>(value)});
}
inline std::string octets(std::string_view text) { return element(0x04, text); }
inline std::string message(int id, std::string_view operation) {
    return element(0x30, integer(id) + std::string(operation));
}

using Attributes = std::vector<std::pair<std::string, std::vector<std::string>>>;

inline std::string entry(int id, std::string_view dn, const Attributes& attributes) {
    std::string list;
    for (const auto& [name, values] : attributes) {
        std::string set;
        for (const std::string& value : values) set += octets(value);
        list += element(0x30, octets(name) + element(0x31, set));
    }
    return message(id, element(0x64, octets(dn) + element(0x30, list)));
}
/// `tag`: 0x61 bind, 0x65 search done, 0x78 extended.
inline std::string result(int id, unsigned char tag, int code, std::string_view diagnostic = {}) {
    return message(id, element(tag, element(0x0a, std::string(1, static_cast<char>(code))) + octets("") + octets(diagnostic)));
}
/// A response control; its value is the bytes themselves.
inline std::string control(std::string_view oid, std::string_view value) {
    return element(0x30, octets(oid) + octets(value));
}
inline std::string result_with_controls(int id, unsigned char tag, int code, std::string_view controls) {
    return message(id, element(tag, element(0x0a, std::string(1, static_cast<char>(code))) + octets("") + octets("")) +
                           element(0xa0, controls));
}
/// The value of a password policy's response control (draft-behera-ldap-password-policy-10, 6.2);
/// negative: not there.
inline std::string password_policy(int error, int grace = -1, int expires = -1) {
    std::string value;
    const auto number = [](int of) { return std::string(1, static_cast<char>(of)); };
    if (expires >= 0) value += element(0xa0, element(0x80, number(expires)));
    if (grace >= 0) value += element(0xa0, element(0x81, number(grace)));
    if (error >= 0) value += element(0x81, number(error));
    return control("1.3.6.1.4.1.42.2.27.8.5.1", element(0x30, value));
}
inline std::string reference(int id) { return message(id, element(0x73, octets("ldap://elsewhere/"))); }

}  // namespace eas451::ber
