// SPDX-License-Identifier: Apache-2.0
// Who the process runs as.
#pragma once

#include <string>

#include "eas451/core/result.hpp"
#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// Whether we are root now.
bool is_root();

/// Nothing, or why these settings may not be served by one who starts `as_root` or as somebody else: root has to have a
/// `user`, unless it is the lab.
Result<void, std::string> check_privileges(const Settings& settings, bool as_root);

/// Before the drop: a Unix socket that root has bound belongs to the user of the settings, if one is named.
Result<void, std::string> give_socket_to_user(const std::string& file, const Settings& settings);

/// After binding: becomes the user of the settings, with its own groups, for good; tries to become root
/// again and fails if that succeeds. Does nothing when no user is named or we are it already.
Result<void, std::string> drop_privileges(const Settings& settings);

/// SIGHUP and SIGUSR1 are for a server that runs; one that starts is not ended by them.
void ignore_early_signals();
/// Nor is one that ends: of the exit nobody is told any more, and what a signal asks for is on its way. Called on the main
/// thread, the only one that takes signals.
void hold_back_late_signals();

/// As many descriptors as the hard limit allows: each connection is one.
void raise_descriptor_limit();
/// How many connections those leave room for, beside files, admin, directory and so many workers.
std::size_t descriptors_for_connections(std::size_t workers);

/// First thing in main: variables that make OpenSSL or libldap read files or write session keys are
/// gone before any library looks, SIGPIPE is ignored, no core is dumped, no process but root's may read our
/// memory (PR_SET_DUMPABLE), and no program that were executed would gain rights.
void neutralise_environment();

}  // namespace eas451
