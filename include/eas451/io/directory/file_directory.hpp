// SPDX-License-Identifier: Apache-2.0
// FileDirectory: users and organization relationships from a file: .yaml, .json, or .ldif as
// exported from Active Directory. For the lab, for small sites without LDAP, and for tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "eas451/io/directory/directory.hpp"
#include "eas451/io/document/document.hpp"

namespace eas451 {

struct FileDirectoryOptions {
    std::filesystem::path file;  // the format is the ending: .yaml, .yml, .json, .ldif
    std::vector<OrganizationRelationship> static_relationships;
    bool relationships_from_directory = true;  // false: those of the file are left out
    bool smtp_logins = false;                  // mail addresses are logins too
};

/// Reads the whole file, or nothing: one broken record and every mistake of the file comes back with
/// its line, and no directory. LDIF is streamed; YAML and JSON above 64 MiB are refused with the
/// hint to use LDIF. The result never changes; a reload makes a new one.
Result<std::shared_ptr<Directory>, std::vector<Mistake>> open_file_directory(const FileDirectoryOptions& options);

}  // namespace eas451
