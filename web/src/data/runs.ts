/** Codes of a column that seldom moves, as its changes along each row: open interest stands still for hours. */

import type { Codes } from "./codec.ts";
import type { Steps } from "./steps.ts";

/** As a worker hands it over: of row r, changes number `starts[r]` to `starts[r + 1]`. Before the first the code is 0. */
export interface Changes {
    starts: Uint32Array<ArrayBuffer>;
    /** Groups of windows in which a change begins. */
    places: Uint16Array<ArrayBuffer>;
    codes: Codes;
}

export class Runs {
    readonly codes: Codes;
    private readonly starts: Uint32Array;
    private readonly places: Uint16Array;
    /** The change found last: what is asked for next is mostly near. */
    private last = 0;

    constructor({ starts, places, codes }: Changes) {
        this.starts = starts;
        this.places = places;
        this.codes = codes;
    }

    codeAt(row: number, place: number): number {
        const found = this.changeAt(row, place);
        return found < this.starts[row] ? 0 : this.codes[found];
    }

    /** Number of the last change of a row at or before a place; one before the row's first where there is none. */
    private changeAt(row: number, place: number): number {
        const { places } = this;
        const first = this.starts[row];
        const after = this.starts[row + 1];
        let low = first;
        let high = after;
        const { last } = this;
        if (last >= first && last < after && places[last] <= place) {
            if (last + 1 === after || places[last + 1] > place) return last;
            low = last + 1;
        }
        while (low < high) {
            const middle = (low + high) >> 1;
            if (places[middle] <= place) low = middle + 1;
            else high = middle;
        }
        if (low > first) this.last = low - 1;
        return low - 1;
    }

    /** Steps of a row in windows [from, to), `every` of which are a place; `valueOf` answers the value of a code. */
    stepsInto(row: number, from: number, to: number, every: number, out: Steps, valueOf: (code: number) => number): void {
        const { places, codes } = this;
        const after = this.starts[row + 1];
        const before = this.changeAt(row, Math.floor(from / every));
        out.push(from, valueOf(before < this.starts[row] ? 0 : codes[before]));
        for (let change = before + 1; change < after && places[change] * every < to; change++) out.push(places[change] * every, valueOf(codes[change]));
    }
}
