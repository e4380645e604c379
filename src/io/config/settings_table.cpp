// SPDX-License-Identifier: Apache-2.0
// Every key of the configuration. A new one is a row here and a member of Settings; the parser, the
// defaults' test, `config show`, the reference and the schema follow. A default is that of the
// member, and is repeated here for people to read; a test compares the two.
#include "binding.hpp"
#include "key_types.hpp"

namespace eas451 {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using namespace key_types;
constexpr milliseconds day = 24h;
constexpr std::int64_t kib = 1024;
constexpr std::int64_t gib = kib * kib * kib;

// Where a member of Settings is; `at` says which map of each list that the path goes through.
#define MEMBER(name) member([](auto& s, const Indices&) -> auto& { return s.name; })
#define LISTENER(name) member([](auto& s, const Indices& at) -> auto& { return s.listeners[at[0]].name; })
#define OTHER_OF_LISTENER(name) \
    member([](auto& s, const Indices& at) -> auto& { return s.listeners[at[0]].tls->others[at[1]].name; })
#define OTHER_OF_ADMIN(name) member([](auto& s, const Indices& at) -> auto& { return s.admin.tls->others[at[0]].name; })
#define RELATIONSHIP(name) member([](auto& s, const Indices& at) -> auto& { return s.static_relationships[at[0]].name; })

// admin.where is an address or a path; of the one that is not there the key has no value.
constexpr Binding admin_bind{
    [](const Settings& s, const Indices&) {
        const auto* const bind = std::get_if<BindAddress>(&s.admin.where);
        return bind != nullptr ? to_value(*bind) : Value();
    },
    [](Settings& s, const Indices&, const Value& value) { from_value(value, s.admin.where.emplace<BindAddress>()); }};
constexpr Binding admin_unix{[](const Settings& s, const Indices&) {
                                 const auto* const socket = std::get_if<std::filesystem::path>(&s.admin.where);
                                 return socket != nullptr ? to_value(*socket) : Value();
                             },
                             [](Settings& s, const Indices&, const Value& value) {
                                 from_value(value, s.admin.where.emplace<std::filesystem::path>());
                             }};
constexpr Binding basic{
    [](const Settings& s, const Indices&) { return Value(std::int64_t{s.authenticate ? 0 : 1}); },
    [](Settings& s, const Indices&, const Value& value) { s.authenticate = std::get<std::int64_t>(value) == 0; }};

constexpr std::string_view certificate_text = "PEM: the server's certificate, then the intermediate ones.";
constexpr std::string_view key_text = "PEM: its private key, without a passphrase. ECDSA is the better choice; see docs/tls.md.";
constexpr std::string_view staple_text =
    "DER: an OCSP response for this certificate, given to clients that ask for it. It is read again with each reload, "
    "and not given any more when it has expired.";
constexpr std::string_view others_text =
    "Further certificates. A client gets the one for the name that it asks for: the exact name, then a pattern like "
    "*.contoso.com; for any other name, or none, the first certificate. Of an ECDSA and an RSA one for the same name it "
    "gets the one that it understands.";

constexpr Key table[] = {
    {"listeners", required(one(Kind::list)), "", "", MEMBER(listeners),
     "Addresses on which devices are served; one or more."},
    {"listeners[].bind", required(one(Kind::bind)), "", R"("0.0.0.0:443")", LISTENER(bind),
     "The address and port to listen on. Port 0 is any free port, printed at start."},
    {"listeners[].tls", section_or_off, "off", "", LISTENER(tls),
     "The certificate of this listener. Off only on a loopback address, or with trusted_proxies that speak TLS for "
     "us."},
    {"listeners[].tls.certificate", required(path), "", "tls.crt", LISTENER(tls->certificate),
     certificate_text},
    {"listeners[].tls.key", required(path), "", "tls.key", LISTENER(tls->key), key_text},
    {"listeners[].tls.ocsp_response", path, "", "", LISTENER(tls->ocsp_response), staple_text},
    {"listeners[].tls.others", one(Kind::list), "[]", "", LISTENER(tls->others), others_text},
    {"listeners[].tls.others[].certificate", required(path), "", "", OTHER_OF_LISTENER(certificate), certificate_text},
    {"listeners[].tls.others[].key", required(path), "", "", OTHER_OF_LISTENER(key), key_text},
    {"listeners[].tls.others[].ocsp_response", path, "", "", OTHER_OF_LISTENER(ocsp_response), staple_text},
    {"listeners[].trusted_proxies", many(Kind::network), "[]", "[]", LISTENER(trusted_proxies),
     "Networks of proxies in front of us. Their X-Forwarded-For is believed or, with proxy_protocol, their PROXY header. "
     "Where tls is off, nobody else is served beyond loopback. A single address is one too."},
    {"listeners[].proxy_protocol", boolean, "off", "off", LISTENER(proxy_protocol),
     "Every connection begins with a header of the PROXY protocol, version 1 or 2, and comes from one of trusted_proxies; "
     "others are closed. X-Forwarded-For then counts for nothing."},
    {"public_names", many(Kind::host_pattern), "[]", "[mail.contoso.com]", MEMBER(public_names),
     "Our own names: a redirect to one of them is a loop, and is never sent. Left out, the names in the certificates."},
    {"workers", number(Kind::workers, 1, 256), "auto", "auto", MEMBER(workers),
     "Threads that serve devices; auto is one for each core."},
    {"user", text, "", "eas451", MEMBER(user),
     "Started as root, the account to become once the addresses are bound. Required then, unless lab is true."},
    {"lab", boolean, "false", "false", MEMBER(lab),
     "Permits authentication.basic: off and running as root, and makes certificates whose files are not there, at a reload "
     "too. Never true where a stranger can connect."},
    {"admin", section_or_off, "", "", MEMBER(admin.enabled),
     "Health, metrics and the API for administrators (docs/admin.md). Left out, it is on; off switches it off."},
    {"admin.bind", one(Kind::bind), "127.0.0.1:9451", R"("127.0.0.1:9451")", admin_bind,
     "Its address and port. Beyond loopback it needs password_hash_file and tls."},
    {"admin.unix", path, "", "", admin_unix, "The path of a Unix socket, instead of bind."},
    {"admin.password_hash_file", one(Kind::path), "", "", MEMBER(admin.password_hash_file),
     "A file with a hash made by `eas451 hash-password`; without it no password is asked."},
    {"admin.tls", section_or_off, "off", "", MEMBER(admin.tls), "The certificate of the admin listener."},
    {"admin.tls.certificate", required(path), "", "", MEMBER(admin.tls->certificate),
     certificate_text},
    {"admin.tls.key", required(path), "", "", MEMBER(admin.tls->key), key_text},
    {"admin.tls.ocsp_response", path, "", "", MEMBER(admin.tls->ocsp_response), staple_text},
    {"admin.tls.others", one(Kind::list), "[]", "", MEMBER(admin.tls->others), others_text},
    {"admin.tls.others[].certificate", required(path), "", "", OTHER_OF_ADMIN(certificate), certificate_text},
    {"admin.tls.others[].key", required(path), "", "", OTHER_OF_ADMIN(key), key_text},
    {"admin.tls.others[].ocsp_response", path, "", "", OTHER_OF_ADMIN(ocsp_response), staple_text},
    {"authentication", section, "", "", {}, "Who may ask."},
    {"authentication.basic", choice("directory|off"), "directory", "directory", basic,
     "directory checks the password of every request against the directory. off, in a lab only, takes the login from "
     "the request and looks at no password."},
    {"authentication.realm", one(Kind::realm), "", "mail.contoso.com", MEMBER(realm),
     "The realm that devices are shown. Left out, the first of public_names."},
    {"authentication.refusal_delay", duration(0s, 10s), "100ms", "100ms", MEMBER(refusal_delay),
     "A 401 of ours leaves no earlier than so long after its request, whatever its reason, and so does the answer to a login that is held; no other answer waits, Exchange's own 401 included."},
    {"authentication.smtp_logins", boolean, "off", "off", MEMBER(smtp_logins),
     "Mail addresses (mail, and proxyAddresses of type SMTP) are logins too. A name that is somebody's UPN stays theirs."},
    {"directory", section, "", "", {}, "Where users and their mailbox locations are looked up."},
    {"directory.type", choice("ldap|file"), "ldap", "ldap", MEMBER(directory.type),
     "ldap asks domain controllers, file reads directory.file."},
    {"directory.deadline", duration(100ms, 1min), "5s", "5s", MEMBER(directory.deadline),
     "The longest that one request waits for the directory, whatever has to be asked."},
    {"directory.file", path, "", "", MEMBER(directory.file),
     "For type file: .yaml, .yml or .json, or an .ldif exported from Active Directory."},
    {"directory.ldap", section, "", "", {}, "For type ldap: the domain controllers."},
    {"directory.ldap.servers", many(Kind::ldap_server), "[]",
     R"(["ldaps://dc1.contoso.com", "ldaps://dc2.contoso.com"])", MEMBER(directory.ldap.servers),
     "In order of preference. ldap:// means StartTLS; srv:DOMAIN asks DNS for the domain's controllers, and needs "
     "ca_file."},
    {"directory.ldap.name_servers", many(Kind::name_server), "[]", "[]", MEMBER(directory.ldap.name_servers),
     "Whom srv:DOMAIN asks, three at most, instead of the name servers of /etc/resolv.conf. The addresses of hosts are "
     "looked up as the system does it all the same."},
    {"directory.ldap.ca_file", path, "", "ca.pem", MEMBER(directory.ldap.ca_file),
     "PEM: the authorities that may vouch for the servers. Left out, those of the system."},
    {"directory.ldap.bind_name", text, "", "svc-eas451@contoso.com", MEMBER(directory.ldap.bind_name),
     "The account that searches: a UPN or a DN. An account that may read is enough."},
    {"directory.ldap.bind_password_file", path, "", "secret", MEMBER(directory.ldap.bind_password_file),
     "The file with its password."},
    {"directory.ldap.base", text, "", R"("DC=contoso,DC=com")", MEMBER(directory.ldap.base),
     "Where searches begin. Left out, the server's defaultNamingContext."},
    {"directory.ldap.netbios_domains", one(Kind::netbios_domains), "{}", "{CONTOSO: contoso.com}",
     MEMBER(directory.ldap.netbios_domains),
     "The domain of each NetBIOS name, for logins like CONTOSO\\user. Left out, read from the configuration "
     "partition."},
    {"directory.ldap.global_catalog", boolean, "off", "off", MEMBER(directory.ldap.global_catalog),
     "Look users up at port 3269 or 3268, for a forest of several domains; everything else stays at 636 or 389 of the "
     "same host."},
    {"directory.ldap.global_catalog_port", number(Kind::count, 1, 65535), "", "",
     MEMBER(directory.ldap.global_catalog_port),
     "The port of the global catalog, on every one of the servers. Left out, 3269 for ldaps:// and 3268 for ldap://; "
     "needed where servers are given with a port of their own."},
    {"directory.ldap.user_filter", one(Kind::ldap_filter), R"f("(&(objectCategory=person)(objectClass=user))")f",
     R"f("(&(objectCategory=person)(objectClass=user))")f", MEMBER(directory.ldap.user_filter),
     "What an entry has to be to be a user, besides having the login. For OpenLDAP perhaps (objectClass=inetOrgPerson)."},
    {"directory.ldap.attributes", one(Kind::attribute_names), "{}", "", MEMBER(directory.ldap.attributes),
     "For another schema: the names it has for Active Directory's attributes, as in {sAMAccountName: uid, "
     "userPrincipalName: mail}."},
    {"directory.ldap.relationships_base", text, "", R"("CN=Services,CN=Configuration,DC=contoso,DC=com")",
     MEMBER(directory.ldap.relationships_base),
     "Where organization relationships are searched. Left out, CN=Services of the server's "
     "configurationNamingContext."},
    {"directory.cache", section, "", "", {}, "How long answers of LDAP servers are used; a file is in memory as it is."},
    {"directory.cache.ttl", duration(1s, day), "5m", "5m", MEMBER(directory.cache_ttl),
     "A user as it was looked up. No redirect is ever made from older data."},
    {"directory.cache.negative_ttl", duration(1s, 1h), "30s", "30s", MEMBER(directory.cache_negative_ttl),
     "A login that does not exist."},
    {"directory.cache.login_ttl", duration(1s, 10min), "10m", "10m", MEMBER(directory.cache_login_ttl),
     "A password that was right is not tried again for so long; of the password itself only a keyed hash is kept. 10m at "
     "most."},
    {"directory.cache.stale_local", duration(0s, day), "15m", "15m", MEMBER(directory.cache_stale_local),
     "While the directory is down, how long beyond ttl a local mailbox is still passed on to Exchange."},
    {"directory.cache.max_entries", number(Kind::count, 1000, 10'000'000), "100000", "100000",
     MEMBER(directory.cache_max_entries), "Logins that are remembered at most, and as many passwords; about 1 KiB each."},
    {"directory.lockout", section, "", "", {},
     "How many wrong passwords reach the directory, so that no account is ever locked by them; of LDAP "
     "alone. See docs/lockout.md."},
    {"directory.lockout.threshold", number(Kind::count, 0, 65535), "", "", MEMBER(directory.lockout_threshold),
     "After how many wrong passwords the directory locks an account; 0 is never. Left out, read from the directory "
     "(lockoutThreshold). To be given where a fine-grained policy is stricter for some users."},
    {"directory.lockout.observation_window", duration(1s, 30 * day), "", "", MEMBER(directory.lockout_observation_window),
     "After how long without one the directory forgets wrong passwords. Left out, read from the directory "
     "(lockOutObservationWindow)."},
    {"directory.lockout.replicas", number(Kind::count, 1, 1000), "1", "1", MEMBER(directory.lockout_replicas),
     "How many servers like this one, itself included, ask the same domain: they share what may be tried."},
    {"directory.lockout.users_per_address", number(Kind::count, 0, 10000), "10", "10",
     MEMBER(directory.lockout_users_per_address),
     "How many users may send wrong passwords from one address (of IPv6, one /64) before further ones are held; 0 is any "
     "number. Where many people share one address, as behind a proxy, it has to be higher."},
    {"directory.lockout.address_recovers", duration(100ms, 1h), "6s", "6s", MEMBER(directory.lockout_address_recovers),
     "After this time each, one of them is forgotten."},
    {"organization_relationships", section, "", "", {}, "Which domains live in which other organization, and its address."},
    {"organization_relationships.from_directory", boolean, "true", "true", MEMBER(relationships_from_directory),
     "Read those that Exchange keeps in the directory."},
    {"organization_relationships.max_age", duration(1s, 7 * day), "1h", "1h", MEMBER(relationships_max_age),
     "Older than this they are not used, and devices are told to come back later."},
    {"organization_relationships.refresh", duration(1s, day), "1m", "1m", MEMBER(relationships_refresh),
     "How often those of the directory are read again."},
    {"organization_relationships.ca_file", path, "", "", MEMBER(targets_ca_file),
     "PEM: who may vouch for targets, for `check --online` alone. Left out, the system's, as devices have them."},
    {"organization_relationships.static", one(Kind::list), "[]", "", MEMBER(static_relationships),
     "Further ones; they win over those of the directory for the same domain."},
    {"organization_relationships.static[].name", required(text), "", "Office 365", RELATIONSHIP(name),
     "A name for logs and reports."},
    {"organization_relationships.static[].domain_names", required(many(Kind::domain_name)), "",
     "[contoso.mail.onmicrosoft.com]", RELATIONSHIP(domain_names),
     "The domains of the RemoteRoutingAddresses that lead there. They match exactly; a domain stands in one "
     "relationship only."},
    {"organization_relationships.static[].target_owa_url", one(Kind::owa_url), "", "https://outlook.office.com/mail",
     RELATIONSHIP(target_owa_url), "The other organization's OWA; the EAS URL is derived from it."},
    {"organization_relationships.static[].eas_url", one(Kind::eas_url), "", "", RELATIONSHIP(eas_url),
     "Overrides what is derived from target_owa_url. A port other than 443 is kept, but some devices read the host "
     "alone."},
    {"organization_relationships.static[].minimum_protocol_version", one(Kind::version), "", "",
     RELATIONSHIP(minimum_protocol_version),
     "Wins over redirect.minimum_protocol_version for this organization; 14.0 or more as well."},
    {"redirect", section, "", "", {}, "Who is told to go where."},
    {"redirect.mode", choice("on|off|report"), "on", "report", MEMBER(policy.mode),
     "off and report redirect nobody: requests are passed on if exchange is set, else answered as for a user without "
     "mailbox. report also logs the URL it would have sent."},
    {"redirect.only_users", many(Kind::text), "[]", "[]", MEMBER(policy.only_users),
     "Not empty: the canary. Only these users (UPN, mail, primary SMTP address, or account name with or without NetBIOS "
     "name) are redirected; mode is off for everyone else."},
    {"redirect.minimum_protocol_version", one(Kind::version), R"("14.0")", R"("14.0")",
     MEMBER(policy.minimum_protocol_version),
     "Devices below it are refused instead of redirected. 14.0 or more: before that none understands a redirect."},
    {"redirect.skip", section, "", "", {}, "Clients that cannot follow; they are passed on if exchange is set, else answered as for no mailbox."},
    {"redirect.skip.user_agents", many(Kind::text), "[]", "[]", MEMBER(policy.skip_user_agents),
     "Beginnings of the User-Agent header, in any case."},
    {"redirect.skip.device_types", many(Kind::text), "[]", "[]", MEMBER(policy.skip_device_types),
     "Beginnings of the DeviceType, in any case. The OPTIONS of some devices come without one: name those by user_agents too."},
    {"redirect.location", choice("eas_url|target_owa_url"), "eas_url", "eas_url", MEMBER(policy.location),
     "What X-MS-Location carries: the EAS URL derived from target_owa_url, or target_owa_url as it is, if https."},
    {"redirect.allowed_hosts", many(Kind::host_name), "[]", "[]", MEMBER(policy.allowed_hosts),
     "Not empty: a target on any other host is no target."},
    {"exchange", one(Kind::optional_section), "", "", MEMBER(exchange),
     "The Exchange servers of local mailboxes. Left out, we redirect only."},
    {"exchange.servers", required(many(Kind::https_server)), "",
     R"(["https://ex1.contoso.com", "https://ex2.contoso.com"])", MEMBER(exchange->servers),
     "A user stays with one server as long as that is up."},
    {"exchange.ca_file", path, "", "ca.pem", MEMBER(exchange->ca_file),
     "PEM: the authorities that may vouch for the servers. Left out, those of the system."},
    {"exchange.max_body", number(Kind::size, 64 * kib, gib), "64MiB", "64MiB", MEMBER(exchange->max_body),
     "The largest request that is passed on, attachments included."},
    {"limits", section, "", "", {}, "Every wait, count and size of the server."},
    {"limits.proxy_header", duration(100ms, 5min), "5s", "", MEMBER(limits.proxy_header),
     "The header of a connection with proxy_protocol, before its TLS handshake."},
    {"limits.handshake", duration(100ms, 5min), "10s", "", MEMBER(limits.handshake), "A TLS handshake."},
    {"limits.ticket_lifetime", duration(1s, day), "2h", "", MEMBER(limits.ticket_lifetime),
     "How long a client may go on with a TLS session, without a full handshake. The keys of tickets change at half of it."},
    {"limits.head", duration(100ms, 5min), "15s", "", MEMBER(limits.head),
     "A request's head, from its first byte to its end."},
    {"limits.body", duration(100ms, 1h), "1m", "", MEMBER(limits.body), "Reading a body that is thrown away."},
    {"limits.body_rate", number(Kind::size, 0, gib), "256", "", MEMBER(limits.body_rate),
     "A body comes at so many bytes a second at least, once body_grace is over; 0 asks for none."},
    {"limits.body_grace", duration(100ms, 1h), "10s", "", MEMBER(limits.body_grace),
     "How long a body may take whatever its rate."},
    {"limits.total", duration(100ms, day), "5m", "", MEMBER(limits.total),
     "A request in all, from its first byte to the last of its answer, without the time in which the answer is waited for."},
    {"limits.held", duration(100ms, 1h), "1h", "", MEMBER(limits.held), "The longest that an answer is waited for."},
    {"limits.idle", duration(100ms, 1h), "2m", "2m", MEMBER(limits.idle), "Between two requests of a connection."},
    {"limits.write", duration(100ms, 1h), "30s", "", MEMBER(limits.write), "Sending one answer."},
    {"limits.drain", duration(0s, 1h), "30s", "", MEMBER(limits.drain),
     "From SIGTERM until connections that are still busy are closed."},
    {"limits.connections", number(Kind::count, 1, 1'000'000), "16000", "16000", MEMBER(limits.connections),
     "Connections of devices in all."},
    {"limits.unauthenticated_per_address", number(Kind::count, 0, 1'000'000), "100", "", MEMBER(limits.unauthenticated_per_address),
     "Connections of one address (of IPv6, one /64) that have not sent a right password yet; 0 is any number."},
    {"limits.handshakes", number(Kind::count, 1, 1'000'000), "1000", "", MEMBER(limits.handshakes),
     "TLS handshakes that go on at once; one more ends the oldest."},
    {"limits.exchange_check", duration(1s, 5min), "10s", "", MEMBER(limits.exchange_check),
     "Between two health checks of an Exchange server. After one that failed, and while it is down, 2s at most."},
    {"limits.exchange_connect", duration(100ms, 1min), "5s", "", MEMBER(limits.exchange_connect),
     "Connecting to an Exchange server, with the TLS handshake, over all its addresses; a request tries servers for three "
     "times that at most. As long again for the answer to a health check."},
    {"limits.exchange_idle", duration(1s, 1h), "1m", "", MEMBER(limits.exchange_idle),
     "How long a connection to an Exchange server is kept for the next request. IIS closes one after 2m."},
    {"access_log", section_or_off, "", "", MEMBER(access_log_enabled),
     "One line for each request. Left out, it is on; off writes none."},
    {"access_log.format", choice("w3c|json"), "w3c", "w3c", MEMBER(access_log_format),
     "w3c is W3C extended, as IIS writes it; json is one object a line."},
    {"access_log.path", one(Kind::log_path), R"("-")", R"("-")", MEMBER(access_log_path),
     "The file, or - for stdout. SIGUSR1 reopens it."},
    {"log", section, "", "", {}, "What the server has to say about itself, on stderr."},
    {"log.level", choice("debug|info|warning|error"), "info", "info", MEMBER(log_level), "The least that is written."},
    {"log.format", choice("text|json"), "text", "text", MEMBER(log_format), "Lines for people, or JSON."},
    {"log.trace_users", many(Kind::text), "[]", "", MEMBER(trace_users),
     "Requests of these users are told step by step, whatever the level. Names as in redirect.only_users."},
    {"log.trace_for", duration(1s, 3 * day), "1h", "", MEMBER(trace_for),
     "How long that goes on: from the start, or from the reload that brought other users or another time."},
};

#undef MEMBER
#undef LISTENER
#undef OTHER_OF_LISTENER
#undef OTHER_OF_ADMIN
#undef RELATIONSHIP

}  // namespace

std::span<const Key> settings_table() {
    return table;
}

}  // namespace eas451
