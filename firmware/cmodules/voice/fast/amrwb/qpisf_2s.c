// Quantisation of immittance spectral frequencies, in two stages and predicted (TS 26.190 clause 5.2.5).
//
// A distance only grows from element to element. So a vector is given up as soon as it is no nearer than the best one,
// wherever no sum can wrap: which the size of the vector to be quantised tells.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"
#include "qpisf_2s.tab"

#define MU 10923 // prediction, Q15
#define N_SURVIVORS_MAX 4
#define N_FIRST 9 // elements of the first of two parts
#define N_SECOND (ORDER - N_FIRST)

// Part of the second stage: so many elements from this one of the part on.
struct book {
    const Word16 *vectors;
    uint8_t first, dim, n_vectors;
};

static const struct book first_46b[] = {
    {dico21_isf, 0, 3, SIZE_BK21}, {dico22_isf, 3, 3, SIZE_BK22}, {dico23_isf, 6, 3, SIZE_BK23}};
static const struct book second_46b[] = {{dico24_isf, 0, 3, SIZE_BK24}, {dico25_isf, 3, 4, SIZE_BK25}};
static const struct book first_36b[] = {{dico21_isf_36b, 0, 5, SIZE_BK21_36b}, {dico22_isf_36b, 5, 4, SIZE_BK22_36b}};
static const struct book second_36b[] = {{dico23_isf_36b, 0, 7, SIZE_BK23_36b}};

// No element of a book of the first stage and one of the second together are larger.
#define LARGEST_ENTRIES (2273 + 680)
// Nine squares of this, doubled, are less than 2^31.
#define LARGEST_DIFFERENCE 10922

// As the library sums: differences and sums may wrap.
static int32_t wrapping_distance(const Word16 *x, const Word16 *vector, int dim) {
    uint32_t sum = 0;
    for (int i = 0; i < dim; i++) {
        int32_t difference = (int16_t)(x[i] - vector[i]);
        MAC(sum, difference, difference);
    }
    return (int32_t)(sum << 1);
}

// The doubled square of the distance, or something not less than `limit` if it is not less.
static inline __attribute__((always_inline)) int32_t distance(const Word16 *x, const Word16 *vector, const int dim,
    int32_t limit) {
    int32_t sum = 0, half = limit >> 1;
    #pragma GCC unroll 9
    for (int i = 0; i < dim; i++) {
        int32_t difference = x[i] - vector[i];
        sum += difference * difference;
        if (i >= 2 && i < dim - 1 && sum > half) {
            return INT32_MAX;
        }
    }
    return sum * 2;
}

struct survivors {
    int32_t distances[N_SURVIVORS_MAX];
    int16_t indices[N_SURVIVORS_MAX];
    int n;
};

static void insert(struct survivors *s, int32_t distance, int index) {
    int at = s->n - 1;
    for (; at > 0 && distance < s->distances[at - 1]; at--) {
        s->distances[at] = s->distances[at - 1];
        s->indices[at] = s->indices[at - 1];
    }
    s->distances[at] = distance;
    s->indices[at] = (int16_t)index;
}

static inline __attribute__((always_inline)) void search_first_stage(const Word16 *x, const Word16 *book,
    const int dim, int n_vectors, struct survivors *s) {
    int last = s->n - 1;
    for (int i = 0; i < n_vectors; i++, book += dim) {
        int32_t d = distance(x, book, dim, s->distances[last]);
        if (d < s->distances[last]) {
            insert(s, d, i);
        }
    }
}

static HOT void search_9(const Word16 *x, struct survivors *s) {
    search_first_stage(x, dico1_isf, N_FIRST, SIZE_BK1, s);
}

static HOT void search_7(const Word16 *x, struct survivors *s) {
    search_first_stage(x, dico2_isf, N_SECOND, SIZE_BK2, s);
}

static void search_wrapping(const Word16 *x, const Word16 *book, int dim, int n_vectors, struct survivors *s) {
    for (int i = 0; i < n_vectors; i++) {
        int32_t d = wrapping_distance(x, book + i * dim, dim);
        if (d < s->distances[s->n - 1]) {
            insert(s, d, i);
        }
    }
}

static inline __attribute__((always_inline)) int nearest(const Word16 *x, const Word16 *book, const int dim,
    int n_vectors, int32_t *least) {
    int index = 0;
    for (int i = 0; i < n_vectors; i++, book += dim) {
        int32_t d = distance(x, book, dim, *least);
        if (d < *least) {
            *least = d;
            index = i;
        }
    }
    return index;
}

static HOT int nearest_3(const Word16 *x, const Word16 *book, int n_vectors, int32_t *least) {
    return nearest(x, book, 3, n_vectors, least);
}

static HOT int nearest_any(const Word16 *x, const struct book *book, int32_t *least) {
    return nearest(x, book->vectors, book->dim, book->n_vectors, least);
}

static int nearest_wrapping(const Word16 *x, const Word16 *book, int dim, int n_vectors, int32_t *least) {
    int index = 0;
    for (int i = 0; i < n_vectors; i++) {
        int32_t d = wrapping_distance(x, book + i * dim, dim);
        if (d < *least) {
            *least = d;
            index = i;
        }
    }
    return index;
}

// One of the two parts of a spectrum, and how it is coded.
struct part {
    const Word16 *first_stage;
    int dim, n_vectors;
    const struct book *second_stage;
    int n_books;
};

static void search_survivors(const Word16 *x, const struct part *part, bool may_wrap, struct survivors *s) {
    for (int i = 0; i < s->n; i++) {
        s->distances[i] = INT32_MAX;
        s->indices[i] = (int16_t)i;
    }
    if (may_wrap) {
        search_wrapping(x, part->first_stage, part->dim, part->n_vectors, s);
    } else if (part->dim == N_FIRST) {
        search_9(x, s);
    } else {
        search_7(x, s);
    }
}

// The second stage for what the first one leaves. Returns the distance, or *least if no choice is less.
static int32_t search_second_stage(const Word16 *rest, const struct part *part, bool may_wrap, int32_t least,
    Word16 indices[]) {
    uint32_t sum = 0;
    for (int i = 0; i < part->n_books; i++) {
        const struct book *book = &part->second_stage[i];
        const Word16 *x = rest + book->first;
        int32_t limit = may_wrap ? INT32_MAX : least - (int32_t)sum;
        int32_t d = limit;
        if (may_wrap) {
            indices[i] = (Word16)nearest_wrapping(x, book->vectors, book->dim, book->n_vectors, &d);
        } else {
            indices[i] = (Word16)(book->dim == 3 ? nearest_3(x, book->vectors, book->n_vectors, &d)
                                                 : nearest_any(x, book, &d));
            if (d == limit) {
                return least;
            }
        }
        sum += (uint32_t)d;
    }
    return (int32_t)sum;
}

static void quantise(const Word16 *x, const struct part *part, int n_survivors, Word16 *first, Word16 second[]) {
    bool may_wrap = false;
    for (int i = 0; i < part->dim; i++) {
        int32_t magnitude = x[i] < 0 ? -x[i] : x[i];
        may_wrap |= magnitude > LARGEST_DIFFERENCE - LARGEST_ENTRIES;
    }
    struct survivors s = {.n = n_survivors};
    search_survivors(x, part, may_wrap, &s);
    int32_t least = INT32_MAX;
    for (int k = 0; k < n_survivors; k++) {
        Word16 rest[N_FIRST], indices[3];
        const Word16 *vector = part->first_stage + s.indices[k] * part->dim;
        for (int i = 0; i < part->dim; i++) {
            rest[i] = (Word16)(x[i] - vector[i]);
        }
        int32_t d = search_second_stage(rest, part, may_wrap, least, indices);
        if (d < least) {
            least = d;
            *first = s.indices[k];
            for (int i = 0; i < part->n_books; i++) {
                second[i] = indices[i];
            }
        }
    }
}

// Puts a part together again.
static void dequantise(const struct part *part, int first, const Word16 second[], Word16 x[]) {
    for (int i = 0; i < part->dim; i++) {
        x[i] = part->first_stage[first * part->dim + i];
    }
    for (int b = 0; b < part->n_books; b++) {
        const struct book *book = &part->second_stage[b];
        for (int i = 0; i < book->dim; i++) {
            x[book->first + i] = (Word16)(x[book->first + i] + book->vectors[second[b] * book->dim + i]);
        }
    }
}

static int32_t predicted(const Word16 past[], int i) {
    return mean_isf[i] + ((MU * past[i]) >> 15);
}

// indices: of both first stages, then of both second stages' books.
static void quantise_both(const struct part parts[2], const Word16 isf[], Word16 quantised[], Word16 past[],
    Word16 indices[], int n_survivors) {
    Word16 x[ORDER];
    Word16 *second[2] = {indices + 2, indices + 2 + parts[0].n_books};
    for (int i = 0; i < ORDER; i++) {
        x[i] = (Word16)(isf[i] - predicted(past, i));
    }
    for (int p = 0; p < 2; p++) {
        quantise(x + p * N_FIRST, &parts[p], n_survivors, &indices[p], second[p]);
    }
    for (int p = 0; p < 2; p++) {
        dequantise(&parts[p], indices[p], second[p], x + p * N_FIRST);
    }
    for (int i = 0; i < ORDER; i++) {
        quantised[i] = (Word16)(x[i] + predicted(past, i));
        past[i] = x[i];
    }
    Reorder_isf(quantised, ISF_GAP, ORDER);
}

#define PART(book, dim, n_vectors, second) {book, dim, n_vectors, second, sizeof(second) / sizeof((second)[0])}

// 46 bits, from 8.85 kbit/s on. isf in Q15 (0 to 0.5); `past` is the last quantised rest.
void Qpisf_2s_46b(Word16 *isf, Word16 *quantised, Word16 *past, Word16 *indices, Word16 n_survivors) {
    static const struct part parts[2] = {PART(dico1_isf, N_FIRST, SIZE_BK1, first_46b),
                                         PART(dico2_isf, N_SECOND, SIZE_BK2, second_46b)};
    quantise_both(parts, isf, quantised, past, indices, n_survivors);
}

// 36 bits, at 6.60 kbit/s.
void Qpisf_2s_36b(Word16 *isf, Word16 *quantised, Word16 *past, Word16 *indices, Word16 n_survivors) {
    static const struct part parts[2] = {PART(dico1_isf, N_FIRST, SIZE_BK1, first_36b),
                                         PART(dico2_isf, N_SECOND, SIZE_BK2, second_36b)};
    quantise_both(parts, isf, quantised, past, indices, n_survivors);
}

// Keeps them a distance apart, and in order.
void Reorder_isf(Word16 *isf, Word16 distance_min, Word16 n) {
    Word16 least = distance_min;
    for (int i = 0; i < n - 1; i++) {
        if (isf[i] < least) {
            isf[i] = least;
        }
        least = (Word16)(isf[i] + distance_min);
    }
}

// For comfort noise: the nearest vector's index; x becomes that vector.
Word16 Sub_VQ(Word16 *x, Word16 *book, Word16 dim, Word16 n_vectors, Word32 *least) {
    int32_t d = INT32_MAX;
    int index = nearest_wrapping(x, book, dim, n_vectors, &d);
    *least = d;
    for (int i = 0; i < dim; i++) {
        x[i] = book[index * dim + i];
    }
    return (Word16)index;
}
