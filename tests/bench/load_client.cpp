// SPDX-License-Identifier: Apache-2.0
// The load generator of the benchmarks: many connections, one thread, every answer looked at. Prints
// one line of JSON; ends with 0, or with 1 when an answer was not the one that is wanted.
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <stdexcept>

#include "load/run.hpp"

namespace {

void allow_every_descriptor() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        allow_every_descriptor();
        const auto options = eas451::load::parse_options(count, arguments);
        const auto run = eas451::load::make_run(options);
        std::puts(run->to_the_end().c_str());
        std::fflush(stdout);
        return run->is_void() ? 1 : 0;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "load_client: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "load_client: %s\n", error.what());
        return 1;
    }
}
