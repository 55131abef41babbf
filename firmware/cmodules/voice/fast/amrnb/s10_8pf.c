// Codebook search of 12.2 and 10.2 kbit/s: pulses of an algebraic codebook, placed two by two.
#include "s10_8pf.h"
#include "cnst.h"

#include <stdint.h>
#include <string.h>

#define PULSES_MAX 10
#define PLACES_MAX (L_CODE / STEP_MR102) // of a track

// One place for the second pulse of a pair.
struct second {
    uint32_t correlation; // with all pulses before, in the upper half
    Word32 energy;        // what it adds without the first pulse of the pair
};

// The best pair so far.
struct best {
    Word32 square; // of the correlation
    Word32 energy;
    uint32_t correlation; // in the upper half
    int first; // place
    const struct second *second;
};

struct search {
    const Word16 *dn;
    const Word16 (*rr)[L_CODE];
    Word16 at[PULSES_MAX];
    uint32_t correlation; // of the pulses placed, in the upper half
    Word16 square;        // of it
    Word16 energy;
};

static inline uint32_t upper(Word32 sample) {
    return (uint32_t)sample << 16;
}

// Square of the correlation's 16 bits, as 16 bits.
static inline Word32 square_of(uint32_t correlation) {
    Word32 product = (Word32)(((int64_t)(Word32)correlation * (Word32)correlation) >> 32);
    return (Word32)((uint32_t)product << 1) >> 16;
}

// What goes beyond 16 bits falls off, as in the library; the rest moves to the upper half.
static inline Word32 low_half(Word32 number) {
    return (Word32)((uint32_t)number << 16);
}

// What the pulses placed have in common with one at each place of a track.
static inline void shared_energies(const struct search *search, int step, int n_placed, int track,
    Word32 sums[]) {
    const int n = L_CODE / step;
    for (int i = 0; i < n; i++) {
        sums[i] = 0;
    }
    #pragma GCC unroll 8
    for (int k = 0; k < n_placed; k++) {
        const Word16 *row = &search->rr[search->at[k]][track];
        #pragma GCC unroll 10
        for (int i = 0; i < n; i++) {
            sums[i] += row[i * step];
        }
    }
}

static inline void consider(struct best *best, Word32 square, Word32 energy, uint32_t correlation,
    int first, const struct second *second) {
    if (square * best->energy > best->square * energy) {
        best->square = square;
        best->energy = (Word16)energy;
        best->correlation = correlation;
        best->first = first;
        best->second = second;
    }
}

static inline struct best none(int first_track, const struct second *seconds) {
    return (struct best){.square = -1, .energy = 1, .first = first_track, .second = seconds};
}

static inline void place(struct search *search, int n_placed, int step, int second_track,
    const struct second *seconds, const struct best *best) {
    search->at[n_placed] = (Word16)best->first;
    search->at[n_placed + 1] = (Word16)(second_track + (best->second - seconds) * step);
    search->correlation = best->correlation;
    search->square = (Word16)best->square;
    search->energy = (Word16)best->energy;
}

// The third and the fourth pulse, to the two that are placed.
static inline void place_second_pair(struct search *search, int step, int first_track,
    int second_track) {
    const int n = L_CODE / step;
    struct second seconds[PLACES_MAX];
    Word32 shared[PLACES_MAX];
    const Word16(*rr)[L_CODE] = search->rr;
    int i0 = search->at[0], i1 = search->at[1];
    shared_energies(search, step, 2, second_track, shared);
    for (int i = 0; i < n; i++) {
        int at = second_track + i * step;
        seconds[i].correlation = search->correlation + upper(search->dn[at]);
        seconds[i].energy = low_half(((rr[at][at] >> 1) + shared[i] + 2) >> 2) >> 16;
    }
    uint32_t placed = ((uint32_t)(Word32)rr[i0][i0] << 12) + ((uint32_t)(Word32)rr[i1][i1] << 12)
        + ((uint32_t)(Word32)rr[i0][i1] << 13) + 0x8000u;
    shared_energies(search, step, 2, first_track, shared);
    struct best best = none(first_track, seconds);
    for (int j = 0; j < n; j++) {
        int at = first_track + j * step;
        const Word16 *row = &rr[at][second_track];
        Word32 energy = ((((Word32)placed >> 12) + rr[at][at]) >> 1) + shared[j];
        uint32_t correlation = upper(search->dn[at]);
        #pragma GCC unroll 4
        for (const struct second *second = seconds; second != seconds + n; second++) {
            uint32_t both = correlation + second->correlation;
            Word32 total = (((energy + *row) >> 2) + second->energy) >> 1;
            consider(&best, square_of(both), total, both, at, second);
            row += step;
        }
    }
    place(search, 2, step, second_track, seconds, &best);
}

// The next two pulses. Energies lose a bit at some of these steps, hence the shifts.
static inline void place_pair(struct search *search, int step, int n_placed, int first_track,
    int second_track, int row_shift, int second_shift, int round_shift) {
    const int n = L_CODE / step;
    struct second seconds[PLACES_MAX];
    Word32 shared[PLACES_MAX];
    const Word16(*rr)[L_CODE] = search->rr;
    shared_energies(search, step, n_placed, second_track, shared);
    for (int i = 0; i < n; i++) {
        int at = second_track + i * step;
        Word32 sum = (rr[at][at] >> 1) + shared[i] + (1 << round_shift) / 2;
        seconds[i].correlation = search->correlation + upper(search->dn[at]);
        seconds[i].energy = low_half(sum >> round_shift) >> (16 - second_shift);
    }
    uint32_t placed = ((uint32_t)(Word32)search->energy << 15) + 0x8000u;
    shared_energies(search, step, n_placed, first_track, shared);
    struct best best = none(first_track, seconds);
    for (int j = 0; j < n; j++) {
        int at = first_track + j * step;
        const Word16 *row = &rr[at][second_track];
        uint32_t energy = placed + ((uint32_t)(rr[at][at] + 2 * shared[j]) << (row_shift - 1));
        uint32_t correlation = upper(search->dn[at]);
        #pragma GCC unroll 4
        for (const struct second *second = seconds; second != seconds + n; second++) {
            uint32_t both = correlation + second->correlation;
            uint32_t total = energy + ((uint32_t)(Word32)*row << row_shift)
                + (uint32_t)second->energy;
            consider(&best, square_of(both), (Word32)total >> 16, both, at, second);
            row += step;
        }
    }
    place(search, n_placed, step, second_track, seconds, &best);
}

// One turn; with `step` known when it is compiled, the places of a track are constants.
static inline void place_all(struct search *search, int step, int n_pulses, const Word16 ipos[]) {
    place_second_pair(search, step, ipos[2], ipos[3]);
    place_pair(search, step, 4, ipos[4], ipos[5], 12, 14, 2);
    place_pair(search, step, 6, ipos[6], ipos[7], 11, 14, 3);
    if (n_pulses == PULSES_MAX) {
        place_pair(search, step, 8, ipos[8], ipos[9], 10, 13, 3);
    }
}

// The first pulse stands at the best place of all; each track has its turn with the second one.
void search_10and8i40(Word16 nbPulse, Word16 step, Word16 nbTracks, Word16 dn[],
    Word16 rr[][L_CODE], Word16 ipos[], Word16 pos_max[], Word16 codvec[], Flag *pOverflow) {
    struct search search = {.dn = dn, .rr = (const Word16(*)[L_CODE])rr};
    Word32 square_max = -1, energy_max = 1;
    (void)pOverflow;
    (void)step;
    for (Word16 i = 0; i < nbPulse; i++) {
        codvec[i] = i;
    }
    search.at[0] = pos_max[ipos[0]];
    for (int turn = 1; turn < nbTracks; turn++) {
        search.at[1] = pos_max[ipos[1]];
        search.correlation = upper(dn[search.at[0]]) + upper(dn[search.at[1]]);
        if (nbPulse == PULSES_MAX) {
            place_all(&search, STEP, PULSES_MAX, ipos);
        } else {
            place_all(&search, STEP_MR102, 2 * NB_TRACK_MR102, ipos);
        }
        if (energy_max * search.square > square_max * search.energy) {
            square_max = search.square;
            energy_max = search.energy;
            memcpy(codvec, search.at, (size_t)nbPulse * sizeof(codvec[0]));
        }
        Word16 next = ipos[1];
        memmove(ipos + 1, ipos + 2, (size_t)(nbPulse - 2) * sizeof(ipos[0]));
        ipos[nbPulse - 1] = next;
    }
}
