"""The one way to print a figure: report, message and dashboard all go through here.

Money in INR is printed in lakh (L, 10^5) and crore (Cr, 10^7) with Indian grouping, money in any
other currency as the English locale of its country prints it (Unicode CLDR, through Babel).
Nothing is computed with floats; a missing figure is an en dash, never a zero.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    parse_decimal,
)

NOTHING = "–"
LAKH, CRORE = Decimal(10**5), Decimal(10**7)
TENTH, CENT = Decimal("0.1"), Decimal("0.01")
MOST_PERCENT = 200  # above, "10 times" is read at a glance and 1039.1% is not

Number = Decimal | int | float | None


def money(value: Number, currency: str) -> str:
    """Return `value` short enough to read at a glance: ₹45,200, ₹4.52 L, ₹1.23 Cr, $1.23M."""
    amount = _decimal(value)
    if amount is None:
        return NOTHING
    if currency == "INR":
        return _indian_money(amount)
    thousands = Decimal(1).scaleb(max(0, amount.adjusted() // 3 * 3))
    # Rounded before Babel sees it, so that 999,999 is $1M and not $1000K.
    rounded = _round(amount, thousands * CENT if thousands > 1 else Decimal(1))
    return format_compact_currency(rounded, currency, locale=_locale(currency), fraction_digits=2)


def money_exact(value: Number, currency: str) -> str:
    """Return `value` in full, with the currency's own decimals: ₹4,52,000.00."""
    amount = _decimal(value)
    if amount is None:
        return NOTHING
    return format_currency(amount, currency, locale=_locale(currency))


def count(value: Number, currency: str = "INR") -> str:
    """Return a number of things: 12,34,567 in India, 1,234,567 elsewhere; a mean gets one decimal.

    `currency` is the company's; it says whose grouping of digits to use.
    """
    number = _decimal(value)
    if number is None:
        return NOTHING
    return format_decimal(_round(number, TENTH), locale=_locale(currency))


def counted(value: Number, noun: str, currency: str = "INR") -> str:
    """Return a number of things by their name: 1 deal, 12 deals."""
    return f"{count(value, currency)} {noun}{'' if value == 1 else 's'}"


def read_number(text: str, currency: str) -> Decimal:
    """Return the number that was printed as `text`, with the grouping of `currency`."""
    return parse_decimal(text, locale=_locale(currency))


def percent(value: Number) -> str:
    """Return a percentage (0 to 100) with one decimal: 12.3%."""
    number = _decimal(value)
    if number is None:
        return NOTHING
    return f"{_round(number, TENTH)}%"


def ratio(value: Number, currency: str = "INR") -> str:
    """Return a percentage that may be far above 100 so that it can be read: 39.1%, 10 times.

    `currency` is the company's, as for `count`.
    """
    number = _decimal(value)
    if number is None or _round(number, TENTH) <= MOST_PERCENT:
        return percent(value)
    times = number.scaleb(-2)
    return f"{count(_round(times, TENTH if times < 10 else Decimal(1)), currency)} times"


def ratio_of(value: Number, whole: str, currency: str = "INR") -> str:
    """Return how much something is of a whole, by `ratio`: 39.1% of that, 10 times that."""
    printed = ratio(value, currency)
    return f"{printed} {whole}" if printed.endswith("times") else f"{printed} of {whole}"


def span(low: str, high: str) -> str:
    """Return two printed figures or days as a range, as one of them where both print alike."""
    return low if low == high else f"{low} to {high}"


def _indian_money(amount: Decimal) -> str:
    for unit, name, below in ((Decimal(1), "", LAKH), (LAKH, " L", CRORE), (CRORE, " Cr", None)):
        decimals = CENT if name else Decimal(1)
        scaled = _round(amount / unit, decimals)
        # Compared after rounding, so that 99,99,999 is one crore and not a hundred lakh.
        if below is None or abs(scaled * unit) < below:
            break
    pattern = "¤#,##,##0.00" if name else "¤#,##,##0"
    printed = format_currency(scaled, "INR", pattern, locale="en_IN", currency_digits=False)
    return printed + name


def _decimal(value: Number) -> Decimal | None:
    """Return `value` as it would be written down; None for None and for pandas' NaN."""
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if number.is_finite() else None


def _round(number: Decimal, step: Decimal) -> Decimal:
    """Return `number` at the precision of `step`, halves away from zero as people expect."""
    rounded = number.quantize(step, ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


@cache
def _locale(currency: str) -> Locale:
    """Return English as written at the currency's home: ISO 4217 begins with the country."""
    try:
        return Locale.parse(f"en_{currency[:2]}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
