// SPDX-License-Identifier: Apache-2.0
#include "ldap_url.hpp"

#include <boost/url/parse.hpp>
#include <stdexcept>

namespace eas451 {

LdapServer ldap_server_of(std::string_view url) {
    constexpr std::uint16_t ldaps_port = 636;
    constexpr std::uint16_t ldap_port = 389;
    const auto parsed = boost::urls::parse_uri(url);
    const bool is_ldap = parsed && parsed->scheme() == "ldap";
    if (!parsed || (!is_ldap && parsed->scheme() != "ldaps")) {
        throw std::invalid_argument("no LDAP server: " + std::string(url));
    }
    LdapServer server;
    server.name = url;
    server.host = parsed->host_type() == boost::urls::host_type::ipv6 ? parsed->host_ipv6_address().to_string().c_str()
                                                                      : std::string(parsed->host_address());
    server.start_tls = is_ldap;
    server.port = parsed->has_port() && parsed->port_number() != 0 ? parsed->port_number() : is_ldap ? ldap_port : ldaps_port;
    return server;
}

LdapServer catalog_of(const LdapServer& server, std::uint16_t port) {
    constexpr std::uint16_t catalog_tls_port = 3269;
    constexpr std::uint16_t catalog_port = 3268;
    LdapServer catalog;
    catalog.host = server.host;
    catalog.start_tls = server.start_tls;
    catalog.port = port != 0 ? port : server.start_tls ? catalog_port : catalog_tls_port;
    const bool is_ipv6 = server.host.find(':') != std::string::npos;
    catalog.name = (server.start_tls ? "ldap://" : "ldaps://") + (is_ipv6 ? '[' + server.host + ']' : server.host) + ':' +
                   std::to_string(catalog.port);
    return catalog;
}

}  // namespace eas451
