// SPDX-License-Identifier: Apache-2.0
// Any bytes as the answer that probe got: the first says to what. There is a reaction to all that is HTTP, and where a
// phone is sent is an https URL that reads back the same.
#include <algorithm>
#include <memory>

#include "eas451/core/phone_reaction.hpp"
#include "eas451/core/phone_request.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

void check_place(const PhoneAnswer& answer) {
    const auto place = redirect_of(answer);
    if (!place) return;
    require(answer.locations.size() == 1 && place->tls && place->port != 0 && !place->host.empty() &&
            place->path.starts_with('/'));
    const auto again = parse_location(place->url());
    require(again && again->url() == place->url() && again->is_server_of(*place));
}

void check_answer(const PhoneAnswer& answer) {
    for (const ProtocolVersion version : {ProtocolVersion(14, 1), ProtocolVersion(16, 1)}) {
        const PhoneReaction reaction = react(answer, version);
        require(!reaction.sentence.empty() && !to_string(reaction.verdict).empty());
        require(reaction.verdict != PhoneVerdict::redirected || (answer.status == 451 && redirect_of(answer)));
        require(!is_fine(reaction.verdict) || answer.status == 200 || answer.status == 449 || answer.status == 451);
    }
    require(!answer.eas_status || (answer.is_wbxml && *answer.eas_status <= 999));
    require(retry_seconds(answer).value_or(0) <= 86400);
    const auto is_empty = [](const std::string& word) { return word.empty(); };
    require(std::ranges::none_of(answer.schemes, is_empty) && std::ranges::none_of(answer.versions, is_empty));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto copy = std::make_unique<char[]>(size - 1);
    std::transform(data + 1, data + size, copy.get(), [](std::uint8_t byte) { return static_cast<char>(byte); });
    const std::string_view bytes(copy.get(), size - 1);
    const std::size_t end = find_head_end(bytes, 0).value_or(bytes.size());
    const EasMethod method = (data[0] & 1U) != 0 ? EasMethod::options : EasMethod::post;
    const EasCommand command = phone_commands()[(data[0] >> 1U) % phone_commands().size()];
    ResponseHead head;
    if (parse_response_head(bytes.substr(0, end), method == EasMethod::options ? "OPTIONS" : "POST", head)) return 0;
    const PhoneAnswer answer = read_phone_answer(head, bytes.substr(end), method, command);
    check_answer(answer);
    check_place(answer);
    return 0;
}
