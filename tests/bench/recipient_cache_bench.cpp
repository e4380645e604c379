// SPDX-License-Identifier: Apache-2.0
// What 100,000 cached recipients with every attribute take, and what a look-up among them takes
// against one among 1,000:
//
//     recipient_cache_bench [MEBIBYTES RATIO]
//
// ends with 1 when they take more memory than MEBIBYTES (default 100) or a look-up more than RATIO
// (default 1.1) times the instructions. Those are counted by stepping through them in a child process,
// which needs no counter of the processor (virtual machines seldom have them) and gives the same
// number each time.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../../src/io/directory/login_memory.hpp"

namespace {

constexpr unsigned few = 1000;
constexpr unsigned many = 100000;
constexpr unsigned room = 120000;  // no shard may be full before
constexpr unsigned scatter = 7919;

std::string name_of(unsigned i) {
    char name[16];
    std::snprintf(name, sizeof name, "user%07u", i);
    return name;
}

eas451::LoginName login(unsigned i) {
    auto name = eas451::parse_login_name(name_of(i) + "@contoso.com");
    if (!name) std::abort();
    return *std::move(name);
}

/// As in the tests' directory, with every attribute that any of its accounts has, and the X500
/// address that years of Exchange leave behind.
eas451::Recipient recipient(unsigned i) {
    const std::string name = name_of(i);
    const std::string group = "Exchange Administrative Group (FYDIBOHF23SPDLT)";
    return {
        .distinguished_name = "CN=Eriksson\\, Katharina (" + name + "),OU=Staff,OU=Copenhagen,DC=contoso,DC=com",
        .identity = std::string(32, 'a' + i % 6) + "//" + std::string(36, '3') + "/",
        .user_principal_name = name + "@contoso.com",
        .sam_account_name = name,
        .mail = name + "@contoso.com",
        .proxy_addresses = {"SMTP:" + name + "@contoso.com", "smtp:" + name + "@contoso.mail.onmicrosoft.com",
                            "smtp:" + name + "@copenhagen.contoso.com",
                            "X500:/o=Contoso/ou=" + group + "/cn=Recipients/cn=" + name},
        .mail_nickname = name,
        .home_mdb = "CN=DB" + std::to_string(10 + i % 40) + ",CN=Databases,CN=" + group +
                    ",CN=Administrative Groups,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,"
                    "DC=contoso,DC=com",
        .home_server_name = "/o=Contoso/ou=" + group + "/cn=Configuration/cn=Servers/cn=EX" + std::to_string(i % 8),
        .target_address = "SMTP:" + name + "@contoso.mail.onmicrosoft.com",
        .recipient_type_details = 2147483648,
        .remote_recipient_type = 4,
        .user_account_control = 512,
        .mobile_features = 7,
        .has_mailbox_guid = true,
    };
}

/// Through the memory that the directory uses, which decides what of a recipient is kept.
eas451::LoginMemoryOptions options() {
    using namespace std::chrono_literals;
    return {"mail.contoso.com", 1h, 1h, 1h, 1h, room};
}

void fill(eas451::LoginMemory& memory, unsigned from, unsigned to) {
    for (unsigned i = from; i < to; ++i) {
        memory.remember(login(i), recipient(i), eas451::LoginForm::upn, std::chrono::steady_clock::now());
    }
}

void remember_passwords(eas451::LoginMemory& memory, unsigned entries) {
    for (unsigned i = 0; i < entries; ++i) {
        const auto key = memory.key_of({login(i), eas451::Secret(name_of(i)), eas451::PasswordCheck::password});
        memory.remember_password(key, recipient(i), std::chrono::steady_clock::now());
    }
}

double resident_mebibytes() {
    long pages = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr || std::fscanf(file, "%*d %ld", &pages) != 1) std::abort();
    std::fclose(file);
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1U << 20U);
}

void look_up(const eas451::LoginMemory& memory, const eas451::LoginQuestion& asked) {
    const auto known = memory.recall(asked, std::chrono::steady_clock::now(), false, nullptr);
    if (!known || !std::holds_alternative<eas451::Accepted>(*known)) std::abort();
}

eas451::LoginQuestion question(unsigned i) { return {login(i), eas451::Secret(), eas451::PasswordCheck::none}; }

/// Nanoseconds of a look-up, parsing the login included.
double nanoseconds(const eas451::LoginMemory& memory, unsigned entries) {
    constexpr unsigned rounds = 200000;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < rounds; ++i) look_up(memory, question(i * scatter % entries));
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / rounds;
}

/// Steps the child to its next SIGSTOP; below zero when it ended or may not be stepped.
double steps_to_next_stop(pid_t child) {
    for (double steps = 0;; ++steps) {
        int status = 0;
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0 || waitpid(child, &status, 0) != child) return -1;
        if (!WIFSTOPPED(status)) return -1;
        if (WSTOPSIG(status) == SIGSTOP) return steps;
    }
}

/// Instructions of `rounds` look-ups and of nothing else but a loop and two signals, which are the same
/// for every cache; below zero when they cannot be counted here.
double instructions(const eas451::LoginMemory& memory, unsigned entries, unsigned rounds) {
    std::vector<eas451::LoginQuestion> asked;
    for (unsigned i = 1; i <= rounds; ++i) asked.push_back(question(i * scatter % entries));
    const pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
        look_up(memory, asked.front());
        raise(SIGSTOP);
        for (const auto& one : asked) look_up(memory, one);
        raise(SIGSTOP);
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return -1;
    const double steps = steps_to_next_stop(child);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return steps / rounds;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 1 && argc != 3) {
        std::fputs("recipient_cache_bench [MEBIBYTES RATIO]\n", stderr);
        return 2;
    }
    const double most_mebibytes = argc == 3 ? std::atof(argv[1]) : 100;
    const double most_ratio = argc == 3 ? std::atof(argv[2]) : 1.1;

    const double before = resident_mebibytes();
    eas451::LoginMemory large(options());
    fill(large, 0, many);
    const double mebibytes = resident_mebibytes() - before;
    eas451::LoginMemory small(options());
    fill(small, 0, few);
    std::printf("%u recipients: %.1f MiB (at most %.0f)\n", many, mebibytes, most_mebibytes);
    std::printf("a look-up among %u: %.0f ns, among %u: %.0f ns\n", few, nanoseconds(small, few), many,
                nanoseconds(large, many));

    constexpr unsigned rounds = 25;
    const double of_few = instructions(small, few, rounds);
    const double of_many = instructions(large, many, rounds);
    if (of_few < 0 || of_many < 0) {
        std::puts("instructions cannot be counted: this process may not trace its child");
        return 1;
    }
    std::printf("a look-up among %u: %.0f instructions, among %u: %.0f: x %.3f (at most %.2f)\n", few, of_few, many,
                of_many, of_many / of_few, most_ratio);
    remember_passwords(large, many);
    std::printf("with %u passwords: %.1f MiB\n", many, resident_mebibytes() - before);
    fill(large, many, 11 * many);
    std::printf("after %u other recipients, of which %u have room: %.1f MiB\n", 10 * many, room, resident_mebibytes() - before);
    return mebibytes <= most_mebibytes && of_many <= most_ratio * of_few ? 0 : 1;
}
