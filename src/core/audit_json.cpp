// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/audit_text.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

void append_key(std::string& out, std::string_view key) {
    if (out.back() != '{') out += ',';
    append_json_string(out, key);
    out += ':';
}

void append(std::string& out, std::string_view key, std::size_t number) {
    append_key(out, key);
    out += std::to_string(number);
}

/// An empty text is null.
void append(std::string& out, std::string_view key, std::string_view value) {
    append_key(out, key);
    value.empty() ? void(out += "null") : append_json_string(out, value);
}

void append_classes(const AuditSummary& summary, std::string& out) {
    append_key(out, "classes");
    out += '{';
    for (std::size_t i = 0; i < audit_class_count; ++i) append(out, to_string(static_cast<AuditClass>(i)), summary.classes[i]);
    out += '}';
}

void append_reasons(const AuditSummary& summary, std::string& out) {
    append_key(out, "reasons");
    out += '{';
    for (std::size_t i = 0; i < reason_count; ++i) {
        if (summary.reasons[i] != 0) append(out, to_string(static_cast<Reason>(i)), summary.reasons[i]);
    }
    out += '}';
}

void append_targets(const AuditSummary& summary, std::string& out) {
    append_key(out, "targets");
    out += '[';
    for (const auto& [host, target] : summary.targets) {
        if (out.back() != '[') out += ',';
        out += '{';
        append(out, "host", host);
        append(out, "redirected", target.redirected);
        append(out, "would_redirect", target.would_redirect);
        out += '}';
    }
    out += ']';
}

void append_findings(const AuditSummary& summary, std::string& out) {
    append_key(out, "findings_of");
    out += '{';
    for (const auto& [word, count] : summary.findings_of) append(out, word, count);
    out += '}';
}

class JsonObject final : public AuditText {
public:
    void begin(RedirectMode mode, std::string& out) override {
        out += '{';
        append_key(out, "asked");
        out += '{';
        append(out, "method", "POST");
        append(out, "command", to_string(audited_command));
        append(out, "protocol_version", audited_version.to_string());
        out += '}';
        append(out, "redirect_mode", to_string(mode));
        append_key(out, "rows");
        out += '[';
    }

    void row(const AuditRow& row, std::string& out) override {
        out += is_first_ ? "\n{" : ",\n{";
        is_first_ = false;
        append(out, "severity", to_string(row.severity));
        append(out, "finding", row.finding);
        append(out, "recipient", row.recipient);
        append(out, "user_principal_name", row.user_principal_name);
        append(out, "primary_smtp_address", row.primary_smtp_address);
        append(out, "target_address", row.target_address);
        append(out, "class", row.audit_class ? to_string(*row.audit_class) : std::string_view{});
        append(out, "reason", row.reason);
        append(out, "location", row.location);
        append(out, "what", row.what);
        append(out, "mend", row.mend);
        out += '}';
    }

    void end(const AuditSummary& summary, const AuditEnd& end, std::string& out) override {
        out += is_first_ ? "]" : "\n]";
        append(out, "findings", summary.findings);
        append_findings(summary, out);
        append(out, "recipients", summary.recipients);
        append_classes(summary, out);
        append_reasons(summary, out);
        append_targets(summary, out);
        append(out, "source", end.source);
        append(out, "base", end.base);
        append(out, "filter", end.filter);
        append_key(out, "complete");
        out += end.trouble.empty() ? "true" : "false";
        append(out, "trouble", end.trouble);
        out += "}\n";
    }

private:
    bool is_first_ = true;
};

}  // namespace

std::unique_ptr<AuditText> make_audit_json() { return std::make_unique<JsonObject>(); }

}  // namespace eas451
