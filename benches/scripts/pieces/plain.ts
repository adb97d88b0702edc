export interface Row#1 {
    id: string;
    name: string;
    count?: number;
    tags: Record<string, string>;
}

/** Groups rows by a tag. */
export function group#1(rows: Row#1[], tag: string): Map<string, Row#1[]> {
    const groups = new Map<string, Row#1[]>();
    for (const row of rows) {
        const key = row.tags[tag] ?? 'none';
        const known = groups.get(key) ?? [];
        known.push({ ...row, count: (row.count ?? 0) + #2 });
        groups.set(key, known);
    }
    return groups;
}

export class Queue#1<T> {
    private readonly items: T[] = [];
    constructor(private readonly limit = #3) {}
    public push(item: T): boolean {
        if (this.items.length >= this.limit) {
            return false;
        }
        this.items.push(item);
        return true;
    }
    public async drain(handle: (item: T) => Promise<void>): Promise<number> {
        let done = 0;
        while (this.items.length > 0) {
            const item = this.items.shift();
            if (item === undefined) break;
            try {
                await handle(item);
                done += 1;
            } catch (error) {
                console.error(`item ${done} failed: ${String(error)}`);
            }
        }
        return done;
    }
}

