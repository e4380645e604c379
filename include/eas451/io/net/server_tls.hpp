// SPDX-License-Identifier: Apache-2.0
// TLS of a listener: its certificates, and the policy they are served with. TLS 1.2 and 1.3, AEAD
// suites, the server's preference, no compression, no renegotiation, no early data, ALPN http/1.1.
// docs/tls.md tells administrators the same.
//
// Sessions are resumed by tickets alone (RFC 5077, RFC 8446 section 4.6.1); there is no memory of
// sessions here. A ticket is taken where the certificates that the client is offered are those that it
// was given with, on any listener; where they differ there is a full handshake, since a session says
// that the client has checked that very certificate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eas451/core/result.hpp"
#include "eas451/io/net/certificate_files.hpp"
#include "eas451/io/net/ticket_keys.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

struct CertificateFacts {
    std::filesystem::path file;
    std::vector<std::string> names;  // DNS names of its SAN, lower-case
    std::int64_t not_after = 0;      // Unix seconds
    bool is_lab_made = false;        // by make_lab_certificate()
};

struct ServerTls {
    std::shared_ptr<boost::asio::ssl::context> context;
    std::vector<CertificateFacts> certificates;  // one at least
    std::vector<std::string> warnings;           // what is not as it should be, and served all the same

    /// When the first of them expires.
    [[nodiscard]] std::int64_t not_after() const;
};

/// Loads all of them, the default one first. The errors say each in one sentence which file is wrong
/// and why. Immutable once made: a reload makes a new one, and connections keep the one they began with.
/// Whether tickets can be opened after it is for the keys alone, which are those of the old one.
Result<ServerTls, std::vector<std::string>> load_server_tls(const std::vector<CertificateFiles>& files,
                                                            std::shared_ptr<TicketKeys> tickets,
                                                            std::chrono::milliseconds ticket_lifetime);

}  // namespace eas451
