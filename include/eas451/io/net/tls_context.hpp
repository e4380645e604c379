// SPDX-License-Identifier: Apache-2.0
// TLS towards what we connect to: whom we trust; and the certificate of the lab. server_tls.hpp is for
// listeners.
#pragma once

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
