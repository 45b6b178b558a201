/** Days for tests: made up, and loaded as the page loads them. */

import { Day } from "../src/data/day.ts";
import type { Header, WindowMessage } from "../src/data/format.ts";
import { bytesOf, inflate } from "../src/data/inflate.ts";
import { madeUp, type MadeUp, type Wishes } from "./made_up.ts";

export async function dayOf({ header, blobs }: MadeUp): Promise<Day> {
    const day = new Day(header);
    for (const [name, text] of Object.entries(blobs)) day.load(name, await inflate(bytesOf(text)));
    return day;
}

const MADE = new Map<string, MadeUp>();

/** The day of these wishes: packed once, loaded for each test, since tests add windows. */
export function loaded(wishes: Wishes = {}): Promise<Day> {
    const key = JSON.stringify(wishes);
    const made = MADE.get(key) ?? madeUp(wishes);
    MADE.set(key, made);
    return dayOf(made);
}

/** The window of a day as replay sends it. */
export function messageOf(day: Day, t: number): WindowMessage {
    const columns: WindowMessage["columns"] = {};
    for (const spec of day.header.columns) {
        if (spec.name === "k" || (spec.every > 1 && t % spec.every !== 0)) continue;
        const matrix = day.need(spec.name);
        const cells = Array.from({ length: matrix.rows }, (_, row) => {
            const value = matrix.at(row, t);
            if (Number.isNaN(value)) return null;
            return spec.kind === "code" ? day.header.codes[spec.name][value] : value;
        });
        columns[spec.name] = spec.axis === "day" ? cells[0] : cells;
    }
    return { k: day.k(t), columns };
}

/** The first windows of a day that others are added to, up to all of them. */
export async function begun(windows: number, whole: number): Promise<{ day: Day; rest: WindowMessage[]; full: Day }> {
    const full = await loaded({ windows: whole });
    const some = madeUp({ windows, live: "/events" });
    const header: Header = { ...some.header };
    const day = await dayOf({ header, blobs: some.blobs });
    return { day, full, rest: Array.from({ length: whole - windows }, (_, i) => messageOf(full, windows + i)) };
}
