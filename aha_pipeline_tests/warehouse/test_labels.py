"""One label and one key for all spellings of what people type."""

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.meaning_file import read_aliases
from aha_pipeline.warehouse.meanings import derive_meanings, lookalikes, unmapped_values
from aha_pipeline.warehouse.user_file import UserFileError
from aha_pipeline_tests.warehouse.marts_company import (
    account,
    build,
    company,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
)
from aha_pipeline_tests.warehouse.picklists import put_picklist

TIME = ist("2025-03-01 10:00:00")


@pytest.fixture
def files(tmp_path):
    return tmp_path / "picklist_meaning.csv", tmp_path / "picklist_alias.csv"


@pytest.fixture
def connection(database_url):
    with company(database_url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "label", "key"),
    [
        ("Facebook", "Facebook", "facebook"),
        (" Facebook  Ads ", "Facebook Ads", "facebook ads"),
        ("Facebook\u00a0Ads\u00a0", "Facebook Ads", "facebook ads"),
        ("\u3000Facebook\u2003Ads\t", "Facebook Ads", "facebook ads"),
        ("Face\u200bbook\ufeff", "Facebook", "facebook"),
        ("Face\u200dbook", "Facebook", "facebook"),
        ("\u202eFacebook\u202c", "Facebook", "facebook"),
        ("Facebook\r\n", "Facebook", "facebook"),
        ("ＦＡＣＥＢＯＯＫ", "ＦＡＣＥＢＯＯＫ", "facebook"),
        ("Cafe\u0301", "Café", "café"),
        ("ÉCOLE", "ÉCOLE", "école"),
        ("क्\u200dष", "क्\u200dष", "क्ष"),
        ("C++", "C++", "c++"),
        ("None of these", "None of these", "none of these"),
        ("Nil Desperandum", "Nil Desperandum", "nil desperandum"),
        ("Walk\u2011in", "Walk\u2011in", "walk-in"),
        ("Walk\u2013In", "Walk\u2013In", "walk-in"),
        ("O\u2019Neil \u201cAds\u201d", "O\u2019Neil \u201cAds\u201d", "o'neil \"ads\""),
        ("STRASSE", "STRASSE", "strasse"),
        ("Straße", "Straße", "strasse"),
        ("οδος", "οδος", "οδοσ"),
        ("ΟΔΟΣ", "ΟΔΟΣ", "οδοσ"),
        ("İnstagram", "İnstagram", "instagram"),
        ("i\u0307nstagram", "i\u0307nstagram", "instagram"),
        ("فَيسبوك", "فَيسبوك", "فيسبوك"),
        ("فيســبوك", "فيســبوك", "فيسبوك"),
        ("\ufed3\ufef4\ufeb4\ufe92\ufeee\ufed9", "\ufed3\ufef4\ufeb4\ufe92\ufeee\ufed9", "فيسبوك"),
        *((text, None, None) for text in (
            None, "", " ", "\u200b", "\u00a0\t", "-", "--", "—", "n/a", "N/A", "N.A.", "None",
            "-None-", "--None--", "(none)", "NULL", "nil", "?", "...", "(blank)", "not applicable",
            "－", "Ｎ／Ａ", "・", "\u3000\u2014\u200f", "\u0640\u0640", "\\",
            "Keine", "- keine Angabe -", "Ninguno", "NÉANT", "não informado", "Нет", "НЕ УКАЗАНО",
            "\u200fאין", "لا يوجد", "لا\u00a0شيء", "कोई नहीं", "なし", "無", "无", "(没有)", "없음",
        )),
    ],
)  # fmt: skip
def test_a_text_has_a_label_and_a_key(database_url, text, label, key):
    with connect(database_url) as opened, opened.cursor() as cursor:
        cursor.execute("select crm.text_label(%(t)s), crm.text_key(%(t)s)", {"t": text})
        assert cursor.fetchone() == (label, key)
        cursor.execute("select crm.text_label(%(t)s), crm.text_key(%(t)s)", {"t": label})
        assert cursor.fetchone() == (label, key)


def test_spellings_of_a_source_are_one_row_and_the_list_says_how_it_is_spelled(connection, files):
    put_picklist(connection, "Leads", "Facebook", "Website", field="Lead_Source")
    spellings = (
        "facebook",
        "facebook",
        "FACEBOOK\u00a0",
        "Facebook\u200b",
        "website\t",
        "n/a",
        None,
    )
    put(connection, "Leads", *(lead(i, TIME, Lead_Source=s) for i, s in enumerate(spellings)))
    put(connection, "Deals", deal(1, TIME, "Closed Won", Lead_Source="FaceBook "))
    derive_meanings(connection, *files)
    build(connection)
    found = {r["source"]: (r["leads"], r["won_deals"]) for r in rows(connection, "source_quality")}
    assert found == {"Facebook": (4, 1), "Website": (1, 0), "(none)": (2, 0)}
    assert [
        r["label"] for r in rows(connection, "select * from crm.text_labels where key = 'facebook'")
    ]


def test_spellings_of_a_stage_and_a_status_have_one_meaning(connection, files):
    stages = ("Closed Won", "Closed Won ", "Closed Won\u00a0", "closed won", "CLOSED\u2009LOST")
    put(connection, "Deals", *(deal(i, TIME, s, Amount=10) for i, s in enumerate(stages)))
    statuses = ("junk lead", "Junk\u00a0Lead", "Junk Lead\u200b", "--None--")
    put(connection, "Leads", *(lead(i, TIME, s) for i, s in enumerate(statuses)))
    # The list holds what records brought, as it does after an import.
    put_picklist(
        connection, "Deals", "Closed Won", "Closed Won\u00a0", "Closed Lost", field="Stage"
    )
    derive_meanings(connection, *files)
    build(connection)
    by_stage = {
        r["stage"]: (r["meaning"], r["deals"]) for r in rows(connection, "pipeline_by_stage")
    }
    assert by_stage == {"Closed Won": ("won", 4), "Closed Lost": ("lost", 1)}
    assert [(r["step"], r["records"]) for r in rows(connection, "funnel")][:2] == [
        ("(none)", 1),
        ("Junk Lead", 3),
    ]
    assert unmapped_values(connection) == []


def test_what_a_record_said_before_is_spelled_the_same(connection, files):
    earlier = lead(1, TIME, Lead_Source="google\u00a0ads")
    later = earlier | {"Lead_Source": "Google Ads", "Modified_Time": ist("2025-03-05 10:00:00")}
    put_history(connection, "Leads", earlier, later)
    put(connection, "Leads", lead(2, TIME, Lead_Source="Google Ads"))
    derive_meanings(connection, *files)
    build(connection)
    sources = {row["source"] for row in rows(connection, "lead_history")}
    assert sources == {"Google Ads"}


def test_an_industry_is_one_row_too(connection, files):
    names = ("Real Estate", "real estate", "Real\u00a0Estate ", "N/A")
    put(connection, "Accounts", *(account(i, name) for i, name in enumerate(names)))
    derive_meanings(connection, *files)
    build(connection)
    found = {r["industry"]: r["accounts"] for r in rows(connection, "accounts_by_industry")}
    assert found == {"Real Estate": 3, "(none)": 1} or found == {"real estate": 3, "(none)": 1}


def test_a_label_stays_when_another_spelling_becomes_the_usual_one(connection, files):
    put(connection, "Leads", lead(1, TIME, Lead_Source="Insta"))
    derive_meanings(connection, *files)
    build(connection)
    put(connection, "Leads", *(lead(i, TIME, Lead_Source="INSTA") for i in range(2, 9)))
    derive_meanings(connection, *files)
    build(connection)
    assert [r["source"] for r in rows(connection, "source_quality")] == ["Insta"]
    changed = "select count(*) as n from crm.text_labels where changed_at is not null"
    assert rows(connection, changed) == [{"n": 0}]
    put_picklist(connection, "Leads", "INSTA", field="Lead_Source")
    derive_meanings(connection, *files)
    build(connection)
    assert [(r["source"], r["leads"]) for r in rows(connection, "source_quality")] == [("INSTA", 8)]


def test_only_marts_that_showed_a_text_unlabelled_are_told_of_its_label(connection, files):
    """Another way of counting is not told for two spellings that came together."""
    changed = "select key from crm.text_labels where changed_at is not null"
    spellings = (
        ("Insta", "INSTA"),
        ("Meta\u00a0Ads", "META ADS", "Meta Ads"),
        ("Straße", "STRASSE"),
    )
    for number, texts in enumerate(spellings):
        leads = (lead(10 * number + n, TIME, Lead_Source=text) for n, text in enumerate(texts))
        put(connection, "Leads", *leads)
        connection.commit()  # each transaction has one time
        derive_meanings(connection, *files)
        build(connection, only=("lead_history",), derive=False)
        connection.commit()
    assert rows(connection, changed) == []
    put(
        connection,
        "Leads",
        *(lead(90 + n, TIME, Lead_Source=t) for n, t in enumerate(("X1", "x1"))),
    )
    connection.commit()
    build(connection, only=("lead_history",), derive=False)
    connection.commit()
    derive_meanings(connection, *files)
    assert rows(connection, changed) == [{"key": "x1"}]


def test_an_alias_joins_two_names_and_its_removal_parts_them(connection, files):
    put_picklist(connection, "Leads", "Facebook", field="Lead_Source")
    sources = ("FB Ads", "fb\u00a0ads", "Facebook", "to be filled")
    put(connection, "Leads", *(lead(i, TIME, Lead_Source=s) for i, s in enumerate(sources)))
    files[1].write_text(
        "field,alias,value\nLead_Source,FB ads,facebook\nLead_Source,To be filled,\n"
    )
    derive_meanings(connection, *files)
    build(connection, only=("source_quality",), derive=False)
    found = {r["source"]: r["leads"] for r in rows(connection, "source_quality")}
    assert found == {"Facebook": 3, "(none)": 1}
    files[1].unlink()
    derive_meanings(connection, *files)
    build(connection, only=("source_quality",), derive=False)
    found = {r["source"]: r["leads"] for r in rows(connection, "source_quality")}
    assert found == {"FB Ads": 2, "Facebook": 1, "to be filled": 1}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Source,FB,Facebook", "the field 'Source' has no aliases; write Lead_Source or"),
        ("Lead_Source,,Facebook", "the alias is empty"),
        ("Lead_Source,FB,Facebook\nLead_Source,FB,Insta", "'FB' stands in line 2 already"),
    ],
)
def test_a_mistake_in_the_aliases_is_one_sentence(files, line, complaint):
    files[1].write_text(f"field,alias,value\n{line}\n")
    with pytest.raises(UserFileError, match=complaint):
        read_aliases(files[1])


RENAMED = [
    ("Deals", "Stage", "Needs Analysis", "Site Visit"),
    ("Deals", "Stage", "Closed Won", "Order Received"),
    ("Leads", "Lead_Status", "Junk Lead", "Spam"),
    ("Leads", "Lead_Status", "Not Contacted", "Fresh"),
]


@pytest.mark.parametrize(("module", "field", "kept", "shown"), RENAMED)
def test_a_renamed_status_or_stage_is_one_under_both_names(
    connection, files, module, field, kept, shown
):
    """Records go on with the old name until they are saved, which moves nothing then."""
    options = [{"display_value": shown, "actual_value": kept, "sequence_number": 1}]
    put_picklist(connection, module, *options, field=field)
    made = {"Deals": deal, "Leads": lead}[module]
    later = {field: shown, "Modified_Time": ist("2025-03-05 10:00:00")}
    put(connection, module, made(1, TIME, kept), made(2, TIME, shown))
    put_history(connection, module, made(3, TIME, kept), made(3, TIME, kept) | later)
    derive_meanings(connection, *files)
    build(connection)
    steps = [(r["step"], r["records"]) for r in rows(connection, "funnel") if r["records"]]
    assert steps == [(shown, 3)]
    history = {"Deals": "deal_history", "Leads": "lead_history"}[module]
    assert len(rows(connection, history)) == 3
    meant = {
        r["value"]: r["meaning"] for r in rows(connection, "select * from crm.picklist_meaning")
    }
    assert meant[kept] == meant[shown]
    named = [r["step"] for r in rows(connection, "funnel_steps")]
    assert kept not in named
    assert (shown in named) is (module == "Deals" and meant[shown] == "open")
    unanswered = rows(connection, "select status from measures.untouched_statuses()")
    assert (shown in [r["status"] for r in unanswered]) is (kept == "Not Contacted")


def test_names_that_change_places_stay_apart(connection, files):
    swapped = [("Parked", "On Hold"), ("On Hold", "Waiting"), ("Lost", "Gone"), ("Lost", "Left")]
    options = [{"display_value": shown, "actual_value": kept} for shown, kept in swapped]
    put_picklist(connection, "Deals", *options)
    put(connection, "Deals", *(deal(n, TIME, kept) for n, (_, kept) in enumerate(swapped)))
    derive_meanings(connection, *files)
    build(connection)
    found = {r["stage"]: r["deals"] for r in rows(connection, "pipeline_by_stage")}
    assert found == {kept: 1 for _, kept in swapped}


def test_lookalikes_are_suggested_and_different_things_are_not(connection, files):
    put_picklist(connection, "Leads", "Facebook", "Google Ads", "Expo 2024", field="Lead_Source")
    for number, source in enumerate(("Face-book", "Gogle Ads", "Expo 2025", "Walk-in")):
        put(connection, "Leads", lead(number, TIME, "Contacted", Lead_Source=source))
    derive_meanings(connection, *files)
    assert lookalikes(connection) == [
        {"field": "Lead_Source", "alias": "Face-book", "value": "Facebook"},
        {"field": "Lead_Source", "alias": "Gogle Ads", "value": "Google Ads"},
    ]
