// SPDX-License-Identifier: Apache-2.0
#include "admin_api.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "eas451/core/credentials.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/log/log.hpp"
#include "eas451/io/runtime/key_heap.hpp"

namespace eas451 {
namespace {

class AdminTransaction : public Transaction {
public:
    explicit AdminTransaction(AdminApi& api) : api_(api) {}
    Next begin(const RequestHead& head, const ConnectionFacts& connection) override { return api_.answer(head, connection); }
    Answer refuse(HeadFault fault, const RequestHead&, const ConnectionFacts&) override {
        return {fault == HeadFault::target_too_long ? 414U : 400U, {}, {}};
    }
    Answer refuse_body() override { return {400, {}, {}}; }
    void finish(const TransferFacts&) override {}

private:
    AdminApi& api_;
};

constexpr std::string_view text_lines = "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n";
constexpr std::string_view metrics_lines =
    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n";

/// A wrong password costs a slow hash on the control loop: one try a second at most.
constexpr std::chrono::seconds between_checks{1};

Answer text_answer(unsigned status, std::string body) { return {status, std::string(text_lines), std::move(body)}; }

/// Without port and brackets.
std::string_view host_name(std::string_view host) {
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

/// Of the hash and the password that it fits, to know both again without the slow hash.
std::string digest_of(std::string_view hash, const Secret& password) {
    std::string salted(hash);
    salted.reserve(hash.size() + 1 + password.reveal().size());
    salted += '\0';
    salted += password.reveal();
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    cleanse(salted);
    return digest;
}

}  // namespace

AdminApi::AdminApi(std::shared_ptr<const Deployment> deployment, Metrics& metrics, Readiness& readiness,
                   std::function<std::uint64_t()> dropped_log_lines)
    : deployment_(std::move(deployment)),
      metrics_(metrics),
      readiness_(readiness),
      dropped_log_lines_(std::move(dropped_log_lines)) {}

std::unique_ptr<Transaction> AdminApi::start() { return std::make_unique<AdminTransaction>(*this); }

Answer AdminApi::answer(const RequestHead& head, const ConnectionFacts& connection) {
    if (!is_host_allowed(head, connection)) return text_answer(403, "Host is not the name this listens on\n");
    // Probes of balancers and containers bring no password, and these two tell nothing to protect.
    const bool is_probe = head.path == "/healthz" || head.path == "/readyz";
    if (!is_probe && deployment_->settings.admin.password_hash_file && !is_password_right(head)) {
        return {401, "WWW-Authenticate: Basic realm=\"eas451 admin\", charset=\"UTF-8\"\r\n", {}};
    }
    if (head.path != "/healthz" && head.path != "/readyz" && head.path != "/metrics") return not_found_answer();
    if (head.method != "GET" && head.method != "HEAD") return {405, "Allow: GET, HEAD\r\n", {}};
    if (head.path == "/healthz") return text_answer(200, "ok\n");
    if (head.path == "/readyz") {
        const bool ready = readiness_.is_ready(*deployment_->directory);
        return text_answer(ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
    }
    metrics_.set_dropped_log_lines(dropped_log_lines_());
    const KeyHeapState keys = key_heap_state();
    metrics_.set_key_memory(keys.used, keys.overflows);
    return {200, std::string(metrics_lines), metrics_.text()};
}

bool AdminApi::is_host_allowed(const RequestHead& head, const ConnectionFacts& connection) const {
    const std::string_view host = host_name(head.host);
    if (connection.server_port == 0) return true;  // a Unix socket: no browser gets there
    if (host == "127.0.0.1" || host == "::1" || equals_ignore_case(host, "localhost")) return true;
    const auto* bind = std::get_if<BindAddress>(&deployment_->settings.admin.where);
    return host == connection.server_address || (bind != nullptr && equals_ignore_case(host, bind->address));
}

bool AdminApi::is_password_right(const RequestHead& head) {
    const Authorization authorization = parse_authorization(head);
    const auto* basic = std::get_if<BasicCredentials>(&authorization);
    return basic != nullptr && verify(basic->credentials.password);
}

bool AdminApi::verify(const Secret& password) {
    const auto file = read_admin_hash(*deployment_->settings.admin.password_hash_file);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!file) {
        if (now >= next_check_) log::error("admin.password_hash_file: " + file.error());
        next_check_ = now + between_checks;
        return false;
    }
    const std::string_view hash = file->reveal();
    const std::string digest = digest_of(hash, password);
    if (digest.size() == verified_digest_.size() && CRYPTO_memcmp(digest.data(), verified_digest_.data(), digest.size()) == 0) {
        return true;
    }
    if (now < next_check_) return false;
    next_check_ = now + between_checks;
    if (!verify_password(password.reveal(), hash)) return false;
    verified_digest_ = digest;
    return true;
}

}  // namespace eas451
