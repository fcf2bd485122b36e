"""Every figure of the bench: name, unit, target, what is measured, and what it is compared with. docs/performance.md is made from it.
Pure.

A figure without a target is stated only: it explains another one, or it could not fail where it is measured.
"""

from typing import NamedTuple

from hil_tests.bench.targets import Target, at_least, at_most, ratio_at_least, ratio_at_most


class Definition(NamedTuple):
    """`reference`: what the value is divided by, measured in the same run; empty for a figure without one."""

    name: str
    unit: str
    target: Target | None
    text: str
    reference: str = ""


# Nodes of the growth figures, and reports that wait behind the first. The first of each is the reference of the others.
GROWTH_NODES = (1, 40, 200)
GROWTH_BACKLOGS = (0, 1_000_000)
_GROWTH = ratio_at_most(1.25, or_more=2.0)

_GATEWAY = (
    Definition(
        "gateway.durable_rate", "reports/s", ratio_at_least(0.5),
        "a flood of 20,000 reports, one a message, of one node, from the first byte to the broker to the last acknowledgement at the node: "
        "authenticated, committed with `synchronous=FULL`, acknowledged; the uplink works at the same time, to a fleet that answers after "
        "1 ms. Median of three",
        "the peer: aiomqtt's own loop, which only counts. Same packets, same publisher (a process of its own that writes packets made "
        "before), same broker, in turn",
    ),
    Definition(
        "gateway.durable_rate_of_queue", "reports/s", None, "the same",
        "aiomqtt behind the gateway's own batching queue, which only counts: the strongest consumer on the same library",
    ),
    Definition(
        "gateway.durable_rate_of_socket", "reports/s", None, "the same",
        "a bare socket on which the publishes are counted by their length: the limit of this broker",
    ),
    Definition(
        "gateway.durable_rate_x20", "reports/s", ratio_at_least(5),
        "the same with 100,000 reports, 20 a message, as a node sends its spool", "`gateway.durable_rate`",
    ),
    Definition(
        "gateway.durable_uplink_rate", "reports/s", None,
        "of the first flood, until its last report is at the fleet", "aiomqtt's own loop, as above",
    ),
    Definition(
        "gateway.commit_rate", "reports/s", ratio_at_least(0.7),
        "rows through the buffer alone, batches of 100, with all that belongs to a commit (known duplicates, index of what waits, clocks "
        "of boots, ledger). Median of five",
        "the same rows through `sqlite3.executemany`, WAL, `synchronous=FULL`, same batches, in turn; node, boot and sequence number are "
        "one integer, which is the row id: the cheapest table that still knows a duplicate",
    ),
    Definition(
        "gateway.write_amplification_0s", "x payload", None,
        "bytes that the kernel wrote for the buffer (proc(5) io: whole pages, log and file) over half an hour of 40 nodes that report six "
        "channels each 10 s, for each byte of their reports; each report committed by itself; receipts each second, upkeep each 10 s, "
        "`status` each 30 s, as much expires as comes. Time is simulated, the disk is real",
    ),
    Definition("gateway.write_amplification_1s", "x payload", at_most(12), "the same, committed once a second"),
    Definition("gateway.written_mb_per_day_0s", "MB/day", None, "the same as `gateway.write_amplification_0s`, by the day"),
    Definition("gateway.written_mb_per_day_1s", "MB/day", None, "the same as `gateway.write_amplification_1s`, by the day"),
    Definition("gateway.ack_ms_p50", "ms", at_most(10), "publish to acknowledgement at 50 reports a second, 20 s; the median"),
    Definition("gateway.ack_ms_p99", "ms", at_most(40), "the same, p99"),
    Definition(
        "gateway.idle_rss_mb", "MB", at_most(55),
        "resident memory (10^6 bytes) of the process (proc(5)) after a minute of 10 nodes at 10 s, uplink up, local page on",
    ),
    Definition("gateway.idle_cpu", "% of a core", at_most(1), "processor time of the process in that minute"),
    Definition(
        "gateway.ack_under_siege_ratio", "ms", ratio_at_most(2),
        "p99 from publish to acknowledgement of 40 nodes with a report a second each, at the broker as installed, while strangers are at "
        "the site: 2,000 silent connections to the local page and to the broker each, slow and half requests, 50 viewers, others who "
        "take no answer, wrong PINs, wrong passwords, a node with the names of others. They come back when they are closed, in a process "
        "of the lowest priority: their processors are not the site's. Two rounds",
        "the same nodes in quiet, in turn",
    ),
    Definition(
        "gateway.alarm_ms_p99", "ms", at_most(100),
        "publish of a report to the write of the file that is its output, 80 times on and off, a rule and an output for each of 20 nodes. "
        "The end is the file's own time, which is of the kernel's last tick: up to 4 ms early; a value below 4 ms says no more than that",
    ),
    Definition(
        "gateway.alarm_drain_ms_p99", "ms", at_most(100),
        "the same with 20 other nodes while a backlog of a million reports of three days drains",
    ),
    Definition(
        "gateway.outage_first_s", "s", at_most(2),
        "after a minute without the fleet: from the moment it listens again to the first batch that arrives",
    ),
    Definition(
        "gateway.drain_rate", "reports/s", at_least(15_000),
        "120,000 reports (or what came in that minute) from the first of them at the fleet to the last, live reports and events between",
    ),
    Definition(
        "gateway.live_delay_ms_max", "ms", at_most(1000),
        "publish to arrival at the fleet during that drain over loopback, which lasts some two seconds: the slowest of about 25 reports",
    ),
    Definition("gateway.alarm_uplink_ms_max", "ms", at_most(100), "the same: the slowest of about six events"),
    Definition(
        "gateway.thin_alarm_ms_max", "ms", at_most(1000),
        "an event's publish to its arrival at the fleet over a line of 8 kB/s (64 kbit/s) each way while a backlog that needs half an "
        "hour on it drains; one event a second for 30 s, the slowest. The line is a proxy with a modem's buffer: 64 packets of 1,000 "
        "bytes of all connections, first in, first out; the gateway knows the line's rate (`line_bytes_per_s`)",
    ),
    Definition("gateway.thin_live_ms_p99", "ms", None, "the same for a report a second, of the same node, in that half minute"),
    Definition("gateway.thin_drain_rate", "reports/s", None, "what arrived of the backlog in that half minute, a second"),
    Definition(
        "gateway.growth_ack_ms_1_nodes", "ms", None, "median from publish to acknowledgement at 50 reports a second of one node",
    ),
    *(
        Definition(f"gateway.growth_ack_ms_{count}_nodes", "ms", _GROWTH, f"the same, in all, of {count} nodes", "that of one node")
        for count in GROWTH_NODES[1:]
    ),
    Definition(
        "gateway.growth_ack_ms_backlog_0", "ms", None, "the same of one node while the fleet is away and 60,000 reports wait",
    ),
    Definition("gateway.growth_drain_backlog_0", "reports/s", None, "then the fleet is there: the rate of these"),
    Definition(
        "gateway.growth_drain_cpu_backlog_0", "us/report", None,
        "what each of them costs the gateway's processor, which a busy machine falsifies less",
    ),
    *(
        Definition(f"gateway.growth_{name}_backlog_{waiting}", unit, target, f"the same with {waiting:,} behind them", "that with none")
        for waiting in GROWTH_BACKLOGS[1:]
        for name, unit, target in (
            ("ack_ms", "ms", _GROWTH), ("drain", "reports/s", ratio_at_least(0.8)), ("drain_cpu", "us/report", ratio_at_most(1.25)),
        )
    ),
)  # fmt: skip

_FLEET = (
    Definition(
        "fleet.ingest_rate", "channel values/s", ratio_at_least(0.25),
        "channel values through the device API, one worker, four connections, batches of 500 reports of six, answered after commit. The "
        "target is a floor under what was reached, so that a loss is seen",
        "the same rows through `sqlite3.executemany`, one transaction a batch, without the items that the service keeps as well",
    ),
    Definition(
        "fleet.chart_ms_p95", "ms", at_most(100),
        "the data of the live page's chart (last hour, 24 lines) of a district of 1,000 nodes with an hour of reports each 10 s, asked by "
        "50 viewers, each every 2 s, of five quantities, while 40 gateways deliver; p95 of 20 s, with those that are made anew",
    ),
    Definition("fleet.chart_cold_ms", "ms", None, "the slowest of the first answers, one of each quantity, before anybody else views"),
    Definition(
        "fleet.ingest_under_viewers_ratio", "ms", ratio_at_most(2, or_more=10),
        "delivery of three reports to its answer while these 50 viewers ask for the overview and the chart; p99 of 20 s of 40 gateways, "
        "each once a second", "the same without a viewer, before",
    ),
    Definition(
        "fleet.ingest_under_searches_ratio", "ms", None,
        "the same while every viewer, from an address of its own, also asks each time for what no other does: a search, the page of a "
        "node or a gateway, a language, a week of 24 nodes that ends at another moment", "the same without a viewer, before",
    ),
    Definition(
        "e2e.visible_ms_p50", "ms", None,
        "how old the youngest frame of a period is when the report that holds it is in the API: one node with a PMS5003 in air made so "
        "restless that frames come several times a second, period 1 s (shipped: 10 s), looked at each 20 ms; the median of 60. It contains "
        "the rest of the period after that frame, and says nothing of an older frame, which waits up to a period more",
    ),
    Definition("e2e.visible_ms_p99", "ms", None, "the same, p99, which of 60 is nearly the slowest"),
)  # fmt: skip

_NODE = (
    Definition(
        "node.min_heap_kib", "KiB", at_most(128),
        "smallest `-X heapsize` with which the whole application runs an hour of simulated time (below) from an image in place (ADR 0016) "
        "and loses no period, in steps of 8 KiB. On the 64-bit unix port, whose objects are twice the size of a 32-bit board's; what the "
        "bench's shims have on the heap is in it, the bytecode of both is not",
    ),
    Definition("node.min_heap_files_kib", "KiB", None, "the same with the application as files, whose bytecode is on the heap"),
    Definition(
        "node.min_heap_32bit_estimate_kib", "KiB", None,
        "an estimate, not a measurement: `node.min_heap_kib` without the shims, halved, because objects are of words",
    ),
    Definition(
        "node.heap_kib", "KiB", None,
        "highest `gc.mem_alloc` of the whole application, collected and looked at once a second, over that hour: PMS5003, SPS30 and "
        "SDS011, two Modbus transmitters read once a second, a report a minute, the gateway away for a quarter of it so that it spools",
    ),
    Definition(
        "node.shim_heap_kib", "KiB", None,
        "what of it lay on the heap before `boot.py`: the bench's `machine`, `network`, `time` and `socket`, which a board has in its ROM",
    ),
    Definition(
        "node.frame_alloc_bytes", "B", at_most(0),
        "bytes allocated for a sensor's frame from the UART through port, driver and event loop to the sampler in the steady state, the "
        "most of PMS5003, SDS011 and SPS30 (with its question)",
    ),
    Definition(
        "node.report_alloc_bytes", "B", at_most(16384),
        "bytes allocated for one report of a PMS5003 and a TVOC transmitter in the steady state, from closing the period to the sealed "
        "message and its acknowledgement; all of it is garbage after that",
    ),
    Definition(
        "node.cpu_share", "of one core", None,
        "the interpreter's processor time in that hour with PMS5003, SPS30 and two transmitters at 1 Hz. Of a core of the machine that "
        "measures: an ESP32 is estimated to be 150 to 300 times slower, so the value times that is what a board would need. No target: it "
        "could not fail here",
    ),
    Definition(
        "node.decode_ratio", "us", ratio_at_most(3),
        "a PMS5003 frame from bytes to words: found, summed, read, without an allocation, on a heap of 128 KiB as a node has it",
        "`struct.unpack` of the same frame on the same heap, with the collections that its tuples make necessary; the larger the heap, the "
        "dearer one of these",
    ),
    Definition("node.decode_ratio_plain", "us", None, "the same", "`struct.unpack` before the first collection"),
    Definition(
        "node.loop_delay_ms_p99", "ms", None,
        "how late the loop wakes a task, p99, as the node counts it; by the wall clock, five parts and a report a second, real gateway, an "
        "outage of 30 s that goes to flash. On a core of the machine that measures, 150 to 300 times faster than a board's: no target",
    ),
    Definition(
        "node.feed_gap_ms_max", "ms", None,
        "longest time between two feeds of the watchdog in that run, which are 1 s apart when nothing is late. The watchdog resets the "
        "board after 8 s; on this machine's core it could not fail either",
    ),
    Definition("node.flash_kib", "KiB", at_most(120), "all .mpy files of one board"),
)  # fmt: skip

_INSTALLATION = (
    Definition(
        "install.offline_s", "s", None,
        "`install gateway` of a bundle on a fresh Debian 13 without Python and the internet, with its own systemd: checks, packages "
        "of Debian, programs, units. Meant to be at most 60; no target, since what else this machine does decides it",
    ),
    Definition("install.offline_cpu_s", "s", None, "processor time of that, all processes together"),
)  # fmt: skip

DEFINITIONS = {definition.name: definition for definition in (*_GATEWAY, *_FLEET, *_NODE, *_INSTALLATION)}
