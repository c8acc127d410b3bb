"""E-mail to a real SMTP server on this machine: what it looks like, and what each answer means."""

import ssl
import subprocess
from dataclasses import replace

import pytest

from aha_pipeline.delivery.channel import Part
from aha_pipeline.delivery.channels.email import Email, letter, page
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline_tests.delivery.stand_ins import mail_server

ADDRESS, SENDER = "rao@example.com", "Sales <sales@example.com>"
TEXT = (
    "*Fri 27 Nov* · Acme <b>& Sons\n_Sandbox data_\n\n"
    "*Rao Villa is won: ₹4.52 L.*\nhttps://d.example.com/?deal=1&x=2\n\n"
    "▪ Two deals slipped.\n▪ नमस्ते\n\nWhole report: https://d.example.com"
)
PART = Part("0123abcd", "briefing", "Rao Villa is won:\r\nBcc: x@example.com", TEXT, language="hi")


def email(port: int, **options) -> Email:
    return Email("127.0.0.1", port, SENDER, **options)


@pytest.fixture
def channel(mail) -> Email:
    return email(mail.port)


def test_a_mail_is_the_same_as_text_and_as_html(mail, channel):
    sent = channel.send(ADDRESS, PART)
    (taken,) = mail.mails
    assert (sent.id, sent.status) == ("0123abcd", "sent")
    assert taken["Subject"] == "Rao Villa is won: Bcc: x@example.com"
    assert taken["Bcc"] is None
    assert (taken["From"], taken["To"]) == (SENDER, ADDRESS)
    assert taken["Message-ID"] == "<0123abcd@example.com>"
    assert taken["List-Unsubscribe"] == "<mailto:sales@example.com?subject=unsubscribe>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken.get_body(("plain",)).get_content().split() == TEXT.split()
    html = taken.get_body(("html",)).get_content()
    assert '<html lang="hi">' in html
    assert "<strong>Rao Villa is won: ₹4.52 L.</strong>" in html
    assert 'href="https://d.example.com/?deal=1&amp;x=2"' in html
    assert "Acme &lt;b&gt;&amp; Sons" in html
    assert "*" not in page(PART).partition("<body")[2]


@pytest.mark.parametrize(
    ("mishap", "cause", "code"),
    [
        ("450", "retryable", "450"),
        ("550", "permanent", "550"),
        ("lost", "unknown", "no answer"),
        ("taken_lost", "unknown", "no answer"),
    ],
)
def test_what_the_server_answers_decides_what_is_done_next(mail, channel, mishap, cause, code):
    mail.mishaps[:] = [mishap]
    with pytest.raises(DeliveryError) as caught:
        channel.send(ADDRESS, PART)
    assert (caught.value.cause, caught.value.code) == (cause, code)
    assert ADDRESS not in str(caught.value)


def test_a_refused_reader_and_a_refused_sender_are_told_apart(mail):
    async def refuse(server, session, envelope, address, options):
        return "550 5.1.1 rao@example.com unknown"

    mail.handle_RCPT = refuse
    with pytest.raises(DeliveryError, match="check SMTP_TO") as caught:
        email(mail.port).send(ADDRESS, PART)
    assert caught.value.cause == "permanent"
    assert ADDRESS not in str(caught.value)
    mail.handle_MAIL = refuse
    with pytest.raises(DeliveryError, match="check SMTP_FROM"):
        email(mail.port).send(ADDRESS, PART)
    assert mail.mails == []


def test_a_server_that_is_away_was_sent_nothing():
    channel = email(1)
    with pytest.raises(DeliveryError, match="check SMTP_HOST and SMTP_PORT") as caught:
        channel.send(ADDRESS, PART)
    assert caught.value.cause == "retryable"
    (found,) = channel.examine()
    assert (found.verdict, "cannot be reached" in found.says) == ("problem", True)


def test_a_wrong_password_is_told_without_it():
    def login(server, session, envelope, mechanism, given):
        from aiosmtpd.smtp import AuthResult

        return AuthResult(success=given.password == b"right", handled=False)

    with mail_server(authenticator=login, auth_require_tls=False) as mail:
        wrong = email(mail.port, user="sales", password="s3cret-word")
        with pytest.raises(DeliveryError, match="check SMTP_USER and SMTP_PASSWORD") as caught:
            wrong.send(ADDRESS, PART)
        assert caught.value.cause == "permanent"
        assert "s3cret-word" not in f"{wrong!r} {caught.value}"
        email(mail.port, user="sales", password="right").send(ADDRESS, PART)
        assert len(mail.mails) == 1


def test_nothing_leaves_this_machine_in_clear(mail, monkeypatch):
    monkeypatch.setattr("aha_pipeline.delivery.channels.email.is_loopback", lambda _: False)
    with pytest.raises(DeliveryError, match="offers no encryption"):
        email(mail.port).send(ADDRESS, PART)
    assert mail.mails == []


def test_a_certificate_of_another_host_is_refused(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=elsewhere.example.com"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    monkeypatch.setattr("aha_pipeline.delivery.channels.email.is_loopback", lambda _: False)
    with mail_server(tls_context=context) as mail:
        with pytest.raises(DeliveryError, match="certificate is not one of SMTP_HOST"):
            email(mail.port).send(ADDRESS, PART)
        assert mail.mails == []


def test_a_hidden_address_tells_no_name():
    assert email(1).mask("jane.rao@example.com") == "j******@example.com"


def test_lines_are_short_enough_for_every_server():
    long = Part("k", "briefing", "T" * 300, "ह" * 5000)
    lines = letter(SENDER, ADDRESS, long).split(b"\r\n")
    assert max(map(len, lines)) <= 998  # RFC 5322, 2.1.1


@pytest.mark.parametrize(
    "title",
    [
        "A large one came in: Gulmohar Infra - Residential Tower, ₹39.19 L; at most one in ten.",
        "जीता: Rao Villa, ₹4.52 L। पिछले शुक्रवार से अधिक, और अब तक का सबसे बड़ा सौदा है।",
        "Plain words " * 20,
    ],
)
def test_a_subject_arrives_as_it_was_written(mail, channel, title):
    channel.send(ADDRESS, replace(PART, title=title))
    assert mail.mails[0]["Subject"] == title.strip()
