// SPDX-License-Identifier: Apache-2.0
#include "admin_gate.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "eas451/core/credentials.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/log/log.hpp"

namespace eas451 {
namespace {

/// A wrong password costs a slow hash on the control loop: one try a second at most.
constexpr std::chrono::seconds between_checks{1};

/// Without port and brackets.
std::string_view host_name(std::string_view host) {
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

/// The scheme need not be ours: what is at our own port is us.
bool is_own_origin(std::string_view origin, std::string_view host) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (starts_with_ignore_case(origin, scheme)) return equals_ignore_case(origin.substr(scheme.size()), host);
    }
    return false;
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

Answer forbidden(std::string_view why) {
    return {403, "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n", std::string(why) + "\n"};
}

}  // namespace

bool is_host_allowed(const AdminSettings& settings, const std::vector<std::string>& names, const RequestHead& head,
                     const ConnectionFacts& connection) {
    const std::string_view host = host_name(head.host);
    if (connection.server_port == 0) return true;
    if (host == "127.0.0.1" || host == "::1" || equals_ignore_case(host, "localhost")) return true;
    if (host_matches(ascii_lower(host), names)) return true;
    const auto* bind = std::get_if<BindAddress>(&settings.where);
    return host == connection.server_address || (bind != nullptr && equals_ignore_case(host, bind->address));
}

bool is_of_another_site(const RequestHead& head) {
    for (const HeaderField& field : head.fields()) {
        const bool is_origin = equals_ignore_case(field.name, "Origin");
        if (is_origin && !is_own_origin(field.value, head.host)) return true;
        const bool is_site = equals_ignore_case(field.name, "Sec-Fetch-Site");
        if (is_site && field.value != "same-origin" && field.value != "none") return true;
    }
    return false;
}

std::optional<Answer> AdminGate::refuse(const AdminSettings& settings, const std::vector<std::string>& names,
                                        const RequestHead& head, const ConnectionFacts& connection, bool is_probe) {
    if (!is_host_allowed(settings, names, head, connection)) return forbidden("Host is not the name this listens on");
    if (is_of_another_site(head)) return forbidden("a web page of another site asks");
    if (is_probe || !settings.password_hash_file || is_password_right(settings, head)) return std::nullopt;
    return Answer{401, "WWW-Authenticate: Basic realm=\"eas451 admin\", charset=\"UTF-8\"\r\n", {}};
}

bool AdminGate::is_password_right(const AdminSettings& settings, const RequestHead& head) {
    const auto password = basic_password(head);
    return password && verify(settings, *password);
}

bool AdminGate::verify(const AdminSettings& settings, const Secret& password) {
    const auto file = read_admin_hash(*settings.password_hash_file);
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
