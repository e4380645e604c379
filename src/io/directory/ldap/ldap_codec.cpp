// SPDX-License-Identifier: Apache-2.0
#include "ldap_codec.hpp"

#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "eas451/core/secret.hpp"
#include "eas451/core/text.hpp"
#include "ldap_controls.hpp"

namespace eas451 {
namespace {

/// libldap asks poll() about a descriptor before it asks us; this one never has anything to read.
class SilentDescriptor {
public:
    SilentDescriptor() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (descriptor_ < 0) throw std::runtime_error(std::string("eventfd: ") + std::strerror(errno));
    }
    ~SilentDescriptor() { ::close(descriptor_); }
    SilentDescriptor(const SilentDescriptor&) = delete;
    SilentDescriptor& operator=(const SilentDescriptor&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace

/// The two buffers and the handle that reads and writes them. The handle goes first.
struct LdapCodec::Wire {
    SilentDescriptor descriptor;
    std::string in;   // received and not decoded yet
    std::size_t in_used = 0;
    std::string out;  // encoded and not sent yet
    LdapHandle ldap;

    [[nodiscard]] std::size_t waiting() const { return in.size() - in_used; }
};

namespace {

// The transport as libldap sees it (lber.h, Sockbuf_IO): reading takes from `in`, writing appends to
// `out`, and nothing ever waits.
int set_up(Sockbuf_IO_Desc* desc, void* argument) {
    desc->sbiod_pvt = argument;
    return 0;
}
int remove(Sockbuf_IO_Desc* desc) {
    desc->sbiod_pvt = nullptr;
    return 0;
}
int close_nothing(Sockbuf_IO_Desc*) { return 0; }

}  // namespace

// A struct of statics, so that they may see the private Wire.
struct LdapTransport {
    using Wire = LdapCodec::Wire;

    static Wire& wire_of(Sockbuf_IO_Desc* desc) { return *static_cast<Wire*>(desc->sbiod_pvt); }

    static int control(Sockbuf_IO_Desc* desc, int option, void*) {
        return option == LBER_SB_OPT_DATA_READY && wire_of(desc).waiting() != 0 ? 1 : 0;
    }
    static ber_slen_t read(Sockbuf_IO_Desc* desc, void* buffer, ber_len_t length) {
        Wire& wire = wire_of(desc);
        if (wire.waiting() == 0) {
            errno = EAGAIN;
            return -1;
        }
        const std::size_t taken = std::min<std::size_t>(length, wire.waiting());
        std::memcpy(buffer, wire.in.data() + wire.in_used, taken);
        wire.in_used += taken;
        return static_cast<ber_slen_t>(taken);
    }
    static ber_slen_t write(Sockbuf_IO_Desc* desc, void* buffer, ber_len_t length) {
        wire_of(desc).out.append(static_cast<const char*>(buffer), length);
        // libldap keeps a request until its answer and frees it as it is; a bind's holds a password. It reads it again
        // only for referrals, which are not followed. (liblber's functions for memory are not asked where nobody gives
        // it a context, and libldap does not.)
        cleanse(static_cast<char*>(buffer), length);
        return static_cast<ber_slen_t>(length);
    }
};

namespace {

Sockbuf_IO transport{set_up, remove, LdapTransport::control, LdapTransport::read, LdapTransport::write, close_nothing};

LdapHandle make_handle(int descriptor, void* wire) {
    LDAP* made = nullptr;
    if (ldap_init_fd(descriptor, LDAP_PROTO_EXT, "ldap://directory", &made) != LDAP_SUCCESS) {
        throw std::runtime_error("libldap: no handle");
    }
    LdapHandle ldap(made);
    Sockbuf* buffer = socket_buffer_of(made);
    // At once: without a transport the next call would crash.
    const bool usable = buffer != nullptr && ber_sockbuf_add_io(buffer, &transport, LBER_SBIOD_LEVEL_PROVIDER, wire) == 0 &&
                        set_largest_message(buffer, LdapCodec::largest_message) && set_protocol_version(made, LDAP_VERSION3) &&
                        set_referrals_off(made) && set_never_dereference(made) && set_no_time_limit(made);
    if (!usable) throw std::runtime_error("libldap: a handle that cannot be set up");
    return ldap;
}

int native(LdapScope scope) {
    switch (scope) {
        case LdapScope::base: return LDAP_SCOPE_BASE;
        case LdapScope::one_level: return LDAP_SCOPE_ONELEVEL;
        case LdapScope::subtree: break;
    }
    return LDAP_SCOPE_SUBTREE;
}

std::vector<std::string> copy_values(const berval* values) {
    std::vector<std::string> copied;
    for (; values != nullptr && values->bv_val != nullptr; ++values) copied.emplace_back(values->bv_val, values->bv_len);
    return copied;
}

/// As many attributes as are asked for of a user.
constexpr std::size_t most_usual = 18;

Result<LdapEntry, std::string> read_entry(LDAP* ldap, LDAPMessage* message) {
    const auto broken = [] { return Result<LdapEntry, std::string>(boost::system::in_place_error, "an entry that cannot be read"); };
    BerElement* raw = nullptr;
    berval name{};
    if (ldap_get_dn_ber(ldap, message, &raw, &name) != LDAP_SUCCESS) return broken();
    const LdapElement element(raw);
    LdapEntry entry;
    entry.dn.assign(name.bv_val, name.bv_len);
    entry.attributes.reserve(most_usual);
    for (;;) {
        berval* values = nullptr;
        if (ldap_get_attribute_ber(ldap, message, raw, &name, &values) != LDAP_SUCCESS) return broken();
        if (name.bv_val == nullptr) return entry;
        entry.attributes.emplace_back(std::string(name.bv_val, name.bv_len), copy_values(values));
        ber_memfree(values);
    }
}

Result<LdapResult, std::string> read_result(LDAP* ldap, LDAPMessage* message) {
    int code = 0;
    char* text = nullptr;
    LDAPControl** list = nullptr;
    const int parsed = ldap_parse_result(ldap, message, &code, nullptr, &text, nullptr, &list, 0);
    const LdapText diagnostic(text);
    const LdapControls controls(list);
    if (parsed != LDAP_SUCCESS) return {boost::system::in_place_error, "a result that cannot be read"};
    return LdapResult{code, text == nullptr ? std::string{} : std::string(text), read_password_policy(ldap, list), read_next_page(ldap, list)};
}

LdapOperation operation_of(int type) {
    switch (type) {
        case LDAP_RES_SEARCH_ENTRY:
        case LDAP_RES_SEARCH_REFERENCE:
        case LDAP_RES_SEARCH_RESULT: return LdapOperation::search;
        case LDAP_RES_BIND: return LdapOperation::bind;
        case LDAP_RES_EXTENDED: return LdapOperation::extended;
        default: return LdapOperation::other;
    }
}

Result<std::optional<LdapMessage>, std::string> read_message(LDAP* ldap, LDAPMessage* message, int type) {
    LdapMessage read;
    read.id = ldap_msgid(message);
    read.answers = operation_of(type);
    if (type == LDAP_RES_SEARCH_REFERENCE) {
        read.content = LdapReference();
        return std::optional(std::move(read));
    }
    if (type == LDAP_RES_SEARCH_ENTRY) {
        auto entry = read_entry(ldap, message);
        if (!entry) return {boost::system::in_place_error, entry.error()};
        read.content = std::move(*entry);
        return std::optional(std::move(read));
    }
    auto result = read_result(ldap, message);
    if (!result) return {boost::system::in_place_error, result.error()};
    read.content = std::move(*result);
    return std::optional(std::move(read));
}

}  // namespace

LdapCodec::LdapCodec() : wire_(std::make_unique<Wire>()) { wire_->ldap = make_handle(wire_->descriptor.get(), wire_.get()); }

LdapCodec::~LdapCodec() {
    wire_->ldap.reset();  // writes its unbind into the output, which nobody sends
    cleanse(wire_->out);
    cleanse(wire_->in);
}

std::optional<int> LdapCodec::search(const LdapSearch& search) {
    std::vector<char*> names;
    for (const std::string& name : search.attributes) names.push_back(const_cast<char*>(name.c_str()));
    names.push_back(nullptr);
    const LdapControl page = search.page ? make_page_control(wire_->ldap.get(), *search.page) : nullptr;
    if (search.page && page == nullptr) return std::nullopt;
    LDAPControl* controls[] = {page.get(), nullptr};
    timeval limit{search.time_limit_seconds, 0};
    int id = 0;
    const int sent = ldap_search_ext(wire_->ldap.get(), search.base.c_str(), native(search.scope), search.filter.c_str(),
                                     names.data(), 0, controls, nullptr, &limit, search.size_limit, &id);
    return sent == LDAP_SUCCESS ? std::optional(id) : std::nullopt;
}

std::optional<int> LdapCodec::bind(const std::string& dn, std::string_view password) {
    if (dn.empty() || dn.find('\0') != std::string::npos || password.empty() || password.find('\0') != std::string_view::npos) return std::nullopt;
    berval credentials{password.size(), const_cast<char*>(password.data())};
    char policy_request[] = LDAP_CONTROL_PASSWORDPOLICYREQUEST;
    LDAPControl policy{policy_request, {0, nullptr}, 0};  // not critical
    LDAPControl* controls[] = {&policy, nullptr};
    int id = 0;
    const int sent = ldap_sasl_bind(wire_->ldap.get(), dn.c_str(), LDAP_SASL_SIMPLE, &credentials, controls, nullptr, &id);
    return sent == LDAP_SUCCESS ? std::optional(id) : std::nullopt;
}

std::optional<int> LdapCodec::start_tls() {
    int id = 0;
    const int sent = ldap_extended_operation(wire_->ldap.get(), LDAP_EXOP_START_TLS, nullptr, nullptr, nullptr, &id);
    return sent == LDAP_SUCCESS ? std::optional(id) : std::nullopt;
}

std::optional<int> LdapCodec::watch(const std::string& container) {
    std::string oid(change_notification);
    LDAPControl told{oid.data(), {0, nullptr}, 1};  // critical: a plain search is of no use
    LDAPControl* controls[] = {&told, nullptr};
    char none[] = LDAP_NO_ATTRS;
    char* names[] = {none, nullptr};
    int id = 0;
    const int sent = ldap_search_ext(wire_->ldap.get(), container.c_str(), LDAP_SCOPE_ONELEVEL, "(objectClass=*)", names, 0, controls,
                                     nullptr, nullptr, LDAP_NO_LIMIT, &id);
    return sent == LDAP_SUCCESS ? std::optional(id) : std::nullopt;
}

void LdapCodec::abandon(int id) { ldap_abandon_ext(wire_->ldap.get(), id, nullptr, nullptr); }

std::string LdapCodec::take_output() { return std::exchange(wire_->out, {}); }

void LdapCodec::receive(std::string_view bytes) {
    wire_->in.erase(0, wire_->in_used);
    wire_->in_used = 0;
    wire_->in.append(bytes);
}

bool LdapCodec::has_unread_bytes() const { return wire_->waiting() != 0; }

Result<std::optional<LdapMessage>, std::string> LdapCodec::next() {
    timeval at_once{0, 0};
    LDAPMessage* raw = nullptr;
    const int type = ldap_result(wire_->ldap.get(), LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &raw);
    const LdapMessageHandle message(raw);
    if (type == 0) return std::optional<LdapMessage>();
    if (type < 0) return {boost::system::in_place_error, "bytes that are no LDAP"};
    return read_message(wire_->ldap.get(), raw, type);
}

std::string text_of(const LdapResult& result) {
    return ldap_result_text(result.code) + (result.diagnostic.empty() ? "" : ", ") + result.diagnostic;
}

std::string ldap_result_text(int code) { return std::string(ldap_err2string(code)) + " (" + std::to_string(code) + ")"; }

const std::vector<std::string>& LdapEntry::values(std::string_view name) const {
    static const std::vector<std::string> none;
    for (const auto& [attribute, found] : attributes) {
        if (equals_ignore_case(attribute, name)) return found;
    }
    return none;
}

std::string_view LdapEntry::value(std::string_view name) const {
    const std::vector<std::string>& found = values(name);
    return found.empty() ? std::string_view{} : std::string_view(found.front());
}

}  // namespace eas451
