// SPDX-License-Identifier: Apache-2.0
// ByteArena: byte strings laid back to back in large chunks, for a million records without a million
// allocations. Grows only; given back as a whole. Reading is thread-safe once nobody appends.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace eas451 {

class ByteArena {
public:
    using Address = std::uint64_t;  // chunk in the upper half, offset in the lower

    /// The bytes stay where they are until the arena ends. At most 4 GiB at a time.
    Address append(std::string_view bytes) {
        if (chunks_.empty() || chunks_.back().size - chunks_.back().used < bytes.size()) add_chunk(bytes.size());
        Chunk& chunk = chunks_.back();
        std::memcpy(chunk.bytes.get() + chunk.used, bytes.data(), bytes.size());
        const Address address = (Address{chunks_.size() - 1} << 32U) | chunk.used;
        chunk.used += bytes.size();
        return address;
    }

    /// From that byte to the end of its chunk: what is stored tells where it ends.
    [[nodiscard]] std::string_view from(Address address) const {
        const Chunk& chunk = chunks_[address >> 32U];
        const auto offset = static_cast<std::uint32_t>(address);
        return {chunk.bytes.get() + offset, chunk.used - offset};
    }

private:
    static constexpr std::size_t chunk_size = 1U << 20U;
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
        std::size_t used = 0;
    };

    void add_chunk(std::size_t at_least) {
        const std::size_t size = at_least > chunk_size ? at_least : chunk_size;
        chunks_.push_back({std::unique_ptr<char[]>(new char[size]), size, 0});
    }

    std::vector<Chunk> chunks_;
};

}  // namespace eas451
