// SPDX-License-Identifier: Apache-2.0
// The byte stream of an LDAP server, cut anywhere. Oracle: the codec gives messages or says that the stream
// is broken, and however the bytes are cut, it gives the same messages. (libldap may look past garbage when
// the next bytes are there already, so one cut may see the stream break earlier than another.)
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "../../src/io/directory/ldap/ldap_codec.hpp"

// libldap 2.5 forgets a request (4 KiB) whose answer cannot be decoded; the connection ends there, so it is
// one for each. Its frames have no pointers to unwind by, so the leak checker sees only liblber. Leaks of our
// own are found by the unit tests, which suppress nothing.
extern "C" const char* __lsan_default_suppressions() { return "leak:liblber\n"; }

namespace {

using namespace eas451;

/// A longer input is cut into longer pieces: each costs a look for a whole message.
constexpr std::size_t most_pieces = 100;

std::string text_of(const LdapMessage& message) {
    std::string text = std::to_string(message.id);
    if (const auto* entry = std::get_if<LdapEntry>(&message.content)) {
        text += " entry " + entry->dn;
        for (const auto& [name, values] : entry->attributes) {
            text += " " + name;
            for (const std::string& value : values) text += "=" + value;
        }
    } else if (const auto* result = std::get_if<LdapResult>(&message.content)) {
        text += " result " + std::to_string(result->code) + " " + result->diagnostic;
        if (result->password_policy) {
            text += " policy " + std::to_string(result->password_policy->error.value_or(-1)) + " " +
                    std::to_string(result->password_policy->grace_binds_left.value_or(-1));
        }
    } else {
        text += " reference";
    }
    return text;
}

/// Every message the codec makes of the pieces, until the stream is broken.
std::vector<std::string> decode(std::string_view bytes, std::size_t piece) {
    LdapCodec codec;
    const LdapSearch search{"DC=a", LdapScope::subtree, "(uid=a)", {"mail"}, 2, 5};
    for (int i = 0; i < 3; ++i) codec.search(search);
    codec.bind("CN=a", "secret");
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        codec.receive(bytes.substr(at, piece));
        for (;;) {
            auto next = codec.next();
            if (!next) return lines;
            if (!*next) break;
            lines.push_back(text_of(**next));
        }
    }
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = decode(bytes, bytes.size() + 1);
    const auto cut = decode(bytes, std::max<std::size_t>(7, bytes.size() / most_pieces));
    if (!std::equal(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(std::min(whole.size(), cut.size())), cut.begin())) {
        std::abort();
    }
    return 0;
}
