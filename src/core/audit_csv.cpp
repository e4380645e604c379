// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/audit_text.hpp"

namespace eas451 {
namespace {

/// A spreadsheet takes a text that begins so for a formula, and the directory's users write some of these texts.
/// With an apostrophe before it, it is a text.
bool may_be_formula(std::string_view value) {
    constexpr std::string_view beginnings = "=+-@\t\r\n";
    return !value.empty() && beginnings.find(value.front()) != std::string_view::npos;
}

void append_field(std::string& out, std::string_view value) {
    const bool is_quoted = value.find_first_of(",\"\r\n") != std::string_view::npos;
    if (is_quoted) out += '"';
    if (may_be_formula(value)) out += '\'';
    for (const char c : value) {
        if (c == '"') out += '"';
        out += c;
    }
    if (is_quoted) out += '"';
}

void append_line(std::string& out, std::initializer_list<std::string_view> values) {
    bool is_first = true;
    for (const std::string_view value : values) {
        if (!is_first) out += ',';
        append_field(out, value);
        is_first = false;
    }
    out += "\r\n";
}

class Csv final : public AuditText {
public:
    void begin(RedirectMode, std::string& out) override {
        append_line(out, {"severity", "finding", "recipient", "user_principal_name", "primary_smtp_address", "target_address", "class",
                          "reason", "location", "what", "mend"});
    }

    void row(const AuditRow& row, std::string& out) override {
        append_line(out, {to_string(row.severity), row.finding, row.recipient, row.user_principal_name, row.primary_smtp_address,
                          row.target_address, row.audit_class ? to_string(*row.audit_class) : std::string_view{}, row.reason, row.location,
                          row.what, row.mend});
    }

    void end(const AuditSummary&, const AuditEnd& end, std::string& out) override {
        if (!end.trouble.empty()) append_line(out, {incomplete_word, incomplete_word, {}, {}, {}, {}, {}, {}, {}, end.trouble, {}});
    }
};

}  // namespace

std::unique_ptr<AuditText> make_audit_csv() { return std::make_unique<Csv>(); }

}  // namespace eas451
