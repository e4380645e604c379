// SPDX-License-Identifier: Apache-2.0
// An OCSP response from a file (RFC 6960), to be stapled to a handshake.
#pragma once

#include <openssl/x509.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "eas451/core/result.hpp"

namespace eas451 {

struct OcspResponse {
    std::string der;
    std::int64_t next_update = 0;  // Unix seconds; from then on it is not given any more
    std::string useless;           // why it is not worth giving; empty: it is
};

/// The response for this very certificate. One that has expired, or says anything but "good", is no
/// error, since an administrator's job that fetches it may have failed: it is `useless`. Whether the
/// authority signed it is for clients to judge. The error is one sentence without the name of the file.
Result<OcspResponse, std::string> load_ocsp_response(const std::filesystem::path& file, X509* certificate);

}  // namespace eas451
