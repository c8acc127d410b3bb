"""Print the messages of sixty days of a living company, one after the other, to be read.

`python -m aha_pipeline_tests.briefing.sixty_days [en|hi] [report]`. Read them as the chief
executive does, the text alone: is this line news, did I read it this week, does it mislead?
"""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from aha_pipeline.briefing.compose import Style, store, write_briefing
from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.briefing.by_hand import NOBODY, bare
from aha_pipeline_tests.briefing.living_company import FIRST, LAST, fill
from aha_pipeline_tests.kit.databases import administer, fresh_database
from aha_pipeline_tests.warehouse.marts_company import build, company


def main(language: str = "en", *parts: str) -> None:
    """Write the briefings in the order of the days and print each message, or report."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            server = embedded.start(Path(folder))
            administer(server, "alter system set fsync = off")
            administer(server, "select pg_reload_conf()")
            with fresh_database(server) as address:
                migrate(address)
                _print(address, language, "report" if "report" in parts else "text")
        finally:
            embedded.stop(Path(folder))


def _print(address: str, language: str, part: str) -> None:
    with company(address) as connection:
        fill(connection)
        half = FIRST + timedelta(days=30)  # causes of changes are kept for the last 35 days alone
        build(connection, FIRST - timedelta(days=80), half)
        build(connection, half, LAST)
        connection.commit()
        for number in range((LAST - FIRST).days + 1):
            briefing = write_briefing(
                connection,
                day=FIRST + timedelta(days=number),
                company="Gharaana Smart Homes",
                is_sandbox=False,
                base_url=NOBODY,
                model="mistral",
                style=Style(currency="INR", languages=(language,)),
            )
            store(connection, briefing)
            connection.commit()
            text = bare(briefing.messages[language][part])
            print(f"{'=' * 20} {number + 1}: {len(text)} characters\n{text}\n", flush=True)
            for refused in briefing.refused:
                print(f"REFUSED {refused}")


if __name__ == "__main__":
    main(*sys.argv[1:])
