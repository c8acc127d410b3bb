"""What two spellings of a word have in common."""

import unicodedata

BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # fillers: letters by category, blank on every screen
JOINERS = "\u200c\u200d"
ALIKE = str.maketrans(
    dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u201b\u02bc", "'")
    | dict.fromkeys("\u201c\u201d", '"')
    | dict.fromkeys("\u0307\u0640\u0670" + "".join(map(chr, range(0x64B, 0x653))), "")
    | {"ς": "σ", "ß": "ss"}
)
NOTHING = {
    "", "none", "n/a", "n.a", "na", "nil", "null", "nan", "undefined", "blank", "empty",
    "not available", "not applicable", "not specified", "unspecified",
    "keine", "keine angabe", "k.a", "ninguno", "ninguna", "sin especificar", "no aplica", "aucun",
    "aucune", "néant", "non renseigné", "s/o", "nenhum", "nenhuma", "não informado",
    "não se aplica", "nessuno", "nessuna", "non specificato", "geen", "n.v.t", "yok", "tidak ada",
    "нет", "не указано", "لا يوجد", "لا شيء", "غير محدد", "אין", "ללא", "कोई नहीं", "लागू नहीं",
    "なし", "無し", "未設定", "該当なし", "无", "無", "没有", "未填写", "없음",
}  # fmt: skip


def key(text: object) -> str | None:
    """Return what all spellings of a word have in common; None of a text that says nothing."""
    if not isinstance(text, str):
        return None
    plain = "".join(map(_plain, unicodedata.normalize("NFC", text)))
    tidy = " ".join(plain.split())
    narrow = unicodedata.normalize("NFKC", tidy.replace("İ", "i")).lower()
    return None if _bare(narrow) in NOTHING else narrow.translate(ALIKE)


def _plain(character: str) -> str:
    if character in BLANK or character.isspace():
        return " "
    is_invisible = unicodedata.category(character) in ("Cc", "Cf") or character in JOINERS
    return "" if is_invisible or "\ufe00" <= character <= "\ufe0f" else character


def _bare(tidy: str) -> str:
    """Return a short text without the punctuation around it, by which people mark nothing."""
    ends = [c for c in tidy if not c.isalnum() or c == "\u0640"]
    return tidy.strip("".join(ends))
