"""Runs a generated query over logged calls with DuckDB, through an independent translator of the Kusto Query Language.

Arguments: a file of log lines as a storage export has them, the shape in which they are to lie, and a file with the query. Lines of
sign-ins name their table and have the columns of Log Analytics.
Prints the answer as the query API of Log Analytics writes a table. The translator knows no external tables, so that one is
called by its name here; nor column_ifexists, in the place of which the column is put, or what stands for it.
"""

import datetime
import json
import re
import sys
import tempfile

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

SIGN_IN = "TimeGenerated Id AppId ServicePrincipalId ServicePrincipalCredentialKeyId ResourceIdentity IPAddress ResultType".split()
# Not every workspace has every column.
SIGN_INS = {
    "AADServicePrincipalSignInLogs": [*SIGN_IN, "ClientCredentialType", "FederatedCredentialId"],
    "AADManagedIdentitySignInLogs": SIGN_IN,
}


def table(name, columns, rows):
    """A table of these rows, by way of a file: row by row it takes minutes."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(dict(zip(columns, row))) + "\n")
        file.flush()
        kinds = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_json('{file.name}', format='newline_delimited', columns={{{kinds}}})")


def there(text):
    """The query with each column_ifexists("Name", other) as Name where the table above it has that column, else as other."""
    lines, columns = [], []
    for line in text.splitlines():
        columns = next((SIGN_INS[name] for name in SIGN_INS if name in line), columns)
        known = lambda found: found[1] if found[1] in columns else found[2]
        lines.append(re.sub(r'column_ifexists\("(\w+)", (""|\w+)\)', known, line))
    return "\n".join(lines)


def stamp(text):
    return text.replace("T", " ").replace("Z", "")


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
elif shape == "sign-ins":
    text = there(text)
    for name, columns in SIGN_INS.items():
        kinds = {column: {"TimeGenerated": "TIMESTAMP"}.get(column, "VARCHAR") for column in columns}
        mine = [record for record in records if record["table"] == name]
        table(name, kinds, [[stamp(r[c]) if c == "TimeGenerated" else r.get(c, "") for c in columns] for r in mine])
elif shape == "records":
    events = [records[at : at + 50] for at in range(0, len(records), 50)]
    table("GraphEvents", {"Records": "JSON"}, [[event] for event in events])
else:
    rows = [
        [r["category"], stamp(r["time"]), r.get("callerIpAddress", ""), r.get("resultSignature", ""), r["properties"]]
        for r in records
    ]
    columns = {"category": "VARCHAR", "time": "TIMESTAMP", "callerIpAddress": "VARCHAR", "resultSignature": "VARCHAR", "properties": "JSON"}
    if shape == "blobs":
        columns["Hour"] = "TIMESTAMP"
        rows = [row + [row[1][:13] + ":00:00"] for row in rows]
        text = text.replace('external_table("GraphActivity")', "GraphActivity")
    table("GraphActivity" if shape == "blobs" else "GraphRecords", columns, rows)

answer = duckdb_kql.query(connection, text)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat() + "Z"
    return value


print(json.dumps({"columns": answer.columns, "rows": [[plain(value) for value in row] for row in answer.fetchall()]}))
