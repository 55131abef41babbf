"""The SMP commands of the store: group 73, defined once.

Both sides execute this file, so it imports nothing; on the handset it is all constants, which stay
in flash. A field is (name, kind, unit, doc), with `of` behind it for lists; kinds are those of
`spec`. A command is (number, name, operation, doc, what it takes, what it answers).

There is deliberately no command that opens the personal domain, reads it or names what is in it.
"""

GROUP = 73

READ = 0
WRITE = 2

# What is in entries, for who exports them; the tables are in `records/entries.py`. Of positions,
# for `struct`: latitude and longitude in 1e-7 degrees (WGS 84), when it was fixed; then steps from
# one to the next, in units of so many 1e-7 degrees, and of 1 s. Of the others, a CBOR list of
# these. Times in ms since 1970-01-01 UTC, -1 where the date was not known.
POSITION = "<iiq"
POSITION_STEP_E7 = 10
ENTRIES = (
    ("calls", ("utc_ms", "duration_ms", "user_id")),
    ("consent", ("utc_ms", "what", "on")),
)

# In place of a setting that is not to be changed.
AS_IT_IS = -1

NONCE_BYTES = 16
HOST_BYTES = 8
# So many computers have their numbers in a handset; another one takes the place of the one that has
# not looked for longest.
HOSTS_MAX = 8

COMMANDS = (
    (
        0,
        "status",
        READ,
        "How the store is: open or not, locked or not, how full and how worn.",
        (),
        (
            ("state", "str", "", "ready, closed, foreign (another device's) or no keys"),
            ("tail", "str", "", "clean or in doubt, as it was found at start"),
            ("damaged", "int", "places", "how much is damaged"),
            ("records", "int", "records", "how many records it holds"),
            ("records_max", "int", "records", "how many it has room for in RAM"),
            ("capacity_bytes", "int", "bytes", "how much it can hold, with all that goes with it"),
            ("free_bytes", "int", "bytes", "how much of that is not needed"),
            ("erases_min", "int", "erases", "of the sector erased least often"),
            ("erases_max", "int", "erases", "of the sector erased most often"),
            ("pin_set", "bool", "", "the agent has set a PIN"),
            ("locked", "bool", "", "professional records cannot be read"),
            ("tries_left", "int", "tries", "wrong PINs until everything is wiped"),
            ("task", "str", "", "what was asked for last: none, unlock, pin or wipe"),
            ("task_state", "str", "", "of it: idle, running, done, wrong PIN, wiped or failed"),
            ("reason", "str", "", "why it failed, for people"),
            ("wait_ms", "int", "ms", "until another PIN is taken"),
            ("protected", "bool", "", "flash encryption and secure boot are on"),
        ),
    ),
    (
        1,
        "verify",
        WRITE,
        "What the log ends with, what is damaged, and which numbers this host left here.",
        (
            ("host", "bytes", "", "which computer asks, 8 bytes that it once drew"),
            ("last", "bytes", "", "the number it knows to be here, empty at first"),
            ("nonce", "bytes", "", "random number to keep until it looks again, 16 bytes"),
        ),
        (
            ("state", "str", "", "as in status"),
            ("tail", "str", "", "as in status"),
            ("version", "int", "versions", "of the newest record, before this number was kept"),
            ("mac", "bytes", "", "of the newest record, empty without any"),
            ("nonces", "list", "", "numbers of this host that were here", "bytes"),
            ("stored", "bool", "", "the new number is kept"),
            ("damaged", "int", "places", "how many places are damaged"),
            (
                "damage",
                "list",
                "",
                "the first of them",
                (
                    ("kind", "str", "", "altered, header, incomplete or foreign"),
                    ("sector", "int", "sectors", "in which sector"),
                    ("offset", "int", "bytes", "where in it"),
                ),
            ),
            ("protected", "bool", "", "as in status"),
        ),
    ),
    (
        2,
        "records",
        READ,
        # One of values may be empty: the handset has looked at some records, and found none.
        "Professional records, a page at a time; page 0 begins anew. Refused while locked.",
        (("page", "int", "pages", "0, then one more each time"),),
        (
            ("source", "str", "", "values, or the name of the journal this page is from"),
            ("names", "list", "", "names of the values, none for entries of a journal", "str"),
            ("numbers", "list", "", "numbers of the entries, none for values", "int"),
            ("data", "list", "", "what was recorded, in the same order", "bytes"),
            ("lost", "list", "", "places in these lists whose record is damaged", "int"),
            ("cut", "bool", "", "the last goes on as the first of the next page"),
            ("more", "bool", "", "there is another page"),
        ),
    ),
    (
        3,
        "unlock",
        WRITE,
        "Begin to check a PIN; status tells the result. Opens professional, never personal.",
        (("pin", "bytes", "", "the agent's PIN, its digits in ASCII"),),
        (),
    ),
    (4, "lock", WRITE, "Forget the keys of professional and personal.", (), ()),
    (
        5,
        "pin",
        WRITE,
        "Begin to change the PIN; status tells the result.",
        (
            ("old", "bytes", "", "the PIN so far, empty when none is set"),
            ("new", "bytes", "", "the PIN from now on"),
        ),
        (),
    ),
    (
        6,
        "wipe",
        WRITE,
        "Begin to destroy all keys and all records; status tells the result.",
        (("confirm", "str", "", "serial number of this handset"),),
        (),
    ),
    (
        7,
        "sectors",
        READ,
        "State and wear of the flash, sector by sector, from `first` on.",
        (("first", "int", "sectors", "number of the first sector wanted"),),
        (
            ("total", "int", "sectors", "how many there are"),
            ("sector_bytes", "int", "bytes", "size of each"),
            ("states", "list", "", "what each is for now", "str"),
            ("live_bytes", "list", "", "how much in each is still needed", "int"),
            ("end_bytes", "list", "", "up to where each is written", "int"),
            ("erases", "list", "", "how often each has been erased", "int"),
        ),
    ),
    (
        8,
        "settings",
        READ,
        "What was provisioned for PINs and journals, or else this firmware's own.",
        (),
        (
            ("tries_max", "int", "tries", "wrong PINs in a row that wipe everything"),
            ("lock_after_ms", "int", "ms", "without the agent, then it locks; 0: never"),
            ("check_ms", "int", "ms", "what the check of a PIN takes, of the next that is set"),
            (
                "keep_days",
                "list",
                "",
                "how long entries are kept",
                (
                    ("journal", "str", "", "entries of which journal"),
                    ("days", "int", "days", "after so many days they go"),
                ),
            ),
        ),
    ),
    (
        8,
        "provision",
        WRITE,
        "Change some of these, all or nothing. Refused while locked with a PIN.",
        (
            ("tries_max", "int", "tries", "3 to 1000, -1: as it is"),
            ("lock_after_ms", "int", "ms", "up to 86,400,000; 0: never, -1: as it is"),
            ("check_ms", "int", "ms", "100 to 5000, -1: as it is"),
            (
                "keep_days",
                "list",
                "",
                "of journals that are to be changed",
                (
                    ("journal", "str", "", "as in settings"),
                    ("days", "int", "days", "3 to 600"),
                ),
            ),
        ),
        (("later", "str", "", "what of it does not count yet, and when; for people"),),
    ),
)
