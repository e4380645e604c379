// SPDX-License-Identifier: Apache-2.0
// TLS for listeners: certificates loaded and checked, and the policy they are served with: TLS 1.2
// and 1.3, AEAD suites, the server's preference, no compression, no renegotiation, ALPN http/1.1.
// And for what we connect to: whom we trust.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/result.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

/// The common name of certificates that make_lab_certificate() makes.
inline constexpr const char* lab_certificate_name = "eas451 lab";

struct ServerCertificate {
    std::shared_ptr<boost::asio::ssl::context> context;
    std::vector<std::string> names;  // DNS names of the certificate's SAN, lower-case
    std::int64_t not_after = 0;      // Unix seconds
    bool is_lab_made = false;        // by make_lab_certificate()
};

/// Loads a PEM chain and its key. The error says in one sentence which file is wrong and why.
/// Immutable once made: a reload makes a new one, and connections keep the one they began with.
Result<ServerCertificate, std::string> load_server_certificate(const std::filesystem::path& certificate,
                                                               const std::filesystem::path& key);

/// TLS 1.2 and 1.3 towards servers that are verified: by the authorities of a PEM file, where each
/// certificate counts as it stands, also one that another has issued; without a file by those of the
/// system. Which name the server has to have is set for each connection. The error names the file and
/// says why it cannot be used.
Result<std::shared_ptr<boost::asio::ssl::context>, std::string> make_client_context(
    const std::optional<std::filesystem::path>& ca_file);

/// Writes a self-signed certificate (P-256, 397 days) for these names and 127.0.0.1, the key
/// readable by us alone. For the lab: no phone trusts it. The error says why it could not.
Result<void, std::string> make_lab_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                               const std::vector<std::string>& names);

}  // namespace eas451
