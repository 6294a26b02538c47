"""Names that may never become an attribute: protected grounds, and what identifies a person."""

from __future__ import annotations

import re

PROTECTED = frozenset({
    "sex", "gender", "male", "female", "age", "birth", "birthday", "birthdate", "dob", "born", "marital", "married",
    "marriage", "divorced", "spouse", "ethnicity", "ethnic", "race", "racial", "colour", "color", "caste", "tribe",
    "religion", "religious", "faith", "nationality", "citizenship", "citizen", "foreign", "foreigner", "immigrant",
    "pregnancy", "pregnant", "disability", "disabled", "orientation", "veteran", "political", "genetic",
})  # fmt: skip
IDENTIFYING = frozenset({
    "name", "surname", "firstname", "lastname", "fullname", "identifier", "ssn", "passport", "phone", "telephone",
    "mobile", "cellphone", "address", "street", "postcode", "zipcode", "zip", "email",
})  # fmt: skip
COMPOUND = (
    "foreignworker", "maritalstatus", "personalstatus", "civilstatus", "familystatus", "nationalorigin", "dateofbirth",
    "idnumber", "idcard", "identitynumber", "socialsecurity", "publicassistance",
)  # fmt: skip
CHINESE = (
    "性别", "年龄", "出生", "民族", "种族", "宗教", "婚姻", "国籍", "籍贯", "残疾",
    "姓名", "身份证", "电话", "手机", "地址", "邮箱",
)  # fmt: skip
THINGS = frozenset({
    "account", "accounts", "vehicle", "car", "loan", "company", "firm", "business", "file", "credit", "history",
    "building", "invoice", "invoices", "line", "site", "relationship", "equipment", "debt", "receivable",
    "receivables", "payable", "payables",
})  # fmt: skip
"""What may have an age without telling a person's."""

_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def protected_ground(name: str) -> str:
    """The protected or identifying word inside a name, however it is written; empty if there is none.

    >>> protected_ground("personal_status_sex"), protected_ground("AgeInYears"), protected_ground("foreignWorker")
    ('sex', 'age', 'foreign')
    >>> protected_ground("mortgage_balance"), protected_ground("account_age_months")
    ('', '')
    """
    tokens: list[str] = [token.lower() for token in _TOKEN.findall(name)]
    joined = "".join(tokens)
    for word in (*tokens, *(token.removesuffix("s") for token in tokens)):
        if word == "age" and THINGS.intersection(tokens):
            continue
        if word in PROTECTED or word in IDENTIFYING:
            return word
    for compound in (*COMPOUND, *CHINESE):
        if compound in joined or compound in name:
            return compound
    return ""
