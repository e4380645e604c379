// SPDX-License-Identifier: Apache-2.0
// probe: acts as a phone, against any server: OPTIONS, one command, one 451 followed, and what a phone would do now.
#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <iostream>

#include "commands.hpp"
#include "eas451/core/echo_mask.hpp"
#include "eas451/core/phone_reaction.hpp"
#include "eas451/core/phone_request.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/net/single_request.hpp"
#include "eas451/io/net/tls_context.hpp"
#include "probe_report.hpp"

namespace eas451 {
namespace {

constexpr ProtocolVersion newest_version{16, 1};
/// Of an answer that is no HTTP.
constexpr std::size_t most_shown_bytes = 200;

/// The arguments as they were meant.
struct Plan {
    EasEndpoint start;
    std::optional<ConnectTo> connect;
    std::optional<ProtocolVersion> version;
    EasCommand command = EasCommand::folder_sync;
    Phone phone;
    std::chrono::seconds limit{};
};

Result<Plan, std::string> plan_of(const ProbeRequest& asked) {
    const auto no = [](std::string why) {
        return Result<Plan, std::string>(boost::system::in_place_error, std::move(why));
    };
    const auto start = parse_typed_endpoint(asked.url);
    if (!start) return no("URL: " + std::string(start.error()));
    if (!start->tls && !asked.allow_http) return no("URL: not https; --allow-http sends the password in clear");
    Plan plan;
    plan.start = *start;
    if (!asked.connect.empty()) {
        const auto connect = parse_connect_to(asked.connect);
        if (!connect) return no("--connect: " + std::string(connect.error()));
        plan.connect = *connect;
    }
    if (asked.protocol_version) {
        plan.version = ProtocolVersion::parse(*asked.protocol_version);
        if (!plan.version) return no("--protocol-version: not N.N, such as 16.1");
    }
    plan.command = eas_command_from_name(asked.command);
    plan.phone = {asked.user, asked.device_id, asked.device_type, asked.user_agent};
    if (!is_basic_user(asked.user)) return no("--user: 1 to 256 bytes without a colon and control characters");
    if (!is_device_id(asked.device_id)) return no("--device-id: not 1 to 32 letters and digits");
    if (!is_device_type(asked.device_type)) return no("--device-type: not 1 to 32 visible characters");
    const bool is_agent = std::ranges::all_of(asked.user_agent, [](char c) { return is_visible(c) || c == ' '; });
    if (!is_agent || trim(asked.user_agent) != asked.user_agent || asked.user_agent.empty() ||
        asked.user_agent.size() > 256) {
        return no("--user-agent: not 1 to 256 printable characters");
    }
    plan.limit = std::chrono::seconds(asked.timeout);
    return plan;
}

PhoneReaction reaction_to(const SingleFault& fault) {
    switch (fault.kind) {
        case SingleFault::Kind::bad_certificate:
            return {PhoneVerdict::bad_certificate, "the phone does not connect, or warns its user: " + fault.text};
        case SingleFault::Kind::bad_answer:
            return {PhoneVerdict::bad_answer, "the phone shows an error: " + fault.text};
        case SingleFault::Kind::unreachable:
            return {PhoneVerdict::unreachable, "the phone cannot connect and tries again later: " + fault.text};
        case SingleFault::Kind::no_answer:
            break;
    }
    return {PhoneVerdict::unreachable, "the phone gets no answer and tries again later: " + fault.text};
}

std::string text_of(const boost::asio::ip::tcp::endpoint& address) {
    const std::string text = address.address().to_string();
    return (address.address().is_v6() ? '[' + text + ']' : text) + ':' + std::to_string(address.port());
}

std::string_view method_of(const PhoneQuestion& question) {
    return question.method == EasMethod::options ? "OPTIONS" : "POST";
}

class Probing {
public:
    Probing(const ProbeRequest& asked, Plan plan, std::shared_ptr<boost::asio::ssl::context> tls,
            const Secret& password)
        : asked_(asked),
          plan_(std::move(plan)),
          tls_(std::move(tls)),
          token_(basic_token(plan_.phone.user, password)),
          mask_(token_, password) {
        report_.url = plan_.start.url();
        report_.user = plan_.phone.user;
    }

    ProbeReport run() {
        auto next = visit(plan_.start);
        if (!next) return std::move(report_);
        if (next->is_server_of(plan_.start)) {
            report_.steps.back().reaction = {
                PhoneVerdict::redirect_loop,
                "the phone goes round in a circle: X-MS-Location leads back to this server"};
            return std::move(report_);
        }
        if (asked_.no_follow) {
            std::cerr << "eas451: not followed to " << visible_text(next->authority()) << " (--no-follow)\n";
            return std::move(report_);
        }
        std::cerr << "eas451: following to " << visible_text(next->authority())
                  << ", which gets the same user name and password, as from a phone (--no-follow does not)\n";
        report_.followed = report_.steps.back().answer->locations.front();
        if (visit(*next)) {
            report_.steps.back().reaction = {PhoneVerdict::redirect_loop,
                                             "the phone is sent on to " +
                                                 report_.steps.back().answer->locations.front() +
                                                 ", and many phones follow one redirect only, or go round in a circle"};
        }
        tell_of_login_form();
        return std::move(report_);
    }

private:
    /// OPTIONS and the command; where a 451 leads to.
    std::optional<EasEndpoint> visit(const EasEndpoint& at) {
        const PhoneAnswer* options = ask(at, {EasMethod::options, EasCommand::unknown, plan_.version});
        const ProtocolVersion version = version_for(options);
        // A wrong password is tried once.
        if (options != nullptr && goes_on_after(*options)) options = ask(at, {EasMethod::post, plan_.command, version});
        if (options == nullptr || report_.steps.back().reaction.verdict != PhoneVerdict::redirected)
            return std::nullopt;
        const auto to = redirect_of(*options);
        return to ? std::optional(*to) : std::nullopt;
    }

    /// In the cloud the login is the UPN, whatever it was at home.
    void tell_of_login_form() {
        ProbeStep& last = report_.steps.back();
        if (!last.answer || last.answer->status != 401 || plan_.phone.user.find('@') != std::string::npos) return;
        last.reaction.sentence += "; and its login has no @, while Office 365 takes user@domain only";
    }

    bool goes_on_after(const PhoneAnswer& options) const {
        const PhoneVerdict verdict = report_.steps.back().reaction.verdict;
        return options.status != 401 && options.status != 451 && verdict != PhoneVerdict::version_not_offered;
    }

    ProtocolVersion version_for(const PhoneAnswer* options) const {
        if (plan_.version) return *plan_.version;
        return options == nullptr ? newest_version : best_version(*options).value_or(newest_version);
    }

    /// One step of the report. Null: there was no answer.
    const PhoneAnswer* ask(const EasEndpoint& at, const PhoneQuestion& question) {
        ProbeStep step;
        step.url = at.url();
        step.method = question.method;
        step.command = question.method == EasMethod::post ? question.command : EasCommand::unknown;
        step.version = question.version;
        std::cerr << "eas451: asking " << at.authority()
                  << (plan_.connect && at.is_server_of(plan_.start) ? ", by --connect" : "") << ": "
                  << method_of(question) << '\n';
        const auto began = std::chrono::steady_clock::now();
        const auto replied = exchange(at, question);
        step.took = std::chrono::steady_clock::now() - began;
        if (replied) {
            take(*replied, question, step);
        } else {
            const SingleFault fault = replied.error();
            // Masked before it is cut: a cut may go through a secret.
            step.head = mask_.masked_part(fault.seen).substr(0, most_shown_bytes);
            step.reaction = reaction_to(fault);
        }
        report_.steps.push_back(std::move(step));
        const auto& answer = report_.steps.back().answer;
        return answer ? &*answer : nullptr;
    }

    Result<SingleReply, SingleFault> exchange(const EasEndpoint& at, const PhoneQuestion& question) {
        const Secret bytes = phone_request(at, question, plan_.phone, token_);
        const bool elsewhere = plan_.connect && at.is_server_of(plan_.start);
        SingleRequest request{elsewhere ? plan_.connect->host : at.host, elsewhere ? plan_.connect->port : at.port,
                              at.host};
        request.tls = at.tls ? tls_->native_handle() : nullptr;
        // Where a 451 leads is verified in any case.
        request.verify = !asked_.insecure || !at.is_server_of(plan_.start);
        request.method = method_of(question);
        request.bytes = bytes.reveal();
        return ask_once(request, plan_.limit);
    }

    void take(const SingleReply& reply, const PhoneQuestion& question, ProbeStep& step) {
        if (!reply.distrust.empty())
            std::cerr << "eas451: NOT VERIFIED (--insecure), no phone would connect: " << visible_text(reply.distrust)
                      << '\n';
        step.address = text_of(reply.from);
        ResponseHead raw;
        // It was taken once already.
        if (parse_response_head(reply.head, method_of(question), raw)) return;
        step.head = mask_.masked_head(reply.head);
        ResponseHead head;
        // A password may be a word that the head needs.
        if (parse_response_head(step.head, method_of(question), head)) {
            head.clear();
            head.status = raw.status;
        }
        step.answer = read_phone_answer(head, reply.body, question.method, question.command);
        const PhoneAnswer as_sent = read_phone_answer(raw, {}, question.method, question.command);
        if (head.status == 451 && step.answer->locations != as_sent.locations) {
            step.reaction = {PhoneVerdict::bad_redirect,
                             "no phone should follow: X-MS-Location repeats the password, or holds it by chance"};
            return;
        }
        step.reaction = react(*step.answer, version_for(&*step.answer));
    }

    const ProbeRequest& asked_;
    Plan plan_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    Secret token_;
    EchoMask mask_;
    ProbeReport report_;
};

int usage_error(const std::string& text) {
    std::cerr << "eas451: " << text << '\n';
    return exit_usage;
}

}  // namespace

int probe(const ProbeRequest& asked) {
    auto plan = plan_of(asked);
    if (!plan) return usage_error(plan.error());
    auto tls = make_client_context(asked.ca_file);
    if (!tls) return usage_error(tls.error());
    const auto password = read_password(asked.password_file);
    if (!password) return usage_error(password.error());
    if (asked.insecure)
        std::cerr << "eas451: WARNING: --insecure: whoever answers in place of this server gets the password\n";
    if (!plan->start.tls) std::cerr << "eas451: WARNING: --allow-http: the password goes over the network in clear\n";
    const ProbeReport report = Probing(asked, std::move(*plan), std::move(*tls), *password).run();
    if (asked.json) {
        print_json(report);
    } else {
        for (const ProbeStep& step : report.steps) print_step(step);
        print_end(report);
    }
    return is_fine(final_reaction(report).verdict) ? exit_ok : exit_findings;
}

}  // namespace eas451
