class Store#1:
    """Keeps what was seen, by name."""

    def __init__(self, path: str, limit: int = #2) -> None:
        self.path = path
        self.limit = limit
        self.items: dict[str, dict] = {}

    def load(self) -> None:
        if not os.path.exists(self.path):
            return
        with open(self.path, encoding="utf-8") as handle:
            for line in handle:
                item = json.loads(line)
                self.items[item["name"]] = item

    def changed(self, other: "Store#1") -> list[str]:
        names = [name for name, item in self.items.items() if other.items.get(name) != item]
        return sorted(names, key=lambda name: (len(name), name))[: self.limit]


def totals_#1(rows, key="site"):
    found = {}
    for row in rows:
        try:
            found[row[key]] = found.get(row[key], 0) + int(row.get("count", 0))
        except (KeyError, ValueError) as error:
            print(f"row {row!r} passed over: {error}")
    return {name: total for name, total in found.items() if total > #3}


