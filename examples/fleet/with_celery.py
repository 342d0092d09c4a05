"""The fleet on Celery and Redis.

celery --app with_celery worker --concurrency 8              # as many as you like, on as many machines
celery --app with_celery call with_celery.begin --args '["2026-11-25", ["5b2a..."]]'     # or from beat, each night

`acks_late` and `reject_on_worker_lost` give a task again when its worker died; the district's turn sees to it that
nothing is done twice. What needs a person is logged as an error, and not tried again.
"""

import os
from datetime import UTC, datetime

from celery import Celery
from celery.utils.log import get_task_logger
from nightly import sync

from clever_roster.scale import AlreadySynced, AtWork, Later, Stuck, Synced

app = Celery("with_celery", broker=os.environ["CELERY_BROKER"], backend=os.environ.get("CELERY_BACKEND"))
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1)
log = get_task_logger(__name__)


@app.task
def begin(night, districts):
    """Hand out a night; beginning it twice is no harm."""
    for district in districts:
        sync_one.delay(district, night)


@app.task(bind=True, max_retries=None)
def sync_one(self, district, night):
    match sync(district, night, holder=self.request.id):
        case Synced(report=report):
            return report.ending  # "held" waits for a person: show it to the district's admin
        case AlreadySynced(ending=ending):
            return ending
        case AtWork(until=at) | Later(at=at):
            raise self.retry(eta=max(at, datetime.now(UTC)))
        case Stuck(why=why):
            log.error("District %s is stuck. %s", district, why)
            return "stuck"
