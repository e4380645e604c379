// SPDX-License-Identifier: Apache-2.0
// DirectoryContents: what a directory file holds, checked, and how the two formats get there. Tests
// and the fuzz target come in here, with texts instead of files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "eas451/io/directory/file_directory.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/document/document.hpp"
#include "user_table.hpp"
#include "user_text.hpp"

namespace eas451 {

struct DirectoryContents {
    std::unique_ptr<UserTable> users;
    std::vector<OrganizationRelationship> relationships;
};
using ReadContents = Result<DirectoryContents, std::vector<Mistake>>;

/// Mistakes that are kept. An LDIF file, which may have a million records, is not read on beyond its
/// number: whoever has more has the wrong file.
inline constexpr std::size_t most_ldif_mistakes = 100;
inline constexpr std::size_t most_document_mistakes = 1000;

/// The whole tree of a YAML or JSON file.
ReadContents contents_of_document(const Node& root, const std::string& file_name);
/// By its ending.
ReadContents read_directory_file(const std::filesystem::path& file);
/// That of a file directory with those of its file, which are never too old.
std::shared_ptr<const RelationshipTable> table_of(std::vector<OrganizationRelationship> relationships, const FileDirectoryOptions& options);
/// Streams; the memory of the largest record besides what is kept.
ReadContents contents_of_ldif(std::istream& in, const std::string& file_name);

/// Whether the password fits the hash; slow on purpose.
using VerifyHash = std::function<bool(std::string_view password, std::string_view hash)>;

/// The directory of a file that was read; of `options` only the relationships count. `now` is asked by
/// every thread, `verify` on the directory loop's.
std::shared_ptr<Directory> make_file_directory(DirectoryContents contents, const FileDirectoryOptions& options,
                                               std::function<SteadyTime()> now = std::chrono::steady_clock::now,
                                               VerifyHash verify = verify_password);

/// Collects users, relationships and mistakes of one file, whatever its format.
class ContentsBuilder {
public:
    ContentsBuilder(std::string file_name, std::size_t most_mistakes);
    ContentsBuilder(const ContentsBuilder&) = delete;
    ContentsBuilder& operator=(const ContentsBuilder&) = delete;

    void complain(Position at, std::string text);
    void add(const UserText& user);
    /// `domains_at`: the place of each of its domain_names.
    void add(OrganizationRelationship relationship, const std::vector<Position>& domains_at);

    [[nodiscard]] bool is_good() const { return mistakes_.empty(); }
    /// No more mistakes are kept.
    [[nodiscard]] bool is_full() const { return mistakes_.size() >= most_mistakes_; }
    [[nodiscard]] std::size_t users() const { return contents_.users->size(); }
    /// Everything, or the mistakes in the order of the file: there is nothing between. Ends the builder.
    ReadContents finish();

private:
    std::string file_name_;
    std::size_t most_mistakes_;
    DirectoryContents contents_;
    std::vector<Mistake> mistakes_;
    std::unordered_map<std::string, std::uint32_t> domain_lines_;
    Complain complain_;
};

}  // namespace eas451
