/// Checks that a call throws: the kind of exception, its code, and that it says something.
#ifndef LIBWS_TESTS_THROWS_HPP
#define LIBWS_TESTS_THROWS_HPP

#include "check.h"
#include "websocket.hpp"

#define THROWS(kind, error, expression)                      \
    do {                                                     \
        bool thrown_ = false;                                \
        try {                                                \
            (void)(expression);                              \
        } catch (const kind &e) {                            \
            thrown_ = e.code() == ws::errc::error && *e.what() != '\0' && *e.name() != '\0'; \
        }                                                    \
        CHECK(thrown_ && #kind " from " #expression);        \
    } while (0)

#endif
