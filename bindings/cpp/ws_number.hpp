/// ws_number.hpp: Number, an integer some values of which have names in an enum, as opcodes and close codes do, and Bytes.
#ifndef LIBWS_WS_NUMBER_HPP
#define LIBWS_WS_NUMBER_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ws_abi.hpp"

namespace ws {

/// An integer that may be given, and compared, by a name of E or as it is: close_code::going_away or 4000. It turns into a std::int64_t
/// by itself.
template <typename E>
class Number {
public:
    constexpr Number(std::int64_t value) noexcept : value_(value) {}
    constexpr Number(E name) noexcept : value_(static_cast<std::int64_t>(name)) {}
    constexpr operator std::int64_t() const noexcept { return value_; }

    friend constexpr bool operator==(Number a, E b) noexcept { return a.value_ == static_cast<std::int64_t>(b); }
    friend constexpr bool operator==(E a, Number b) noexcept { return b == a; }
    friend constexpr bool operator!=(Number a, E b) noexcept { return !(a == b); }
    friend constexpr bool operator!=(E a, Number b) noexcept { return !(b == a); }

private:
    std::int64_t value_;
};

using Opcode = Number<opcode>;       ///< RFC 6455 §5.2
using CloseCode = Number<close_code>; ///< RFC 6455 §7.4; 3000 to 4999 are the application's

namespace detail {

/// Holds for containers of bytes in one piece: std::vector<unsigned char>, std::array<std::byte, N>, std::string and their like.
template <typename T, typename = void>
struct is_bytes : std::false_type {};
template <typename T>
struct is_bytes<T, std::void_t<decltype(*std::declval<const T &>().data()), decltype(std::declval<const T &>().size())>>
    : std::bool_constant<sizeof(*std::declval<const T &>().data()) == 1 &&
                         std::is_trivially_copyable_v<std::remove_reference_t<decltype(*std::declval<const T &>().data())>>> {};

} // namespace detail
} // namespace ws

#endif // LIBWS_WS_NUMBER_HPP
