// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/exchange_online.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

TEST(ExchangeOnline, is_told_by_whole_labels_of_its_domains) {
    for (const char* host : {"outlook.office365.com", "outlook.com", "www.outlook.com", "outlook.office.com", "hhn-efz.ms-acdc.office.com",
                             "outlook.office365.us", "partner.outlook.cn", "outlook.office.de"}) {
        EXPECT_TRUE(is_exchange_online(host)) << host;
    }
    for (const char* host : {"", ".outlook.com.example", "myoutlook.com", "office365.com.contoso.com", "mail.contoso.com", "com"}) {
        EXPECT_FALSE(is_exchange_online(host)) << host;
    }
}

}  // namespace
}  // namespace eas451
