// SPDX-License-Identifier: Apache-2.0
#include "srv_answer.hpp"

#include <arpa/nameser.h>

#include <algorithm>
#include <array>
#include <random>

#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using Read = Result<SrvRecords, std::string>;

/// In front of the host: priority, weight and port.
constexpr std::size_t fixed_bytes = 6;

Read broken(std::string why) { return Read(boost::system::in_place_error, std::move(why)); }

std::uint16_t number_at(const unsigned char* data) { return static_cast<std::uint16_t>(data[0] << 8U | data[1]); }

/// False when the record is no SRV record as RFC 2782 has it.
bool take(ns_msg& message, const ns_rr& record, SrvRecords& into) {
    const unsigned char* const data = ns_rr_rdata(record);
    if (ns_rr_rdlen(record) <= fixed_bytes) return false;
    std::array<char, NS_MAXDNAME> host{};
    const unsigned char* const name = data + fixed_bytes;
    const int length = ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), name, host.data(), host.size());
    if (length < 0 || fixed_bytes + static_cast<std::size_t>(length) != ns_rr_rdlen(record)) return false;
    SrvRecord made{number_at(data), number_at(data + 2), number_at(data + 4), ascii_lower(host.data())};
    if (is_domain_name(made.host) && made.port != 0) {
        into.records.push_back(std::move(made));
    } else {
        into.is_not_offered = made.host.empty() || made.host == ".";
        ++into.unusable;
    }
    return true;
}

std::string_view name_of_code(int code) {
    switch (code) {
        case ns_r_formerr:
            return "it does not understand the question";
        case ns_r_servfail:
            return "it cannot find out (SERVFAIL)";
        case ns_r_refused:
            return "it refuses to say (REFUSED)";
        default:
            return "it gives no answer";
    }
}

/// Takes one out of those of one priority, by chance as their weights want it.
SrvRecord take_one(std::vector<SrvRecord>& of, std::mt19937_64& random) {
    std::uint64_t sum = 0;
    for (const SrvRecord& record : of) sum += record.weight;
    const std::uint64_t wanted = random() % (sum + 1);
    std::uint64_t running = 0;
    auto chosen = of.begin();
    for (; chosen + 1 != of.end(); ++chosen) {
        running += chosen->weight;
        if (running >= wanted) break;
    }
    SrvRecord taken = std::move(*chosen);
    of.erase(chosen);
    return taken;
}

}  // namespace

Result<SrvRecords, std::string> srv_records_of(std::string_view bytes) {
    ns_msg message;
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
    if (bytes.size() > NS_MAXMSG || ns_initparse(data, static_cast<int>(bytes.size()), &message) != 0) return broken("its answer is broken");
    if (ns_msg_getflag(message, ns_f_qr) == 0) return broken("its answer is none");
    const int code = ns_msg_getflag(message, ns_f_rcode);
    if (code != ns_r_noerror && code != ns_r_nxdomain) return broken(std::string(name_of_code(code)));
    if (ns_msg_getflag(message, ns_f_tc) != 0) return broken("its answer is cut");
    SrvRecords found;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, i, &record) != 0) return broken("its answer is broken");
        if (ns_rr_type(record) != ns_t_srv || ns_rr_class(record) != ns_c_in) continue;
        if (!take(message, record, found)) return broken("its answer holds a broken record");
    }
    found.is_not_offered = found.is_not_offered && found.records.empty() && found.unusable == 1;
    return found;
}

std::uint64_t chance() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

std::vector<SrvRecord> srv_in_order(std::vector<SrvRecord> records, std::uint64_t seed, std::size_t most) {
    // Those of weight 0 stand first in their priority, where they are chosen now and then.
    std::ranges::sort(records);
    std::mt19937_64 random(seed);
    std::vector<SrvRecord> ordered;
    for (auto first = records.begin(); first != records.end() && ordered.size() < most;) {
        const auto last = std::find_if(first, records.end(), [&](const SrvRecord& one) { return one.priority != first->priority; });
        std::vector<SrvRecord> equal(std::make_move_iterator(first), std::make_move_iterator(last));
        while (!equal.empty() && ordered.size() < most) ordered.push_back(take_one(equal, random));
        first = last;
    }
    return ordered;
}

}  // namespace eas451
