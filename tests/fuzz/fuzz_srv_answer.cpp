// SPDX-License-Identifier: Apache-2.0
// An answer of DNS. Oracle: it is read or refused; what is read are host names with a port, and ordering them
// loses none and puts none before one of a lower priority.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../../src/io/directory/ldap/srv_answer.hpp"
#include "eas451/core/smtp_address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace eas451;
    const auto read = srv_records_of({reinterpret_cast<const char*>(data), size});
    if (!read) {
        if (read.error().empty()) std::abort();
        return 0;
    }
    for (const SrvRecord& record : read->records) {
        if (!is_domain_name(record.host) || record.host.size() > 253 || record.port == 0) std::abort();
    }
    if (read->is_not_offered && !read->records.empty()) std::abort();
    auto ordered = srv_in_order(read->records, size, read->records.size());
    const bool is_in_order = std::ranges::is_sorted(ordered, {}, &SrvRecord::priority);
    auto records = read->records;
    std::ranges::sort(records);
    std::ranges::sort(ordered);
    if (!is_in_order || records != ordered) std::abort();
    return 0;
}
