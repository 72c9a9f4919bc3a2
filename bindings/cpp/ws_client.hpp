/// ws_client.hpp: connect and client_handshake, which open connections as a client (RFC 6455 §3, §4.1).
#ifndef LIBWS_WS_CLIENT_HPP
#define LIBWS_WS_CLIENT_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ws_connection.hpp"

namespace ws {

/// What a client asks for in connect. Every part is checked before anything is sent.
struct ConnectOptions {
    std::int64_t timeout_ms = 10000;       ///< for resolving, connecting and the handshake together
    std::vector<std::string> subprotocols; ///< to offer, the preferred first
    std::vector<std::pair<std::string, std::string>> headers; ///< further request headers
    std::string origin;                    ///< the Origin header; empty sends none
    std::int64_t max_message_bytes = 0;    ///< 0: the default
    std::int64_t max_frame_bytes = 0;      ///< 0: the default
    bool interruptible = false;            ///< blocking calls end with Interrupted when a signal comes
};

namespace detail {

/// The options in the form of the C ABI, which points into this object.
class AbiOptions {
public:
    explicit AbiOptions(const ConnectOptions &from) {
        for (const std::string &s : from.subprotocols) {
            if (s.empty() || s.find(',') != std::string::npos) {
                throw InvalidArgument(errc::header, "a subprotocol must not be empty, and have no comma");
            }
            subprotocols_ += (subprotocols_.empty() ? "" : ", ") + s;
        }
        for (const auto &[name, value] : from.headers) {
            // The lines of the C ABI end with LF, so a break inside a header would pass for the end of its line.
            if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) {
                throw InvalidArgument(errc::header, "a header must have no line break, and no colon in its name");
            }
            headers_ += name + ": " + value + "\r\n";
        }
        abi_.timeout_ms = from.timeout_ms;
        abi_.subprotocols = text(subprotocols_, "subprotocols");
        abi_.headers = text(headers_, "headers");
        abi_.origin = from.origin.empty() ? nullptr : text(from.origin, "origin");
        abi_.max_message_bytes = from.max_message_bytes;
        abi_.max_frame_bytes = from.max_frame_bytes;
        abi_.interruptible = from.interruptible ? 1 : 0;
    }
    AbiOptions(const AbiOptions &) = delete;
    AbiOptions &operator=(const AbiOptions &) = delete;
    const WsConnectOptions *get() const noexcept { return &abi_; }

private:
    std::string subprotocols_, headers_;
    WsConnectOptions abi_ = WS_CONNECT_OPTIONS_INIT;
};

} // namespace detail

/// Opens a connection to "ws://host[:port][/path][?query]". Blocks at most options.timeout_ms. Throws HandshakeError with the
/// server's status when it refuses.
inline Connection connect(const std::string &url, const ConnectOptions &options = {}) {
    const detail::AbiOptions abi(options);
    return Connection(detail::check(ws_connect_with(detail::text(url, "url"), abi.get())));
}

/// Does the client's opening handshake on a connected socket; url gives Host and the request's target, and nothing is resolved.
/// The descriptor is the connection's on success and stays the caller's when this throws.
inline Connection client_handshake(std::int64_t fd, const std::string &url, const ConnectOptions &options = {}) {
    const detail::AbiOptions abi(options);
    return Connection(detail::check(ws_client_handshake(fd, detail::text(url, "url"), abi.get())));
}

} // namespace ws

#endif // LIBWS_WS_CLIENT_HPP
