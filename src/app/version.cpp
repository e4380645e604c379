// SPDX-License-Identifier: Apache-2.0
#include <openssl/crypto.h>

#include <boost/version.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "eas451/io/directory/ldap_directory.hpp"

namespace eas451 {
namespace {

std::string boost_version() {
    return std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
           std::to_string(BOOST_VERSION % 100);
}

constexpr const char* build_type =
#ifdef NDEBUG
    "release";
#else
    "debug";
#endif

}  // namespace

std::string version() { return EAS451_VERSION; }

int print_version(bool json) {
    const std::string openssl = OpenSSL_version(OPENSSL_VERSION_STRING);
    if (json) {
        const nlohmann::ordered_json object{{"version", version()},   {"build", build_type},        {"compiler", __VERSION__},
                                            {"boost", boost_version()}, {"openssl", openssl},
                                            {"libldap", ldap_library_version()}};
        std::cout << object.dump() << '\n';
        return exit_ok;
    }
    std::cout << "eas451 " << version() << " (" << build_type << ", compiler " << __VERSION__ << ")\nBoost " << boost_version()
              << "\nOpenSSL " << openssl << "\nlibldap " << ldap_library_version() << '\n';
    return exit_ok;
}

}  // namespace eas451
