/** Changes of regime within a day, as the table `regime_events` has them: from one known regime to another known one. */

import type { Day } from "../data/day.ts";

export interface RegimeChange {
    /** Column of the first window with the new regime. */
    t: number;
    from: string;
    to: string;
    /** Column of the window in which the regime before began. */
    since: number;
}

export class Regimes {
    readonly row: number;
    readonly changes: RegimeChange[] = [];
    private readonly day: Day;
    private done = 0;
    private known: { word: string; since: number } | null = null;

    /** `row`: of the levels of a convention. */
    constructor(day: Day, row: number) {
        this.day = day;
        this.row = row;
        this.extend();
    }

    /** Take in windows that were added. */
    extend(): void {
        for (; this.done < this.day.windows; this.done++) {
            const word = this.day.word("regime", this.row, this.done);
            if (word === null || word === this.known?.word) continue;
            if (this.known) this.changes.push({ t: this.done, from: this.known.word, to: word, since: this.known.since });
            this.known = { word, since: this.done };
        }
    }

    /** The change with which the regime of a window began; null where it is the day's first. */
    before(t: number): RegimeChange | null {
        let found: RegimeChange | null = null;
        for (const one of this.changes) {
            if (one.t > t) break;
            found = one;
        }
        return found;
    }
}
