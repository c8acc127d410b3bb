"""Figures as printed: Indian style for rupees, the locale's own elsewhere."""

from decimal import Decimal

import pytest

from aha_pipeline.figures import (
    NOTHING,
    count,
    counted,
    money,
    money_exact,
    percent,
    ratio,
    ratio_of,
    span,
)


@pytest.mark.parametrize(
    ("value", "currency", "printed"),
    [
        (0, "INR", "₹0"),
        (45200, "INR", "₹45,200"),
        (Decimal("99999.4"), "INR", "₹99,999"),
        (Decimal("99999.6"), "INR", "₹1.00 L"),
        (452000, "INR", "₹4.52 L"),
        (9999999, "INR", "₹1.00 Cr"),
        (12300000, "INR", "₹1.23 Cr"),
        (Decimal("123456789012"), "INR", "₹12,345.68 Cr"),
        (-452000, "INR", "-₹4.52 L"),
        (Decimal("-0.4"), "INR", "₹0"),
        (Decimal("14.99"), "USD", "$15"),
        (45200, "USD", "$45.2K"),
        (999999, "USD", "$1M"),
        (1234567, "EUR", "€1.23M"),
        (1234567, "GBP", "£1.23M"),
        (1234567, "BRL", "R$1.23M"),
        (None, "INR", NOTHING),
        (Decimal("NaN"), "INR", NOTHING),
        (float("nan"), "USD", NOTHING),
    ],
)
def test_money_is_short_and_in_the_style_of_its_currency(value, currency, printed):
    assert money(value, currency) == printed


@pytest.mark.parametrize(
    ("value", "currency", "printed"),
    [
        (452000, "INR", "₹4,52,000.00"),
        (Decimal("1234567.5"), "USD", "$1,234,567.50"),
        (1234567, "JPY", "¥1,234,567"),
        (Decimal("12345678901234567890.12"), "INR", "₹1,23,45,67,89,01,23,45,67,890.12"),
        (None, "INR", NOTHING),
    ],
)
def test_exact_money_keeps_every_digit(value, currency, printed):
    assert money_exact(value, currency) == printed


@pytest.mark.parametrize(
    ("value", "currency", "printed"),
    [
        (1234567, "INR", "12,34,567"),
        (1234567, "USD", "1,234,567"),
        (Decimal("14.2857"), "INR", "14.3"),
        (Decimal("14.00"), "INR", "14"),
        (-3, "INR", "-3"),
        (None, "INR", NOTHING),
    ],
)
def test_counts_are_grouped_as_the_country_does(value, currency, printed):
    assert count(value, currency) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [(12.34, "12.3%"), (Decimal("0.05"), "0.1%"), (100, "100.0%"), (None, NOTHING)],
)
def test_percentages_have_one_decimal(value, printed):
    assert percent(value) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Decimal("200.04"), "200.0% of that"),
        (Decimal("200.05"), "2 times that"),
        (Decimal("994.9"), "9.9 times that"),
        (Decimal("995"), "10 times that"),
        (Decimal("1039.1"), "10 times that"),
        (Decimal("1_234_567_89"), "12,34,568 times that"),
        (None, f"{NOTHING} of that"),
    ],
)
def test_a_ratio_far_above_a_hundred_is_told_as_times(value, printed):
    assert ratio_of(value, "that") == printed
    assert ratio(value) == printed.removesuffix(" that").removesuffix(" of")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 deal"),
        (0, "0 deals"),
        (12, "12 deals"),
        (Decimal("1.5"), "1.5 deals"),
        (None, "– deals"),
    ],
)
def test_one_thing_is_singular_and_all_else_plural(number, text):
    assert counted(number, "deal") == text


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (107_600, 108_400, "₹1.08 L"),
        (107_400, 108_400, "₹1.07 L to ₹1.08 L"),
        (99_999.5, 100_499, "₹1.00 L"),
        (None, None, NOTHING),
    ],
)
def test_a_range_is_one_figure_where_both_ends_print_alike(low, high, printed):
    assert span(money(low, "INR"), money(high, "INR")) == printed
