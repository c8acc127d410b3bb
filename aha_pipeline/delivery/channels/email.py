"""E-mail through an SMTP server (RFC 5321), as HTML and as text.

A server that took a mail says nothing more, and cannot be asked what it took: bounces go to the
sender's own mailbox.
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import formataddr, formatdate, parseaddr
from html import escape
from itertools import pairwise

from aha_pipeline.delivery.channel import Channel, Finding, Message, Part
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.markup import with_marks
from aha_pipeline.settings import Settings, is_loopback, targets

ORDER = 2
TIMEOUT_SECONDS = 20
TLS_PORT = 465  # TLS from the first byte (RFC 8314); any other port has to offer STARTTLS
LINK = "color:inherit;text-decoration-thickness:1px;text-underline-offset:3px"
PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px 16px;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:600px;margin:0 auto">
{blocks}
</div>
</body>
</html>
"""


def configured(settings: Settings) -> "Email | None":
    """Return the channel of these settings."""
    if not (settings.smtp_host and settings.smtp_from):
        return None
    password = settings.smtp_password
    return Email(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        addresses=targets(settings.smtp_to),
        user=settings.smtp_user,
        password=password.get_secret_value() if password else None,
    )


@dataclass(frozen=True, eq=False)
class Email(Channel):
    """A mail server and the sender's address, `Sales <sales@example.com>` or the address alone.

    The connection is encrypted, unless the server is on this machine.
    """

    name = "email"

    host: str
    port: int
    sender: str
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def mask(self, address: str) -> str:
        """Return an address that may be shown: r******@example.com."""
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}******@{domain}"

    def send(self, address: str, part: Part) -> Message:
        """Hand one mail to the server."""
        mail = letter(self.sender, address, part)
        with self._connected() as server:
            try:
                _require(*server.mail(parseaddr(self.sender)[1]), "check SMTP_FROM")
                _require(*server.rcpt(address), "check SMTP_TO")
            except (smtplib.SMTPServerDisconnected, OSError):
                raise _out_of_reach() from None
            try:
                _require(*server.data(mail), "ask who runs it")
            except smtplib.SMTPDataError as error:
                _require(error.smtp_code, error.smtp_error, "ask who runs it")
            except (smtplib.SMTPServerDisconnected, OSError):
                raise DeliveryError(
                    "The mail server's answer was lost and it may have taken the message: ask the "
                    "reader whether it came.",
                    "unknown",
                    "no answer",
                ) from None
        return Message(part.key, "sent", part.text)

    def examine(self) -> Iterator[Finding]:
        """Yield whether the server takes the connection and the login."""
        try:
            with self._connected() as server:
                is_encrypted = isinstance(server.sock, ssl.SSLSocket)
            how = "encrypted" if is_encrypted else "in clear, on this machine"
            yield Finding("E-mail", "ok", f"{self.host} answers, {how}.")
        except DeliveryError as error:
            yield Finding("E-mail", "problem", str(error))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._open()
        try:
            self._begin(server)
            yield server
        finally:
            # What it says to a farewell changes nothing about what it took.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _open(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        try:
            if self.port == TLS_PORT:
                return smtplib.SMTP_SSL(
                    self.host, self.port, timeout=TIMEOUT_SECONDS, context=context
                )
            return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        except ssl.SSLCertVerificationError:
            raise _of_another_host() from None
        except (smtplib.SMTPException, OSError):
            raise _out_of_reach() from None

    def _begin(self, server: smtplib.SMTP) -> None:
        """Encrypt, unless that is done or the server is on this machine, and log in."""
        try:
            server.ehlo_or_helo_if_needed()
            if self.port != TLS_PORT and not is_loopback(f"smtp://{self.host}"):
                if not server.has_extn("starttls"):
                    says = "The mail server offers no encryption: use its port 465 or 587."
                    raise DeliveryError(says, "permanent", "no TLS")
                server.starttls(context=ssl.create_default_context())
            if self.user and self.password:
                server.login(self.user, self.password)
        except smtplib.SMTPAuthenticationError as error:
            _require(error.smtp_code, error.smtp_error, "check SMTP_USER and SMTP_PASSWORD")
        except smtplib.SMTPNotSupportedError:
            says = "The mail server takes no login: unset SMTP_USER and SMTP_PASSWORD."
            raise DeliveryError(says, "permanent", "no login") from None
        except ssl.SSLCertVerificationError:
            raise _of_another_host() from None
        except (smtplib.SMTPException, OSError):
            raise _out_of_reach() from None


def letter(sender: str, address: str, part: Part) -> bytes:
    """Return a message as a mail with lines for the wire: text, and the same as HTML.

    Its Message-ID is the part's key, so that it stays one mail however often it is made. Built by
    the older classes: EmailMessage doubles a space where it folds a subject that is not ASCII
    (Python 3.11 to 3.13, seen 2026-11).
    """
    own = parseaddr(sender)[1]
    mail = MIMEMultipart("alternative")
    mail["From"] = formataddr(parseaddr(sender))
    mail["To"] = address
    subject = Header(" ".join(part.title.split()), "utf-8")
    mail["Subject"] = subject  # type: ignore[assignment]  # typeshed knows text alone
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = f"<{part.key}@{own.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers it
    mail["List-Unsubscribe"] = f"<mailto:{own}?subject=unsubscribe>"  # RFC 2369
    mail.attach(MIMEText(part.text, "plain", "utf-8"))
    mail.attach(MIMEText(page(part), "html", "utf-8"))
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n"))


def page(part: Part) -> str:
    """Return a message as HTML: a paragraph for each of its own; an address is its line's link."""
    blocks = "\n".join(_block(block) for block in part.text.split("\n\n"))
    return PAGE.format(language=part.language, title=escape(part.title), blocks=blocks)


def _block(block: str) -> str:
    lines = []
    for line, following in pairwise([*block.split("\n"), ""]):
        if not _is_address(line):
            lines.append(_line(line, following if _is_address(following) else None))
    shown = "".join(f'<div style="margin:0 0 6px">{line}</div>' for line in lines)
    return f'<div style="margin:0 0 18px">{shown}</div>'


def _line(line: str, address: str | None) -> str:
    words, _, end = line.rpartition(" ")
    if _is_address(end):
        return f'{_marked(words)} <a href="{escape(end)}">{escape(end)}</a>'
    shown = _marked(line)
    return f'<a href="{escape(address)}" style="{LINK}">{shown}</a>' if address else shown


def _marked(line: str) -> str:
    return with_marks(escape(line), r"<strong>\1</strong>", r'<span style="opacity:.75">\1</span>')


def _is_address(word: str) -> bool:
    return word.startswith(("https://", "http://")) and " " not in word


def _require(code: int, _: bytes | str, remedy: str) -> None:
    """Raise DeliveryError unless an SMTP code says yes; the answer may name people and is dropped.

    4xx passes, 5xx does not (RFC 5321, 4.2.1).
    """
    if code < 400:
        return
    if code < 500:
        says = f"The mail server asked to come back later ({code}); it is sent again later."
        raise DeliveryError(says, "retryable", str(code))
    raise DeliveryError(f"The mail server refused it ({code}): {remedy}.", "permanent", str(code))


def _out_of_reach() -> DeliveryError:
    return DeliveryError(
        "The mail server cannot be reached: check SMTP_HOST and SMTP_PORT; nothing was sent.",
        "retryable",
        "unreachable",
    )


def _of_another_host() -> DeliveryError:
    says = "The mail server's certificate is not one of SMTP_HOST: name it as it says."
    return DeliveryError(says, "permanent", "certificate")
