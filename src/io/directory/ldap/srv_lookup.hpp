// SPDX-License-Identifier: Apache-2.0
// The domain controllers of a domain, as DNS names them: SRV records, asked for with the resolver of the C
// library, on a thread of their own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "ldap_connection.hpp"
#include "srv_answer.hpp"

namespace eas451 {

/// Each server that is found is connected to; of more, those that are to be tried last are left out. Below
/// BlockingCall::most_at_once, since the names of all of them are looked up at once.
inline constexpr std::size_t most_servers_found = 16;

/// DOMAIN of srv:DOMAIN; empty for a server that is named.
std::string_view srv_domain_of(std::string_view configured);

struct SrvQuestion {
    std::string domain;
    std::vector<std::string> name_servers;  // ADDRESS:PORT, three at most; empty: those of /etc/resolv.conf
};

/// DNS has answered; that there are no records is an answer, too.
struct SrvFound {
    std::string name;  // the one that was asked, the last if there were several
    SrvRecords answer;
};
/// The error is one sentence that says why DNS could not be asked: nothing is known then.
using SrvOutcome = Result<SrvFound, std::string>;

/// Asks for _ldap._tcp.dc._msdcs.DOMAIN, and where DNS has none, for _ldap._tcp.DOMAIN. On the loop that runs
/// it; nobody is waited for beyond the deadline.
boost::asio::awaitable<SrvOutcome> look_up_srv(SrvQuestion question, SteadyTime deadline);

/// Why there is no server in an answer; empty when there is one.
std::string absence_in(const SrvFound& found);

/// A controller registers port 389 (MS-ADTS 6.3.2.3), and none for LDAPS: that is 636 of the same host. Any
/// other port is that of LDAPS as it stands.
LdapServer ldap_server_of(const SrvRecord& record);

}  // namespace eas451
