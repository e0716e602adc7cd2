"""What a Singer target for Salesforce is when it is written the way the SDK's documentation shows.

A `BatchSink` with `max_size` 200 whose `process_batch` sends the batch with sObject Collections. It compares
nothing and looks nothing up: every record becomes an update by its Id.
"""

from __future__ import annotations

import sys
from typing import Any

import requests
from singer_sdk import BatchSink, Target
from singer_sdk import typing as th


class PlainSink(BatchSink):
    """One stream."""

    max_size = 200

    def setup(self) -> None:
        self._http = requests.Session()
        login = self._http.post(
            f"{self.config['instance_url']}/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.config["client_id"],
                "client_secret": self.config["client_secret"],
            },
            timeout=60,
        ).json()
        self._url = f"{login['instance_url']}/services/data/v60.0/composite/sobjects"
        self._http.headers["Authorization"] = f"Bearer {login['access_token']}"

    def process_batch(self, context: Any) -> None:
        records = []
        for record in context["records"]:
            values = {field: record.get(source) for source, field in self.config["fields"].items()}
            records.append({"attributes": {"type": self.config["object"]}, "Id": record["id"], **values})
        answer = self._http.patch(self._url, json={"allOrNone": False, "records": records}, timeout=300)
        answer.raise_for_status()
        if not all(result["success"] for result in answer.json()):
            raise RuntimeError("a record was refused")


class PlainTarget(Target):
    """The target."""

    name = "plain-target"
    default_sink_class = PlainSink
    config_jsonschema = th.PropertiesList(
        th.Property("instance_url", th.StringType, required=True),
        th.Property("client_id", th.StringType, required=True),
        th.Property("client_secret", th.StringType, required=True),
        th.Property("object", th.StringType, required=True),
        th.Property("fields", th.ObjectType(additional_properties=th.StringType), required=True),
    ).to_dict()


if __name__ == "__main__":
    PlainTarget.cli(sys.argv[1:])
