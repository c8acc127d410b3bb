"""The message that a demo without any account shows in its outbox."""

from functools import partial

from aha_pipeline.delivery.channels.whatsapp import WhatsApp
from aha_pipeline.delivery.deliver import deliver
from aha_pipeline.warehouse.connection import connect as open_connection
from aha_pipeline_tests.delivery.ledger_rows import DAY, READER, readers_by, stored, text_of
from aha_pipeline_tests.delivery.twilio_account import ACCOUNT
from zoho_sandbox import server


def test_one_message_a_day_stands_in_the_sandbox_outbox(database_url, tmp_path, no_records):
    connect = partial(open_connection, database_url)
    briefing = stored(connect, "*20 Nov 2026*\n▪ ₹4.52 L won & lost: 100 % नमस्ते 😀")
    with server.start(data_dir=no_records, outbox_path=tmp_path / "outbox") as sandbox:
        sender = WhatsApp(ACCOUNT, "token", "+14155238886", api_url=sandbox.url)
        for _ in range(2):
            (row,) = deliver(
                connect,
                briefing.subject,
                readers_by(sender, READER),
                today=DAY,
                poll_seconds=(0, 0),
            )
        (message,) = sandbox.outbox.messages()
    assert row.status == "delivered"
    assert (message.body, message.recipient) == (text_of(briefing), f"whatsapp:{READER}")
