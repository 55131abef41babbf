// A fault behind a word that the fuzzer must find: shows that search and sanitizers are on.
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    struct pieces pieces = {.bytes = bytes, .n_left = n_bytes};
    struct piece piece = pieces_next(&pieces);
    if (piece.n_bytes > 2 && memcmp(piece.bytes, "PTT", 3) == 0) {
        piece.bytes[piece.n_bytes] = 0;
    }
    piece_free(&piece);
    return 0;
}
