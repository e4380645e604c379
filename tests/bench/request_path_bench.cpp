// SPDX-License-Identifier: Apache-2.0
// What one warm 451 costs between the bytes of its head and the bytes of its answer, without network and
// directory: nanoseconds and allocations a request. Under `valgrind --tool=callgrind` it tells the
// instructions of each function.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "eas451/core/access_record.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/credentials.hpp"
#include "eas451/core/decision.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
// GCC 12 takes free() for the wrong partner of this operator new once it inlines only one of them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace eas451 {
namespace {

// What front/site.py sends: 480 bytes of head, 13 fields.
constexpr std::string_view request_bytes =
    "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=user000042%40contoso.example&"
    "DeviceId=APPL000000000000000000000000002A&DeviceType=iPhone HTTP/1.1\r\n"
    "Host: mail.contoso.example\r\n"
    "User-Agent: Apple-iPhone14C2/2104.90\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-us\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "MS-ASProtocolVersion: 14.1\r\n"
    "X-MS-PolicyKey: 3942919513\r\n"
    "Content-Type: application/vnd.ms-sync.wbxml\r\n"
    "Content-Length: 13\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n"
    "Authorization: Basic dXNlcjAwMDA0MkBjb250b3NvLmV4YW1wbGU6UGFzc3cwcmQhMDAwMDQy\r\n"
    "\r\n"
    "\x03\x01\x6a.E\\OK\x03...\x01";

struct Bench {
    Bench() {
        Recipient recipient;
        recipient.user_principal_name = "user000042@contoso.example";
        recipient.sam_account_name = "user000042";
        recipient.mail = "user000042@contoso.example";
        recipient.mail_nickname = "user000042";
        recipient.target_address = "SMTP:user000042@contoso.mail.onmicrosoft.com";
        recipient.recipient_type_details = recipient_type_details_value("RemoteUserMailbox");
        recipient.user_account_control = 512;
        outcome = Accepted{std::make_shared<const Recipient>(std::move(recipient)), LoginForm::upn};
    }

    static OrganizationRelationship office365() {
        OrganizationRelationship relationship;
        relationship.name = "Office 365";
        relationship.domain_names = {"contoso.mail.onmicrosoft.com"};
        relationship.target_owa_url = "https://outlook.office365.com/owa";
        return relationship;
    }

    /// Appends the answer; true when it is the redirect that is wanted.
    bool serve(std::string_view bytes, std::string& out) {
        const auto end = find_head_end(bytes, 0);
        if (!end || parse_request_head(bytes.substr(0, *end), head)) return false;
        if (classify_target(head) != Target::eas) return false;
        const auto user_agent = head.find("User-Agent").value_or("");
        const auto request = parse_eas_request(head);
        if (!request) return false;
        const auto authorization = parse_authorization(head);
        if (!std::holds_alternative<BasicCredentials>(authorization)) return false;
        const Surroundings surroundings{relationships, true, SteadyTime{}};
        const Verdict verdict = decide(*request, user_agent, outcome, policy, surroundings);
        if (verdict.reason != Reason::redirected) return false;
        Framing framing;
        framing.date = "Sun, 22 Nov 2026 23:33:53 GMT";
        framing.strict_transport = true;
        append_answer(out, redirect_answer(verdict.location), framing);
        if (with_log) log(*request, verdict);
        return true;
    }

    void log(const EasRequest& request, const Verdict& verdict) {
        AccessRecord record;
        record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'795'390'433'123));
        record.server_address = "192.0.2.1";
        record.server_port = 443;
        record.client_address = "198.51.100.7";
        record.method = head.method;
        record.path = head.path;
        record.query = head.query;
        record.request = &request;
        record.user_agent = head.find("User-Agent").value_or("");
        record.auth = AuthScheme::basic;
        record.login = "user000042@contoso.example";
        record.login_form = LoginForm::upn;
        record.recipient = std::get<Accepted>(outcome).recipient.get();
        record.decision = to_string(verdict.decision);
        record.reason = verdict.reason;
        record.location = verdict.location;
        record.status = 451;
        record.directory_server = "file";
        record.total_time = std::chrono::microseconds(87);
        record.bytes_in = 493;
        record.bytes_out = 281;
        record.request_id = "0123456789abcdef";
        line.clear();
        append_json_line(line, record);
    }

    RequestHead head;
    RelationshipTable relationships{{office365()}};
    Policy policy;
    LoginOutcome outcome;
    bool with_log = false;
    std::string line;
};

int run(unsigned long requests, bool with_log) {
    Bench bench;
    bench.with_log = with_log;
    std::string out;
    if (!bench.serve(request_bytes, out)) {
        std::fputs("the request is not redirected\n", stderr);
        return EXIT_FAILURE;
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fwrite(bench.line.data(), 1, bench.line.size(), stdout);
    const std::size_t allocated_before = allocations;
    const auto began = std::chrono::steady_clock::now();
    for (unsigned long i = 0; i < requests; ++i) {
        out.clear();
        if (!bench.serve(request_bytes, out)) return EXIT_FAILURE;
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    const auto count = static_cast<double>(requests);
    std::printf("%.0f ns and %.2f allocations a request\n", took.count() / count,
                static_cast<double>(allocations - allocated_before) / count);
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace eas451

/// request_path_bench [REQUESTS [log]]
int main(int argc, char** argv) {
    const unsigned long requests = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
    return eas451::run(requests == 0 ? 1 : requests, argc > 2);
}
