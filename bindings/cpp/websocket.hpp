/// websocket.hpp: WebSocket (RFC 6455) for C++17 on libws.so. Header-only; link with -lws -pthread.
///
/// Frame, Connection, Server and Loop own what they stand for, are move-only and leak on no path. Calls that fail throw ws::Error or
/// one of its subclasses; "nothing more" is an empty std::optional. Texts are UTF-8 in std::string_view. Ownership, threads and
/// blocking are those of the ws_* function that each method calls: see ws.h.
#ifndef LIBWS_WEBSOCKET_HPP
#define LIBWS_WEBSOCKET_HPP

#include "ws_abi.hpp"
#include "ws_client.hpp"
#include "ws_connection.hpp"
#include "ws_error.hpp"
#include "ws_frame.hpp"
#include "ws_loop.hpp"
#include "ws_loop_connection.hpp"
#include "ws_number.hpp"
#include "ws_server.hpp"
#include "ws_texts.hpp"

#endif // LIBWS_WEBSOCKET_HPP
