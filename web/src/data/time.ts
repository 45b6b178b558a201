/** Which windows a stretch of time covers. Windows may be missing: closed hours, holes, and those still to come. */

import type { Day } from "./day.ts";
import { WINDOWS_OF_A_DAY } from "./format.ts";

export class TimeAxis {
    readonly day: Day;
    /** Number of windows before each k. */
    private readonly before = new Int32Array(WINDOWS_OF_A_DAY + 2);
    private readonly stride: number;
    private done = 0;
    private last = -1;

    constructor(day: Day) {
        this.day = day;
        this.stride = day.header.stride ?? 1;
        this.extend();
    }

    extend(): void {
        for (; this.done < this.day.windows; this.done++) {
            const k = this.day.k(this.done);
            this.before.fill(this.done, this.last + 1, k + 1);
            this.last = k;
        }
        this.before.fill(this.done, this.last + 1);
    }

    /** The first and the last window's k; the day's sessions where there are no windows. */
    get range(): [number, number] {
        const { windows, header } = this.day;
        if (windows > 0) return [this.day.k(0), this.last];
        return [header.sessions[0]?.start_k ?? 0, header.sessions[header.sessions.length - 1]?.end_k ?? WINDOWS_OF_A_DAY - 1];
    }

    /** Columns [from, to) of windows that end after `start` and begin before `stop` [UNIX s]; equal where there are none. */
    columns(start: number, stop: number): [number, number] {
        const step = this.day.header.step_s;
        const first = bounded(Math.floor((start - this.day.midnight) / step + 1e-6));
        const after = bounded(Math.max(first + 1, Math.ceil((stop - this.day.midnight) / step - 1e-6)));
        const from = this.before[first];
        const to = this.before[after];
        if (to > from || this.stride === 1) return [from, to];
        // Of every few windows one is kept: it stands for those before it.
        const next = this.before[first] < this.day.windows ? this.day.k(from) : -1;
        return next >= 0 && next - first < this.stride ? [from, from + 1] : [from, from];
    }

    /** Whether windows were left out between a column and the one before. */
    hasGapBefore(column: number): boolean {
        return column > 0 && this.day.k(column) - this.day.k(column - 1) > this.stride;
    }
}

function bounded(k: number): number {
    return Math.max(0, Math.min(WINDOWS_OF_A_DAY, k));
}
