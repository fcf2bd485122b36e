# The page that a virtual board and its host share: a file of PAGE_BYTES that both map. Numbers of its 64-bit words, the
# exit codes of the interpreter, the reset causes. Runs on both runtimes and knows nothing but these numbers.

PAGE_BYTES = 4096

RATE_MILLI = 0  # the board's seconds in 1000 real seconds; in lockstep 1000
RESET_CAUSE = 1
TICKS_ZERO_US = 2  # CLOCK_MONOTONIC (in lockstep: the bench's time) at which the ticks began
TICKS_START_MS = 3  # what they began with
RTC_ZERO_US = 4  # CLOCK_MONOTONIC at which the RTC was set
RTC_SET_US = 5  # to what, since 2000-01-01
RTC_MEMORY_BYTES = 6
WDT_TIMEOUT_MS = 7  # 0: not started
WDT_FED_US = 8  # CLOCK_MONOTONIC
ACCESS_POINT = 9  # one of AP_*
INTERRUPTIBLE = 10  # 1: a program runs, Ctrl-C on the console stops it
RAW_REPL = 11  # 1: start into the raw REPL, without main.py
BLOCK_OPERATIONS = 12
BLOCK_ERASES = 13
CUT_AT = 14  # the block operation that the power does not survive; 0: none
CUT_TORN = 15  # 1: half of that operation is done
PINS_OUT = 16  # bit masks of levels
PINS_IN = 17
SHIM_HEAP_BYTES = 18  # what lay on the heap when boot.py began
HEAP_PROBE_MS = 19  # 0: no probe
HEAP_PEAK_BYTES = 20
NOW_US = 21  # of a board in lockstep: its time, on the clock that its registers above are in
IDLE_UNTIL_US = 22  # what it waits for, unless the bench has something for it
HORIZON_US = 23  # until then nothing reaches it by itself
LOCKSTEP = 40  # 1: time is the bench's
WAITING = 41  # 1: it has asked the bench to go on; 2: it serves its console, and time may pass
UARTS = 24  # four words each: baud rate, bits, parity (-1: none), stop bits
UART_WORDS = 4
RTC_MEMORY = 2048  # byte offset of the memory that outlives a reset

EXIT_RESET = 10
EXIT_SOFT_RESET = 11
EXIT_POWER_CUT = 12

AP_GONE = 0
AP_GOOD = 1
AP_REFUSES = 2  # the password is wrong
AP_NO_DHCP = 3  # associated, and no address comes

# machine.*_RESET of the ESP32 port
PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5
