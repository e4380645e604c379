// SPDX-License-Identifier: Apache-2.0
#include "privileges.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace eas451 {

namespace {

struct Account {
    uid_t user;
    gid_t group;
};

/// Nothing when there is none of that name.
std::optional<Account> account_of(const std::string& name) {
    const passwd* found = ::getpwnam(name.c_str());
    if (found == nullptr) return std::nullopt;
    return Account{found->pw_uid, found->pw_gid};
}

std::string no_such_user(const std::string& name) {
    return "user: there is no user " + name + " on this machine; make it, as with useradd --system " + name + ", or name another";
}

/// By all three of a process's user ids: one that is left could be taken up again.
bool is_wholly(uid_t user) {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    return ::getresuid(&real, &effective, &saved) == 0 && real == user && effective == user && saved == user;
}

/// The groups that the machine gives the user, as systemd would: so a key that only they may read can be read
/// by a reload too.
bool become(const std::string& name, const Account& account) {
    return ::initgroups(name.c_str(), account.group) == 0 && ::setresgid(account.group, account.group, account.group) == 0 &&
           ::setresuid(account.user, account.user, account.user) == 0;
}

bool is_in_root_group() {
    std::array<gid_t, 1024> groups{};
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    if (count < 0 || ::getegid() == 0) return true;
    return std::find(groups.begin(), groups.begin() + count, gid_t{0}) != groups.begin() + count;
}

/// Securebits and namespaces can make a setuid() that succeeds leave something behind, so what counts is the attempt.
bool could_return() { return ::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0; }

/// Nor may another process of the same user read our memory.
void forbid_dumps() {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace

bool is_root() { return ::geteuid() == 0; }

Result<void, std::string> check_privileges(const Settings& settings, bool as_root) {
    if (settings.user.empty()) {
        if (as_root && !settings.lab) {
            return std::string("user: required when started as root, so that the server does not stay root");
        }
        return {};
    }
    const auto account = account_of(settings.user);
    if (!account) return no_such_user(settings.user);
    if (account->user == 0 && !settings.lab) {
        return "user: " + settings.user + " is root, which the server must not stay; name an account that has no other rights";
    }
    return {};
}

Result<void, std::string> give_socket_to_user(const std::string& file, const Settings& settings) {
    if (settings.user.empty() || ::geteuid() != 0) return {};
    const auto account = account_of(settings.user);
    if (!account) return no_such_user(settings.user);
    // By a descriptor, so that nobody can put another file in its place in between.
    const int number = ::open(file.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status {};
    const bool given = number >= 0 && ::fstat(number, &status) == 0 && S_ISSOCK(status.st_mode) &&
                       ::fchownat(number, "", account->user, account->group, AT_EMPTY_PATH) == 0;
    const int error = errno;
    if (number >= 0) ::close(number);
    if (given) return {};
    return "cannot give " + file + " to user " + settings.user + ": " + std::strerror(error);
}

Result<void, std::string> drop_privileges(const Settings& settings) {
    if (settings.user.empty()) return {};
    const auto account = account_of(settings.user);
    if (!account) return no_such_user(settings.user);
    if (is_wholly(account->user)) return {};
    if (!become(settings.user, *account)) return "cannot become user " + settings.user + ": " + std::strerror(errno);
    if (account->user == 0) return {};  // the lab's
    if (!is_wholly(account->user) || could_return()) {
        return "user " + settings.user + " could become root again: this machine's security settings keep it able to";
    }
    if (is_in_root_group()) return "user " + settings.user + " is in the group of root, which the server must not stay in";
    forbid_dumps();  // who changes the user gets what the machine says for that
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
    ignore(SIGUSR2);  // nothing asks for it, and who sends it by habit of another server means no end
}

void hold_back_late_signals() {
    sigset_t late;
    sigemptyset(&late);
    for (const int signal : {SIGHUP, SIGUSR1, SIGTERM, SIGINT}) sigaddset(&late, signal);
    pthread_sigmask(SIG_BLOCK, &late, nullptr);
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptors_for_connections(std::size_t workers) {
    constexpr std::size_t of_a_worker = 3;  // its loop: epoll, timer, wake-up
    const std::size_t kept_back = 96 + of_a_worker * workers;
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
    // Whatever is ever executed from here, by a library too, gains no rights by it.
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    forbid_dumps();
}

}  // namespace eas451
