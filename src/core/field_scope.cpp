// SPDX-License-Identifier: Apache-2.0
#include "field_scope.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"
#include "head_lines.hpp"
#include "log_line.hpp"

namespace eas451 {
namespace {

enum class Match : std::uint8_t { whole, prefix, suffix };

struct Row {
    std::string_view text;
    Match match = Match::whole;
    FieldScope scope = FieldScope::front_end;
};

using enum Match;
using enum FieldScope;

constexpr auto rows = std::to_array<Row>({
    // RFC 9110 7.6.1, and what servers and clients took for such before it.
    {"Connection", whole, hop_by_hop},
    {"Keep-Alive", whole, hop_by_hop},
    {"Proxy-", prefix, hop_by_hop},
    {"TE", whole, hop_by_hop},
    {"Trailer", whole, hop_by_hop},
    {"Transfer-Encoding", whole, hop_by_hop},
    {"Upgrade", whole, hop_by_hop},
    {"HTTP2-Settings", whole, hop_by_hop},
    // One of each is written; 100 Continue is sent by us.
    {"Host", whole, written_anew},
    {"Content-Length", whole, written_anew},
    {"Expect", whole, written_anew},
    // Who the client is, and by what it came (T18). We say it ourselves.
    {"Forwarded", whole, front_end},
    {"Via", whole, front_end},
    {"X-Forwarded", prefix, front_end},
    {"X-Real-", prefix, front_end},
    {"X-Client-IP", whole, front_end},
    {"X-ClientIP", prefix, front_end},
    {"Client-IP", whole, front_end},
    {"True-Client-IP", whole, front_end},
    {"X-True-Client-IP", whole, front_end},
    {"X-Cluster-Client-IP", whole, front_end},
    {"X-Originating-", prefix, front_end},
    {"X-Remote-", prefix, front_end},
    {"CF-Connecting-", prefix, front_end},
    {"Fastly-Client-", prefix, front_end},
    {"X-Azure-", prefix, front_end},
    {"X-Scheme", whole, front_end},
    {"X-Url-Scheme", whole, front_end},
    {"Front-End-Https", whole, front_end},  // Exchange takes it for TLS that ended before it
    // Another target, host or method than the request line's (T13): the rewriting modules of IIS, and frameworks.
    {"X-Original", prefix, front_end},
    {"X-Rewrite-", prefix, front_end},
    {"X-Host", whole, front_end},
    {"X-HTTP-Host-Override", whole, front_end},
    {"X-HTTP-Method", prefix, front_end},
    {"X-Method-Override", whole, front_end},
    {"Proxy", whole, front_end},  // becomes HTTP_PROXY of what is started by the server
    // What Exchange's front end tells its back end: who the user is, and where the mailbox (T14). By ProxyLogon,
    // ProxyShell and ProxyToken each was believed from elsewhere once.
    {"CommonAccessToken", suffix, front_end},
    {"Common-Access-Token", suffix, front_end},
    {"X-CommonAccessToken", prefix, front_end},
    {"X-Rps-CAT", whole, front_end},
    {"msExch", prefix, front_end},
    {"X-MSExch", prefix, front_end},
    {"X-BEResource", prefix, front_end},
    {"X-BEServer", prefix, front_end},
    {"X-BackEnd", prefix, front_end},
    {"X-AnonResource", prefix, front_end},
    {"X-FEServer", prefix, front_end},
    {"X-FEProxy", prefix, front_end},
    {"X-FrontEnd", prefix, front_end},
    {"X-Cafe", prefix, front_end},
    {"X-SourceCafe", prefix, front_end},
    {"X-IsFrom", prefix, front_end},
    {"X-ProxyTarget", prefix, front_end},
    {"X-TargetServer", prefix, front_end},
    {"X-TargetBackEnd", prefix, front_end},
    {"X-CalculatedBE", prefix, front_end},
    {"X-RoutingEntry", prefix, front_end},
    {"X-EAS-Proxy", prefix, front_end},
    {"X-OWA-Proxy", prefix, front_end},
    {"SecurityToken", whole, front_end},
    {"X-SecurityToken", whole, front_end},
    // Who the user is, as gateways that authenticate say it: Windows Live ID, AD FS and its proxies, and others.
    {"X-WLID", prefix, front_end},
    {"X-WL-", prefix, front_end},
    {"X-LiveId", prefix, front_end},
    {"RPS", prefix, front_end},
    {"X-MS-Proxy", prefix, front_end},
    {"X-MS-Forwarded-", prefix, front_end},
    {"X-MS-ADFS-", prefix, front_end},
    {"X-MS-Client-Principal", prefix, front_end},
    {"Remote-User", whole, front_end},
    {"X-Authenticated-", prefix, front_end},
    {"X-WebObjects-Remote-", prefix, front_end},  // SOGo
    // That a client certificate was checked, and whose it is (T19): IIS, RFC 9440, nginx, HAProxy, F5, Amazon.
    {"X-ARR-", prefix, front_end},
    {"X-SSL", prefix, front_end},
    {"SSL-", prefix, front_end},
    {"SSLClient", prefix, front_end},
    {"X-TLS-", prefix, front_end},
    {"TLS-Client-", prefix, front_end},
    {"X-Client-Cert", prefix, front_end},
    {"X-ClientCert", prefix, front_end},
    {"Client-Cert", prefix, front_end},
    {"X-Client-DN", whole, front_end},
    {"X-Client-Verify", prefix, front_end},
    {"X-Client-Subject", prefix, front_end},
    {"X-Client-Issuer", prefix, front_end},
    {"X-Client-Serial", prefix, front_end},
    {"X-Amzn-Mtls-", prefix, front_end},
    {"Cert-", prefix, front_end},
});

// Cookies by which Exchange's parts once told each other the same. They lead to nothing that a client needs: without
// X-BackEndCookie the mailbox server is worked out again.
constexpr auto cookie_rows = std::to_array<Row>({
    {"SecurityToken", whole},
    {"X-BEResource", prefix},
    {"X-AnonResource", prefix},
    {"X-BackEndCookie", prefix},
    {"msExch", prefix},
    {"CommonAccessToken", suffix},
});

constexpr bool is_extension(std::string_view name) {
    return name.size() > 2 && ascii_lower(name[0]) == 'x' && name[1] == '-';
}

constexpr std::size_t letters = 26;
constexpr std::size_t suffix_bucket = 2 * (letters + 1);
constexpr std::size_t bucket_count = suffix_bucket + 1;

/// Names are looked up by their first letter, those that begin with "X-" by the next.
constexpr std::size_t bucket_of(std::string_view name) {
    const char first = ascii_lower(name[is_extension(name) ? 2 : 0]);
    const auto letter = is_ascii_lower(first) ? static_cast<std::size_t>(first - 'a') : letters;
    return letter + (is_extension(name) ? letters + 1 : 0);
}
constexpr std::size_t bucket_of(const Row& row) {
    return row.match == suffix ? suffix_bucket : bucket_of(row.text);
}

/// The rows bucket by bucket.
struct Index {
    std::array<Row, rows.size()> sorted{};
    std::array<std::uint8_t, bucket_count + 1> starts{};

    constexpr Index() {
        std::size_t filled = 0;
        for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
            starts[bucket] = static_cast<std::uint8_t>(filled);
            for (const Row& row : rows) {
                if (bucket_of(row) == bucket) sorted[filled++] = row;
            }
        }
        starts[bucket_count] = static_cast<std::uint8_t>(filled);
    }
    [[nodiscard]] constexpr std::span<const Row> at(std::size_t bucket) const {
        return {sorted.data() + starts[bucket], sorted.data() + starts[bucket + 1]};
    }
};
static_assert(rows.size() < 256);
constexpr Index row_index;

bool is_match(std::string_view name, const Row& row) {
    if (name.size() < row.text.size()) return false;
    if (row.match == suffix) return equals_ignore_case(name.substr(name.size() - row.text.size()), row.text);
    return row.match == prefix ? starts_with_ignore_case(name, row.text) : equals_ignore_case(name, row.text);
}

const Row* find_match(std::string_view name, std::span<const Row> among) {
    const auto found = std::find_if(among.begin(), among.end(), [name](const Row& row) { return is_match(name, row); });
    return found == among.end() ? nullptr : &*found;
}

}  // namespace

FieldScope scope_of_field(std::string_view name) {
    if (name.empty()) return end_to_end;
    const Row* row = find_match(name, row_index.at(bucket_of(name)));
    if (row == nullptr) row = find_match(name, row_index.at(suffix_bucket));
    return row == nullptr ? end_to_end : row->scope;
}

bool is_front_end_cookie(std::string_view name) {
    return find_match(name, cookie_rows) != nullptr;
}

NamedInConnection::NamedInConnection(std::span<const HeaderField> fields) {
    for (const HeaderField& field : fields) {
        if (known_field(field.name) != KnownField::connection) continue;
        all_elements(field.value, [this](std::string_view option) {
            if (!option.empty()) names_[count_++] = option;
            return count_ < names_.size();
        });
    }
}

bool NamedInConnection::holds(std::string_view name) const {
    const auto is_it = [name](std::string_view option) { return equals_ignore_case(option, name); };
    return std::any_of(names_.begin(), names_.begin() + count_, is_it);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_framing(std::string& out, BodyFraming framing, std::uint64_t content_length) {
    if (framing == BodyFraming::chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (framing != BodyFraming::content_length) return;
    out.append("Content-Length: ");
    log_line::append_number(out, content_length);
    out.append("\r\n");
}

}  // namespace eas451
