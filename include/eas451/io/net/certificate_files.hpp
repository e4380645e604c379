// SPDX-License-Identifier: Apache-2.0
// Where a certificate of a server is.
#pragma once

#include <filesystem>
#include <optional>

namespace eas451 {

struct CertificateFiles {
    std::filesystem::path certificate;  // PEM: the server's, then the intermediate ones
    std::filesystem::path key;          // PEM
    std::optional<std::filesystem::path> ocsp_response;  // DER; absent: nothing is stapled
};

}  // namespace eas451
