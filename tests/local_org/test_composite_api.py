"""Several requests in one: composite, graphs, trees, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest


def names(rest: Rest) -> list[str]:
    return sorted(row["Name"] for row in rest.query("SELECT Name FROM Account"))


CONTACT = {"type": "Contact"}


# --- composite --------------------------------------------------------------------------------------


def step(method: str, url: str, reference: str, body: Any = None, **headers: str) -> dict[str, Any]:
    made: dict[str, Any] = {"method": method, "url": f"/services/data/v60.0/{url}", "referenceId": reference}
    if body is not None:
        made["body"] = body
    return made | ({"httpHeaders": headers} if headers else {})


def composite(rest: Rest, *steps: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = rest.post("composite", {"allOrNone": all_or_none, "compositeRequest": list(steps)})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return found


def test_later_steps_refer_to_earlier_answers_in_url_and_body(rest: Rest) -> None:
    answers = composite(
        rest,
        step("POST", "sobjects/Account", "newAccount", {"Name": "A"}),
        step("POST", "sobjects/Contact", "c_1", {"LastName": "C", "AccountId": "@{newAccount.id}"}),
        step("GET", "sobjects/Account/@{newAccount.id}?fields=Name", "CCI__RefId__0__"),
        step("GET", "query?q=SELECT Id FROM Contact WHERE AccountId = '@{newAccount.id}'", "found"),
        step("GET", "sobjects/Contact/@{found.records[0].Id}", "again"),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200, 200, 200]
    assert list(answers[0]) == ["body", "httpHeaders", "httpStatusCode", "referenceId"]
    account = answers[0]["body"]["id"]
    assert answers[0]["httpHeaders"] == {"Location": f"/services/data/v60.0/sobjects/Account/{account}"}
    assert answers[4]["body"]["AccountId"] == account


def test_a_composite_request_counts_once(org: RunningOrg, rest: Rest) -> None:
    composite(rest, *(step("GET", "limits", f"r{n}") for n in range(5)))
    assert org.org.limits.used() == 1


def test_a_missing_reference_halts_the_step(rest: Rest) -> None:
    failed, dependant, unrelated = composite(
        rest,
        step("POST", "sobjects/Account", "refAccount", {"Rating": "Hot"}),
        step("POST", "sobjects/Contact", "refContact", {"LastName": "C", "AccountId": "@{refAccount.id}"}),
        step("POST", "sobjects/Account", "other", {"Name": "B"}),
    )
    assert (failed["httpStatusCode"], unrelated["httpStatusCode"]) == (400, 201)
    assert dependant["httpStatusCode"] == 400
    assert dependant["body"] == [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": "Invalid reference specified. No value for refAccount.id found in refAccount. Provided"
            " referenceId ('refAccount.id') must start with a letter or a number, and it can contain only"
            " letters, numbers and underscores ('_').",
        }
    ]


def test_all_or_none_undoes_the_steps_before_a_failure(rest: Rest) -> None:
    before, guilty, after = composite(
        rest,
        step("POST", "sobjects/Account", "a", {"Name": "A"}),
        step("POST", "sobjects/Contact", "b", {}),
        step("POST", "sobjects/Account", "c", {"Name": "C"}),
        all_or_none=True,
    )
    halted = [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
        }
    ]
    assert (before["httpStatusCode"], before["body"]) == (400, halted)
    assert (after["httpStatusCode"], after["body"]) == (400, halted)
    assert guilty["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert names(rest) == []


def test_a_collection_inside_all_or_none_claims_rows_that_are_gone(rest: Rest) -> None:
    other, rows = composite(
        rest,
        step("POST", "sobjects/Account", "a", {"Name": "A"}),
        step(
            "POST",
            "composite/sobjects",
            "b",
            {"records": [{"attributes": CONTACT, "LastName": "C"}, {"attributes": CONTACT}]},
        ),
        all_or_none=True,
    )
    assert rows["httpStatusCode"] == 200
    assert [row["success"] for row in rows["body"]] == [True, False]
    assert other["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert rest.query("SELECT Id FROM Contact") == []
    assert names(rest) == []


def test_updates_and_304s_have_a_null_body(rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    modified = rest.get("sobjects").headers["Last-Modified"]
    updated, known = composite(
        rest,
        step("PATCH", f"sobjects/Account/{account}", "a", {"Name": "B"}),
        step("GET", "sobjects/Account/describe", "b", **{"If-Modified-Since": modified}),
    )
    assert (updated["httpStatusCode"], updated["body"], updated["httpHeaders"]) == (204, None, {})
    assert (known["httpStatusCode"], known["body"]) == (304, None)
    assert set(known["httpHeaders"]) == {"ETag", "Last-Modified"}


def test_errors_of_steps_have_the_body_they_would_have_alone(rest: Rest) -> None:
    count, unknown, nowhere = composite(
        rest,
        step("GET", "query?q=select count() from Account", "refAccount"),
        step("GET", "query?q=select count() from XYZZY", "refXYZZY"),
        step("GET", "sobjects/Nope/describe", "nowhere"),
    )
    assert count["body"] == {"totalSize": 0, "done": True, "records": []}
    assert (unknown["httpStatusCode"], unknown["body"][0]["errorCode"]) == (400, "INVALID_TYPE")
    assert unknown["body"][0]["message"].startswith(
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
    )
    assert nowhere["body"] == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


@pytest.mark.parametrize(
    "steps",
    [
        [step("GET", "limits", f"r{n}") for n in range(26)],
        [step("GET", "query?q=SELECT Id FROM Account", f"r{n}") for n in range(6)],
        [step("GET", "limits", "same"), step("GET", "limits", "same")],
        [step("GET", "limits", "_bad")],
        [step("GET", "limits", "a", Authorization="Bearer x")],
        [],
    ],
    ids=["26 steps", "6 queries", "same reference", "bad reference", "forbidden header", "none"],
)
def test_composite_requests_that_are_refused_whole(rest: Rest, steps: list[dict[str, Any]]) -> None:
    assert rest.post("composite", {"compositeRequest": steps}).status_code == 400


@pytest.mark.parametrize("url", ["composite", "composite/batch", "composite/graph", "../../oauth2/token"])
def test_steps_that_lead_elsewhere_are_not_found(rest: Rest, url: str) -> None:
    (answer,) = composite(rest, step("POST", url, "a", {}))
    assert answer["httpStatusCode"] == 404


def test_steps_may_be_of_another_version(rest: Rest) -> None:
    inner = {"method": "GET", "url": "/services/data/v48.0/sobjects/Account", "referenceId": "a"}
    (answer,) = rest.post("composite", {"compositeRequest": [inner]}).json()["compositeResponse"]
    urls = answer["body"]["objectDescribe"]["urls"]
    assert urls["sobject"] == "/services/data/v48.0/sobjects/Account"


# --- graphs -----------------------------------------------------------------------------------------


def test_each_graph_succeeds_or_fails_alone(rest: Rest) -> None:
    good = [
        step("POST", "sobjects/Account", "a", {"Name": "A"}),
        step("POST", "sobjects/Contact", "b", {"LastName": "B", "AccountId": "@{a.id}"}),
    ]
    bad = [
        step("POST", "sobjects/Account", "a", {"Name": "X"}),
        step("POST", "sobjects/Contact", "b", {"AccountId": "@{a.id}"}),
    ]
    body = {"graphs": [{"graphId": "1", "compositeRequest": good}, {"graphId": "2", "compositeRequest": bad}]}
    first, second = rest.post("composite/graph", body).json()["graphs"]
    assert list(first) == ["graphId", "graphResponse", "isSuccessful"]
    assert (first["isSuccessful"], second["isSuccessful"]) == (True, False)
    halted, guilty = second["graphResponse"]["compositeResponse"]
    assert halted["body"] == [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": "We rolled back the transaction since another operation in the same transaction failed.",
        }
    ]
    assert guilty["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert names(rest) == ["A"]


def test_graphs_after_the_fourteenth_failure_are_not_tried(rest: Rest) -> None:
    graphs = [
        {"graphId": str(n), "compositeRequest": [step("POST", "sobjects/Contact", "a", {})]}
        for n in range(14)
    ]
    last = {"graphId": "last", "compositeRequest": [step("POST", "sobjects/Account", "a", {"Name": "A"})]}
    answer = rest.post("composite/graph", {"graphs": [*graphs, last]}).json()["graphs"][-1]
    assert answer["isSuccessful"] is False
    assert answer["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert names(rest) == []


def test_graphs_have_limits(rest: Rest) -> None:
    def deep(levels: int) -> list[dict[str, Any]]:
        first = step("POST", "sobjects/Account", "r0", {"Name": "A"})
        more = (
            step("POST", "sobjects/Account", f"r{n}", {"Name": "A", "ParentId": f"@{{r{n - 1}.id}}"})
            for n in range(1, levels)
        )
        return [first, *more]

    def send(steps: list[dict[str, Any]]) -> int:
        body = {"graphs": [{"graphId": "1", "compositeRequest": steps}]}
        return rest.post("composite/graph", body).status_code

    assert send(deep(15)) == 200
    assert send(deep(16)) == 400
    assert send([step("GET", "limits", "a")]) == 400


# --- trees ------------------------------------------------------------------------------------------


def node(sobject: str, reference: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject, "referenceId": reference}, **values}


def test_a_tree_makes_parents_and_children(rest: Rest) -> None:
    children = {"records": [node("Contact", "r2", lastname="S"), node("Contact", "r3", lastname="T")]}
    answer = rest.post(
        "composite/tree/Account",
        {"records": [node("Account", "r1", name="A", Contacts=children), node("Account", "r4", name="B")]},
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["hasErrors"] is False
    ids = {row["referenceId"]: row["id"] for row in body["results"]}
    assert list(ids) == ["r1", "r2", "r3", "r4"]
    rows = rest.query("SELECT Id, AccountId FROM Contact ORDER BY LastName")
    assert [(row["Id"], row["AccountId"]) for row in rows] == [(ids["r2"], ids["r1"]), (ids["r3"], ids["r1"])]


def test_a_tree_with_a_bad_row_makes_nothing_and_names_the_row(rest: Rest) -> None:
    children = {"records": [node("Contact", "r2", email="123", lastname="S")]}
    body = {"records": [node("Account", "r1", name="A", Contacts=children)]}
    answer = rest.post("composite/tree/Account", body)
    assert answer.status_code == 400
    assert answer.json() == {
        "hasErrors": True,
        "results": [
            {
                "referenceId": "r2",
                "errors": [
                    {
                        "statusCode": "INVALID_EMAIL_ADDRESS",
                        "message": "Email: invalid email address: 123",
                        "fields": ["Email"],
                    }
                ],
            }
        ],
    }
    assert names(rest) == []


# --- batches ----------------------------------------------------------------------------------------


def batch(rest: Rest, *requests: dict[str, Any], halt: bool = False) -> dict[str, Any]:
    answer = rest.post("composite/batch", {"haltOnError": halt, "batchRequests": list(requests)})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("prefix", ["", "/services/data/"], ids=["relative", "with the prefix"])
def test_batches_answer_each_request_with_its_status(rest: Rest, prefix: str) -> None:
    account = rest.create("Account", Name="A")
    answer = batch(
        rest,
        {"method": "PATCH", "url": f"{prefix}v60.0/sobjects/Account/{account}", "richInput": {"Name": "B"}},
        {"method": "GET", "url": f"{prefix}v60.0/sobjects/Account/{account}?fields=Name"},
    )
    assert answer["hasErrors"] is False
    assert answer["results"][0] == {"statusCode": 204, "result": None}
    assert answer["results"][1]["result"]["Name"] == "B"


def test_every_request_of_a_batch_counts(org: RunningOrg, rest: Rest) -> None:
    batch(rest, *({"method": "GET", "url": "v60.0/limits"} for _ in range(3)))
    assert org.org.limits.used() == 4


def test_a_batch_can_halt_on_the_first_error(rest: Rest) -> None:
    bad = {"method": "GET", "url": "v60.0/sobjects/Nope/describe"}
    good = {"method": "GET", "url": "v60.0/limits"}
    going_on = batch(rest, bad, good)
    assert [item["statusCode"] for item in going_on["results"]] == [404, 200]
    assert going_on["hasErrors"] is True
    halted = batch(rest, bad, good, halt=True)
    assert [item["statusCode"] for item in halted["results"]] == [404, 412]
    assert halted["results"][1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


@pytest.mark.parametrize(
    ("url", "status"),
    [("v61.0/limits", 400), ("v33.0/limits", 400), ("v60.0/composite", 404), ("limits", 404)],
    ids=["newer than the batch", "too old", "not offered", "no version"],
)
def test_requests_a_batch_does_not_carry(rest: Rest, url: str, status: int) -> None:
    assert batch(rest, {"method": "GET", "url": url})["results"][0]["statusCode"] == status


def test_a_batch_has_at_most_25_requests(rest: Rest) -> None:
    requests = [{"method": "GET", "url": "v60.0/limits"}] * 26
    assert rest.post("composite/batch", {"batchRequests": requests}).status_code == 400
