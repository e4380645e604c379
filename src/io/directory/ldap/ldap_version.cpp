// SPDX-License-Identifier: Apache-2.0
#include <ldap.h>

#include "eas451/io/directory/ldap_directory.hpp"

namespace eas451 {

std::string ldap_library_version() {
    LDAPAPIInfo info{};
    info.ldapai_info_version = LDAP_API_INFO_VERSION;
    if (ldap_get_option(nullptr, LDAP_OPT_API_INFO, &info) != LDAP_OPT_SUCCESS) return "unknown";
    ldap_memvfree(reinterpret_cast<void**>(info.ldapai_extensions));
    ldap_memfree(info.ldapai_vendor_name);
    const int number = info.ldapai_vendor_version;  // 20513 is 2.5.13
    return std::to_string(number / 10000) + "." + std::to_string(number / 100 % 100) + "." + std::to_string(number % 100);
}

}  // namespace eas451
