# Where a mobile gateway was when an item was made: "position" beside "time" in an item of the device API.
#
#   {"lat_e7": 312300000, "lon_e7": 1214700000, "speed_mm_s": 8300, "fix": "gps", "hdop_x100": 90, "age_ms": 1200}
#   {"why": "no_fix"}                                          no certain place, and the reason
# lat_e7, lon_e7: WGS 84, degrees * 10^7, north and east positive. age_ms: between the fix and the item, whichever came first.
# hdop_x100 may be absent. Items of sites that stand have no position at all: their place is the site's.

MAX_LAT_E7 = 900000000
MAX_LON_E7 = 1800000000
MAX_SPEED_MM_S = 500000
MAX_HDOP_X100 = 10000

# NMEA 0183, GGA, quality indicator -> key
FIXES = {
    1: "gps",
    2: "dgps",
    3: "pps",
    4: "rtk",
    5: "float_rtk",
    6: "dead_reckoning",
    7: "manual",
    8: "simulated",
}

NO_FIX = "no_fix"
SILENT = "silent"
OFF_TRACK = "off_track"
TIME_UNCERTAIN = "time_uncertain"
REASONS = {
    NO_FIX: "the receiver spoke, but did not know where it was",
    SILENT: "the receiver did not speak",
    OFF_TRACK: "the track has no point near the time of the item",
    TIME_UNCERTAIN: "the time of the item is too uncertain to say where the vehicle was",
}
