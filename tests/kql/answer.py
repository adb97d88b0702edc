"""Runs a generated query over logged calls with DuckDB, through an independent translator of the Kusto Query Language.

Arguments: a file of log lines as a storage export has them, the shape in which they are to lie, and a file with the query.
Prints the answer as the query API of Log Analytics writes a table. The translator knows no external tables, so that one is
called by its name here.
"""

import datetime
import json
import sys

import duckdb_kql

lines, shape, query = sys.argv[1:4]
records = [json.loads(line) for line in open(lines, encoding="utf-8", newline="\n")]
text = open(query, encoding="utf-8").read()
connection = duckdb_kql.connect()

COLUMNS = {
    "TimeGenerated": ("timeGenerated", "TIMESTAMP"),
    "RequestId": ("requestId", "VARCHAR"),
    "AppId": ("appId", "VARCHAR"),
    "ServicePrincipalId": ("servicePrincipalId", "VARCHAR"),
    "UserId": ("userId", "VARCHAR"),
    "RequestMethod": ("requestMethod", "VARCHAR"),
    "RequestUri": ("requestUri", "VARCHAR"),
    "ResponseStatusCode": ("responseStatusCode", "INTEGER"),
    "ClientAuthMethod": ("clientAuthMethod", "INTEGER"),
    "IPAddress": ("ipAddress", "VARCHAR"),
    "UserAgent": ("userAgent", "VARCHAR"),
}


def table(name, columns, rows):
    connection.execute(f"CREATE TABLE {name} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' for _ in columns)})", rows)


def stamp(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def typed(record):
    values = []
    for member, kind in COLUMNS.values():
        value = record["properties"].get(member)
        if kind == "VARCHAR":
            value = "" if value is None else str(value)
        elif kind == "TIMESTAMP":
            value = stamp(value)
        else:
            value = int(value) if value not in (None, "") else None
        values.append(value)
    return values


if shape == "columns":
    table("MicrosoftGraphActivityLogs", {name: kind for name, (_, kind) in COLUMNS.items()}, [typed(record) for record in records])
elif shape == "records":
    events = [json.dumps(records[at : at + 50]) for at in range(0, len(records), 50)]
    table("GraphEvents", {"Records": "JSON"}, [[event] for event in events])
else:
    rows = [
        [r["category"], stamp(r["time"]), r.get("callerIpAddress", ""), r.get("resultSignature", ""), json.dumps(r["properties"])]
        for r in records
    ]
    columns = {"category": "VARCHAR", "time": "TIMESTAMP", "callerIpAddress": "VARCHAR", "resultSignature": "VARCHAR", "properties": "JSON"}
    if shape == "blobs":
        columns["Hour"] = "TIMESTAMP"
        rows = [row + [row[1].replace(minute=0, second=0, microsecond=0)] for row in rows]
        text = text.replace('external_table("GraphActivity")', "GraphActivity")
    table("GraphActivity" if shape == "blobs" else "GraphRecords", columns, rows)

answer = duckdb_kql.query(connection, text)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat() + "Z"
    return value


print(json.dumps({"columns": answer.columns, "rows": [[plain(value) for value in row] for row in answer.fetchall()]}))
