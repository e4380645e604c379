// SPDX-License-Identifier: Apache-2.0
#include "ldap_login_choice.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "eas451/core/text.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

/// By what an entry is one for the login. `loosely`: no name that it shows is the login letter by letter, so
/// the directory compared another way (without accents, in full width, a second value), and by which name
/// nobody knows.
enum class Match : std::uint8_t { none, loosely, by_address, by_account_name, by_principal_name };
constexpr std::size_t matches = 5;

bool has_at_sign(const LoginName& login) { return login.form == LoginForm::upn || login.form == LoginForm::smtp; }

/// Of a login without '@', or with a domain of ours behind it.
Match match_of_account_name(const Recipient& entry, const LoginName& login, const LdapNaming& naming) {
    const bool is_there = naming.is_in_domain_of(login, entry.distinguished_name);
    if (!equals_ignore_case(entry.sam_account_name, login.name)) {
        return is_there || has_at_sign(login) ? Match::loosely : Match::none;
    }
    return is_there ? Match::by_account_name : Match::none;
}

Match match_of(const Recipient& entry, const LoginName& login, const LdapNaming& naming, LoginWays ways) {
    if (!has_at_sign(login)) return match_of_account_name(entry, login, naming);
    if (equals_ignore_case(entry.user_principal_name, login.text)) return Match::by_principal_name;
    const Match match = ways.account_name ? match_of_account_name(entry, login, naming) : Match::loosely;
    if (match == Match::by_account_name) return match;
    return ways.address && LdapSchema::has_address(entry, login.text) ? Match::by_address : match;
}

/// The entries by their match.
class Hits {
public:
    void add(Match match, Recipient entry) { entries_[index(match)].push_back(std::move(entry)); }

    LoginChoice choose() {
        // One that may be anything can only be told from others by being alone.
        if (!of(Match::loosely).empty() && count() > 1) return Ambiguous{};
        for (const Match match : {Match::by_principal_name, Match::by_account_name, Match::by_address, Match::loosely}) {
            if (of(match).size() == 1) return only(match);
            if (!of(match).empty()) return Ambiguous{};
        }
        return NotFound{};
    }

private:
    static std::size_t index(Match match) { return static_cast<std::size_t>(match); }
    std::vector<Recipient>& of(Match match) { return entries_[index(match)]; }
    LoginChoice only(Match match) { return std::move(of(match).front()); }
    [[nodiscard]] std::size_t count() const {
        std::size_t sum = 0;
        for (std::size_t i = index(Match::loosely); i < matches; ++i) sum += entries_[i].size();
        return sum;
    }

    std::array<std::vector<Recipient>, matches> entries_;
};

}  // namespace

LoginWays ways_of(const LoginName& login, const LdapNaming& naming, bool smtp_logins) {
    if (!has_at_sign(login)) return {};
    return {naming.domain_of_login(login) != nullptr, smtp_logins};
}

int login_size_limit(const LdapNaming& naming) {
    // The catalog also has the users of domains whose names are not known here.
    constexpr std::size_t domains_of_forest = 100;
    return static_cast<int>(std::max(naming.domains.size(), naming.is_forest ? domains_of_forest : 1)) + 1;
}

LoginForm matched_form(const Recipient& chosen, const LoginName& login, const LdapNaming& naming) {
    if (!has_at_sign(login)) return login.form;
    const Match match = match_of(chosen, login, naming, ways_of(login, naming, true));
    return match == Match::by_address ? LoginForm::smtp : login.form;
}

LoginChoice choose_entry(const LdapReply& reply, const LoginName& login, const LdapNaming& naming, const LdapSchema& schema,
                         bool smtp_logins) {
    if (reply.result.code == ldap_code::size_limit_exceeded) {
        if (reply.entries.size() >= 2) return Ambiguous{};
        return std::string("a size limit below two");
    }
    const LoginWays ways = ways_of(login, naming, smtp_logins);
    Hits hits;
    for (const LdapEntry& entry : reply.entries) {
        auto recipient = schema.recipient_of(entry);
        if (!recipient) return recipient.error();
        recipient->netbios_name = naming.netbios_name_of(recipient->distinguished_name);
        const Match match = match_of(*recipient, login, naming, ways);
        hits.add(match, std::move(*recipient));
    }
    return hits.choose();
}

}  // namespace eas451
