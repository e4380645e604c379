// SPDX-License-Identifier: Apache-2.0
// One certificate of a server with its key, loaded and checked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eas451/core/result.hpp"
#include "eas451/io/net/certificate_files.hpp"
#include "eas451/io/net/server_tls.hpp"
#include "ocsp_response.hpp"
#include "openssl_pointers.hpp"

namespace eas451 {

struct Certificate {
    OpensslPointer<X509> leaf;
    OpensslPointer<STACK_OF(X509)> intermediates;  // perhaps none, never null
    OpensslPointer<EVP_PKEY> key;
    std::optional<OcspResponse> staple;
    CertificateFacts facts;
};

/// The error says in one sentence which file is wrong and why.
Result<Certificate, std::string> load_certificate(const CertificateFiles& files);

}  // namespace eas451
