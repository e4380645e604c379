// SPDX-License-Identifier: Apache-2.0
// audit: decide() for every mail-enabled recipient of the directory: who is local, who is sent where, who is stuck.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include "commands.hpp"
#include "deployment.hpp"
#include "eas451/core/audit.hpp"
#include "eas451/core/audit_text.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/directory/recipients.hpp"
#include "relationship_notes.hpp"
#include "wait_for.hpp"

namespace eas451 {
namespace {

constexpr std::size_t written_at_once = 64U * 1024U;

AuditFormat format_of(const std::string& word) {
    if (word == "csv") return AuditFormat::csv;
    return word == "json" ? AuditFormat::json : AuditFormat::table;
}

/// How many so far, on a line of a terminal that is written again and again. To a file or a pipe: nothing.
class Progress {
public:
    Progress() : is_shown_(::isatty(STDERR_FILENO) == 1) {}

    void show(std::size_t recipients) {
        if (!is_shown_) return;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_) return;
        next_ = now + every;
        const std::string noun = recipients == 1 ? " recipient, " : " recipients, ";
        const std::string text = "eas451: " + std::to_string(recipients) + noun + std::to_string(per_second(recipients)) + " a second";
        clear();
        // A line that went on below could not be taken back.
        std::cerr << text.substr(0, columns() - 1) << std::flush;
        has_line_ = true;
    }
    /// Before anything else is written, which may be to the same terminal.
    void clear() {
        if (has_line_) std::cerr << "\r\033[K" << std::flush;
        has_line_ = false;
    }

private:
    static constexpr std::chrono::milliseconds every{200};

    /// Of the terminal, which may be made narrower meanwhile; as usual where it does not say.
    static std::size_t columns() {
        constexpr std::size_t usual = 80;
        winsize size{};
        const bool is_told = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
        return is_told ? size.ws_col : usual;
    }
    [[nodiscard]] std::size_t per_second(std::size_t recipients) const {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun_;
        return passed.count() <= 0 ? 0 : static_cast<std::size_t>(static_cast<double>(recipients) / passed.count());
    }

    bool is_shown_;
    bool has_line_ = false;
    std::chrono::steady_clock::time_point next_{};  // before the first recipient there is one already
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// Audits what it is told of, and writes the report to stdout as it grows.
class Report final : public RecipientVisitor {
public:
    Report(const AuditRequest& asked, const Policy& policy)
        : text_(make_audit_text(format_of(asked.format))), policy_(policy), all_(asked.all), is_terminal_(::isatty(STDOUT_FILENO) == 1) {
        progress_.show(0);
    }

    void begin(std::shared_ptr<const RelationshipTable> relationships) override {
        open();
        relationships_ = std::move(relationships);
        auto tell = [this](const AuditRow& row) { write_row(row); };
        const auto wanted = all_ ? Auditor::Wanted::everything : Auditor::Wanted::findings;
        auditor_.emplace(policy_, *relationships_, std::chrono::steady_clock::now(), wanted, std::move(tell));
        tell_relationships();
    }
    void take(const Recipient& recipient) override {
        auditor_->look_at(recipient);
        progress_.show(auditor_->summary().recipients);
    }
    void take_unreadable(std::string_view distinguished_name, const std::string& why) override {
        auditor_->look_at_unreadable(distinguished_name, why);
    }

    /// Gives the exit code.
    int end(RecipientsSeen seen) {
        open();
        if (!seen.relationships_trouble.empty()) {
            seen.trouble.append(seen.trouble.empty() ? "" : "; ").append("organization relationships: ").append(seen.relationships_trouble);
        }
        const AuditEnd end{std::move(seen.source), std::move(seen.base), std::move(seen.filter), std::move(seen.trouble)};
        const AuditSummary summary = auditor_ ? auditor_->summary() : AuditSummary();
        text_->end(summary, end, out_);
        if (!write_out()) {
            std::cerr << "eas451: the report cannot be written\n";
            return exit_unavailable;
        }
        if (!end.trouble.empty()) {
            std::cerr << "eas451: incomplete: " << printable(end.trouble) << '\n';
            return exit_unavailable;
        }
        return summary.findings == 0 ? exit_ok : exit_findings;
    }

private:
    /// With the first that there is to say.
    void open() {
        if (!is_open_) text_->begin(policy_.mode, out_);
        is_open_ = true;
    }

    void tell_relationships() {
        const auto faults = relationship_faults(*relationships_, policy_);
        for (const std::string& fault : faults) {
            auditor_->add(AuditSeverity::warning, relationship_finding, fault, mend_of_relationship());
        }
        for (const std::string& note : relationship_notes(*relationships_, policy_)) {
            if (std::ranges::find(faults, note) == faults.end()) auditor_->add(AuditSeverity::note, relationship_finding, note, {});
        }
    }

    void write_row(const AuditRow& row) {
        text_->row(row, out_);
        if (is_terminal_ || out_.size() >= written_at_once) write_out();
    }

    bool write_out() {
        progress_.clear();
        std::cout.write(out_.data(), static_cast<std::streamsize>(out_.size()));
        std::cout.flush();
        out_.clear();
        return std::cout.good();
    }

    std::unique_ptr<AuditText> text_;
    const Policy& policy_;
    bool all_;
    bool is_terminal_;
    bool is_open_ = false;
    std::string out_;
    Progress progress_;
    std::shared_ptr<const RelationshipTable> relationships_;
    std::optional<Auditor> auditor_;
};

int complain(const Problems& problems) {
    for (const Problem& problem : problems) std::cerr << problem.text << '\n';
    return exit_configuration;
}

int audit_servers(const Settings& settings, Report& report) {
    if (const Problems mistakes = directory_mistakes(settings); !mistakes.empty()) return complain(mistakes);
    const auto options = ldap_directory_options(settings);
    if (!options) return complain(options.error());
    boost::asio::io_context loop(1);
    return report.end(wait_for(loop, visit_ldap_recipients(*options, report)));
}

int audit_file(const Settings& settings, Report& report) {
    if (const Problems mistakes = mistakes_of_directory_file(settings); !mistakes.empty()) return complain(mistakes);
    auto seen = visit_file_recipients({settings.directory.file, settings.static_relationships, settings.relationships_from_directory,
                                       settings.smtp_logins},
                                      report);
    if (seen) return report.end(std::move(*seen));
    for (const Mistake& mistake : seen.error()) std::cerr << to_string(mistake) << '\n';
    return exit_configuration;
}

/// A name of ours that cannot be known makes a redirect to ourselves one that cannot be told, and that is said.
Policy policy_of(const Settings& settings) {
    Policy policy = settings.policy;
    policy.public_names = public_names(settings, settings.public_names.empty() ? readable_certificates(settings)
                                                                               : std::vector<std::optional<ServerTls>>());
    if (policy.public_names.empty()) std::cerr << "eas451: no public name is known, so a loop could not be told\n";
    return policy;
}

}  // namespace

int audit(const std::filesystem::path& config, const AuditRequest& request) {
    const auto settings = settings_or_mistakes(config);
    if (!settings) return exit_configuration;
    const Policy policy = policy_of(*settings);
    Report report(request, policy);
    return settings->directory.type == DirectoryType::ldap ? audit_servers(*settings, report) : audit_file(*settings, report);
}

}  // namespace eas451
