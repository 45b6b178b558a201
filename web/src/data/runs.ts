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

/** Changes that a row has room for when the first is added to it. */
const FIRST_ROOM = 8;

export class Runs {
    /** Changes of all rows. */
    count: number;
    /** Of each row: where its changes begin and their codes, with room for more, and how many there are. */
    private readonly places: Uint16Array[];
    private readonly codes: Codes[];
    private readonly counts: Uint32Array;
    /** Of each row, the change found last: what is asked for next is mostly near. */
    private readonly last: Uint32Array;

    constructor({ starts, places, codes }: Changes) {
        const rows = starts.length - 1;
        const of = <T extends Codes>(all: T): T[] => Array.from({ length: rows }, (_, row) => all.subarray(starts[row], starts[row + 1]) as T);
        this.count = codes.length;
        this.places = of(places);
        this.codes = of(codes);
        this.counts = Uint32Array.from(this.places, (one) => one.length);
        this.last = new Uint32Array(rows);
    }

    codeAt(row: number, place: number): number {
        const found = this.changeAt(row, place);
        return found < 0 ? 0 : this.codes[row][found];
    }

    /** Number of the last change of a row at or before a place; -1 where there is none. */
    private changeAt(row: number, place: number): number {
        const places = this.places[row];
        let low = 0;
        let high = this.counts[row];
        const last = this.last[row];
        if (last < high && places[last] <= place) {
            if (last + 1 === high || places[last + 1] > place) return last;
            low = last + 1;
        }
        while (low < high) {
            const middle = (low + high) >> 1;
            if (places[middle] <= place) low = middle + 1;
            else high = middle;
        }
        if (low > 0) this.last[row] = low - 1;
        return low - 1;
    }

    /** Steps of a row in windows [from, to), `every` of which are a place; `valueOf` answers the value of a code. */
    stepsInto(row: number, from: number, to: number, every: number, out: Steps, valueOf: (code: number) => number): void {
        const places = this.places[row];
        const codes = this.codes[row];
        const after = this.counts[row];
        const before = this.changeAt(row, Math.floor(from / every));
        out.push(from, valueOf(before < 0 ? 0 : codes[before]));
        for (let change = before + 1; change < after && places[change] * every < to; change++) out.push(places[change] * every, valueOf(codes[change]));
    }

    /** Note the code that a row has from a place on, at or after its last change. */
    append(row: number, place: number, code: number): void {
        const count = this.counts[row];
        if (count > 0 && this.places[row][count - 1] === place) this.drop(row, count - 1);
        else if ((count > 0 ? this.codes[row][count - 1] : 0) === code) return;
        this.push(row, place, code);
    }

    private push(row: number, place: number, code: number): void {
        const at = this.counts[row]++;
        this.count++;
        if (at === this.places[row].length) {
            const room = Math.max(FIRST_ROOM, 2 * at);
            const places = new Uint16Array(room);
            // Widest from here on: few rows of few columns have many changes.
            const codes = new Uint32Array(room);
            places.set(this.places[row]);
            codes.set(this.codes[row]);
            [this.places[row], this.codes[row]] = [places, codes];
        }
        const most = 2 ** (8 * this.codes[row].BYTES_PER_ELEMENT) - 1;
        if (code > most) this.codes[row] = Uint32Array.from(this.codes[row]);
        this.places[row][at] = place;
        this.codes[row][at] = code;
    }

    private drop(row: number, to: number): void {
        this.count -= this.counts[row] - to;
        this.counts[row] = to;
    }

    /** Forget all changes from a place on. */
    cut(place: number): void {
        for (let row = 0; row < this.counts.length; row++) if (place === 0) this.drop(row, 0);
        else this.drop(row, this.changeAt(row, place - 1) + 1);
    }

    /** The largest code, or more: all of them or-ed. */
    get seen(): number {
        let seen = 0;
        this.codes.forEach((codes, row) => {
            for (let i = 0; i < this.counts[row]; i++) seen |= codes[i];
        });
        return seen >>> 0;
    }
}
