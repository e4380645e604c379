// SPDX-License-Identifier: Apache-2.0
// The report of an audit as text, piece by piece: a table for people, CSV (RFC 4180), one JSON object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "eas451/core/audit.hpp"

namespace eas451 {

enum class AuditFormat : std::uint8_t { table, csv, json };

/// Where recipients were looked for, and whether these are all.
struct AuditEnd {
    std::string source;   // a server or a file; empty: nobody could be asked
    std::string base;     // of LDAP; with a filter and empty: the whole forest
    std::string filter;   // of LDAP
    std::string trouble;  // not empty: the report is incomplete, and why
};

/// Appends to a text; calls in the order begin, row*, end. Keeps nothing of a row.
class AuditText {
public:
    virtual ~AuditText() = default;
    virtual void begin(RedirectMode mode, std::string& out) = 0;
    virtual void row(const AuditRow& row, std::string& out) = 0;
    virtual void end(const AuditSummary& summary, const AuditEnd& end, std::string& out) = 0;
};

std::unique_ptr<AuditText> make_audit_text(AuditFormat format);
std::unique_ptr<AuditText> make_audit_table();
std::unique_ptr<AuditText> make_audit_csv();
std::unique_ptr<AuditText> make_audit_json();

/// The word in place of a reason where the report is incomplete.
inline constexpr std::string_view incomplete_word = "incomplete";


}  // namespace eas451
