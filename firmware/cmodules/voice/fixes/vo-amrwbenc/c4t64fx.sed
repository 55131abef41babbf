# vo-amrwbenc 0.1.3, c4t64fx.c, ACELP_4t64_fx(): when its pulse search ends with more than six
# pulses on the last track (seen at 23.85 kbit/s on a pause in speech), the list of pulses runs
# over its end on the stack. Pulses that do not fit are left out.
# Two lines change; codecs.mk checks that both did.
s/while (ind\[i\] >= 0)/while (i < NPMAXPT * NB_TRACK \&\& ind[i] >= 0)/
s/^\([[:space:]]*\)ind\[i\] = index;/\1if (i < NPMAXPT * NB_TRACK) ind[i] = index;/
