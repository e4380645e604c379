// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "eas451/core/audit_text.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::size_t severity_width = 9;
constexpr std::size_t word_width = 26;
constexpr std::size_t number_width = 8;

void append_padded(std::string& out, std::string_view text, std::size_t width) {
    out.append(text).append(width > text.size() ? width - text.size() : 1, ' ');
}

void append_count(std::string& out, std::string_view what, std::size_t count) {
    const std::string number = std::to_string(count);
    append_padded(out.append("  "), what, word_width);
    out.append(number.size() < number_width ? number_width - number.size() : 0, ' ').append(number).append("\n");
}

std::string_view name_of(const AuditRow& row) { return row.user_principal_name.empty() ? row.recipient : row.user_principal_name; }

class Table final : public AuditText {
public:
    void begin(RedirectMode mode, std::string&) override { mode_ = mode; }

    void row(const AuditRow& row, std::string& out) override {
        append_padded(out, to_string(row.severity), severity_width);
        append_padded(out, row.finding, word_width);
        const std::string name = printable(name_of(row));
        out.append(name).append(name.empty() ? "" : ": ").append(printable(row.what));
        const bool shows_target = row.severity == AuditSeverity::fine && !row.location.empty();
        if (shows_target) out.append(" -> ").append(printable(row.location));
        if (row.severity != AuditSeverity::fine && !row.mend.empty()) out.append("; mend: ").append(row.mend);
        out += '\n';
    }

    void end(const AuditSummary& summary, const AuditEnd& end, std::string& out) override {
        if (!out.empty() || summary.recipients != 0) out += '\n';
        if (!end.trouble.empty()) out.append("INCOMPLETE: ").append(printable(end.trouble)).append("\n");
        append_source(summary, end, out);
        append_classes(summary, out);
        append_targets(summary, out);
        if (!summary.findings_of.empty()) out += "findings\n";
        for (const auto& [word, count] : summary.findings_of) append_count(out, word, count);
        out.append(std::to_string(summary.findings)).append(summary.findings == 1 ? " finding" : " findings");
        out += end.trouble.empty() ? "\n" : " so far; these are not all recipients\n";
    }

private:
    static void append_source(const AuditSummary& summary, const AuditEnd& end, std::string& out) {
        out.append(std::to_string(summary.recipients)).append(summary.recipients == 1 ? " mail-enabled recipient" : " mail-enabled recipients");
        if (!end.source.empty()) out.append(" in ").append(printable(end.source));
        if (!end.filter.empty()) out.append(end.base.empty() ? ", the whole forest" : ", below ").append(printable(end.base));
        out += '\n';
    }

    /// The classes, and for what reasons.
    void append_classes(const AuditSummary& summary, std::string& out) const {
        for (std::size_t i = 0; i < audit_class_count; ++i) append_count(out, to_string(static_cast<AuditClass>(i)), summary.classes[i]);
        out.append("decisions, redirect.mode ").append(to_string(mode_)).append("\n");
        for (std::size_t i = 0; i < reason_count; ++i) {
            if (summary.reasons[i] != 0) append_count(out, to_string(static_cast<Reason>(i)), summary.reasons[i]);
        }
    }

    static void append_targets(const AuditSummary& summary, std::string& out) {
        if (summary.targets.empty()) return;
        out += "to\n";
        for (const auto& [host, target] : summary.targets) {
            append_padded(out.append("  "), host, word_width);
            out.append("  redirected ").append(std::to_string(target.redirected));
            out.append(", would-redirect ").append(std::to_string(target.would_redirect)).append("\n");
        }
    }

    RedirectMode mode_ = RedirectMode::on;
};

}  // namespace

std::unique_ptr<AuditText> make_audit_table() { return std::make_unique<Table>(); }

std::unique_ptr<AuditText> make_audit_text(AuditFormat format) {
    switch (format) {
        case AuditFormat::csv: return make_audit_csv();
        case AuditFormat::json: return make_audit_json();
        case AuditFormat::table: break;
    }
    return make_audit_table();
}

}  // namespace eas451
