/** Exposure by strike and window for what is chosen: convention, weight, side and scope. Derived from gamma and contracts. */

import type { Day } from "../data/day.ts";
import { WINDOWS_OF_A_DAY, type Convention } from "../data/format.ts";
import type { Matrix } from "../data/matrix.ts";
import { constantSigns, factor, ofBoth, signedContracts, type Side } from "./signs.ts";

export interface Choice {
    convention: Convention;
    weight: string;
    side: Side;
    scope: string;
}

/** Quotes older than this fade, by the logarithm of their age, until they are as pale as may be. [s] */
export const OLD_AFTER_S = 60;
const PALEST_AFTER_S = 900;
/** Degrees of fading after none. */
const PALEST = 3;

/** An exposure has a sign where it is beyond so many of its standard errors. */
const SURE_ERRORS = 2;

/** Windows whose mean is kept for wide views. */
export const COARSE = 8;

/** Marks of a cell: the lowest bit says unsure, the next two how faded. */
export const UNSURE = 1;

export function fading(marks: number): number {
    return marks >> 1;
}

function fadingOf(ageS: number): number {
    if (!(ageS > OLD_AFTER_S)) return 0;
    return Math.min(PALEST, Math.round((Math.log(ageS / OLD_AFTER_S) / Math.log(PALEST_AFTER_S / OLD_AFTER_S)) * PALEST));
}

/** Whether an exposure, or a change of one, is within its errors of zero. `squares` is the sum of their squares. */
export function isUnsure(value: number, squares: number): boolean {
    return value !== 0 && value * value < SURE_ERRORS ** 2 * squares;
}

/** Expirations that a scope counts in some window, by number. */
export function expirationsIn(day: Day, scope: string): number[] {
    const all = day.header.expirations.map((_, number) => number);
    return all.filter((number) => {
        const one = day.header.expirations[number];
        if (scope === "all") return true;
        if (scope === "selected") return one.selected;
        if (scope === "0dte") return one.is_0dte;
        return scope === `exp:${one.date}`;
    });
}

/**
 * Numbers of the first and the last window in which a scope counts an expiration. Only 0DTE changes within a UTC day: as in the
 * tables, it counts in a window what expires on the date of that window's session.
 */
export function countedIn(day: Day, scope: string, expiration: number): [number, number] {
    if (scope !== "0dte") return [0, WINDOWS_OF_A_DAY];
    const { date } = day.header.expirations[expiration];
    const sessions = day.header.sessions.filter((one) => one.session_date === date);
    if (!sessions.length) return [0, -1];
    return [Math.min(...sessions.map((one) => one.start_k)), Math.max(...sessions.map((one) => one.end_k))];
}

export class Exposure {
    readonly choice: Choice;
    readonly strikes: Float64Array;
    readonly lines: number[][];
    readonly stride: number;
    readonly coarseStride: number;
    /** Signed exposure, strikes by windows; NaN where missing. */
    readonly values: Float32Array;
    /** Means of `COARSE` windows; NaN where all are missing. */
    readonly coarse: Float32Array;
    /** Once a minute, marks, and the square of the standard error; 0 where no error is known. */
    readonly marks: Uint8Array;
    private readonly squares: Float32Array;
    /** Of each expiration, the first and the last window in which it counts. */
    private readonly counted: [number, number][];
    readonly marksEvery: number;
    readonly marksStride: number;
    done = 0;
    private readonly day: Day;
    private readonly ages: Matrix | undefined;
    /** Rows of gamma, calls, puts and flow of one line at a time: the same memory for all lines. */
    private rows: Float64Array[] = [];
    private readonly cell = [new Float64Array(1), new Float64Array(1)];

    constructor(day: Day, choice: Choice) {
        this.day = day;
        this.ages = day.get("quote_age_s");
        this.choice = choice;
        const scope = new Set(expirationsIn(day, choice.scope));
        this.counted = day.header.expirations.map((_, number) => countedIn(day, choice.scope, number));
        const byStrike = new Map<number, number[]>();
        day.header.lines.forEach((line, number) => {
            if (!scope.has(line.expiration)) return;
            const found = byStrike.get(line.strike);
            if (found) found.push(number);
            else byStrike.set(line.strike, [number]);
        });
        this.strikes = Float64Array.from([...byStrike.keys()].sort((a, b) => a - b));
        this.lines = Array.from(this.strikes, (strike) => byStrike.get(strike)!);
        this.stride = day.capacity;
        this.coarseStride = Math.ceil(this.stride / COARSE);
        this.marksEvery = day.get("gamma_se_share")?.spec.every ?? day.get("quote_age_s")?.spec.every ?? 12;
        this.marksStride = Math.ceil(this.stride / this.marksEvery);
        this.values = new Float32Array(this.strikes.length * this.stride);
        this.coarse = new Float32Array(this.strikes.length * this.coarseStride);
        this.marks = new Uint8Array(this.strikes.length * this.marksStride);
        this.squares = new Float32Array(this.marks.length);
        // Looked up from here on, cell by cell.
        for (const name of ["gamma_se_share", "quote_age_s"]) day.get(name)?.lookup();
        this.extend();
    }

    /** Columns that must be in the day before an exposure of these choices can be made, by blob. */
    static blobsOf(choice: Choice): string[] {
        const flow = choice.convention.sign_model === "flow_signed" ? ["weight-flow_inventory"] : [];
        return ["core", ...new Set([`weight-${choice.weight}`, ...flow])];
    }

    /** Derive the windows that were added since. */
    extend(): void {
        const from = this.done;
        const to = this.day.windows;
        if (to <= from) return;
        const factors = this.factors(from, to);
        this.rows = [0, 1, 2, 3].map(() => new Float64Array(to - from));
        for (let place = 0; place < this.strikes.length; place++) {
            const squares = new Float64Array(Math.ceil(to / this.marksEvery) - Math.floor(from / this.marksEvery));
            this.lines[place].forEach((line, number) => this.addLine(place, line, number === 0, from, to, factors, squares));
            this.mean(place, from, to);
            this.mark(place, from, to, squares);
        }
        this.done = to;
        this.rows = [];
    }

    private factors(from: number, to: number): Map<number, Float64Array> {
        const forward = this.day.need("forward");
        const found = new Map<number, Float64Array>();
        for (const expiration of expirationsIn(this.day, this.choice.scope)) {
            const { multiplier } = this.day.header.expirations[expiration];
            const values = forward.row(expiration, from, to);
            found.set(expiration, values.map((F) => factor(this.choice.convention.scale, F, multiplier)));
        }
        return found;
    }

    /** Add a line's exposure to its strike's, in windows [from, to), and its squared error once a minute. */
    private addLine(
        place: number,
        line: number,
        isFirst: boolean,
        from: number,
        to: number,
        factors: Map<number, Float64Array>,
        squares: Float64Array,
    ): void {
        const { side } = this.choice;
        const { values } = this;
        const gamma = this.day.need("gamma");
        const gammas = gamma.readInto(line, from, this.rows[0]);
        const { expiration } = this.day.header.lines[line];
        const [first, last] = this.counted[expiration];
        gammas.fill(NaN, 0, Math.max(0, this.day.columnAt(first - 1) + 1 - from));
        gammas.fill(NaN, Math.max(0, this.day.columnAt(last) + 1 - from));
        const factorOf = factors.get(expiration)!;
        const call = side === "put" ? null : this.signedSide("call", line, from, this.rows[1], this.rows[3]);
        const put = side === "call" ? null : this.signedSide("put", line, from, this.rows[2], this.rows[3]);
        const one = (call ?? put)!;
        const other = call && put ? put : null;
        const out = place * this.stride + from;
        for (let i = 0; i < to - from; i++) {
            let contracts = one[i];
            if (other) {
                const more = other[i];
                if (contracts !== contracts) contracts = more;
                else if (more === more) contracts += more;
            }
            const value = gammas[i] * contracts * factorOf[i];
            if (isFirst) values[out + i] = value;
            else if (value === value) {
                const before = values[out + i];
                values[out + i] = before === before ? before + value : value;
            }
            gammas[i] = value;
        }
        const share = this.day.get("gamma_se_share");
        if (!share) return;
        const every = this.marksEvery;
        for (let group = Math.ceil(from / every); group * every < to; group++) {
            const value = gammas[group * every - from];
            if (value === value) squares[group - Math.floor(from / every)] += (share.at(line, group * every) * value) ** 2;
        }
    }

    /** Signed contracts of calls or puts of a line from a window on, into `out`. */
    private signedSide(right: "call" | "put", line: number, from: number, out: Float64Array, flows: Float64Array): Float64Array {
        const matrix = this.day.need(`${right}_${this.choice.weight}`);
        const constant = constantSigns(this.choice.convention.sign_model);
        if (constant) return matrix.readInto(line, from, out, constant[right === "call" ? 0 : 1]);
        const values = matrix.readInto(line, from, out);
        if (this.choice.weight === "flow_inventory") return values;
        const flow = this.day.need(`${right}_flow_inventory`).readInto(line, from, flows);
        for (let i = 0; i < values.length; i++) values[i] = signedContracts(values[i], Math.sign(flow[i]));
        return values;
    }

    private mean(place: number, from: number, to: number): void {
        const base = place * this.stride;
        for (let group = Math.floor(from / COARSE); group * COARSE < to; group++) {
            let sum = 0;
            let count = 0;
            for (let t = group * COARSE; t < Math.min(to, (group + 1) * COARSE); t++) {
                const value = this.values[base + t];
                if (value === value) {
                    sum += value;
                    count++;
                }
            }
            this.coarse[place * this.coarseStride + group] = count ? sum / count : NaN;
        }
    }

    private mark(place: number, from: number, to: number, squares: Float64Array): void {
        const every = this.marksEvery;
        const first = Math.floor(from / every);
        for (let group = Math.ceil(from / every); group * every < to; group++) {
            const value = this.at(place, group * every);
            const unsure = isUnsure(value, squares[group - first]) ? UNSURE : 0;
            this.squares[place * this.marksStride + group] = squares[group - first];
            this.marks[place * this.marksStride + group] = unsure | (fadingOf(this.ageAt(place, group * every)) << 1);
        }
    }

    /** Whether the scope counts a line in a window. */
    private counts(line: number, t: number): boolean {
        if (this.choice.scope !== "0dte") return true;
        const [first, last] = this.counted[this.day.header.lines[line].expiration];
        const k = this.day.k(t);
        return k >= first && k <= last;
    }

    /** Exposure and its standard error, in full precision; lines are independent of each other. */
    detail(place: number, t: number): { value: number; se: number; call: number; put: number } {
        const forward = this.day.need("forward");
        const gamma = this.day.need("gamma");
        const share = this.day.get("gamma_se_share");
        let value = NaN;
        let squares = NaN;
        let calls = NaN;
        let puts = NaN;
        for (const line of this.lines[place]) {
            if (!this.counts(line, t)) continue;
            const { expiration } = this.day.header.lines[line];
            const scaled = factor(this.choice.convention.scale, forward.at(expiration, t), this.day.header.expirations[expiration].multiplier);
            const call = this.choice.side === "put" ? NaN : this.signedSide("call", line, t, this.cell[0], this.cell[1])[0];
            const put = this.choice.side === "call" ? NaN : this.signedSide("put", line, t, this.cell[0], this.cell[1])[0];
            const one = gamma.at(line, t) * scaled * ofBoth(call, put);
            calls = ofBoth(calls, call);
            puts = ofBoth(puts, put);
            value = ofBoth(value, one);
            if (share) squares = ofBoth(squares, (share.at(line, t) * one) ** 2);
        }
        return { value, se: Math.sqrt(squares), call: calls, put: puts };
    }

    /** Age of the youngest quote at a strike. [s] */
    ageAt(place: number, t: number): number {
        const { ages } = this;
        let youngest = NaN;
        if (!ages) return youngest;
        for (const line of this.lines[place]) {
            const one = this.counts(line, t) ? ages.at(line, t) : NaN;
            if (one === one && !(one >= youngest)) youngest = one;
        }
        return youngest;
    }

    at(place: number, t: number): number {
        return this.values[place * this.stride + t];
    }

    marksAt(place: number, t: number): number {
        return this.marks[place * this.marksStride + Math.floor(t / this.marksEvery)];
    }

    /** Square of a strike's standard error, as once a minute; 0 where none is known. */
    squaresAt(place: number, t: number): number {
        return this.squares[place * this.marksStride + Math.floor(t / this.marksEvery)];
    }

    /** Sum over all strikes in a window; NaN where none is known. */
    net(t: number): number {
        let sum = NaN;
        for (let place = 0; place < this.strikes.length; place++) sum = ofBoth(sum, this.at(place, t));
        return sum;
    }

    /** Position of the strike nearest a price. */
    nearest(price: number): number {
        let low = 0;
        let high = this.strikes.length - 1;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.strikes[middle] < price) low = middle + 1;
            else high = middle;
        }
        return low > 0 && price - this.strikes[low - 1] <= this.strikes[low] - price ? low - 1 : low;
    }
}
