/* Walks the items of the API reference in C: prints "item NAME", then "pass" or "fail ...". Argument: the folder of the example programs. */
#include <stdio.h>

#include "items.h"

const char *examples_directory;

static int failed;

void item_failed(const char *file, int line, const char *expectation) {
    failed = 1;
    printf("fail %s:%d: %s; the last error is %lld: %s\n", strrchr(file, '/') ? strrchr(file, '/') + 1 : file, line, expectation,
           (long long)ws_last_error(), ws_last_error_message());
}

static void walk(const Item *items) {
    for (; items->name != NULL; items++) {
        printf("item %s\n", items->name);
        fflush(stdout);
        failed = 0;
        items->test();
        if (!failed) {
            printf("pass\n");
        }
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s EXAMPLES\n", argv[0]);
        return 2;
    }
    examples_directory = argv[1];
    walk(constant_items);
    walk(frame_items);
    walk(connection_items);
    walk(server_items);
    walk(example_items);
    return 0;
}
