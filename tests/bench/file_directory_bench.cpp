// SPDX-License-Identifier: Apache-2.0
// Loads a directory file and says how long that took, how much of it the processor worked (the rest is
// waiting, for the disk or for other programs), and how much memory was in use at the peak.
//     file_directory_bench FILE [SECONDS MEBIBYTES [USERS]]
// Ends with 1 when one of the bars (10 s, 600 MiB) is passed. With USERS, the number make_ldif.py was
// given, it also says what one look-up takes.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "eas451/io/directory/file_directory.hpp"

namespace {

double peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

eas451::LoginQuestion question(std::string_view login) {
    auto name = eas451::parse_login_name(login);
    if (!name) std::abort();
    return {*std::move(name), {}, eas451::PasswordCheck::none};
}

/// Microseconds of one look-up, over the whole file in a scattered order.
double look_up(const eas451::Directory& directory, unsigned users) {
    constexpr unsigned rounds = 200000;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < rounds; ++i) {
        char login[64];
        std::snprintf(login, sizeof login, "user%07u@contoso.com", i * 7919U % users);
        const auto answer = directory.log_in_at_once(question(login));
        if (!answer || !std::holds_alternative<eas451::Accepted>(answer->outcome)) return -1;
    }
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / rounds;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 4 && argc != 5) {
        std::fputs("file_directory_bench FILE [SECONDS MEBIBYTES [USERS]]\n", stderr);
        return 2;
    }
    const double most_seconds = argc >= 4 ? std::atof(argv[2]) : 10;
    const double most_mebibytes = argc >= 4 ? std::atof(argv[3]) : 600;
    const auto begin = std::chrono::steady_clock::now();
    const auto directory = eas451::open_file_directory({argv[1], {}, true});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!directory) {
        for (const auto& mistake : directory.error()) std::fprintf(stderr, "%s\n", to_string(mistake).c_str());
        return 1;
    }
    const double processor = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    const double mebibytes = peak_mebibytes();
    std::printf("%.2f s (%.2f s of the processor), %.0f MiB at the peak", seconds, processor, mebibytes);
    if (argc == 5) std::printf(", %.2f us a look-up", look_up(**directory, static_cast<unsigned>(std::atoi(argv[4]))));
    std::puts("");
    return seconds <= most_seconds && mebibytes <= most_mebibytes ? 0 : 1;
}
