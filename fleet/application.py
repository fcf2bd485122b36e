"""The wiring of the fleet service: builds the parts, connects them, starts and stops them. Decides nothing about data."""

import asyncio
import os
import platform
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from contract.site import device_api
from fleet import metrics, state_folder
from fleet.alarms.reported import end_alarms
from fleet.api.district import archive
from fleet.api.routes import ROUTERS
from fleet.clock import Clock
from fleet.configuration import desired, node_settings, version_watch
from fleet.configuration.document_hold import DocumentHold
from fleet.configuration.leaving_node import exchange_sensors, hand_over
from fleet.configuration.signing import SigningKey, load_signing_key
from fleet.configuration.version_watch import VersionWatch
from fleet.devices.gateways import desired_versions
from fleet.devices.registration import Consequences
from fleet.http import openapi, problems
from fleet.http.answers import Answers
from fleet.http.durations import Durations, new_histogram
from fleet.http.rate_limit import RateLimit
from fleet.http.request_body import BodyLimit
from fleet.http.request_id import RequestIds
from fleet.http.shared_answers import SharedAnswers
from fleet.http.time_header import TimeHeaderMiddleware
from fleet.options import Configuration
from fleet.pages import chart_data, docs, public, routes, static_files
from fleet.pages.district import DistrictReader
from fleet.pages.dust import DustReader
from fleet.pages.hours import HoursReader
from fleet.pages.months import MonthReader
from fleet.pages.plain_pages import no_such_page, wait
from fleet.pages.public import Public, Shelf
from fleet.pages.served_files import require_served_files
from fleet.people import access
from fleet.people.authentication import Authenticator
from fleet.people.open_requests import AccessWatch, OpenRequests
from fleet.places import photo_encoding
from fleet.readiness import Readiness, probes_of
from fleet.record.ingest.leaving import move_values
from fleet.record.ingest.series import SeriesCatalogue
from fleet.releases import artifacts
from fleet.service import Service
from fleet.store.dialect import for_reading, new_reading_engine
from fleet.store.engine import open_store
from fleet.store.news import News
from fleet.store.reading import GATEWAY_THREADS, LONGEST_S, PEOPLE_THREADS, Reader, set_people_threads
from fleet.store.writer import Writer
from fleet.token_look_up import TokenLookUp
from fleet.watchdog import notify_while_alive
from fleet.works import build_runner
from host.listening.addresses import Addresses
from host.systemd import READY, STOPPING, Systemd


def build_service(configuration: Configuration, clock: Clock) -> Service:
    """Opens the store. Raises StateFolderError on a folder that must not be used, MigrationError, SQLAlchemyError on such a record."""
    state_folder.check(configuration.state)
    signing_key = load_signing_key(configuration.state)
    counts, hold = Counter[str](), DocumentHold()
    engine = open_store(configuration.database_url)
    reading = new_reading_engine(configuration.database_url, PEOPLE_THREADS, LONGEST_S, clock.monotonic_ms)
    people = Reader(reading, None, counts)
    gateways = Reader(for_reading(engine), CapacityLimiter(GATEWAY_THREADS), counts)
    writer = Writer(engine, configuration.waiting_writes)
    tokens = TokenLookUp(gateways, writer, clock.utc_ms)
    gateways.read_here(hold.look)
    failures = RateLimit(configuration.failures_per_minute / 60, configuration.failures_per_minute)
    news = News(configuration.database_url)
    service = Service(
        configuration=configuration,
        clock=clock,
        gateways=gateways,
        people=people,
        writer=writer,
        signing_key=signing_key,
        consequences=_consequences(signing_key),
        news=news,
        watch=VersionWatch(
            lambda waiting: gateways.read(lambda connection: desired_versions(connection, waiting)), is_heard=lambda: news.listening
        ),
        authenticator=Authenticator(clock, failures, tokens.gateway, tokens.admin),
        addresses=Addresses(lambda: clock.monotonic_ms() / 1000),
        catalogue=SeriesCatalogue(),
        counts=counts,
        hold=hold,
        open_requests=OpenRequests(tokens.valid, clock.monotonic_ms, counts),
        ingest_limit=RateLimit(configuration.ingest_requests_per_s, 2 * configuration.ingest_requests_per_s),
        started_ms=clock.utc_ms(),
        readiness=Readiness(probes_of(writer, configuration.state), clock.monotonic_ms),
        durations=new_histogram(metrics.PREFIX + metrics.REQUEST_SECONDS),
    )
    news.on(version_watch.NEWS, service.watch.heard, service.watch.look_now)
    news.on(access.NEWS, lambda _: service.access_ended(), service.access_ended)
    return service


def build_public(configuration: Configuration, clock: Clock, counts: Counter[str]) -> Public:
    def shelf(threads: int) -> Shelf:
        engine = new_reading_engine(configuration.database_url, threads, public.LONGEST_S, clock.monotonic_ms)
        reader = Reader(engine, CapacityLimiter(threads), counts, public.LONGEST_S)
        return Shelf(reader, SharedAnswers(clock.monotonic_ms, reader, public.MOST_MADE, public.MOST_OF_ONE, counts))

    pages = shelf(public.THREADS)
    return Public(
        pages=pages,
        archive=shelf(public.ARCHIVE_THREADS),
        made=RateLimit(public.MADE_PER_S, public.MADE_AT_ONCE),
        monotonic_ms=clock.monotonic_ms,
        district=DistrictReader(clock, pages.reader),
        dust=DustReader(clock, pages.reader),
        hours=HoursReader(clock, pages.reader),
        months=MonthReader(clock, pages.reader, configuration.zone),
    )


def _consequences(signing_key: SigningKey) -> Consequences:
    return Consequences(
        issue=partial(desired.issue, signing_key),
        revise=node_settings.revise,
        move_values=move_values,
        hand_over=hand_over,
        exchange_sensors=exchange_sensors,
        end_alarms=end_alarms,
    )


def build_application(configuration: Configuration, clock: Clock) -> FastAPI:
    require_served_files()
    service = build_service(configuration, clock)
    app = FastAPI(
        title="airgrid fleet",
        version="1",
        description="Gateways deliver through the device API; people and programs read and configure through the admin API.",
        openapi_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    app.state.public = build_public(configuration, clock, service.counts)
    holder = f"{platform.node()[:60]}:{os.getpid()}"
    app.state.runner = build_runner(configuration, clock, service.writer, service.counts, holder)
    problems.install(app, no_such_page, wait)
    limits = {
        device_api.PREFIX + device_api.INGEST: device_api.MAX_INGEST_BYTES,
        "/api/v1/artifacts": artifacts.MAX_BYTES,
        "/api/v1/district.zip": archive.MOST_BYTES,
        "/api/v1/photos": photo_encoding.MOST_BYTES,
    }
    app.add_middleware(BodyLimit, max_bytes=device_api.MAX_BODY_BYTES, limits_by_path=limits)
    app.add_middleware(AccessWatch, requests=service.open_requests)
    app.add_middleware(Answers, counts=service.counts)
    app.add_middleware(TimeHeaderMiddleware, utc_ms=clock.utc_ms)
    app.add_middleware(Durations, histogram=service.durations, monotonic_ms=clock.monotonic_ms)
    app.add_middleware(RequestIds, believed=configuration.behind_tls_proxy)
    for router in (*ROUTERS, routes.router, chart_data.router, docs.router, static_files.router):
        app.include_router(router)
    openapi.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.writer.start()
    set_people_threads()
    systemd = Systemd.of_environment()
    tasks = [
        asyncio.create_task(service.news.run()),
        asyncio.create_task(service.watch.run()),
        asyncio.create_task(service.open_requests.run()),
        asyncio.create_task(notify_while_alive(systemd, service.writer)),
        asyncio.create_task(app.state.runner.run()),
    ]
    systemd.notify(READY)
    yield
    systemd.notify(STOPPING)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await run_in_threadpool(service.writer.stop)
    service.people.dispose()
    app.state.public.dispose()
    service.gateways.dispose()
    app.state.runner.dispose()
