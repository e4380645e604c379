// SPDX-License-Identifier: Apache-2.0
// libldap's objects as unique_ptr aliases, and its options as one typed function each: the C calls take
// void*, so that an int where a timeval is wanted compiles. Seen by ldap_codec.cpp and ldap_controls.cpp alone.
#pragma once

#include <lber.h>
#include <ldap.h>
#include <openldap.h>

#include <memory>

namespace eas451 {

struct LdapDeleter {
    void operator()(LDAP* it) const { ldap_unbind_ext(it, nullptr, nullptr); }
    void operator()(LDAPMessage* it) const { ldap_msgfree(it); }
    void operator()(BerElement* it) const { ber_free(it, 0); }
    void operator()(char* it) const { ldap_memfree(it); }
    void operator()(LDAPControl* it) const { ldap_control_free(it); }
    void operator()(LDAPControl** it) const { ldap_controls_free(it); }
};

using LdapHandle = std::unique_ptr<LDAP, LdapDeleter>;
using LdapMessageHandle = std::unique_ptr<LDAPMessage, LdapDeleter>;
using LdapElement = std::unique_ptr<BerElement, LdapDeleter>;
using LdapText = std::unique_ptr<char, LdapDeleter>;
using LdapControl = std::unique_ptr<LDAPControl, LdapDeleter>;
using LdapControls = std::unique_ptr<LDAPControl*, LdapDeleter>;

inline bool set_protocol_version(LDAP* ldap, int version) {
    return ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS;
}
inline bool set_referrals_off(LDAP* ldap) {
    return ldap_set_option(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS;
}
inline bool set_never_dereference(LDAP* ldap) {
    const int never = LDAP_DEREF_NEVER;
    return ldap_set_option(ldap, LDAP_OPT_DEREF, &never) == LDAP_OPT_SUCCESS;
}
/// For what gives no limit of its own; an ldap.conf of the machine would have a say otherwise.
inline bool set_no_time_limit(LDAP* ldap) {
    const int none = LDAP_NO_LIMIT;
    return ldap_set_option(ldap, LDAP_OPT_TIMELIMIT, &none) == LDAP_OPT_SUCCESS;
}
inline Sockbuf* socket_buffer_of(LDAP* ldap) {
    Sockbuf* buffer = nullptr;
    return ldap_get_option(ldap, LDAP_OPT_SOCKBUF, static_cast<void*>(&buffer)) == LDAP_OPT_SUCCESS ? buffer : nullptr;
}
inline bool set_largest_message(Sockbuf* buffer, ber_len_t bytes) {
    return ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &bytes) == 1;
}

}  // namespace eas451
