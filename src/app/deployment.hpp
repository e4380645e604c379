// SPDX-License-Identifier: Apache-2.0
// Deployment: everything made from one configuration file. Immutable and shared; a reload builds a
// whole new one beside the old and swaps the pointer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admission.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/config/settings.hpp"
#include "eas451/io/directory/directory.hpp"
#include "eas451/io/directory/ldap_directory.hpp"
#include "eas451/io/exchange/exchange_watch.hpp"
#include "eas451/io/net/server_tls.hpp"
#include "user_trace.hpp"

namespace eas451 {

struct Deployment {
    Settings settings;
    Policy policy;            // settings.policy with the public names filled in
    std::string challenges;   // the WWW-Authenticate lines of a 401
    std::shared_ptr<Directory> directory;
    std::shared_ptr<TicketKeys> tickets;                 // a reload takes them over
    std::shared_ptr<UserTrace> trace;                    // and this one, as long as its settings are the same; null: nobody is traced
    std::vector<std::optional<ServerTls>> certificates;  // of each listener; empty: plain
    std::vector<Admission> admissions;                   // of each listener
    std::optional<ServerTls> admin_certificate;
    std::optional<ExchangeWatchOptions> exchange;  // with whom is trusted there; the pools of the workers use that, too
};

/// Why a deployment cannot be built: one sentence, ready to print, and whether the configuration is
/// wrong or what it names cannot be had.
struct Problem {
    enum class Kind : std::uint8_t { configuration, unavailable } kind = Kind::configuration;
    std::string text;
};
using Problems = std::vector<Problem>;

/// The directory that the settings name.
Result<std::shared_ptr<Directory>, Problems> open_directory(const Settings& settings);

/// A directory file that is not there, or none: a pipe or a device would be waited for, perhaps for ever.
Problems mistakes_of_directory_file(const Settings& settings);

/// What the LDAP directory is made with: files are read, and no server is asked.
Result<std::shared_ptr<const LdapDirectoryOptions>, Problems> ldap_directory_options(const Settings& settings);

/// What of the directory cannot be opened, whatever the files and servers say. Refused by serve, and a finding of check.
Problems directory_mistakes(const Settings& settings);

/// Our own names: those of the settings, else of the certificates, lower-case.
std::vector<std::string> public_names(const Settings& settings,
                                      const std::vector<std::optional<ServerTls>>& certificates);

/// Without a name of our own a redirect could not be told from a loop. `names`: public_names().
Problems mistakes_of_names(const std::vector<std::string>& names);

/// Of each listener, as far as it can be read; empty: plain, or one of its files cannot.
std::vector<std::optional<ServerTls>> readable_certificates(const Settings& settings);

/// What the admin listener compares passwords with: the first line of the file, without blanks behind it.
Result<Secret, std::string> read_admin_hash(const std::filesystem::path& file);

/// A password that the admin listener asks for, and that nobody could give.
Problems mistakes_of_admin_password(const AdminSettings& admin);

/// What a deployment takes over from the one that it replaces.
struct TakenOver {
    std::shared_ptr<TicketKeys> tickets;
    std::shared_ptr<UserTrace> trace;
};

/// Opens everything. In the lab, certificates that are not there are made.
Result<std::shared_ptr<const Deployment>, Problems> build_deployment(Settings settings, TakenOver former = {});

}  // namespace eas451
