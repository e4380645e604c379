// SPDX-License-Identifier: Apache-2.0
#include "privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace eas451 {

Result<void, std::string> check_privileges(const Settings& settings) {
    if (settings.user.empty()) {
        if (::geteuid() == 0 && !settings.lab) {
            return std::string("user: required when started as root, so that the server does not stay root");
        }
        return {};
    }
    const passwd* user = ::getpwnam(settings.user.c_str());
    if (user == nullptr) return "user: there is no user " + settings.user + " on this machine";
    if (user->pw_uid == 0 && !settings.lab) return "user: " + settings.user + " is root, which the server must not stay";
    return {};
}

Result<void, std::string> drop_privileges(const Settings& settings) {
    if (settings.user.empty()) return {};
    const passwd* user = ::getpwnam(settings.user.c_str());
    if (user == nullptr) return "user: there is no user " + settings.user + " on this machine";
    if (::geteuid() == user->pw_uid) return {};
    if (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0) {
        return "cannot become user " + settings.user + ": " + std::strerror(errno);
    }
    return {};
}

namespace {

void ignore(int signal) {
    struct sigaction action{};
    action.sa_handler = SIG_IGN;
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

void ignore_early_signals() {
    ignore(SIGHUP);
    ignore(SIGUSR1);
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptors_for_connections() {
    constexpr std::size_t kept_back = 96;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
    return descriptors > 2 * kept_back ? descriptors - kept_back : descriptors / 2;
}

void neutralise_environment() {
    for (const char* name : {"SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "LDAPCONF", "LDAPRC",
                             "GNUTLS_SYSTEM_PRIORITY_FILE"}) {
        ::unsetenv(name);
    }
    ::setenv("LDAPNOINIT", "1", 1);
    ignore(SIGPIPE);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
}

}  // namespace eas451
