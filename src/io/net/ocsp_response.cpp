// SPDX-License-Identifier: Apache-2.0
#include "ocsp_response.hpp"

#include <openssl/ocsp.h>

#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>

#include "openssl_pointers.hpp"

namespace eas451 {
namespace {

constexpr std::size_t longest_response = 65535;
/// By how much clocks may differ.
constexpr long tolerance_seconds = 300;

struct OcspDeleter {
    void operator()(OCSP_RESPONSE* it) const { OCSP_RESPONSE_free(it); }
    void operator()(OCSP_BASICRESP* it) const { OCSP_BASICRESP_free(it); }
};
template <class T>
using OcspPointer = std::unique_ptr<T, OcspDeleter>;

using Loaded = Result<OcspResponse, std::string>;

Loaded none(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

/// Serial number and issuer's name, hashed as the responder did it.
bool is_for(const OCSP_CERTID* id, X509* certificate) {
    ASN1_OCTET_STRING* name_hash = nullptr;
    ASN1_OBJECT* algorithm = nullptr;
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(&name_hash, &algorithm, nullptr, &serial, const_cast<OCSP_CERTID*>(id));
    const EVP_MD* digest = EVP_get_digestbyobj(algorithm);
    std::array<unsigned char, EVP_MAX_MD_SIZE> ours;
    unsigned size = 0;
    if (digest == nullptr || ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) != 0) return false;
    if (X509_NAME_digest(X509_get_issuer_name(certificate), digest, ours.data(), &size) != 1) return false;
    return std::string_view(reinterpret_cast<const char*>(ours.data()), size) ==
           std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name_hash)),
                            static_cast<std::size_t>(ASN1_STRING_length(name_hash)));
}

OCSP_SINGLERESP* find(OCSP_BASICRESP* basic, X509* certificate) {
    for (int i = 0; i < OCSP_resp_count(basic); ++i) {
        OCSP_SINGLERESP* const single = OCSP_resp_get0(basic, i);
        if (is_for(OCSP_SINGLERESP_get0_id(single), certificate)) return single;
    }
    return nullptr;
}

std::int64_t unix_seconds(const ASN1_GENERALIZEDTIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

void judge(OCSP_SINGLERESP* single, OcspResponse& response) {
    ASN1_GENERALIZEDTIME* this_update = nullptr;
    ASN1_GENERALIZEDTIME* next_update = nullptr;
    const int status = OCSP_single_get0_status(single, nullptr, nullptr, &this_update, &next_update);
    const std::int64_t now = std::time(nullptr);
    response.next_update = next_update == nullptr ? std::numeric_limits<std::int64_t>::max() : unix_seconds(next_update);
    if (status != V_OCSP_CERTSTATUS_GOOD) {
        response.useless = std::string("it says that the certificate is ") + OCSP_cert_status_str(status);
    } else if (unix_seconds(this_update) > now + tolerance_seconds) {
        response.useless = "it is not valid yet";
    } else if (response.next_update <= now) {
        response.useless = "it has expired";
    }
}

}  // namespace

Loaded load_ocsp_response(const std::filesystem::path& file, X509* certificate) {
    if (const auto unreadable = why_unreadable(file)) return none(*unreadable);
    std::ifstream stream(file, std::ios::binary);
    OcspResponse response;
    response.der.resize(longest_response + 1);
    stream.read(response.der.data(), static_cast<std::streamsize>(response.der.size()));
    response.der.resize(static_cast<std::size_t>(stream.gcount()));
    if (response.der.size() > longest_response) return none("it is larger than a response can be");
    const auto* bytes = reinterpret_cast<const unsigned char*>(response.der.data());
    const OcspPointer<OCSP_RESPONSE> parsed(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(response.der.size())));
    if (parsed == nullptr) return none("it is no OCSP response in DER: " + openssl_error());
    const int status = OCSP_response_status(parsed.get());
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        return none(std::string("the responder refused: ") + OCSP_response_status_str(status));
    }
    const OcspPointer<OCSP_BASICRESP> basic(OCSP_response_get1_basic(parsed.get()));
    OCSP_SINGLERESP* const single = basic == nullptr ? nullptr : find(basic.get(), certificate);
    if (single == nullptr) return none("it is for another certificate");
    judge(single, response);
    return response;
}

}  // namespace eas451
