// The fuzzer's bytes, taken apart into pieces: a byte that says how long, then so many bytes.
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_NONE 255u // a length that means: nothing came

struct pieces {
    const uint8_t *bytes;
    size_t n_left;
};

struct piece {
    uint8_t *bytes; // on the heap in its exact size: reading past its end is seen
    size_t n_bytes;
    int none;
};

static inline uint8_t pieces_byte(struct pieces *pieces) {
    if (pieces->n_left == 0) {
        return 0;
    }
    pieces->n_left--;
    return *pieces->bytes++;
}

// As long as it says, or as there is. Give it back with piece_free().
static inline struct piece pieces_next(struct pieces *pieces) {
    size_t n_bytes = pieces_byte(pieces);
    struct piece piece = {.none = n_bytes == PIECE_NONE};
    if (piece.none) {
        return piece;
    }
    piece.n_bytes = n_bytes < pieces->n_left ? n_bytes : pieces->n_left;
    piece.bytes = malloc(piece.n_bytes > 0 ? piece.n_bytes : 1);
    if (piece.n_bytes > 0) {
        memcpy(piece.bytes, pieces->bytes, piece.n_bytes);
    }
    pieces->bytes += piece.n_bytes;
    pieces->n_left -= piece.n_bytes;
    return piece;
}

static inline void piece_free(struct piece *piece) {
    free(piece->bytes);
}

// What must hold whatever the bytes are.
static inline void must(int holds) {
    if (!holds) {
        abort();
    }
}

#endif
