// SPDX-License-Identifier: Apache-2.0
#include "target_findings.hpp"

#include <algorithm>
#include <ctime>

#include "eas451/core/exchange_online.hpp"
#include "eas451/core/redirect_target.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/net/certificate_age.hpp"
#include "eas451/io/net/tls_context.hpp"
#include "own_addresses.hpp"

namespace eas451 {
namespace {

using boost::asio::ip::address;
using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// https://HOST or https://HOST:PORT of a URL that begins so, in any case: sent as it stands, it may be spelled otherwise.
std::string origin_of(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    return ascii_lower(url.substr(0, std::min(url.find_first_of("/?#", scheme.size()), url.size())));
}

/// Each once, in the order of the table; those that redirects may not lead to are left to relationship_notes().
std::vector<std::string> origins_of(const RelationshipTable& relationships, const Policy& policy) {
    std::vector<std::string> origins;
    for (const ResolvedRelationship& entry : relationships.all()) {
        const auto target = target_of(entry, policy);
        if (!target) continue;
        std::string origin = origin_of(target->url);
        if (std::ranges::find(origins, origin) == origins.end()) origins.push_back(std::move(origin));
    }
    return origins;
}

std::string addresses_in(const TargetFacts& facts) {
    std::string text;
    for (const address& one : facts.addresses) text += (text.empty() ? "" : ", ") + one.to_string();
    return text;
}

std::string alias_text(const TargetFacts& facts) {
    return facts.host + " is an alias (CNAME) of " + facts.canonical_name +
           ", which is Exchange Online: its certificate does not have your name, and devices refuse it; give eas_url: "
           "https://outlook.office365.com/Microsoft-Server-ActiveSync in a static relationship";
}

/// True where there is nothing more to ask.
bool say_if_ours(const std::string& name, const TargetFacts& facts, const Endpoints& ours, TargetSentences& said) {
    for (const address& one : facts.addresses) {
        const auto is_there = [&](const auto& own) { return own.address() == one; };
        const auto is_it = [&](const auto& own) { return is_there(own) && own.port() == facts.port; };
        if (std::ranges::any_of(ours, is_it)) {
            said.errors.push_back(name + "leads to " + one.to_string() +
                                  ", where we listen ourselves: devices would come back; give a name of the other organization");
            return true;
        }
        if (std::ranges::none_of(ours, is_there)) continue;
        said.warnings.push_back(name + "leads to " + one.to_string() + " of this machine, at a port that is not ours; should " +
                                "something pass that on to us, devices would come back");
        return false;
    }
    return false;
}

bool is_custom_alias(const TargetFacts& facts) { return is_exchange_online(facts.canonical_name) && !is_exchange_online(facts.host); }

void say_trouble(const std::string& name, const TargetFacts& facts, TargetSentences& said) {
    if (facts.is_distrusted) {
        said.errors.push_back(name + facts.trouble + "; devices refuse such a server");
    } else {
        said.warnings.push_back(name + "not reached from here: " + facts.trouble +
                                "; devices outside may reach it all the same, the server itself never connects to it");
    }
}

/// Outside of ActiveSync nobody knows this path, and an error of the server says nothing.
void say_answer(const std::string& name, const TargetFacts& facts, TargetSentences& said) {
    constexpr unsigned ok = 200;
    constexpr unsigned redirects = 300;
    constexpr unsigned unauthorized = 401;
    constexpr unsigned forbidden = 403;
    constexpr unsigned servers_errors = 500;
    // Of a server or a firewall that did not like this request, or had too many.
    constexpr unsigned passing[] = {400, 408, 429};
    const std::string answered = "answers " + std::to_string(facts.status) + " to OPTIONS without a password";
    if (facts.status == unauthorized || facts.speaks_eas) {
        said.facts.push_back(name + answered + ", as ActiveSync does (at " + addresses_in(facts) + ")");
    } else if (facts.status >= servers_errors || facts.status == forbidden || std::ranges::find(passing, facts.status) != std::end(passing)) {
        said.warnings.push_back(name + answered + ", from which nothing can be told; see whether a device may use ActiveSync there");
    } else if (facts.status >= ok && facts.status < redirects) {
        said.errors.push_back(name + answered + ", and without a field of ActiveSync: that is none");
    } else {
        said.errors.push_back(name + answered + ": there is no ActiveSync at that name");
    }
    if (facts.is_eas451) {
        said.warnings.push_back(name + "an eas451 answers there; should it be this one by another way, devices would go round");
    }
}

}  // namespace

TargetSentences sentences_of(const TargetFacts& facts, const Endpoints& ours, std::int64_t now) {
    constexpr std::uint16_t https_port = 443;
    TargetSentences said;
    const std::string name = "target https://" + facts.host + (facts.port == https_port ? "" : ":" + std::to_string(facts.port)) + ": ";
    if (say_if_ours(name, facts, ours, said)) return said;
    if (is_custom_alias(facts)) said.errors.push_back(name + alias_text(facts));
    if (!facts.trouble.empty()) {
        say_trouble(name, facts, said);
        return said;
    }
    say_answer(name, facts, said);
    const auto soon = facts.certificate_expiry ? expires_soon(*facts.certificate_expiry, now) : std::nullopt;
    if (soon) said.warnings.push_back(name + "its certificate " + *soon);
    return said;
}

TargetsFound look_at_targets(const Settings& settings, const Policy& policy, const RelationshipTable& relationships, Findings& findings) {
    TargetsFound found;
    std::vector<std::string> origins = origins_of(relationships, policy);
    auto tls = make_client_context(settings.targets_ca_file);
    if (!tls) {
        findings.errors.push_back("organization_relationships.ca_file: " + tls.error());
        found.left_out = std::move(origins);
        return found;
    }
    if (origins.size() > most_targets_checked) {
        found.left_out.assign(origins.begin() + most_targets_checked, origins.end());
        origins.resize(most_targets_checked);
        findings.warnings.push_back("targets: " + std::to_string(found.left_out.size()) + " were not asked; no more than " +
                                    std::to_string(most_targets_checked) + " are");
    }
    const Endpoints ours = own_addresses(settings.listeners);
    for (const TargetFacts& facts : check_targets(origins, {std::move(*tls), settings.limits.exchange_connect})) {
        const TargetSentences said = sentences_of(facts, ours, std::time(nullptr));
        append(findings.facts, said.facts);
        append(findings.warnings, said.warnings);
        append(findings.errors, said.errors);
        ++found.asked;
        if (!said.errors.empty()) ++found.wrong;
        if (said.errors.empty() && !said.warnings.empty()) ++found.doubtful;
        found.any_alias_of_microsoft = found.any_alias_of_microsoft || is_custom_alias(facts);
    }
    return found;
}

}  // namespace eas451
