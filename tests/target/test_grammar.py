"""The setting `loads`: what is wrong is named with its place, all of it at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from salesforce_abm.errors import ConfigError
from target_salesforce_abm.grammar import Defaults, parse_loads
from target_salesforce_abm.loads import Deleted, Nulls, Operation, Overwrite, Prefer, TooLong, loads_for
from target_salesforce_abm.recipe import Names, recipe, recipe_loads, with_recipe_fields
from target_salesforce_abm.settings import Options

README = Path(__file__).resolve().parents[2] / "target-salesforce-abm" / "README.md"
GOOD: dict[str, Any] = {"stream": "s", "object": "Account", "fields": {"a": "Site"}}


def problems(*loads: Any) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse_loads(list(loads))
    return list(raised.value.problems)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"stream": None}, "loads[0]: stream is missing"),
    ({"objct": "X"}, "loads[0]: unknown key 'objct' (nearest: object); known: stream, object"),
    ({"object": "No Name"}, "loads[0]: object 'No Name' is not an API name"),
    ({"object": None, "stream": "no-name"}, "loads[0]: object is missing, and the stream's name 'no-name'"),
    (
        {"operation": "upset"},
        "loads[0]: operation 'upset' is not one of update, upsert, insert, delete, mirror (nearest: upsert)",
    ),
    ({"overwrite": True}, "loads[0]: overwrite True is not one of always, if_empty, tracked, never"),
    ({"match": {"source": "a"}}, "loads[0].match: must be a list such as"),
    ({"match": []}, "loads[0].match: must be a list such as"),
    ({"match": ["Id"]}, "loads[0].match[0]: a match must be a mapping, not a text"),
    ({"match": [{"field": "Id"}]}, "loads[0].match[0]: source is missing"),
    ({"match": [{"source": "a"}]}, "loads[0].match[0]: give either field (an API name) or by: domain"),
    ({"match": [{"source": "a", "field": "Id", "by": "domain"}]}, "loads[0].match[0]: give either field"),
    ({"match": [{"source": "a", "by": "name"}]}, "loads[0].match[0]: by 'name' is not known"),
    (
        {"match": [{"source": "a", "field": "Id", "prefer": "oldest"}]},
        "loads[0].match[0]: prefer is for by: domain only",
    ),
    (
        {"match": [{"source": "a", "by": "domain", "prefer": "old"}]},
        "loads[0].match[0]: prefer 'old' is not one of",
    ),
    ({"fields": ["a"]}, "loads[0].fields: must map at least one property"),
    ({"fields": {}}, "loads[0].fields: must map at least one property"),
    ({"fields": {"a": 5}}, "loads[0].fields.a: a field must be a mapping, not a number"),
    ({"fields": {"a": {"overwrite": "always"}}}, "loads[0].fields.a: field is missing"),
    (
        {"fields": {"a": {"field": "Site", "overwrit": 1}}},
        "loads[0].fields.a: unknown key 'overwrit' (nearest: overwrite)",
    ),
    (
        {"fields": {"a": "Site__c x"}},
        "loads[0].fields.a: field 'Site__c x' is neither an API name nor a path",
    ),
    ({"fields": {"a": "Site", "b": "SITE"}}, "loads[0].fields.b: field SITE is already written from 'a'"),
    (
        {"fields": {"a": {"field": "P.X__c", "match": [{"source": "x", "field": "Id"}]}}},
        "loads[0].fields.a: give either",
    ),
    ({"key_from": ["a"]}, "loads[0]: key_from builds the value of key"),
    ({"key": "K__c", "key_from": [1]}, "loads[0].key_from: must be a list of properties"),
    ({"operation": "mirror"}, "loads[0]: a mirror needs key,"),
    ({"operation": "mirror", "key": "K__c"}, "loads[0]: a mirror needs key_from"),
    (
        {"operation": "mirror", "key": "K__c", "key_from": ["a"], "match": [{"source": "a", "field": "Id"}]},
        "take match away",
    ),
    (
        {"operation": "mirror", "key": "K__c", "key_from": ["a"], "stream": "a*"},
        "loads[0]: a mirror of a stream pattern needs owner",
    ),
    ({"removed": "delete"}, "loads[0]: removed is for operation mirror only"),
    (
        {"operation": "mirror", "key": "K__c", "key_from": "a", "removed": "hide"},
        "loads[0].removed: 'hide' is not known",
    ),
    (
        {"operation": "mirror", "key": "K__c", "key_from": "a", "removed": {"field": "S__c"}},
        "loads[0].removed: value is missing",
    ),
    ({"max_remove_percent": 5}, "loads[0]: max_remove_percent is for operation mirror only"),
    (
        {"operation": "mirror", "key": "K__c", "key_from": "a", "max_remove_percent": 101},
        "must be a whole number from 0 to 100",
    ),
    (
        {"expire": {"source": "b", "after_days": 90}},
        "loads[0].expire: source 'b' is not one of fields",
    ),
    ({"expire": {"source": "a", "after_days": "90"}}, "loads[0].expire: after_days must be a whole number"),
    ({"expire": {"source": "a", "after_days": 0}}, "loads[0].expire: after_days must be a whole number"),
    (
        {"expire": {"source": "a", "after_days": 9}, "operation": "delete"},
        "loads[0]: expire does not go with operation delete",
    ),
    ({"pivot": {"name": "n", "value": "v", "fields": {"x": "X__c"}}}, "loads[0]: pivot makes the fields"),
    (
        {"fields": None, "pivot": {"name": "n", "value": "v", "fields": {}}},
        "loads[0].pivot.fields: must map at least one segment",
    ),
    (
        {"fields": None, "pivot": {"name": "n", "value": "v", "fields": {"x": "X c"}}},
        "loads[0].pivot.fields.x: 'X c' is not",
    ),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_mistake_is_named_with_its_place(change: dict[str, Any], said: str) -> None:
    load = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    found = problems(load)
    assert any(said in line for line in found), found
    assert len(found) == 1, found


@pytest.mark.parametrize("raw", [{}, "loads", 5, None], ids=repr)
def test_loads_must_be_a_list(raw: Any) -> None:
    with pytest.raises(ConfigError, match="loads must be a list of loads"):
        parse_loads(raw)


def test_all_mistakes_of_all_loads_are_told_together() -> None:
    found = problems({**GOOD, "operation": "x", "nulls": "y"}, GOOD, {**GOOD, "too_long": "z"}, "load")
    assert [line.split(" ")[0] for line in found] == ["loads[0]:", "loads[0]:", "loads[2]:", "loads[3]:"]


def test_defaults() -> None:
    [load] = parse_loads([GOOD])
    assert (load.operation, load.overwrite, load.nulls) == (Operation.UPDATE, Overwrite.ALWAYS, Nulls.CLEAR)
    assert (load.too_long, load.deleted, load.removed) == (TooLong.REJECT, Deleted.SKIP, None)
    [load] = parse_loads([GOOD], Defaults(Operation.DELETE, 5))
    assert (load.operation, load.deleted) == (Operation.DELETE, Deleted.DELETE)
    mirror = {**GOOD, "operation": "mirror", "key": "K__c", "key_from": ["a"]}
    [load] = parse_loads([mirror], Defaults(max_remove_percent=5))
    assert (load.owner, load.max_remove_percent, load.deleted) == ("s", 5, Deleted.DELETE)
    assert load.removed is not None
    assert load.removed.field is None


def test_fields_inherit_the_policies_of_their_load() -> None:
    fields = {"a": "A__c", "b": {"field": "B__c", "overwrite": "never", "too_long": "reject"}}
    [load] = parse_loads(
        [{**GOOD, "fields": fields, "overwrite": "tracked", "nulls": "ignore", "too_long": "truncate"}]
    )
    assert load.fields is not None
    a, b = load.fields
    assert (a.overwrite, a.nulls, a.too_long) == (Overwrite.TRACKED, Nulls.IGNORE, TooLong.TRUNCATE)
    assert (b.overwrite, b.nulls, b.too_long) == (Overwrite.NEVER, Nulls.IGNORE, TooLong.REJECT)


def test_exact_stream_names_go_before_patterns_and_the_first_pattern_wins() -> None:
    names = ["a*", "*", "ab", "ab"]
    loads = parse_loads([{**GOOD, "stream": name, "owner": str(n)} for n, name in enumerate(names)])
    assert [load.owner for load in loads_for("ab", loads)] == ["2", "3"]
    assert [load.owner for load in loads_for("ac", loads)] == ["0"]
    assert [load.owner for load in loads_for("x", loads)] == ["1"]
    assert loads_for("x", loads[2:]) == ()


def test_the_examples_of_the_readme_are_read_as_they_stand() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    examples = [yaml.safe_load(block) for block in blocks]
    loads = [parse_loads(example["loads"]) for example in examples if "loads" in example]
    assert [load.stream for load in loads[0]] == [
        "customers",
        "contacts",
        "account_segments",
        "contact_segments",
    ]
    assert loads[0][0].match[2].prefer is Prefer.PARENT


def test_the_readme_explains_every_key_of_the_grammar() -> None:
    text = README.read_text("utf-8")
    from target_salesforce_abm import grammar  # noqa: PLC0415

    for name in (*grammar._LOAD_KEYS, *grammar._FIELD_KEYS):
        assert re.search(rf"\b{name}\b", text), name


# The recipe


def test_the_recipe_is_written_in_the_grammar_it_explains() -> None:
    loads = recipe_loads(Names("X_"), Defaults(Operation.INSERT))
    assert [load.stream for load in loads] == ["account_engagement", "account_intent", "account_segments"]
    assert [load.operation for load in loads] == [Operation.UPDATE, Operation.UPDATE, Operation.MIRROR]
    assert loads[2].object == "X_Account_Segment__c"
    assert parse_loads(recipe(Names("X_")))[2].key == "X_Key__c"


@pytest.mark.parametrize("prefix", ["", "1_", "a b", "A__", "x" * 25], ids=repr)
def test_a_prefix_that_cannot_begin_an_api_name_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match="field_prefix"):
        Names(prefix)


def test_a_load_of_a_recipe_stream_without_fields_gets_the_recipes() -> None:
    raw = [
        {"stream": "account_engagement", "overwrite": "if_empty"},
        {"stream": "account_intent", "object": "Contact"},
        {
            "stream": "account_segments",
            "object": "ABM_Account_Segment__c",
            "operation": "mirror",
            "key": "ABM_Key__c",
            "key_from": ["account_id", "segment_id"],
        },
    ]
    engagement, intent, segments = with_recipe_fields(parse_loads(raw), Names())
    assert engagement.object == "Account"
    assert engagement.fields is not None
    assert {mapped.overwrite for mapped in engagement.fields} == {Overwrite.IF_EMPTY}
    assert len(engagement.match) == 2
    assert engagement.expire is not None
    assert intent.fields is None
    assert segments.fields is not None
    assert next(mapped.field for mapped in segments.fields) == "ABM_Account__c"


# The settings around it


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        ({}, 10),
        ({"max_reject_percent": 3}, 3),
        ({"on_reject": "fail"}, 0),
        ({"allow_failures": True}, None),
        ({"allow_failures": "true", "on_reject": "fail"}, None),
    ],
    ids=str,
)
def test_the_limit_of_rejects_is_worked_out_of_new_and_old_settings(
    given: dict[str, Any], limit: int | None
) -> None:
    assert Options.from_config(given).reject_limit == limit


def test_switches_take_the_recipes_loads_away() -> None:
    options = Options.from_config({"push_engagement": False})
    assert [load.stream for load in options.loads] == ["account_segments"]
    assert options.off == {"account_engagement", "account_intent"}
    window = Options.from_config({"engagement_window_days": 0}).loads[0]
    assert window.expire is None


def test_action_is_the_operation_of_loads_that_name_none() -> None:
    loads = [{"stream": "a", "object": "X__c"}, {"stream": "b", "object": "X__c", "operation": "update"}]
    options = Options.from_config({"action": "upsert", "loads": loads})
    assert [load.operation for load in options.loads] == [Operation.UPSERT, Operation.UPDATE]
