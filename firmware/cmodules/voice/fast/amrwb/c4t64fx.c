// Search of the algebraic codebook: 4 to 24 pulses on 4 tracks of 16 positions, 20 to 88 bits (TS 26.190 clause 5.8).
//
// Pulses are found two at a time. For each pair the search wants the correlation of the impulse response with what the
// pulses so far make of it: on the second pulse's track for all positions, on the first one's for those alone that the
// search will try. Position p is on track p % 4, where it is number p / 4.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"
#include "math_op.h"
#include "q_pulse.h"

#define N_TRACKS 4
#define N_POSITIONS 16 // of a track
#define N_CROSS (N_POSITIONS * N_POSITIONS)
#define N_CANDIDATES 8 // positions of a track that a first pulse may take
#define N_PULSES_MAX 24
#define N_STAGES_MAX 10
#define TRACK_PULSES_MAX (N_PULSES_MAX / N_TRACKS)
#define PAD 3 // zeros, so that loops may go in steps of four

#define PLUS 32767
#define MINUS (-32768)

struct plan {
    int16_t n_bits;
    int16_t weight; // of the target in the choice of signs, Q12
    uint8_t n_pulses;
    uint8_t n_rounds;
    uint8_t n_fixed;                 // pulses that every round begins with
    uint8_t n_tried[N_STAGES_MAX];   // candidates for the first pulse of each pair
};

static const struct plan plans[] = {
    {20, 8192, 4, 4, 0, {4, 8}},
    {36, 4096, 8, 4, 2, {4, 8, 8}},
    {44, 4096, 10, 4, 2, {4, 6, 8, 8}},
    {52, 4096, 12, 4, 4, {4, 6, 8, 8}},
    {64, 3277, 16, 3, 4, {4, 4, 6, 6, 8, 8}},
    {72, 3072, 18, 3, 4, {2, 3, 4, 5, 6, 7, 8}},
    {88, 2048, 24, 2, 4, {2, 2, 3, 4, 5, 6, 7, 8, 8, 8}},
};

struct search {
    int16_t *dn;               // correlation with the target, times `sign`
    bool may_wrap;             // whether sums of it for all pulses might leave 16 bits
    int16_t rank[L_SUBFR];     // below 0: a candidate, the lower the better
    int16_t sign[L_SUBFR];     // of a pulse at each position: PLUS or MINUS
    int16_t best[N_TRACKS];    // the first candidate
    int16_t padded_h[PAD + L_SUBFR];
    int16_t filtered[L_SUBFR + PAD]; // the pulses so far
    int16_t energy[N_TRACKS][N_POSITIONS];
    // Of pulses on track t (position number i) and on the next track (j): cross[256 * t + 16 * i + j].
    int16_t cross[N_TRACKS * N_CROSS];
};

// What a round has found so far.
struct pulses {
    int16_t positions[N_PULSES_MAX];
    int16_t pair[2]; // the last that was found together, in this round or the one before
    int16_t correlation;
    int16_t energy;
};

static int track_of_pulse(int round, int pulse) {
    return (pulse + pulse / N_TRACKS + round) % N_TRACKS;
}

// --- before the search ------------------------------------------------------------------------

// 2^(31 + n_bits) / sqrt(energy of x), as the library approximates it.
static int32_t inverse_root(Word16 x[], int n_bits) {
    Word16 exponent;
    Word32 root = Dot_product12(x, x, L_SUBFR, &exponent);
    Isqrt_n(&root, &exponent);
    return shl32(root, exponent + n_bits);
}

// Signs after target and residual together; into `rank` goes how much either wants a pulse there.
static void choose_signs(struct search *s, Word16 cn[], const struct plan *plan) {
    int32_t k_cn = round_shl((uint32_t)inverse_root(cn, 5), 0);
    int32_t k_dn = upper_half((uint32_t)inverse_root(s->dn, 8));
    k_dn = (int16_t)((plan->weight * k_dn + 0x4000) >> 15);
    for (int i = 0; i < L_SUBFR; i++) {
        uint32_t mixed = (uint32_t)(k_cn * cn[i]) + (uint32_t)(k_dn * s->dn[i]);
        int16_t wanted = (int16_t)((int32_t)mixed >> 7);
        bool negative = wanted < 0;
        s->sign[i] = negative ? MINUS : PLUS;
        s->rank[i] = (int16_t)(negative ? -wanted : wanted);
        s->dn[i] = (int16_t)(negative ? -s->dn[i] : s->dn[i]);
    }
}

// Whether the correlation with all pulses together might leave 16 bits: each track has its share of them.
static bool may_wrap(const struct search *s, int n_pulses) {
    int32_t sum = 0;
    for (int track = 0; track < N_TRACKS; track++) {
        int32_t largest = 0;
        for (int i = track; i < L_SUBFR; i += N_TRACKS) {
            int32_t magnitude = s->dn[i] < 0 ? -s->dn[i] : s->dn[i];
            largest = magnitude > largest ? magnitude : largest;
        }
        sum += largest;
    }
    return sum * ((n_pulses + N_TRACKS - 1) / N_TRACKS) > INT16_MAX;
}

// Ranks the positions of each track that are most wanted; among equals the first.
static HOT void choose_candidates(struct search *s) {
    int position = 0;
    for (int track = 0; track < N_TRACKS; track++) {
        int32_t keys[N_POSITIONS];
        for (int i = 0; i < N_POSITIONS; i++) {
            keys[i] = s->rank[track + N_TRACKS * i] * N_POSITIONS + (N_POSITIONS - 1 - i);
        }
        for (int rank = 0; rank < N_CANDIDATES; rank++) {
            int32_t largest = -1;
            #pragma GCC unroll 4
            for (int i = 0; i < N_POSITIONS; i++) {
                if (keys[i] > largest) {
                    largest = keys[i];
                }
            }
            // Where the negative of -32768 is left, there may be none; the library then takes the last one again.
            if (largest >= 0) {
                int number = N_POSITIONS - 1 - largest % N_POSITIONS;
                keys[number] = -1;
                position = track + N_TRACKS * number;
            }
            s->rank[position] = (int16_t)(rank - N_CANDIDATES);
            if (rank == 0) {
                s->best[track] = (int16_t)position;
            }
        }
    }
}

// Copies the impulse response, halved where many pulses of much energy might overflow. Returns the shift.
static int scale_response(struct search *s, const Word16 h[], int n_pulses) {
    uint32_t energy = 0;
    for (int i = 0; i < L_SUBFR; i++) {
        MAC(energy, h[i], h[i]);
    }
    int shift = n_pulses >= 12 && (int32_t)(energy << 1) >> 16 > 1024 ? 1 : 0;
    Set_zero(s->padded_h, PAD);
    for (int i = 0; i < L_SUBFR; i++) {
        s->padded_h[PAD + i] = (int16_t)(h[i] >> shift);
    }
    return shift;
}

// Sums have a bit less than the library's, whose products are doubled, and 0.5 for the rounding.
#define ROUNDING 0x4000u
#define STORE(at, sum) ((at) = (int16_t)((int32_t)(sum) >> 15))

static void fill_energy(struct search *s) {
    const int16_t *h = s->padded_h + PAD;
    uint32_t sum = ROUNDING;
    for (int i = L_SUBFR - 1; i >= 0; i--, h++) {
        MAC(sum, *h, *h);
        STORE(s->energy[i % N_TRACKS][i / N_TRACKS], sum);
    }
}

// Two pulses d apart correlate with sum of h[i] * h[i + d] over as many i as the later one leaves. So one running sum
// serves all pairs of a distance. Neighbouring tracks are 4 * k + 1 or 4 * k + 3 apart; both at once share loads.
static HOT void fill_cross(struct search *s) {
    enum { NEXT_PAIR = N_POSITIONS + 1 };
    for (int k = 0; k < N_POSITIONS; k++) {
        int16_t *near = &s->cross[N_CROSS - 1 - N_POSITIONS * k]; // later pulse on the next track
        int16_t *far = &s->cross[N_CROSS - 1 - k];                // earlier pulse on the next track
        const int16_t *h = s->padded_h + PAD;
        const int16_t *ahead = h + 4 * k + 1;
        uint32_t near_sum = ROUNDING, far_sum = ROUNDING;
        for (int i = k + 1; i < N_POSITIONS; i++) {
            int32_t tap = h[0], a0 = ahead[0], a1 = ahead[1], a2 = ahead[2], a3 = ahead[3];
            MAC(near_sum, tap, a0);
            STORE(near[2 * N_CROSS], near_sum);
            MAC(far_sum, tap, a2);
            STORE(far[3 * N_CROSS], far_sum);
            tap = h[1];
            MAC(near_sum, tap, a1);
            STORE(near[N_CROSS], near_sum);
            MAC(far_sum, tap, a3);
            STORE(far[2 * N_CROSS - 1], far_sum);
            tap = h[2];
            MAC(near_sum, tap, a2);
            STORE(near[0], near_sum);
            MAC(far_sum, tap, ahead[4]);
            STORE(far[N_CROSS - 1], far_sum);
            tap = h[3];
            MAC(near_sum, tap, a3);
            STORE(near[3 * N_CROSS - N_POSITIONS], near_sum);
            MAC(far_sum, tap, ahead[5]);
            STORE(far[-1], far_sum);
            h += 4;
            ahead += 4;
            near -= NEXT_PAIR;
            far -= NEXT_PAIR;
        }
        MAC(near_sum, h[0], ahead[0]);
        STORE(near[2 * N_CROSS], near_sum);
        MAC(far_sum, h[0], ahead[2]);
        STORE(far[3 * N_CROSS], far_sum);
        MAC(near_sum, h[1], ahead[1]);
        STORE(near[N_CROSS], near_sum);
        MAC(near_sum, h[2], ahead[2]);
        STORE(near[0], near_sum);
    }
}

// Gives the correlations the signs of their pulses, in the rows that the search will read: those of candidates.
static HOT void sign_cross(struct search *s) {
    for (int track = 0; track < N_TRACKS; track++) {
        int next = (track + 1) % N_TRACKS;
        for (int i = 0; i < N_POSITIONS; i++) {
            if (s->rank[track + N_TRACKS * i] >= 0) {
                continue;
            }
            int16_t *row = &s->cross[N_CROSS * track + N_POSITIONS * i];
            const int16_t *sign = s->sign + next;
            // PLUS and MINUS are complements.
            int32_t flip = s->sign[track + N_TRACKS * i] < 0 ? -1 : 0;
            for (const int16_t *end = row + N_POSITIONS; row != end; row += 4, sign += 4 * N_TRACKS) {
                row[0] = (int16_t)((row[0] * (sign[0] ^ flip)) >> 15);
                row[1] = (int16_t)((row[1] * (sign[N_TRACKS] ^ flip)) >> 15);
                row[2] = (int16_t)((row[2] * (sign[2 * N_TRACKS] ^ flip)) >> 15);
                row[3] = (int16_t)((row[3] * (sign[3 * N_TRACKS] ^ flip)) >> 15);
            }
        }
    }
}

// --- the search -------------------------------------------------------------------------------

static HOT void add_pulse(struct search *s, int position) {
    int start = position & ~3;
    int16_t *filtered = s->filtered + start, *end = s->filtered + L_SUBFR;
    const int16_t *h = s->padded_h + PAD + start - position;
    if (s->sign[position] > 0) {
        for (; filtered != end; filtered += 4, h += 4) {
            filtered[0] = (int16_t)(filtered[0] + h[0]);
            filtered[1] = (int16_t)(filtered[1] + h[1]);
            filtered[2] = (int16_t)(filtered[2] + h[2]);
            filtered[3] = (int16_t)(filtered[3] + h[3]);
        }
    } else {
        for (; filtered != end; filtered += 4, h += 4) {
            filtered[0] = (int16_t)(filtered[0] - h[0]);
            filtered[1] = (int16_t)(filtered[1] - h[1]);
            filtered[2] = (int16_t)(filtered[2] - h[2]);
            filtered[3] = (int16_t)(filtered[3] - h[3]);
        }
    }
}

// The first pulses of a round are the first candidates of its first tracks.
static void fix_pulses(struct search *s, const struct plan *plan, int round, struct pulses *found) {
    Set_zero(s->filtered, L_SUBFR + PAD);
    int32_t correlation = 0;
    for (int i = 0; i < plan->n_fixed; i++) {
        int position = s->best[track_of_pulse(round, i)];
        found->positions[i] = (int16_t)position;
        correlation += s->dn[position];
        add_pulse(s, position);
        if (i < 2) {
            found->pair[i] = (int16_t)position;
        }
    }
    uint32_t energy = 0;
    if (plan->n_fixed == 2) {
        int track = round, next = (round + 1) % N_TRACKS;
        int i = found->positions[0] / N_TRACKS, j = found->positions[1] / N_TRACKS;
        energy = ((uint32_t)s->energy[track][i] << 13) + ((uint32_t)s->energy[next][j] << 13)
                 + ((uint32_t)s->cross[N_CROSS * track + N_POSITIONS * i + j] << 14);
    } else {
        for (int i = 0; i < L_SUBFR; i++) {
            MAC(energy, s->filtered[i], s->filtered[i]);
        }
        energy = (uint32_t)((int32_t)(energy << 1) >> 3);
    }
    found->correlation = (int16_t)correlation;
    found->energy = upper_half(energy);
}

// What a pulse at `position` adds to the energy, from the correlation there; Q13 of what is summed up in the search.
static int32_t added_energy(const struct search *s, uint32_t correlation, int position) {
    int32_t rounded = upper_half(correlation << 2);
    return (int16_t)(((rounded * s->sign[position]) >> 15)
                     + s->energy[position % N_TRACKS][position / N_TRACKS]) * 8192;
}

// For each position of a track. Every fourth sample of both makes four short correlations whose positions are
// neighbours; what lies behind the subframe's end is padding.
static HOT void correlate_track(const struct search *s, int track, int32_t added[N_POSITIONS]) {
    for (int i = 0; i < N_POSITIONS; i += 4) {
        const int16_t *h = s->padded_h + PAD;
        const int16_t *filtered = s->filtered + track + N_TRACKS * i;
        int n_taps = N_POSITIONS - 4 - i;
        struct sums4 sums = {0, 0, 0, 0};
        for (int phase = 0; phase < N_TRACKS; phase++, h++, filtered++) {
            sums = mac4(sums, h, N_TRACKS, filtered, N_TRACKS, n_taps);
            sums = mac4_end(sums, h + N_TRACKS * n_taps, N_TRACKS, filtered + N_TRACKS * n_taps, N_TRACKS);
        }
        int position = track + N_TRACKS * i;
        added[i] = added_energy(s, sums.s0, position);
        added[i + 1] = added_energy(s, sums.s1, position + N_TRACKS);
        added[i + 2] = added_energy(s, sums.s2, position + 2 * N_TRACKS);
        added[i + 3] = added_energy(s, sums.s3, position + 3 * N_TRACKS);
    }
}

// For two positions of a track, p <= q.
static HOT void correlate_pair(const struct search *s, int p, int q, int32_t *added_p, int32_t *added_q) {
    const int16_t *h = s->padded_h + PAD;
    const int16_t *at_p = s->filtered + p, *at_q = s->filtered + q;
    const int16_t *end_q = h + L_SUBFR - (q & ~3), *end_p = h + L_SUBFR - (p & ~3);
    uint32_t sum_p = 0, sum_q = 0;
    for (; h != end_q; h += 4, at_p += 4, at_q += 4) {
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            int32_t tap = h[i];
            MAC(sum_p, tap, at_p[i]);
            MAC(sum_q, tap, at_q[i]);
        }
    }
    for (; h != end_p; h += 4, at_p += 4) {
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            MAC(sum_p, h[i], at_p[i]);
        }
    }
    *added_p = added_energy(s, sum_p, p);
    *added_q = added_energy(s, sum_q, q);
}

// The best so far: of the largest correlation^2 / energy.
struct best {
    int32_t square;
    int32_t energy;
    int second; // number of the position, or -1
};

// Is a / b more than c / d? The library doubles the products, and two of -32768 wrap.
static inline bool is_more(int32_t a, int32_t b, int32_t c, int32_t d) {
    return (int32_t)((uint32_t)(a * d) << 1) > (int32_t)((uint32_t)(c * b) << 1);
}

// Where correlations cannot wrap, nor can their squares, which are below 2^15 then: no product reaches 2^30.
static inline __attribute__((always_inline)) void try_second(struct best *best, int second, int32_t correlation,
    uint32_t energy, int32_t cross, const bool may_wrap) {
    int32_t whole = may_wrap ? (int16_t)correlation : correlation;
    int32_t square = (whole * whole) >> 15;
    square = may_wrap ? (int16_t)square : square;
    int32_t of_energy = (int32_t)(energy + ((uint32_t)cross << 14)) >> 16;
    if (may_wrap ? is_more(square, of_energy, best->square, best->energy)
                 : square * best->energy > best->square * of_energy) {
        best->square = square;
        best->energy = of_energy;
        best->second = second;
    }
}

// Tries a first pulse with every second one.
static HOT struct best try_first(const struct search *s, unsigned first, int32_t correlation, uint32_t energy,
    const int32_t added[N_POSITIONS], struct best best) {
    unsigned track = first % N_TRACKS;
    const int16_t *cross = &s->cross[N_CROSS * track + N_POSITIONS * (first / N_TRACKS)];
    const int16_t *dn = s->dn + (track + 1) % N_TRACKS;
    best.second = -1;
    if (s->may_wrap) {
        for (int i = 0; i < N_POSITIONS; i++) {
            try_second(&best, i, correlation + dn[N_TRACKS * i], energy + (uint32_t)added[i], cross[i], true);
        }
        return best;
    }
    for (int i = 0; i < N_POSITIONS; i += 4, added += 4, cross += 4, dn += 4 * N_TRACKS) {
        try_second(&best, i, correlation + dn[0], energy + (uint32_t)added[0], cross[0], false);
        try_second(&best, i + 1, correlation + dn[N_TRACKS], energy + (uint32_t)added[1], cross[1], false);
        try_second(&best, i + 2, correlation + dn[2 * N_TRACKS], energy + (uint32_t)added[2], cross[2], false);
        try_second(&best, i + 3, correlation + dn[3 * N_TRACKS], energy + (uint32_t)added[3], cross[3], false);
    }
    return best;
}

// Adds the two pulses that do best on a track and the next one.
static void add_pair(struct search *s, int track, int n_tried, struct pulses *found, int n_found) {
    int16_t firsts[N_POSITIONS + 1];
    int32_t added_first[N_POSITIONS + 1], added[N_POSITIONS];
    int n = 0;
    for (int position = track; position < L_SUBFR; position += N_TRACKS) {
        if (s->rank[position] < n_tried - N_CANDIDATES) {
            firsts[n++] = (int16_t)position;
        }
    }
    firsts[n] = firsts[n - (n > 0)];
    for (int i = 0; i < n; i += 2) {
        correlate_pair(s, firsts[i], firsts[i + 1], &added_first[i], &added_first[i + 1]);
    }
    correlate_track(s, (track + 1) % N_TRACKS, added);
    // Where nothing is better than nothing, the library takes the pair before again.
    int first = found->pair[0], second = found->pair[1];
    struct best best = {-1, 1, -1};
    uint32_t energy = ((uint32_t)found->energy << 16) + 0x8000u;
    for (int i = 0; i < n; i++) {
        int32_t correlation = (int16_t)(found->correlation + s->dn[firsts[i]]);
        best = try_first(s, (unsigned)firsts[i], correlation, energy + (uint32_t)added_first[i], added, best);
        if (best.second >= 0) {
            first = firsts[i];
            second = (track + 1) % N_TRACKS + N_TRACKS * best.second;
        }
    }
    // Then a track may get more than its share.
    s->may_wrap |= best.square < 0;
    found->positions[n_found] = found->pair[0] = (int16_t)first;
    found->positions[n_found + 1] = found->pair[1] = (int16_t)second;
    found->correlation = (int16_t)(found->correlation + s->dn[first] + s->dn[second]);
    found->energy = (int16_t)best.energy;
    add_pulse(s, first);
    add_pulse(s, second);
}

// The pulses go to `positions`, and what the filter makes of them to `filtered`, which is left alone if nothing does
// better than no pulse at all.
static void find_pulses(struct search *s, const struct plan *plan, int n_rounds, int16_t positions[], Word16 filtered[]) {
    int32_t best_square = -1, best_energy = 1;
    struct pulses found = {.pair = {0, 1}};
    for (int round = 0; round < n_rounds; round++) {
        fix_pulses(s, plan, round, &found);
        const uint8_t *n_tried = plan->n_tried;
        for (int i = plan->n_fixed; i < plan->n_pulses; i += 2) {
            // The last pair of 10 and of 18 pulses, which no track has a claim to.
            bool is_odd_pair = i == plan->n_pulses - 2 && plan->n_pulses % N_TRACKS != 0;
            add_pair(s, is_odd_pair ? 0 : track_of_pulse(round, i), *n_tried++, &found, i);
        }
        int32_t square = (int16_t)((found.correlation * found.correlation) >> 15);
        // Other than within a round, it is the difference that the compiled library doubles and that may wrap.
        uint32_t more = (uint32_t)(best_energy * square) - (uint32_t)(best_square * found.energy);
        if ((int32_t)(more << 1) > 0) {
            best_square = square;
            best_energy = found.energy;
            Copy(found.positions, positions, plan->n_pulses);
            Copy(s->filtered, filtered, L_SUBFR);
        }
    }
}

// --- after the search -------------------------------------------------------------------------

// Adds the pulses up in `code`, and lists those of each track: number of the position, plus 16 for a minus.
static void place_pulses(const struct search *s, const int16_t positions[], int n_pulses, int height, Word16 code[],
    Word16 list[N_PULSES_MAX]) {
    Set_zero(code, L_SUBFR);
    for (int i = 0; i < N_PULSES_MAX; i++) {
        list[i] = -1;
    }
    for (int k = 0; k < n_pulses; k++) {
        int position = positions[k];
        bool negative = s->sign[position] < 0;
        code[position] = (int16_t)(code[position] + (negative ? -height : height));
        int at = position % N_TRACKS * TRACK_PULSES_MAX;
        // A last pair may bring a track one pulse too many; there is no room for one after the last track.
        while (at < N_PULSES_MAX && list[at] >= 0) {
            at++;
        }
        if (at < N_PULSES_MAX) {
            list[at] = (int16_t)(position / N_TRACKS + (negative ? N_POSITIONS : 0));
        }
    }
}

static void put_index(Word16 index[], int track, int32_t code, int n_low_bits) {
    int32_t mask = (1 << n_low_bits) - 1;
    index[track] = (int16_t)(code >> n_low_bits & mask);
    index[track + N_TRACKS] = (int16_t)(code & mask);
}

static void index_track(int n_bits, int track, Word16 pulses[], Word16 index[]) {
    switch (n_bits) {
        case 20:
            index[track] = (int16_t)quant_1p_N1(pulses[0], 4);
            break;
        case 36:
            index[track] = (int16_t)quant_2p_2N1(pulses[0], pulses[1], 4);
            break;
        case 44:
            index[track] = (int16_t)(track < 2 ? quant_3p_3N1(pulses[0], pulses[1], pulses[2], 4)
                                               : quant_2p_2N1(pulses[0], pulses[1], 4));
            break;
        case 52:
            index[track] = (int16_t)quant_3p_3N1(pulses[0], pulses[1], pulses[2], 4);
            break;
        case 64:
            put_index(index, track, quant_4p_4N(pulses, 4) & 0xffff, 14);
            break;
        case 72:
            if (track < 2) {
                put_index(index, track, quant_5p_5N(pulses, 4), 10);
            } else {
                put_index(index, track, quant_4p_4N(pulses, 4) & 0xffff, 14);
            }
            break;
        default:
            put_index(index, track, quant_6p_6N_2(pulses, 4), 11);
    }
}

// dn: correlation of target and h (signs change); cn: residual; h: impulse response, Q12. Out: code, Q9; y, what the
// filter makes of it, Q9; index. `rate_bits` of a frame: at 23.85 kbit/s one round has to do.
void ACELP_4t64_fx(Word16 dn[], Word16 cn[], Word16 h[], Word16 code[], Word16 y[], Word16 n_bits, Word16 rate_bits,
    Word16 index[]) {
    const struct plan *plan = plans;
    while (plan->n_bits != n_bits) {
        plan++;
    }
    struct search s;
    s.dn = dn;
    choose_signs(&s, cn, plan);
    s.may_wrap = may_wrap(&s, plan->n_pulses);
    choose_candidates(&s);
    int shift = scale_response(&s, h, plan->n_pulses);
    fill_energy(&s);
    fill_cross(&s);
    sign_cross(&s);

    int16_t positions[N_PULSES_MAX];
    for (int i = 0; i < N_PULSES_MAX; i++) {
        positions[i] = (int16_t)i;
    }
    find_pulses(&s, plan, n_bits == 88 && rate_bits > 462 ? 1 : plan->n_rounds, positions, y);

    Word16 pulses[N_PULSES_MAX];
    place_pulses(&s, positions, plan->n_pulses, 512 >> shift, code, pulses);
    for (int i = 0; i < L_SUBFR; i++) {
        y[i] = (int16_t)((y[i] + 4) >> 3);
    }
    for (int track = 0; track < N_TRACKS; track++) {
        index_track(n_bits, track, pulses + track * TRACK_PULSES_MAX, index);
    }
}
