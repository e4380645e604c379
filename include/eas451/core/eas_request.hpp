// SPDX-License-Identifier: Apache-2.0
// EasRequest: what one ActiveSync request asks, from its request line and headers (MS-ASHTTP
// 2.2.1.1). Pure; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/request_head.hpp"
#include "eas451/core/result.hpp"

namespace eas451 {

/// The path of ActiveSync: ours, and that of every target.
inline constexpr std::string_view eas_path = "/Microsoft-Server-ActiveSync";

/// Every command with a name of its own; `unknown` is a well-formed one that is not in the list.
/// The first five rows travel in both query forms; the last in the plain one only.
enum class EasCommand : std::uint8_t {
    sync, send_mail, smart_forward, smart_reply, get_attachment,
    folder_sync, folder_create, folder_delete, folder_update, move_items,
    get_item_estimate, meeting_response, search, settings, ping,
    item_operations, provision, resolve_recipients, validate_cert, find,
    get_hierarchy, create_collection, delete_collection, move_collection, notify,
    unknown,
};
/// As on the wire: "FolderSync". "Unknown" for unknown.
std::string_view to_string(EasCommand command);
/// Case-insensitive.
EasCommand eas_command_from_name(std::string_view name);
/// Well-formed, known or not: 1 to 32 letters.
bool is_command_name(std::string_view name);
/// 1 to 32 visible characters.
bool is_device_type(std::string_view text);
/// MS-ASHTTP 2.2.1.1.1.1.2: the code of the base64 form.
EasCommand eas_command_from_code(std::uint8_t code);

/// An EAS version such as 14.1; compares as the decimal number it is written as: 14.10 is 14.1.
class ProtocolVersion {
public:
    /// `minor` is the one digit after the point.
    constexpr ProtocolVersion(unsigned major, unsigned minor) : thousandths_(major * 1000 + minor * 100) {}
    /// "N.N", one to three digits on each side, nothing else. Those after the point are a fraction.
    static std::optional<ProtocolVersion> parse(std::string_view text);
    /// The byte of the base64 form: the version times ten.
    static constexpr ProtocolVersion from_byte(std::uint8_t tenths) { return {tenths / 10U, tenths % 10U}; }

    friend constexpr auto operator<=>(ProtocolVersion, ProtocolVersion) = default;
    /// "14.1"
    [[nodiscard]] std::string to_string() const;

private:
    constexpr explicit ProtocolVersion(unsigned thousandths) : thousandths_(thousandths) {}
    unsigned thousandths_;  // 14.1 is 14100
};

/// The first version whose devices understand a 451 and a Status document on HTTP 200.
inline constexpr ProtocolVersion first_version_with_status{14, 0};

enum class EasMethod : std::uint8_t { post, options };
enum class QueryForm : std::uint8_t { none, plain, base64 };

struct EasRequest {
    EasMethod method = EasMethod::post;
    QueryForm form = QueryForm::none;
    EasCommand command = EasCommand::unknown;
    std::string command_name;  // as sent; in the base64 form the name, or the number of an unknown code
    std::optional<ProtocolVersion> version;  // base64 query, else MS-ASProtocolVersion
    std::string user;          // the User parameter, decoded: log material, never an identity
    std::string device_id;     // decoded; a 16-byte base64 field as 32 upper-case hexadecimal digits
    std::string device_type;   // decoded
    bool device_id_valid = false;    // 1 to 32 letters and digits (MS-ASHTTP R100)
    bool device_type_valid = false;  // 1 to 32 visible characters (MS-ASCMD Status 109 beyond)

    /// POST with a version of 14.0 or above: the device understands Status documents on HTTP 200.
    [[nodiscard]] bool understands_status() const {
        return method == EasMethod::post && version && *version >= first_version_with_status;
    }
};

/// Why a request to the EAS path is "400 bad-request".
enum class QueryFault : std::uint8_t {
    bad_escape,           // '%' without two hexadecimal digits
    control_byte,         // a decoded control byte in a text parameter
    duplicate_parameter,  // two of Cmd, User, DeviceId or DeviceType
    no_command,           // POST without Cmd
    bad_command,          // not 1 to 32 letters
    bad_version,          // MS-ASProtocolVersion is not N.N, or is there twice
    bad_base64,           // a base64 query that does not decode
    truncated_base64,     // a field of it ends after the query does
    bad_policy_key,       // its length is neither 0 nor 4
};
std::string_view to_string(QueryFault fault);

enum class Target : std::uint8_t { eas, eas_page, health, other };

/// What a request is for, by method and path alone: POST and OPTIONS of the ActiveSync path, GET
/// and HEAD of its healthcheck.htm, or anything else (404). GET and HEAD of the ActiveSync path itself are 404 too, but
/// for an empty Bearer (asks_for_challenge()), with which programs look whether a server offers modern authentication.
/// The path compares case-insensitively and exactly, undecoded: no escape, dot segment or parameter of it is understood.
Target classify_target(const RequestHead& head);

/// Requires classify_target(head) == Target::eas.
Result<EasRequest, QueryFault> parse_eas_request(const RequestHead& head);

/// A base64 query decoded into `Cmd=…&User=…&DeviceId=…&DeviceType=…` for the access log, values
/// percent-encoded, absent ones left out.
std::string plain_query_of(const EasRequest& request);

}  // namespace eas451
