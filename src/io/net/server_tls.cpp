// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/server_tls.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/context.hpp>
#include <ctime>
#include <iterator>
#include <optional>

#include "certificate.hpp"
#include "certificate_choice.hpp"
#include "openssl_pointers.hpp"

namespace eas451 {
namespace {

namespace ssl = boost::asio::ssl;

// TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has nothing else.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// What every phone has. With the finite fields of RFC 7919, or P-384, one message of a client that need not compute
// anything itself would make us compute for milliseconds.
constexpr const char* key_exchange_groups = "X25519:P-256";

/// What the callbacks of one listener's contexts share. It ends with the first of them, which every
/// connection of the listener holds.
struct Served {
    explicit Served(CertificateChoice chosen) : choice(std::move(chosen)) {}

    struct Staple {
        const X509* certificate;
        OcspResponse response;
    };
    CertificateChoice choice;
    std::shared_ptr<TicketKeys> tickets;
    std::chrono::milliseconds ticket_lifetime{};
    std::vector<Staple> staples;
    std::vector<OpensslPointer<SSL_CTX>> others;  // for offer 1 and so on
};

int served_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

/// Of the first context alone: with it Served ends.
int owner_index() {
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr,
        [](void*, void* served, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Served*>(served); });
    return index;
}

const Served& served(const SSL* connection) {
    return *static_cast<const Served*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), served_index()));
}

/// ALPN: http/1.1, or no ALPN at all.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned int in_length, void*) {
    static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, out_length, ours.data(), ours.size(), in, in_length);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/// RFC 6066 section 3: the length of the list, then of its first entry the type, the length, the name. What
/// is not of this form OpenSSL refuses afterwards.
std::optional<std::string_view> asked_name(SSL* connection) {
    constexpr std::size_t before_name = 5;
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return std::nullopt;
    if (size < before_name || bytes[2] != TLSEXT_NAMETYPE_host_name) return std::nullopt;
    const std::size_t length = std::size_t{bytes[3]} << 8U | bytes[4];
    if (length > size - before_name) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes) + before_name, length);
}

/// Before OpenSSL looks at a ticket, which counts for the certificates that it was given with alone.
int choose_context(SSL* connection, int*, void*) {
    const auto name = asked_name(connection);
    if (!name) return SSL_CLIENT_HELLO_SUCCESS;
    const Served& listener = served(connection);
    const std::size_t offer = listener.choice.offer_for(*name);
    if (offer != 0) SSL_set_SSL_CTX(connection, listener.others[offer - 1].get());
    return SSL_CLIENT_HELLO_SUCCESS;
}

int staple(SSL* connection, void*) {
    const X509* const certificate = SSL_get_certificate(connection);
    for (const Served::Staple& staple : served(connection).staples) {
        if (staple.certificate != certificate || staple.response.next_update <= std::time(nullptr)) continue;
        const std::string& der = staple.response.der;
        void* const copy = OPENSSL_memdup(der.data(), der.size());  // the connection frees it
        if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
        SSL_set_tlsext_status_ocsp_resp(connection, copy, static_cast<long>(der.size()));
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

int ready_ticket(SSL* connection, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int sealing) {
    constexpr int failed = -1;
    constexpr int no_such_key = 0;  // a full handshake
    constexpr int ready = 1;
    constexpr int ready_and_renew = 2;
    TicketKeys& tickets = *served(connection).tickets;
    const auto now = std::chrono::steady_clock::now();
    if (sealing != 0) return tickets.seal(now, name, vector, cipher, mac) ? ready : failed;
    switch (tickets.open(now, name, vector, cipher, mac)) {
        case TicketKeys::Found::unknown: return no_such_key;
        case TicketKeys::Found::current: return ready;
        case TicketKeys::Found::former: return ready_and_renew;
        case TicketKeys::Found::failed: break;
    }
    return failed;
}

void apply_policy(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, tls12_ciphers);
    SSL_CTX_set1_groups_list(context, key_exchange_groups);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);  // each ticket costs 10 % of a handshake
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
    // That a name was asked for is acknowledged, as by others; the choice was made before.
    SSL_CTX_set_tlsext_servername_callback(context,
                                           +[](SSL*, int*, void*) -> int { return SSL_TLSEXT_ERR_OK; });
}

/// Sessions belong to the certificates of the offer.
bool set_session_context(SSL_CTX* context, const std::vector<Certificate>& certificates,
                         const CertificateChoice::Offer& offer) {
    const OpensslPointer<EVP_MD_CTX> digest(EVP_MD_CTX_new());
    std::array<unsigned char, SSL_MAX_SSL_SESSION_ID_LENGTH> bytes{};
    static_assert(SSL_MAX_SSL_SESSION_ID_LENGTH == 32);
    bool done = EVP_DigestInit_ex2(digest.get(), EVP_sha256(), nullptr) == 1;
    for (const std::size_t number : offer) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> one;
        unsigned size = 0;
        done = done && X509_digest(certificates[number].leaf.get(), EVP_sha256(), one.data(), &size) == 1 &&
               EVP_DigestUpdate(digest.get(), one.data(), size) == 1;
    }
    return done && EVP_DigestFinal_ex(digest.get(), bytes.data(), nullptr) == 1 &&
           SSL_CTX_set_session_id_context(context, bytes.data(), bytes.size()) == 1;
}

/// Null with OpenSSL's reason in its queue.
OpensslPointer<SSL_CTX> make_context(const std::vector<Certificate>& certificates, const CertificateChoice::Offer& offer,
                                     Served& listener) {
    OpensslPointer<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    if (context == nullptr) return nullptr;
    apply_policy(context.get());
    for (const std::size_t number : offer) {
        const Certificate& it = certificates[number];
        if (SSL_CTX_use_cert_and_key(context.get(), it.leaf.get(), it.key.get(), it.intermediates.get(), 1) != 1) return nullptr;
    }
    if (!set_session_context(context.get(), certificates, offer)) return nullptr;
    const auto lifetime = std::chrono::floor<std::chrono::seconds>(listener.ticket_lifetime);
    SSL_CTX_set_timeout(context.get(), static_cast<long>(lifetime.count()));
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context.get(), ready_ticket);
    if (!listener.staples.empty()) SSL_CTX_set_tlsext_status_cb(context.get(), staple);
    SSL_CTX_set_ex_data(context.get(), served_index(), &listener);
    return context;
}

std::unique_ptr<Served> make_served(std::vector<Certificate>& certificates, std::shared_ptr<TicketKeys> tickets) {
    std::vector<CertificateChoice::Candidate> candidates;
    candidates.reserve(certificates.size());
    for (const Certificate& it : certificates) candidates.push_back({EVP_PKEY_get_base_id(it.key.get()), it.facts.names});
    auto listener = std::make_unique<Served>(CertificateChoice(candidates));
    listener->tickets = std::move(tickets);
    for (Certificate& it : certificates) {
        if (it.staple && it.staple->useless.empty()) listener->staples.push_back({it.leaf.get(), std::move(*it.staple)});
    }
    return listener;
}

std::vector<std::string> warnings_of(const std::vector<CertificateFiles>& files, const std::vector<Certificate>& certificates) {
    std::vector<std::string> warnings;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const Certificate& it = certificates[i];
        if (it.facts.not_after <= std::time(nullptr)) {
            warnings.push_back("the certificate " + files[i].certificate.string() + " has expired");
        }
        if (!it.staple || it.staple->useless.empty()) continue;
        warnings.push_back("the OCSP response " + files[i].ocsp_response->string() + " is not given to clients: " +
                           it.staple->useless);
    }
    return warnings;
}

}  // namespace

std::int64_t ServerTls::not_after() const {
    const auto earlier = [](const CertificateFacts& a, const CertificateFacts& b) { return a.not_after < b.not_after; };
    return std::min_element(certificates.begin(), certificates.end(), earlier)->not_after;
}

Result<ServerTls, std::vector<std::string>> load_server_tls(const std::vector<CertificateFiles>& files,
                                                            std::shared_ptr<TicketKeys> tickets,
                                                            std::chrono::milliseconds ticket_lifetime) {
    std::vector<std::string> errors;
    std::vector<Certificate> certificates;
    for (const CertificateFiles& one : files) {
        auto loaded = load_certificate(one);
        if (loaded) {
            certificates.push_back(std::move(*loaded));
        } else {
            errors.push_back(loaded.error());
        }
    }
    if (!errors.empty()) return errors;
    ServerTls made;
    made.warnings = warnings_of(files, certificates);
    auto listener = make_served(certificates, std::move(tickets));
    listener->ticket_lifetime = ticket_lifetime;
    std::vector<OpensslPointer<SSL_CTX>> contexts;
    for (const auto& offer : listener->choice.offers()) {
        contexts.push_back(make_context(certificates, offer, *listener));
        const std::string file = files[offer.front()].certificate.string();
        if (contexts.back() == nullptr) return std::vector{"cannot serve the certificate " + file + ": " + openssl_error()};
    }
    SSL_CTX* const first = contexts.front().get();
    SSL_CTX_set_client_hello_cb(first, choose_context, nullptr);
    std::move(contexts.begin() + 1, contexts.end(), std::back_inserter(listener->others));
    SSL_CTX_set_ex_data(first, owner_index(), listener.release());
    made.context = std::make_shared<ssl::context>(contexts.front().release());
    for (Certificate& it : certificates) made.certificates.push_back(std::move(it.facts));
    return made;
}

}  // namespace eas451
