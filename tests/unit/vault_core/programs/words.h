// Programs that answer questions, one a line: its name, then words in hexadecimal ("-" for none) or
// decimal, by what is asked. The answer is a line of words, too.
//
// Every word lies in memory of its own size, so that the sanitizer sees a byte too many.
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 16

struct bytes {
    uint8_t *at; // NULL for none
    size_t n;
};

// Of the question that is asked now.
extern struct bytes word[WORDS_MAX];
extern unsigned n_words;
// A word that is decimal.
unsigned long number(unsigned i);
void print(const uint8_t *at, size_t n);

struct question {
    const char *name; // NULL: no more
    void (*answer)(void);
};

// Until the input ends; the exit status.
int answer_all(const struct question *questions);

#endif
