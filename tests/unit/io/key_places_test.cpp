// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/config/key_places.hpp"

#include <gtest/gtest.h>

#include "eas451/io/config/settings.hpp"

namespace eas451 {
namespace {

KeyPlaces places_of(std::string_view text) {
    const auto settings = parse_settings(text, "c.yaml");
    return settings ? settings->places : KeyPlaces();
}

TEST(KeyPlaces, PutsThePlaceBeforeWhatBeginsWithAKey) {
    const KeyPlaces places = places_of(
        "listeners:\n  - bind: \"127.0.0.1:0\"\n    tls: {certificate: a, key: b}\ndirectory: {type: file, file: d.yaml}\nuser: me\n"
        "exchange: {servers: [\"https://a\", \"https://b\"]}\n");
    EXPECT_EQ(places.with_place("user: nobody"), "c.yaml:5:1: user: nobody");
    EXPECT_EQ(places.with_place("listeners[0].tls: x: y"), "c.yaml:3:5: listeners[0].tls: x: y");
    EXPECT_EQ(places.with_place("listeners[0].tls.key: x"), "c.yaml:3:27: listeners[0].tls.key: x");
    EXPECT_EQ(places.with_place("exchange.servers[1]: x"), "c.yaml:6:35: exchange.servers[1]: x");
    EXPECT_EQ(places.with_place("directory.file: x"), "c.yaml:4:25: directory.file: x");
}

TEST(KeyPlaces, OfWhatIsNotGivenItIsThatOfWhatIsAround) {
    const KeyPlaces places = places_of("listeners: [{bind: \"127.0.0.1:0\"}]\npublic_names: [a.b]\ndirectory: {type: file, file: d.yaml}\n");
    EXPECT_EQ(places.with_place("directory.ldap.ca_file: x"), "c.yaml:3:1: directory.ldap.ca_file: x");
    EXPECT_EQ(places.with_place("user: required"), "c.yaml:1:1: user: required");
    EXPECT_EQ(places.with_place("listeners[7].bind: x"), "c.yaml:1:1: listeners[7].bind: x");
}

TEST(KeyPlaces, LeavesOtherTextsAsTheyAre) {
    const KeyPlaces places = places_of("listeners: [{bind: \"127.0.0.1:0\"}]\npublic_names: [a.b]\ndirectory: {type: file, file: d.yaml}\n");
    for (const std::string text : {"", "user", "user:x", "users: x", "ldaps://dc1: refused", "directory.yaml: x", "d.yaml:1:2: user: x",
                                   "exchange: https://a: refused", "a sentence: with user", ": x", "listeners[]: x[0]"}) {
        EXPECT_EQ(places.with_place(text).substr(0, 7) == "c.yaml:", text == "listeners[]: x[0]") << text;
    }
}

}  // namespace
}  // namespace eas451
