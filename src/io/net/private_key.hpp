// SPDX-License-Identifier: Apache-2.0
// Reads a private key so that no byte of it is outside of the key heap (io/runtime/key_heap.hpp).
#pragma once

#include <filesystem>
#include <string>

#include "eas451/core/result.hpp"
#include "openssl_pointers.hpp"

namespace eas451 {

/// Of a PEM file: PKCS#8, or the older forms of RSA and EC keys. The error is one sentence without
/// the name of the file.
Result<OpensslPointer<EVP_PKEY>, std::string> load_private_key(const std::filesystem::path& file);

}  // namespace eas451
