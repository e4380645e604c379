// SPDX-License-Identifier: Apache-2.0
// OrganizationRelationship: which domains live in which other organization, and where its mail is
// found. The table that turns a RemoteRoutingAddress into an EAS URL.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/result.hpp"

namespace eas451 {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class UrlFault : std::uint8_t { missing, not_a_url, not_http, not_https, has_userinfo, bad_host, bad_port };
std::string_view to_string(UrlFault fault);

/// The lower-cased host of an https URL without user name, as it stands; nothing for any other.
std::optional<std::string> https_host(std::string_view url);

/// What X-MS-Location carries: https://HOST/Microsoft-Server-ActiveSync, in exactly this spelling,
/// because deployed clients cut it apart as text (eas-protocol 0.2).
struct EasUrl {
    std::string url;
    std::string host;  // lower-case, without port
    bool has_port = false;
};

/// HOST is the URL's, lower-cased; scheme, port, path and query are dropped. outlook.com,
/// www.outlook.com and outlook.office.com become outlook.office365.com, where EAS is served.
Result<EasUrl, UrlFault> eas_url_from_owa_url(std::string_view target_owa_url);

/// The administrator's own EAS URL, re-spelled the same way; https only, and a port other than 443
/// is kept.
Result<EasUrl, UrlFault> eas_url_from_override(std::string_view eas_url);

struct OrganizationRelationship {
    enum class Source : std::uint8_t { static_configuration, directory };

    std::string name;
    std::vector<std::string> domain_names;
    std::string target_owa_url;  // as the directory or the administrator wrote it; may be empty
    std::string eas_url;         // overrides what is derived from target_owa_url; may be empty
    std::optional<ProtocolVersion> minimum_protocol_version;
    bool enabled = true;         // governs federated sharing, not redirection; check warns
    Source source = Source::static_configuration;
};

/// A relationship with its target worked out once, when the table is built.
struct ResolvedRelationship {
    OrganizationRelationship relationship;
    Result<EasUrl, UrlFault> target;
    /// The host of target_owa_url when that can be sent verbatim (https); else empty.
    std::string owa_host;
};

/// Immutable once built; any thread. Domains compare exactly (no parent domain, no wildcard) and
/// without regard to case. A static relationship wins over one of the directory for the same
/// domain; within one source a domain in two relationships is an error, and is never redirected.
class RelationshipTable {
public:
    struct Found { const ResolvedRelationship& entry; };
    struct None {};
    struct Duplicate { const ResolvedRelationship& first; const ResolvedRelationship& second; };
    /// The directory's relationships were never read, or too long ago, and no static one matches.
    struct Unreadable {};
    using Lookup = std::variant<Found, None, Duplicate, Unreadable>;

    /// Whether relationships are to come from the directory, and until when those that have been
    /// read may be used (max_age).
    struct DirectoryPart {
        std::vector<OrganizationRelationship> relationships;
        SteadyTime good_until;
    };
    /// No relationships from a directory are wanted.
    explicit RelationshipTable(std::vector<OrganizationRelationship> static_relationships);
    /// `directory` is empty while they could not be read.
    RelationshipTable(std::vector<OrganizationRelationship> static_relationships,
                      std::optional<DirectoryPart> directory);
    // find() hands out references into the table.
    RelationshipTable(const RelationshipTable&) = delete;
    RelationshipTable& operator=(const RelationshipTable&) = delete;

    /// Allocates nothing. `domain` may be in any case, up to 253 characters.
    [[nodiscard]] Lookup find(std::string_view domain, SteadyTime now) const;
    [[nodiscard]] const std::vector<ResolvedRelationship>& all() const { return all_; }

private:
    static constexpr std::size_t none = ~std::size_t{0};
    struct Slot { std::size_t first = none; std::size_t second = none; };
    struct DomainHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view domain) const;
    };
    struct DomainEqual {
        using is_transparent = void;
        bool operator()(std::string_view a, std::string_view b) const;
    };
    using Index = std::unordered_map<std::string, Slot, DomainHash, DomainEqual>;

    void add(OrganizationRelationship relationship, Index& index);
    [[nodiscard]] std::optional<Lookup> look_in(const Index& index, std::string_view domain) const;

    std::vector<ResolvedRelationship> all_;
    Index static_index_;
    Index directory_index_;
    bool directory_wanted_ = false;
    std::optional<SteadyTime> directory_good_until_;
};

}  // namespace eas451
