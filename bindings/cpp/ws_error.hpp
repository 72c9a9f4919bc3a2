/// ws_error.hpp: the exceptions of the C++ binding, one per hundred of the library's error codes.
#ifndef LIBWS_WS_ERROR_HPP
#define LIBWS_WS_ERROR_HPP

#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

#include "ws_abi.hpp"

namespace ws {

/// What every failed call throws. The message names the argument or the rule, and the bound; code() never changes its
/// meaning.
class Error : public std::runtime_error {
public:
    Error(errc code, const std::string &message, std::int64_t http_status = 0, std::int64_t system_errno = 0)
        : std::runtime_error(message), code_(code), http_status_(http_status), system_errno_(system_errno) {}

    /// The library's code, one of WS_ERR_*.
    errc code() const noexcept { return code_; }
    /// Its name, such as "WS_ERR_CLOSED".
    const char *name() const noexcept { return ws_error_name(static_cast<std::int64_t>(code_)); }
    /// The HTTP status that belongs to a failed opening handshake, 0 when there is none.
    std::int64_t http_status() const noexcept { return http_status_; }
    /// The operating system's reason, such as std::errc::connection_refused; false when the failure has none.
    std::error_code system_code() const noexcept { return {static_cast<int>(system_errno_), std::system_category()}; }

private:
    errc code_;
    std::int64_t http_status_;
    std::int64_t system_errno_;
};

/// An argument or the state of the object forbids the call (WS_ERR_ARGUMENT and the other codes from 100 to 199). Nothing was
/// sent and nothing has changed.
class InvalidArgument : public Error {
    using Error::Error;
};

/// The connection is closed, was closed during the call, or its peer is gone (WS_ERR_CLOSED, WS_ERR_ABNORMAL).
class ConnectionClosed : public Error {
    using Error::Error;
};

/// The time set for the call is over (WS_ERR_TIMEOUT).
class Timeout : public Error {
    using Error::Error;
};

/// A signal came and interruptible is set (WS_ERR_INTERRUPTED). Nothing is lost; call again.
class Interrupted : public Error {
    using Error::Error;
};

/// The peer broke the protocol or a limit, and was told so in a close frame (codes from 300 to 399).
class ProtocolError : public Error {
    using Error::Error;
};

/// The opening handshake failed (codes from 400 to 499).
class HandshakeError : public Error {
    using Error::Error;
};

namespace detail {

/// Throws what the last failure of this thread calls for.
[[noreturn]] inline void fail() {
    const std::int64_t number = ws_last_error();
    const errc code = static_cast<errc>(number);
    const std::int64_t http_status = ws_last_http_status(), system_errno = ws_last_errno();
    const std::string message = ws_last_error_message();
    switch (number) {
    case WS_ERR_CLOSED:
    case WS_ERR_ABNORMAL:
        throw ConnectionClosed(code, message, http_status, system_errno);
    case WS_ERR_TIMEOUT:
        throw Timeout(code, message, http_status, system_errno);
    case WS_ERR_INTERRUPTED:
        throw Interrupted(code, message, http_status, system_errno);
    default:
        break;
    }
    switch (number / 100) {
    case 1:
        throw InvalidArgument(code, message, http_status, system_errno);
    case 3:
        throw ProtocolError(code, message, http_status, system_errno);
    case 4:
        throw HandshakeError(code, message, http_status, system_errno);
    default:
        throw Error(code, message, http_status, system_errno);
    }
}

/// Hands a result on, or throws when it says that the call failed.
inline std::int64_t check(std::int64_t result) {
    if (result < 0) {
        fail();
    }
    return result;
}

/// A text as the C ABI takes it. One with NUL inside would be cut there, so it is refused.
inline const char *text(const std::string &value, const char *name) {
    if (value.find('\0') != std::string::npos) {
        throw InvalidArgument(errc::argument, std::string(name) + " has a NUL inside");
    }
    return value.c_str();
}

} // namespace detail
} // namespace ws

#endif // LIBWS_WS_ERROR_HPP
