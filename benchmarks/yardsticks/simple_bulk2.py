"""The same updates with simple-salesforce's bulk2: `simple_bulk2.py CONFIG < singer messages`.

Not a target: it reads the records with `json`, keeps them in memory as its API wants, and validates nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import requests
from simple_salesforce import Salesforce


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    login = requests.post(
        f"{config['instance_url']}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": config["client_id"],
            "client_secret": config["client_secret"],
        },
        timeout=60,
    ).json()
    records = []
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "RECORD":
            record = message["record"]
            values = {field: record[source] for source, field in config["fields"].items()}
            records.append({"Id": record["id"], **values})
    salesforce = Salesforce(
        session_id=login["access_token"], instance_url=login["instance_url"], version="60.0"
    )
    salesforce.bulk2_url = salesforce.bulk2_url.replace("https://", "http://")
    for result in getattr(salesforce.bulk2, config["object"]).update(records=records):
        if result["numberRecordsFailed"]:
            raise RuntimeError(result)


if __name__ == "__main__":
    main()
