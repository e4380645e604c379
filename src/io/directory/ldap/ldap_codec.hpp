// SPDX-License-Identifier: Apache-2.0
// LdapCodec: LDAPv3 messages to bytes and back, by libldap, without a socket. Requests are appended to an
// output that the caller sends; bytes that the caller received are turned into messages. It never
// waits, and it never connects: a handle made for it cannot reconnect anonymously behind our back.
//
// One for each connection, used on one thread. After the first error it is dead for good.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "eas451/core/result.hpp"

namespace eas451 {

enum class LdapScope : std::uint8_t { base, one_level, subtree };

/// A part of what a search finds (RFC 2696), of at most `size` entries. A server that cannot do it has to say so.
struct LdapPage {
    int size = 1000;
    std::string cookie;  // of the page before, as the server gave it; empty for the first
};

struct LdapSearch {
    std::string base;
    LdapScope scope = LdapScope::subtree;
    std::string filter;                   // RFC 4515, foreign bytes already escaped
    std::vector<std::string> attributes;  // explicit; never empty
    int size_limit = 2;
    int time_limit_seconds = 5;
    std::optional<LdapPage> page = std::nullopt;  // then size_limit is that of all pages together
};

struct LdapEntry {
    std::string dn;
    std::vector<std::pair<std::string, std::vector<std::string>>> attributes;  // names as the server spells them

    /// The values of an attribute, by its name without regard to case; empty when it is not there.
    [[nodiscard]] const std::vector<std::string>& values(std::string_view name) const;
    /// Its first value; empty when there is none.
    [[nodiscard]] std::string_view value(std::string_view name) const;
};

/// What a server with a password policy says beside the result of a bind
/// (draft-behera-ldap-password-policy-10, section 6.2). Active Directory has its own way.
struct LdapPasswordPolicy {
    enum Error : int { password_expired = 0, account_locked = 1, change_after_reset = 2 };  // there are more, of no bind
    std::optional<int> error;
    std::optional<int> grace_binds_left;  // the password has expired, and was good once more
};

/// The end of an operation. Codes are those of RFC 4511 appendix A.
struct LdapResult {
    int code = 0;
    std::string diagnostic;
    std::optional<LdapPasswordPolicy> password_policy;  // nothing too when it cannot be read
    /// Of a search for a page: the cookie of the next one, empty after the last. Nothing where the server says
    /// nothing of pages that can be read.
    std::optional<std::string> next_page = std::nullopt;
};

/// A continuation reference: never followed.
struct LdapReference {};

enum class LdapOperation : std::uint8_t { search, bind, extended, other };

struct LdapMessage {
    int id = 0;  // of the request it answers; 0 is the server's notice that it disconnects
    LdapOperation answers = LdapOperation::other;
    std::variant<LdapEntry, LdapResult, LdapReference> content;
};

class LdapCodec {
public:
    /// A message above this is refused: a directory entry of ours is a few KiB.
    static constexpr std::size_t largest_message = 4U << 20U;

    /// Throws std::runtime_error when libldap has no memory.
    LdapCodec();
    ~LdapCodec();
    LdapCodec(const LdapCodec&) = delete;
    LdapCodec& operator=(const LdapCodec&) = delete;

    // Each gives the id of the request, or nothing when it could not be encoded: the codec is dead then.
    std::optional<int> search(const LdapSearch& search);
    /// Simple bind. The caller has refused empty passwords and those with a NUL; they are refused here
    /// again, since an empty one is a successful anonymous bind on Active Directory. Asks for the password
    /// policy's opinion too, which a server that has none leaves out.
    std::optional<int> bind(const std::string& dn, std::string_view password);
    std::optional<int> start_tls();
    /// A search that finds nothing now, and whose entries come one by one, whenever a child of that container
    /// has changed, until it is abandoned (LDAP_SERVER_NOTIFICATION_OID; MS-ADTS 3.1.1.3.4.1.9, which takes
    /// this filter only). The entries carry no attributes.
    std::optional<int> watch(const std::string& container);
    /// Tells the server that the answer is not wanted any more.
    void abandon(int id);

    /// Takes what is to be sent. The bytes of a bind hold a password: the caller cleanses them.
    std::string take_output();
    /// Gives bytes that were received.
    void receive(std::string_view bytes);
    /// True when bytes were received that belong to no message taken so far.
    [[nodiscard]] bool has_unread_bytes() const;
    /// The next message, nothing while it is incomplete, or why the stream is broken.
    Result<std::optional<LdapMessage>, std::string> next();

private:
    friend struct LdapTransport;
    struct Wire;
    std::unique_ptr<Wire> wire_;
};

/// In the root DSE's supportedControl where changes can be watched.
inline constexpr std::string_view change_notification = "1.2.840.113556.1.4.528";

/// The words of RFC 4511 for a result code, such as "invalidCredentials", with its number.
std::string ldap_result_text(int code);
/// With what the server says besides.
std::string text_of(const LdapResult& result);

}  // namespace eas451
