// SPDX-License-Identifier: Apache-2.0
// The command line: what `eas451 …` means.
#pragma once

namespace eas451 {

/// Parses the arguments, runs the command, returns its exit code. 2 for a usage error.
int run_cli(int argc, char** argv);

}  // namespace eas451
