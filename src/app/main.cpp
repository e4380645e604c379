// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "cli.hpp"
#include "eas451/io/runtime/key_heap.hpp"
#include "privileges.hpp"

int main(int argc, char** argv) {
    eas451::neutralise_environment();
    try {
        eas451::give_openssl_the_key_heap();
        return eas451::run_cli(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "eas451: %s\n", error.what());
        return 70;  // EX_SOFTWARE: a bug
    }
}
