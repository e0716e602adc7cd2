"""What users of other Salesforce taps suffer from, and the test here that would fail if we did it to them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PAINS = {
    "rows committed late are missed": "incremental::test_a_row_committed_late_is_caught_by_the_lookback",
    "rows that share the bookmark's timestamp are lost": (
        "incremental::test_rows_at_the_bookmark_are_read_and_rows_at_the_upper_bound_wait"
    ),
    "formulas change without a timestamp": (
        "formulas::test_changed_formulas_come_after_a_day_and_the_others_do_not"
    ),
    "SOAP login ends": "sign_in::test_sign_in",
    "refresh token rotation breaks the second run": (
        "sign_in::test_a_rotated_refresh_token_is_kept_for_the_next_run"
    ),
    "no headless JWT login": "sign_in::test_sign_in_with_a_key",
    "hard deletes never arrive": "deletes::test_a_purged_row_comes_as_key_flag_and_moment",
    "a hidden field fails the run": (
        "healing::test_a_field_that_vanishes_after_discovery_is_null_and_warned_of_once"
    ),
    "new custom fields are missing": "healing::test_a_new_field_is_there_in_the_next_run",
    "large tables time out": "healing::test_where_time_cannot_be_cut_finer_ids_are",
    "a result download stops silently": (
        "healing::test_a_truncated_page_is_fetched_again_and_no_row_comes_twice"
    ),
    "duplicates from paging": "healing::test_many_pages_by_rest_are_complete_and_in_one_window",
    "a checkpoint goes out before its rows": "incremental::test_state_comes_after_the_rows_it_covers",
    "a lost job is done again from the start": (
        "resume::test_a_killed_run_goes_on_with_the_finished_job_at_the_page_it_had_reached"
    ),
    "the day's Bulk jobs are used up": (
        "healing::test_when_the_days_bulk_jobs_are_used_up_the_rest_of_the_run_goes_by_rest"
    ),
    "discovery and polling eat the quota": (
        "frugality::test_sixty_unchanged_objects_cost_less_than_a_request_each"
    ),
    "discovery of big orgs is slow": (
        "discovery::test_everything_costs_one_request_for_25_objects_and_one_for_the_list"
    ),
    "compound fields break Bulk": "values::test_an_integer_and_an_address_of_a_standard_object",
    "objects Bulk cannot read": "healing::test_what_bulk_refuses_is_read_by_rest",
    "wide objects are too long for a URL": (
        "healing::test_an_object_too_wide_for_a_url_is_read_by_rest_all_the_same"
    ),
    "big results do not fit in memory": "memory::test_a_million_rows_need_no_more_memory_than_a_few",
    "CSV is damaged: NA, NUL, line feeds": "decode::test_any_text_survives_both_roads",
    "the session dies in a download": ("healing::test_a_session_that_expires_in_the_middle_is_renewed_once"),
    "chunking by key surprises on histories and shares": (
        "special_objects::test_history_goes_by_its_creation_and_its_values_are_text"
    ),
    "reports stop at 2,000 rows, restricted objects are missing": (
        "report_streams::test_a_report_of_more_rows_than_a_run_gives_is_read_by_a_sortable_column"
    ),
}


def test_there_are_as_many_as_were_counted() -> None:
    assert len(PAINS) == 25


@pytest.mark.parametrize("test", PAINS.values(), ids=[pain.replace(" ", "_") for pain in PAINS])
def test_every_pain_has_its_test(test: str) -> None:
    module, name = test.split("::")
    tree = ast.parse((Path(__file__).parent / f"test_{module}.py").read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
