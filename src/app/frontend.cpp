// SPDX-License-Identifier: Apache-2.0
// Longer than 300 lines: the walk of one request, read from its head to its record.
#include "frontend.hpp"

#include <optional>

#include "eas451/core/access_record.hpp"
#include "eas451/core/decision.hpp"
#include "eas451/core/forwarded_for.hpp"
#include "eas451/core/forwarded_request.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/log/log.hpp"
#include "passed_login.hpp"
#include "request_trace.hpp"

namespace eas451 {

namespace net = boost::asio;

/// The walk of one request. Everything the access record views lives here until finish().
class EasTransaction : public Transaction {
public:
    explicit EasTransaction(Frontend& frontend)
        : frontend_(frontend), deployment_(frontend.deployment_), request_id_(frontend.request_ids_.next()) {}
    ~EasTransaction() override { cleanse(forwarded_head_); }
    EasTransaction(const EasTransaction&) = delete;
    EasTransaction& operator=(const EasTransaction&) = delete;

    Next begin(const RequestHead& head, const ConnectionFacts& connection) override;
    Answer refuse(HeadFault fault, const RequestHead& head, const ConnectionFacts& connection) override;
    Answer refuse_body() override;
    net::awaitable<std::optional<Answer>> pass_on(ClientSide& client) override;
    [[nodiscard]] bool is_authenticated() const override { return std::holds_alternative<Accepted>(login_.outcome); }
    void finish(const TransferFacts& transfer) override;

private:
    void note(const RequestHead& head, const ConnectionFacts& connection);
    void look_behind_proxies(const ConnectionFacts& connection);
    Answer answer_directly(const Answer& answer, Reason reason);
    Answer tell_challenges();
    Next serve_eas(const ConnectionFacts& connection);
    std::variant<LoginOutcome, LoginQuestion> read_login(Authorization authorization);
    std::variant<LoginOutcome, LoginQuestion> take_login_unchecked(Authorization& authorization);
    void write_forwarded_head(const ConnectionFacts& connection);
    net::awaitable<Outcome> ask_directory(LoginQuestion question);
    net::awaitable<Outcome> ask_again();
    net::awaitable<std::optional<Answer>> wait_for_turn(PassedLogin& login, ClientSide& client);
    Outcome decide_on(LoginAnswer answer);
    Verdict decide_again(bool exchange_is_up);
    std::optional<Answer> end_of(const Forwarded& forwarded, const ClientSide& client);
    std::optional<Answer> client_gone(const ClientSide& client);
    Outcome conclude(Verdict verdict);
    Answer refusal(Verdict verdict);
    void begin_trace(const Verdict& verdict);
    void trace(const std::string& line) const { log::always("trace " + request_id_ + ": " + line); }

    Frontend& frontend_;
    std::shared_ptr<const Deployment> deployment_;
    std::string request_id_;
    SteadyTime started_ = std::chrono::steady_clock::now();
    SteadyTime asked_{};
    const RequestHead* head_ = nullptr;
    std::optional<EasRequest> request_;
    std::string client_address_;  // when proxies have said it
    std::string login_text_;
    LoginAnswer login_;
    std::string forwarded_head_;  // for Exchange; it holds an Authorization
    std::shared_ptr<const RelationshipTable> relationships_;
    std::optional<Verdict> verdict_;
    AccessRecord record_;
    bool is_traced_ = false;
};

namespace {

AuthScheme scheme_of(const Authorization& authorization) {
    if (std::holds_alternative<NoCredentials>(authorization)) return AuthScheme::none;
    return std::holds_alternative<BearerToken>(authorization) ? AuthScheme::bearer : AuthScheme::basic;
}

std::chrono::microseconds since(SteadyTime begin) {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace

Transaction::Next EasTransaction::begin(const RequestHead& head, const ConnectionFacts& connection) {
    note(head, connection);
    look_behind_proxies(connection);
    switch (classify_target(head)) {
        case Target::eas: return serve_eas(connection);
        case Target::eas_page:
            if (asks_for_challenge(head)) return tell_challenges();
            break;
        case Target::health: {
            const bool ready = frontend_.readiness_.is_ready(*deployment_->directory);
            return answer_directly(health_answer(ready), Reason::health);
        }
        case Target::other: break;
    }
    return answer_directly(not_found_answer(), Reason::unknown_path);
}

Answer EasTransaction::refuse(HeadFault fault, const RequestHead& head, const ConnectionFacts& connection) {
    note(head, connection);
    record_.user_agent = {};  // of a head that was refused its fields are no more than bytes, and gone by then
    return refusal(decide(fault));
}

/// The line still tells of a login that was refused: a malformed body is no way around whoever counts those.
Answer EasTransaction::refuse_body() {
    const Reason reason = record_.reason;
    const bool login_was_refused = record_.status == 401 || reason == Reason::login_held;
    Answer answer = refusal(decide(HeadFault::bad_framing));
    if (login_was_refused) record_.reason = reason;
    return answer;
}

void EasTransaction::note(const RequestHead& head, const ConnectionFacts& connection) {
    head_ = &head;
    record_.time = std::chrono::system_clock::now();
    record_.server_address = connection.server_address;
    record_.server_port = connection.server_port;
    record_.client_address = connection.client_address;
    record_.method = head.method;
    record_.path = head.path;
    record_.query = head.query;
    record_.user_agent = head.find("User-Agent").value_or("");
    record_.request_id = request_id_;
}

/// Not for a head that was refused: of its fields the ones that a proxy added may be those that were not read.
void EasTransaction::look_behind_proxies(const ConnectionFacts& connection) {
    if (connection.forwarders == nullptr) return;
    const auto peer = address_of_peer(connection.client_address);
    if (!peer) return;
    client_address_ = client_behind(*peer, *head_, *connection.forwarders).to_string();
    record_.client_address = client_address_;
}

Answer EasTransaction::answer_directly(const Answer& answer, Reason reason) {
    record_.reason = reason;
    record_.status = answer.status;
    return answer;
}

Answer EasTransaction::tell_challenges() {
    record_.auth = AuthScheme::bearer;
    return refusal(decide(ChallengeAsked()));
}

Transaction::Next EasTransaction::serve_eas(const ConnectionFacts& connection) {
    auto request = parse_eas_request(*head_);
    if (!request) return asks_for_challenge(*head_) ? tell_challenges() : refusal(decide(request.error()));
    request_ = std::move(*request);
    record_.request = &*request_;
    auto login = read_login(parse_authorization(*head_));
    // While its Authorization is still there.
    if (deployment_->policy.has_exchange) write_forwarded_head(connection);
    const auto at_once = [](Outcome outcome) -> Next {
        if (auto* const answer = std::get_if<Answer>(&outcome)) return std::move(*answer);
        return PassOn();
    };
    if (auto* outcome = std::get_if<LoginOutcome>(&login)) return at_once(decide_on({std::move(*outcome), {}, 0}));
    auto& question = std::get<LoginQuestion>(login);
    asked_ = std::chrono::steady_clock::now();
    if (auto answer = deployment_->directory->log_in_at_once(question)) return at_once(decide_on(std::move(*answer)));
    return ask_directory(std::move(question));
}

void EasTransaction::write_forwarded_head(const ConnectionFacts& connection) {
    const auto peer = address_of_peer(record_.client_address);
    const std::string client = peer ? peer->to_string() : std::string();
    // Whoever may say who the client is may say how it came, too.
    const bool came_by_proxy_of_tls = connection.forwarders != nullptr && !client_address_.empty() &&
                                      equals_ignore_case(head_->find("X-Forwarded-Proto").value_or(""), "https");
    // All of it, since a string that grows would leave the Authorization behind.
    constexpr std::size_t ours = 1024;  // what we add: framing, a Host, X-Forwarded-…
    constexpr std::size_t of_a_field = 4;
    std::size_t size = head_->method.size() + head_->target.size() + ours;
    for (const HeaderField& field : head_->fields()) size += field.name.size() + field.value.size() + of_a_field;
    forwarded_head_.reserve(size);
    append_forwarded_head(forwarded_head_, *head_, {client, connection.is_tls || came_by_proxy_of_tls, deployment_->policy.public_names.front()});
}

/// What the Authorization says: a question for the directory, or an outcome where there is none to ask.
std::variant<LoginOutcome, LoginQuestion> EasTransaction::read_login(Authorization authorization) {
    record_.auth = scheme_of(authorization);
    login_text_ = login_text_of(authorization);
    if (std::holds_alternative<BearerToken>(authorization)) return NotChecked{NotChecked::Why::bearer};
    if (!deployment_->policy.authentication) return take_login_unchecked(authorization);
    if (std::holds_alternative<NoCredentials>(authorization)) return NotChecked{NotChecked::Why::no_credentials};
    if (std::holds_alternative<RefusedCredentials>(authorization)) return Rejected{Rejection::bad_credentials};
    Credentials& credentials = std::get<BasicCredentials>(authorization).credentials;
    record_.login_form = credentials.login.form;
    return LoginQuestion{std::move(credentials.login), std::move(credentials.password), PasswordCheck::password};
}

/// authentication.basic: off. The login is Basic's user, else the User parameter; the password is not
/// looked at, so that one which would be refused is as good as any.
std::variant<LoginOutcome, LoginQuestion> EasTransaction::take_login_unchecked(Authorization& authorization) {
    if (std::holds_alternative<NoCredentials>(authorization)) login_text_ = request_->user;
    if (login_text_.empty()) return NotChecked{NotChecked::Why::no_credentials};
    auto login = parse_login_name(login_text_);
    if (!login) return NotFound{};
    record_.login_form = login->form;
    return LoginQuestion{std::move(*login), Secret(), PasswordCheck::none};
}

net::awaitable<Transaction::Outcome> EasTransaction::ask_directory(LoginQuestion question) {
    const SteadyTime deadline = asked_ + deployment_->settings.directory.deadline;
    question.client_address = record_.client_address;
    auto asking = frontend_.directory_loop_.ask(deployment_->directory, std::move(question), deadline);
    LoginAnswer answer = co_await std::move(asking);
    co_return decide_on(std::move(answer));
}

Transaction::Outcome EasTransaction::decide_on(LoginAnswer answer) {
    record_.recipient = nullptr;  // of an earlier answer, which ends here
    login_ = std::move(answer);
    frontend_.metrics_.count_login(to_string(login_.outcome));
    record_.directory_server = login_.server;
    record_.directory_requests = login_.requests;
    if (asked_ != SteadyTime{}) record_.directory_time = since(asked_);
    if (const auto* accepted = std::get_if<Accepted>(&login_.outcome)) {
        record_.recipient = accepted->recipient.get();
        record_.login_form = accepted->matched;
    }
    relationships_ = deployment_->directory->relationships();
    return conclude(decide_again(frontend_.exchange_.any_up()));
}

Verdict EasTransaction::decide_again(bool exchange_is_up) {
    const Surroundings surroundings{*relationships_, exchange_is_up, std::chrono::steady_clock::now()};
    return decide(*request_, record_.user_agent, login_.outcome, deployment_->policy, surroundings);
}

/// Told when it is decided, and not at the end, which a request that hangs does not come to.
void EasTransaction::begin_trace(const Verdict& verdict) {
    if (!deployment_->trace->is_on(started_)) return;
    is_traced_ = deployment_->trace->names(record_.recipient, login_text_.empty() ? request_->user : login_text_);
    if (!is_traced_) return;
    for (const std::string& line : trace_of_request(record_, *head_, login_text_, login_, verdict)) trace(line);
}

Transaction::Outcome EasTransaction::conclude(Verdict verdict) {
    if (deployment_->trace != nullptr) begin_trace(verdict);
    const bool is_passed_on = std::holds_alternative<ProxyTo>(verdict.decision);
    const bool is_too_large = is_passed_on && head_->framing == BodyFraming::content_length &&
                              head_->content_length > deployment_->settings.exchange->max_body;
    if (is_too_large) return refusal(decide(PassingFault::body_too_large));
    if (!is_passed_on) cleanse(forwarded_head_);
    if (const auto* refuse = std::get_if<Refuse>(&verdict.decision); refuse != nullptr) return refusal(std::move(verdict));
    verdict_ = std::move(verdict);
    record_.decision = to_string(verdict_->decision);
    record_.reason = verdict_->reason;
    record_.location = verdict_->location;
    if (is_passed_on) return PassOn();
    record_.status = 451;
    Answer answer = redirect_answer(std::get<RedirectTo>(verdict_->decision).location);
    if (is_traced_) trace(trace_of_answer(answer));
    return answer;
}

Answer EasTransaction::refusal(Verdict verdict) {
    verdict_ = std::move(verdict);
    record_.decision = to_string(verdict_->decision);
    record_.reason = verdict_->reason;
    record_.location = verdict_->location;
    const auto& refuse = std::get<Refuse>(verdict_->decision);
    record_.status = refuse.http_status;
    record_.eas_status = refuse.eas_status;
    const EasCommand command = request_ ? request_->command : EasCommand::unknown;
    const std::string challenges = refuse.http_status == 401 ? frontend_.challenges(*deployment_) : std::string();
    Answer answer = refusal_answer(refuse, command, challenges, frontend_.retry_after());
    answer.is_of_held_login = verdict_->reason == Reason::login_held;
    if (is_traced_) trace(trace_of_answer(answer));
    return answer;
}

/// It was known from memory, which is no longer to be trusted. Until it is sent, the password is in the head for Exchange.
net::awaitable<Transaction::Outcome> EasTransaction::ask_again() {
    auto login = read_login(authorization_in(forwarded_head_));
    if (auto* outcome = std::get_if<LoginOutcome>(&login)) co_return decide_on({std::move(*outcome), {}, 0});
    asked_ = std::chrono::steady_clock::now();
    auto asking = ask_directory(std::move(std::get<LoginQuestion>(login)));
    co_return co_await std::move(asking);
}

/// An answer: it is not to be passed on after all.
net::awaitable<std::optional<Answer>> EasTransaction::wait_for_turn(PassedLogin& login, ClientSide& client) {
    auto waiting = login.wait();
    const bool is_good = co_await std::move(waiting);
    if (login.client_left()) co_return client_gone(client);
    if (is_good) co_return std::nullopt;
    client.wait_begins(deployment_->settings.limits.held, login);  // the directory's answer has a deadline of its own
    auto asking = ask_again();
    Outcome outcome = co_await std::move(asking);
    if (!client.wait_ends()) co_return client_gone(client);
    if (auto* const answer = std::get_if<Answer>(&outcome)) co_return std::move(*answer);
    co_return std::nullopt;
}

/// Exchange answers, if it can; and what it cannot, or what of the request does not come, is answered here.
net::awaitable<std::optional<Answer>> EasTransaction::pass_on(ClientSide& client) {
    const bool is_long_poll = request_->command == EasCommand::ping;
    PassedLogin login(client, *deployment_->directory, login_.outcome, {asked_, is_long_poll}, frontend_.exchange_.loop());
    if (login.has_to_wait()) {
        auto waiting = wait_for_turn(login, client);
        auto instead = co_await std::move(waiting);
        if (instead || client.is_cut_off()) co_return instead;
    }
    ForwardedRequest request;
    request.progress = &login;
    request.method = head_->method;
    request.head = std::move(forwarded_head_);
    request.framing = head_->framing;
    request.max_body = deployment_->settings.exchange->max_body;
    // Of a token we do not know whose it is: then those who call themselves the same go to the same server.
    const std::string_view who = record_.recipient != nullptr ? record_.recipient->display_name() : std::string_view();
    request.user = user_number(!who.empty() ? who : login_text_.empty() ? request_->user : login_text_);
    auto passing = forward(frontend_.exchange_, std::move(request), client);
    const Forwarded forwarded = co_await std::move(passing);
    co_return end_of(forwarded, client);
}

/// Nobody reads what is answered. That it was we who ended the connection says nothing of the client, or of Exchange.
std::optional<Answer> EasTransaction::client_gone(const ClientSide& client) {
    if (!client.is_cut_off()) return refusal(decide(PassingFault::client_gone));
    record_.status = 503;
    return std::nullopt;
}

std::optional<Answer> EasTransaction::end_of(const Forwarded& forwarded, const ClientSide& client) {
    record_.status = forwarded.status;
    // The access log has no room for it.
    if (log::is_enabled(LogLevel::debug)) log::debug("exchange: request " + request_id_ + ": " + trace_of_passing(forwarded));
    if (is_traced_) trace("passed on: " + trace_of_passing(forwarded));
    if (!forwarded.trouble.empty()) {
        const std::string who = forwarded.server.empty() ? std::string() : forwarded.server + ": ";
        frontend_.exchange_trouble_.tell(who + forwarded.trouble, std::chrono::steady_clock::now());
    }
    switch (forwarded.end) {
        case ForwardEnd::passed:
        case ForwardEnd::cut: return std::nullopt;
        case ForwardEnd::no_server:
        case ForwardEnd::failed: break;
        case ForwardEnd::client_gone: return client_gone(client);
        case ForwardEnd::client_late: return refusal(decide(PassingFault::body_too_slow));
        case ForwardEnd::malformed_body: return refusal(decide(HeadFault::bad_framing));
        case ForwardEnd::body_too_large: return refusal(decide(PassingFault::body_too_large));
    }
    return refusal(decide_again(false));
}

void EasTransaction::finish(const TransferFacts& transfer) {
    record_.login = login_text_;
    record_.bytes_in = transfer.bytes_in;
    record_.bytes_out = transfer.bytes_out;
    record_.total_time = since(started_);
    const EasCommand command = request_ ? request_->command : EasCommand::unknown;
    frontend_.metrics_.count_request(record_.method, command, record_.decision, record_.reason, record_.total_time);
    if (request_) frontend_.metrics_.count_moved(record_.reason, request_->version, record_.auth, record_.login_form);
    if (frontend_.access_log_ != nullptr) frontend_.access_log_->write(record_);
    if (is_traced_) trace(trace_of_end(record_));
}

Frontend::Frontend(std::shared_ptr<const Deployment> deployment, DirectoryLoop& directory_loop, Metrics& metrics,
                   Readiness& readiness, ExchangePool& exchange)
    : deployment_(std::move(deployment)),
      directory_loop_(directory_loop),
      metrics_(metrics),
      readiness_(readiness),
      exchange_(exchange),
      exchange_trouble_([](LogLevel level, const std::string& text) { log::say(level, text); }, LogLevel::warning, "exchange: ") {
    random_.seed(std::random_device()());
}

std::unique_ptr<Transaction> Frontend::start() { return std::make_unique<EasTransaction>(*this); }

void Frontend::deploy(std::shared_ptr<const Deployment> deployment, std::unique_ptr<AccessLog> access_log) {
    deployment_ = std::move(deployment);
    access_log_ = std::move(access_log);
}

/// Our own, and what Exchange says of modern authentication: Outlook asks whoever answers it.
std::string Frontend::challenges(const Deployment& deployment) const {
    const auto& servers = exchange_.servers();
    const bool adds = deployment.policy.has_exchange && servers != nullptr;
    return adds ? deployment.challenges + servers->challenges : deployment.challenges;
}

/// 30 to 90 s: phones that were turned away together do not come back together.
unsigned Frontend::retry_after() { return std::uniform_int_distribution<unsigned>(30, 90)(random_); }

}  // namespace eas451
