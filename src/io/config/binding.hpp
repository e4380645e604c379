// SPDX-License-Identifier: Apache-2.0
// Between a member of Settings and a Value, both ways, from one lambda that finds the member.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "addresses.hpp"
#include "key.hpp"

namespace eas451 {

template <class T>
concept Enumeration = std::is_enum_v<T>;
template <class T>
concept Struct = std::same_as<T, TlsFiles> || std::same_as<T, ExchangeSettings>;
template <class T>
concept ListedStruct = std::same_as<T, ListenerSettings> || std::same_as<T, OrganizationRelationship> ||
                       std::same_as<T, CertificateFiles>;

inline Value to_value(bool member) {
    return member;
}
inline Value to_value(std::unsigned_integral auto member) {
    return static_cast<std::int64_t>(member);
}
inline Value to_value(std::chrono::milliseconds member) {
    return std::int64_t{member.count()};
}
inline Value to_value(Enumeration auto member) {
    return static_cast<std::int64_t>(member);
}
inline Value to_value(const std::string& member) {
    return member.empty() ? Value() : Value(member);
}
inline Value to_value(const std::filesystem::path& member) {
    return to_value(member.string());
}
inline Value to_value(const BindAddress& member) {
    return member.to_string();
}
inline Value to_value(ProtocolVersion member) {
    return member.to_string();
}
inline Value to_value(const std::vector<std::string>& member) {
    return member;
}
inline Value to_value(const std::map<std::string, std::string>& member) {
    return member;
}
inline Value to_value(const std::optional<std::filesystem::path>& m) {
    return m ? to_value(*m) : Value();
}
inline Value to_value(const std::optional<ProtocolVersion>& m) {
    return m ? to_value(*m) : Value();
}
inline Value to_value(const std::optional<std::uint16_t>& m) {
    return m ? to_value(*m) : Value();
}
inline Value to_value(const std::optional<std::uint32_t>& m) {
    return m ? to_value(*m) : Value();
}
inline Value to_value(const std::optional<std::chrono::milliseconds>& m) {
    return m ? to_value(*m) : Value();
}
template <Struct T>
Value to_value(const std::optional<T>& member) {
    return member.has_value();
}
template <ListedStruct T>
Value to_value(const std::vector<T>& member) {
    return static_cast<std::int64_t>(member.size());
}

// `value` is of the kind that the key's reader makes, and checked.
inline void from_value(const Value& value, bool& member) {
    member = std::get<bool>(value);
}
template <std::unsigned_integral T>
void from_value(const Value& value, T& member) {
    member = static_cast<T>(std::get<std::int64_t>(value));
}
inline void from_value(const Value& value, std::chrono::milliseconds& member) {
    member = std::chrono::milliseconds(std::get<std::int64_t>(value));
}
template <Enumeration T>
void from_value(const Value& value, T& member) {
    member = static_cast<T>(std::get<std::int64_t>(value));
}
inline void from_value(const Value& value, std::string& member) {
    member = std::get<std::string>(value);
}
inline void from_value(const Value& value, std::filesystem::path& member) {
    member = std::get<std::string>(value);
}
inline void from_value(const Value& value, BindAddress& member) {
    member = *parse_bind_address(std::get<std::string>(value));
}
inline void from_value(const Value& value, ProtocolVersion& member) {
    member = *ProtocolVersion::parse(std::get<std::string>(value));
}
inline void from_value(const Value& value, std::vector<std::string>& member) {
    member = std::get<std::vector<std::string>>(value);
}
inline void from_value(const Value& value, std::map<std::string, std::string>& member) {
    member = std::get<std::map<std::string, std::string>>(value);
}
inline void from_value(const Value& value, std::optional<std::filesystem::path>& member) {
    member = std::get<std::string>(value);
}
inline void from_value(const Value& value, std::optional<std::uint16_t>& member) {
    member = static_cast<std::uint16_t>(std::get<std::int64_t>(value));
}
inline void from_value(const Value& value, std::optional<ProtocolVersion>& member) {
    member = ProtocolVersion::parse(std::get<std::string>(value));
}
inline void from_value(const Value& value, std::optional<std::uint32_t>& member) {
    from_value(value, member.emplace());
}
inline void from_value(const Value& value, std::optional<std::chrono::milliseconds>& member) {
    from_value(value, member.emplace());
}
template <Struct T>
void from_value(const Value& value, std::optional<T>& member) {
    std::get<bool>(value) ? void(member.emplace()) : member.reset();
}
template <ListedStruct T>
void from_value(const Value& value, std::vector<T>& member) {
    member.resize(static_cast<std::size_t>(std::get<std::int64_t>(value)));
}

/// `Find` is a lambda without captures: (auto& settings, const Indices& at) -> auto&.
template <class Find>
constexpr Binding member(Find) {
    return {
        [](const Settings& settings, const Indices& at) { return to_value(Find{}(settings, at)); },
        [](Settings& settings, const Indices& at, const Value& value) { from_value(value, Find{}(settings, at)); }};
}

}  // namespace eas451
