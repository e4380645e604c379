// SPDX-License-Identifier: Apache-2.0
// Searches a second through our LDAP client, on one connection with 32 in flight, against a bare libldap
// loop that does the same, TLS by libldap included, on the same server. Both search in turn; what counts
// is the median of the ratios.
//     ldap_search_bench URL CA_FILE ACCOUNT PASSWORD BASE [SEARCHES ROUNDS BAR]
// ldap_search_bench.py starts a server for it. Ends with 1 below the bar (0.8).
#include <ldap.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "../../src/io/directory/ldap/ldap_servers.hpp"
#include "eas451/io/net/tls_context.hpp"

namespace {

namespace net = boost::asio;
using eas451::LdapSearch;

constexpr unsigned in_flight = 32;
constexpr unsigned users = 80;  // moved001 and so on

struct Settings {
    std::string url, ca_file, account, password, base;
    unsigned searches = 20000;
};

struct Took {
    double seconds = 0;
    double processor = 0;
};

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "ldap_search_bench: %s\n", why.c_str());
    std::exit(2);
}

const std::vector<std::string>& attributes() {
    static const std::vector<std::string> names{"objectClass",
                                                "userPrincipalName",
                                                "sAMAccountName",
                                                "mail",
                                                "proxyAddresses",
                                                "targetAddress",
                                                "mailNickname",
                                                "msExchRecipientTypeDetails",
                                                "msExchRemoteRecipientType",
                                                "homeMDB",
                                                "msExchHomeServerName",
                                                "userAccountControl"};
    return names;
}

std::string filter(unsigned number) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "(userPrincipalName=moved%03u@contoso.com)", number % users + 1);
    return text.data();
}

template <class Work>
Took measure(Work work) {
    const std::clock_t processor = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return {took.count(), static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC};
}

class Ours {
public:
    explicit Ours(const Settings& settings) : settings_(settings) {
        auto tls = eas451::make_client_context(settings.ca_file);
        if (!tls) fail(tls.error());
        const std::size_t colon = settings.url.rfind(':');
        const std::size_t host = settings.url.find("//") + 2;
        const auto port = static_cast<std::uint16_t>(std::stoi(settings.url.substr(colon + 1)));
        const bool start_tls = settings.url.rfind("ldap://", 0) == 0;
        eas451::LdapServer server{settings.url, settings.url.substr(host, colon - host), port, start_tls};
        eas451::LdapAccount account{settings.account, std::make_shared<const eas451::Secret>(std::string(settings.password))};
        servers_ = std::make_shared<eas451::LdapServers>(loop_.get_executor(), std::vector{std::move(server)}, *tls,
                                                         std::move(account), std::chrono::seconds(10),
                                                         eas451::LdapLinkEvents{});
        servers_->start();
    }

    void search(unsigned searches) {
        next_ = 0;
        searches_ = searches;
        running_ = in_flight;
        for (unsigned i = 0; i < in_flight; ++i) {
            auto work = search_on();
            auto ended = [this](const std::exception_ptr& thrown) {
                if (thrown) std::rethrow_exception(thrown);
                if (--running_ == 0) loop_.stop();
            };
            net::co_spawn(loop_, std::move(work), std::move(ended));
        }
        loop_.restart();
        loop_.run();
    }

private:
    net::awaitable<void> search_on() {
        while (next_ < searches_) {
            LdapSearch search{settings_.base, eas451::LdapScope::subtree, filter(next_++), attributes(), 2, 5};
            const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
            const auto asked = co_await servers_->search(std::move(search), deadline);
            if (!asked.replied) fail(asked.replied.error().text);
            if (asked.replied->entries.size() != 1) fail("not one entry");
        }
    }

    const Settings& settings_;
    net::io_context loop_{1};
    std::shared_ptr<eas451::LdapServers> servers_;
    unsigned next_ = 0;
    unsigned searches_ = 0;
    unsigned running_ = 0;
};

/// Nothing but libldap: entries are counted, not read.
class Bare {
public:
    explicit Bare(const Settings& settings) : settings_(settings) {
        const int version = LDAP_VERSION3;
        const int demand = LDAP_OPT_X_TLS_DEMAND;
        const int client = 0;
        bool good = ldap_initialize(&ldap_, settings.url.c_str()) == LDAP_SUCCESS;
        good = good && ldap_set_option(ldap_, LDAP_OPT_PROTOCOL_VERSION, &version) == 0;
        good = good && ldap_set_option(ldap_, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == 0;
        good = good && ldap_set_option(ldap_, LDAP_OPT_X_TLS_CACERTFILE, settings.ca_file.c_str()) == 0;
        good = good && ldap_set_option(ldap_, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0;
        good = good && ldap_set_option(ldap_, LDAP_OPT_X_TLS_NEWCTX, &client) == 0;
        if (good && settings.url.rfind("ldap://", 0) == 0)
            good = ldap_start_tls_s(ldap_, nullptr, nullptr) == LDAP_SUCCESS;
        if (!good) fail("libldap cannot be set up");
        std::string password = settings.password;
        berval credentials{password.size(), password.data()};
        const int bound = ldap_sasl_bind_s(ldap_, settings.account.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr,
                                           nullptr, nullptr);
        if (bound != LDAP_SUCCESS) fail(std::string("libldap: ") + ldap_err2string(bound));
        for (const std::string& name : attributes()) names_.push_back(const_cast<char*>(name.c_str()));
        names_.push_back(nullptr);
    }
    ~Bare() { ldap_unbind_ext_s(ldap_, nullptr, nullptr); }
    Bare(const Bare&) = delete;
    Bare& operator=(const Bare&) = delete;

    void search(unsigned searches) {
        unsigned sent = 0;
        for (unsigned done = 0; done < searches; ++done) {
            while (sent < searches && sent - done < in_flight) ask(filter(sent++));
            take_one();
        }
    }

private:
    void ask(const std::string& filter_text) {
        timeval limit{5, 0};
        int id = 0;
        const int asked = ldap_search_ext(ldap_, settings_.base.c_str(), LDAP_SCOPE_SUBTREE, filter_text.c_str(),
                                          names_.data(), 0, nullptr, nullptr, &limit, 2, &id);
        if (asked != LDAP_SUCCESS) fail(std::string("libldap: ") + ldap_err2string(asked));
    }
    void take_one() {
        LDAPMessage* message = nullptr;
        const int type = ldap_result(ldap_, LDAP_RES_ANY, LDAP_MSG_ALL, nullptr, &message);
        if (type != LDAP_RES_SEARCH_RESULT || ldap_count_entries(ldap_, message) != 1) fail("libldap: not one entry");
        ldap_msgfree(message);
    }

    const Settings& settings_;
    LDAP* ldap_ = nullptr;
    std::vector<char*> names_;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6 && argc != 9) {
        std::fputs("ldap_search_bench URL CA_FILE ACCOUNT PASSWORD BASE [SEARCHES ROUNDS BAR]\n", stderr);
        return 2;
    }
    Settings settings{argv[1], argv[2], argv[3], argv[4], argv[5]};
    if (argc == 9) settings.searches = static_cast<unsigned>(std::atoi(argv[6]));
    const int rounds = argc == 9 ? std::atoi(argv[7]) : 9;
    const double bar = argc == 9 ? std::atof(argv[8]) : 0.8;
    Ours ours(settings);
    Bare bare(settings);
    ours.search(settings.searches / 10);
    bare.search(settings.searches / 10);
    std::vector<double> ratios;
    for (int i = 0; i < rounds; ++i) {
        const Took by_us = measure([&] { ours.search(settings.searches); });
        const Took by_libldap = measure([&] { bare.search(settings.searches); });
        ratios.push_back(by_libldap.seconds / by_us.seconds);
        std::printf("ours %6.0f searches/s, %4.1f us of the processor each; libldap %6.0f and %4.1f; ratio %.2f\n",
                    settings.searches / by_us.seconds, by_us.processor * 1e6 / settings.searches,
                    settings.searches / by_libldap.seconds, by_libldap.processor * 1e6 / settings.searches,
                    ratios.back());
    }
    std::printf("median ratio %.2f, at least %.2f is wanted\n", median(ratios), bar);
    return median(ratios) >= bar ? 0 : 1;
}
