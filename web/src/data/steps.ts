/** A row along time as steps: most cells equal the one before, and loops over steps are over few of them. */

import { WINDOWS_OF_A_DAY } from "./format.ts";

export class Steps {
    count = 0;
    /** Where each step begins, the first at the beginning of what was asked for. */
    readonly starts = new Int32Array(WINDOWS_OF_A_DAY + 1);
    readonly values = new Float64Array(WINDOWS_OF_A_DAY + 1);
    /** After the last window. */
    private end = 0;

    /** Begin again, without a step. */
    clear(end: number): this {
        this.count = 0;
        this.end = end;
        return this;
    }

    push(start: number, value: number): void {
        this.starts[this.count] = start;
        this.values[this.count++] = value;
    }

    /** Where a step ends. */
    endOf(step: number): number {
        return step + 1 < this.count ? this.starts[step + 1] : this.end;
    }

    /** Two rows of the same windows, cell by cell, into this one. */
    combine(a: Steps, b: Steps, of: (a: number, b: number) => number): this {
        this.clear(a.end);
        let [i, j] = [0, 0];
        for (let t = a.starts[0]; t < this.end; ) {
            this.push(t, of(a.values[i], b.values[j]));
            const [endA, endB] = [a.endOf(i), b.endOf(j)];
            t = Math.min(endA, endB);
            if (t === endA) i++;
            if (t === endB) j++;
        }
        return this;
    }

    /** Another row of the same windows, cell by cell, into this one. */
    map(a: Steps, of: (a: number) => number): this {
        this.clear(a.end);
        for (let step = 0; step < a.count; step++) this.push(a.starts[step], of(a.values[step]));
        return this;
    }
}
