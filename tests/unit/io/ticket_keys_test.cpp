// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/ticket_keys.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>
#include <vector>

namespace eas451 {
namespace {

using namespace std::chrono_literals;
using Found = TicketKeys::Found;

struct ContextDeleter {
    void operator()(EVP_CIPHER_CTX* it) const { EVP_CIPHER_CTX_free(it); }
    void operator()(EVP_MAC_CTX* it) const { EVP_MAC_CTX_free(it); }
};

/// As OpenSSL makes them for each ticket.
struct Contexts {
    std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter> cipher{EVP_CIPHER_CTX_new()};
    std::unique_ptr<EVP_MAC_CTX, ContextDeleter> mac;
    Contexts() {
        EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        mac.reset(EVP_MAC_CTX_new(hmac));
        EVP_MAC_free(hmac);
    }

    std::string crypt(std::string_view text) const {
        std::string out(text.size() + 32, '\0');
        auto* bytes = reinterpret_cast<unsigned char*>(out.data());
        int size = 0;
        int rest = 0;
        EXPECT_EQ(EVP_CipherUpdate(cipher.get(), bytes, &size, reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size())),
                  1);
        EXPECT_EQ(EVP_CipherFinal_ex(cipher.get(), bytes + size, &rest), 1);
        out.resize(static_cast<std::size_t>(size + rest));
        return out;
    }
    std::string mac_of(std::string_view text) const {
        std::string out(32, '\0');
        std::size_t size = 0;
        EXPECT_EQ(EVP_MAC_update(mac.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()), 1);
        EXPECT_EQ(EVP_MAC_final(mac.get(), reinterpret_cast<unsigned char*>(out.data()), &size, out.size()), 1);
        return out;
    }
};

struct Ticket {
    std::array<unsigned char, TicketKeys::name_bytes> name{};
    std::array<unsigned char, TicketKeys::vector_bytes> vector{};
    std::string sealed;
    std::string mac;
};

constexpr std::string_view session = "a session, and its master secret";

class TicketKeysTest : public testing::Test {
protected:
    Ticket seal(std::chrono::milliseconds at) {
        Ticket ticket;
        const Contexts contexts;
        EXPECT_TRUE(keys_.seal(start_ + at, ticket.name.data(), ticket.vector.data(), contexts.cipher.get(), contexts.mac.get()));
        ticket.sealed = contexts.crypt(session);
        ticket.mac = contexts.mac_of(ticket.sealed);
        return ticket;
    }
    Found open(const Ticket& ticket, std::chrono::milliseconds at) {
        const Contexts contexts;
        const Found found =
            keys_.open(start_ + at, ticket.name.data(), ticket.vector.data(), contexts.cipher.get(), contexts.mac.get());
        if (found != Found::current && found != Found::former) return found;
        EXPECT_EQ(contexts.mac_of(ticket.sealed), ticket.mac);
        EXPECT_EQ(contexts.crypt(ticket.sealed), session);
        return found;
    }

    TicketKeys keys_{2h};
    const TicketKeys::Time start_{100h};
};

TEST_F(TicketKeysTest, OpensWhatItSealed) {
    const Ticket first = seal(0s);
    const Ticket second = seal(1h - 1ms);
    EXPECT_EQ(first.name, second.name);
    EXPECT_NE(first.vector, second.vector);
    EXPECT_NE(first.sealed, second.sealed);
    EXPECT_EQ(open(first, 1h - 1ms), Found::current);
    EXPECT_EQ(open(second, 1h - 1ms), Found::current);
}

TEST_F(TicketKeysTest, RenewsATicketOfAFormerKey) {
    const Ticket first = seal(0s);
    EXPECT_EQ(open(first, 1h), Found::former);  // though there is no other key yet
    const Ticket second = seal(1h);
    EXPECT_NE(first.name, second.name);
    EXPECT_EQ(open(first, 1h), Found::former);
    EXPECT_EQ(open(second, 1h), Found::current);
}

TEST_F(TicketKeysTest, OpensATicketForItsWholeLifeAndNotBeyondItsKeys) {
    std::vector<Ticket> tickets;
    for (const auto at : {0h, 1h, 2h, 3h}) {
        tickets.push_back(seal(at));
        tickets.push_back(seal(at + 1h - 1ms));
    }
    EXPECT_EQ(open(tickets[1], 4h - 1ms), Found::unknown);  // of the first key, which was made 4 h ago
    EXPECT_EQ(open(tickets[3], 4h - 1ms), Found::former);   // of the second, nearly 2 h old
    EXPECT_EQ(open(tickets[3], 4h), Found::unknown);
    EXPECT_EQ(open(tickets[5], 4h), Found::former);
    EXPECT_EQ(open(tickets[7], 4h), Found::former);
    EXPECT_EQ(open(tickets[7], 6h - 1ms), Found::former);
    EXPECT_EQ(open(tickets[7], 6h), Found::unknown);
}

TEST_F(TicketKeysTest, HoldsALastTicketOfAKeyForItsWholeLifeThoughOthersFollow) {
    const Ticket last = seal(0s);
    for (auto at = 1h; at < 3h; at += 1h) seal(at);
    EXPECT_EQ(open(last, 3h - 1ms), Found::former);
    seal(3h);
    EXPECT_EQ(open(last, 3h), Found::unknown);
}

TEST_F(TicketKeysTest, KnowsNoForeignKey) {
    Ticket ticket = seal(0s);
    TicketKeys others(2h);
    const Contexts contexts;
    EXPECT_EQ(others.open(start_, ticket.name.data(), ticket.vector.data(), contexts.cipher.get(), contexts.mac.get()),
              Found::unknown);
    ticket.name = {};  // what an empty place holds
    EXPECT_EQ(open(ticket, 0s), Found::unknown);
    EXPECT_EQ(open(ticket, 10h), Found::unknown);
}

TEST_F(TicketKeysTest, TakesAnotherLifetimeAtOnce) {
    const Ticket ticket = seal(0s);
    keys_.set_lifetime(10min);
    EXPECT_EQ(open(ticket, 15min - 1ms), Found::former);
    EXPECT_EQ(open(ticket, 15min), Found::unknown);
    EXPECT_NE(seal(15min).name, ticket.name);
}

}  // namespace
}  // namespace eas451
