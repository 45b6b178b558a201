/** Exposure by strike and window for what is chosen: convention, weight, side and scope. Derived from gamma and contracts. */

import type { Day } from "../data/day.ts";
import { WINDOWS_OF_A_DAY, type Convention } from "../data/format.ts";
import type { Matrix } from "../data/matrix.ts";
import { Steps } from "../data/steps.ts";
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

/** One strike's exposure over the day. */
export class StrikeRow {
    /** Signed exposure by window; NaN where missing. */
    readonly values: Float32Array;
    /** Means of `COARSE` windows; NaN where all are missing. */
    readonly coarse: Float32Array;
    /** Once a minute, marks, and the square of the standard error; 0 where no error is known. */
    readonly marks: Uint8Array;
    readonly squares: Float32Array;
    /** Windows that are derived. */
    done = 0;

    constructor(windows: number, marksEvery: number) {
        this.values = new Float32Array(windows);
        this.coarse = new Float32Array(Math.ceil(windows / COARSE));
        this.marks = new Uint8Array(Math.ceil(windows / marksEvery));
        this.squares = new Float32Array(this.marks.length);
    }
}

/** Of one line at a time: the same memory for all lines. */
const SCRATCH = [new Steps(), new Steps(), new Steps(), new Steps()] as const;
const SIDES = [new Steps(), new Steps()] as const;
const [SIZES, FLOWS] = [new Steps(), new Steps()];

/** Rows of strikes are derived when they are first asked for: a view shows a part of them, and a switch waits for no more. */
export class Exposure {
    readonly choice: Choice;
    readonly strikes: Float64Array;
    readonly lines: number[][];
    readonly marksEvery: number;
    /** Windows of the day that rows are derived for. */
    done = 0;
    private readonly day: Day;
    private readonly rows: (StrikeRow | undefined)[];
    private readonly ages: Matrix | undefined;
    private readonly share: Matrix | undefined;
    private readonly gamma: Matrix;
    private readonly contracts: { call: Matrix; put: Matrix };
    /** What signs contracts, where the convention reads the flow's sign. */
    private readonly flow: { call: Matrix; put: Matrix } | null;
    /** Of each expiration, the first and the last window in which it counts. */
    private readonly counted: [number, number][];
    /** Of each expiration in the scope, the exposure of a contract per unit of gamma by window; NaN where it does not count. */
    private readonly factors = new Map<number, Float64Array>();

    constructor(day: Day, choice: Choice) {
        this.day = day;
        this.choice = choice;
        this.ages = day.get("quote_age_s");
        this.share = day.get("gamma_se_share");
        this.gamma = day.need("gamma");
        const sides = (weight: string): { call: Matrix; put: Matrix } => ({ call: day.need(`call_${weight}`), put: day.need(`put_${weight}`) });
        this.contracts = sides(choice.weight);
        const isSigned = constantSigns(choice.convention.sign_model) !== null || choice.weight === "flow_inventory";
        this.flow = isSigned ? null : sides("flow_inventory");
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
        this.rows = new Array<StrikeRow | undefined>(this.strikes.length).fill(undefined);
        this.marksEvery = this.share?.spec.every ?? this.ages?.spec.every ?? 12;
        for (const expiration of scope) this.factors.set(expiration, new Float64Array(day.capacity));
        // Looked up from here on, cell by cell.
        for (const matrix of [this.share, this.ages]) matrix?.lookup();
        this.extend();
    }

    /** Columns that must be in the day before an exposure of these choices can be made, by blob. */
    static blobsOf(choice: Choice): string[] {
        const flow = choice.convention.sign_model === "flow_signed" ? ["weight-flow_inventory"] : [];
        return ["core", ...new Set([`weight-${choice.weight}`, ...flow])];
    }

    /** Take in the windows that were added since. */
    extend(): void {
        const from = this.done;
        const to = this.day.windows;
        if (to <= from) return;
        const forward = this.day.need("forward");
        const { scale } = this.choice.convention;
        for (const [expiration, factors] of this.factors) {
            const { multiplier } = this.day.header.expirations[expiration];
            const [first, last] = this.counted[expiration];
            const begin = Math.max(from, this.day.columnAt(first - 1) + 1);
            const end = Math.min(to, this.day.columnAt(last) + 1);
            factors.fill(NaN, from, to);
            for (let t = begin; t < end; t++) factors[t] = factor(scale, forward.at(expiration, t), multiplier);
        }
        this.done = to;
    }

    /** The row of a strike, derived up to the last window. */
    row(place: number): StrikeRow {
        const row = (this.rows[place] ??= new StrikeRow(this.day.capacity, this.marksEvery));
        if (row.done < this.done) this.derive(place, row);
        return row;
    }

    private derive(place: number, row: StrikeRow): void {
        const from = row.done;
        const to = this.done;
        this.lines[place].forEach((line, number) => this.addLine(row, line, number === 0, from, to));
        mean(row, from, to);
        this.mark(place, row, from, to);
        row.done = to;
    }

    /** Add a line's exposure to its strike's, in windows [from, to), and its squared error once a minute. */
    private addLine(row: StrikeRow, line: number, isFirst: boolean, from: number, to: number): void {
        const { share, marksEvery: every } = this;
        const [gammas, contracts, errors, found] = SCRATCH;
        const factors = this.factors.get(this.day.header.lines[line].expiration)!;
        this.gamma.steps(line, from, to, gammas);
        found.combine(gammas, this.signed(line, from, to, contracts), (gamma, size) => gamma * size);
        share?.steps(line, from, to, errors);
        const { values, squares } = row;
        for (let step = 0, error = 0; step < found.count; step++) {
            const size = found.values[step];
            const begin = found.starts[step];
            const end = found.endOf(step);
            if (isFirst) for (let t = begin; t < end; t++) values[t] = size * factors[t];
            else if (size === size) addKnown(values, size, factors, begin, end);
            for (let group = Math.ceil(begin / every); share && group * every < end; group++) {
                while (errors.endOf(error) <= group * every) error++;
                const one = size * factors[group * every];
                if (one === one) squares[group] += (errors.values[error] * one) ** 2;
            }
        }
    }

    /** Signed contracts of a line in windows [from, to), of the sides that are chosen. */
    private signed(line: number, from: number, to: number, out: Steps): Steps {
        const { side } = this.choice;
        if (side === "put") return this.signedSide("put", line, from, to, out);
        if (side === "call") return this.signedSide("call", line, from, to, out);
        return out.combine(this.signedSide("call", line, from, to, SIDES[0]), this.signedSide("put", line, from, to, SIDES[1]), ofBoth);
    }

    private signedSide(right: "call" | "put", line: number, from: number, to: number, out: Steps): Steps {
        const sizes = this.contracts[right].steps(line, from, to, SIZES);
        if (this.flow) return out.combine(sizes, this.flow[right].steps(line, from, to, FLOWS), (size, flow) => signedContracts(size, Math.sign(flow)));
        const constant = constantSigns(this.choice.convention.sign_model);
        const sign = constant ? constant[right === "call" ? 0 : 1] : 0;
        return out.map(sizes, (size) => (sign === 0 ? size : signedContracts(size, sign)));
    }

    /** Calls and puts of one window; NaN for the side that is not chosen. */
    private sidesAt(line: number, t: number): [number, number] {
        const { side } = this.choice;
        return [side === "put" ? NaN : this.signedAt("call", line, t), side === "call" ? NaN : this.signedAt("put", line, t)];
    }

    private factorAt(line: number, t: number): number {
        return this.factors.get(this.day.header.lines[line].expiration)![t];
    }

    private signedAt(right: "call" | "put", line: number, t: number): number {
        const value = this.contracts[right].at(line, t);
        if (this.flow) return signedContracts(value, Math.sign(this.flow[right].at(line, t)));
        const constant = constantSigns(this.choice.convention.sign_model);
        return constant ? signedContracts(value, constant[right === "call" ? 0 : 1]) : value;
    }

    private mark(place: number, row: StrikeRow, from: number, to: number): void {
        const every = this.marksEvery;
        // Which expirations count may change within the day for 0DTE alone.
        const ages = this.ages && this.choice.scope !== "0dte" ? this.youngest(place, from, to, this.ages) : null;
        for (let group = Math.ceil(from / every), step = 0; group * every < to; group++) {
            while (ages && ages.endOf(step) <= group * every) step++;
            const unsure = isUnsure(row.values[group * every], row.squares[group]) ? UNSURE : 0;
            row.marks[group] = unsure | (fadingOf(ages ? ages.values[step] : this.ageAt(place, group * every)) << 1);
        }
    }

    /** Ages of the youngest quote at a strike in windows [from, to). */
    private youngest(place: number, from: number, to: number, ages: Matrix): Steps {
        const [first, ...others] = this.lines[place];
        let found = ages.steps(first, from, to, SIDES[0]);
        for (const line of others) {
            found = (found === SIDES[0] ? SIDES[1] : SIDES[0]).combine(found, ages.steps(line, from, to, SIZES), younger);
        }
        return found;
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
        const { share } = this;
        let value = NaN;
        let squares = NaN;
        let calls = NaN;
        let puts = NaN;
        for (const line of this.lines[place]) {
            if (!this.counts(line, t)) continue;
            const [call, put] = this.sidesAt(line, t);
            const one = this.gamma.at(line, t) * ofBoth(call, put) * this.factorAt(line, t);
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
            if (this.counts(line, t)) youngest = younger(youngest, ages.at(line, t));
        }
        return youngest;
    }

    at(place: number, t: number): number {
        return this.row(place).values[t];
    }

    marksAt(place: number, t: number): number {
        return this.row(place).marks[Math.floor(t / this.marksEvery)];
    }

    /** Square of a strike's standard error, as once a minute; 0 where none is known. */
    squaresAt(place: number, t: number): number {
        return this.row(place).squares[Math.floor(t / this.marksEvery)];
    }

    /** Every strike's exposure in one window, and the square of its standard error, without their rows. */
    all(t: number): { values: Float64Array; squares: Float64Array } {
        const values = new Float64Array(this.strikes.length);
        const squares = new Float64Array(this.strikes.length);
        const noted = Math.floor(t / this.marksEvery) * this.marksEvery;
        for (let place = 0; place < this.strikes.length; place++) {
            let value = NaN;
            // Rounded as rows are, so that a strike's change from this window to itself is 0.
            for (const line of this.lines[place]) {
                value = Math.fround(ofBoth(value, this.gamma.at(line, t) * ofBoth(...this.sidesAt(line, t)) * this.factorAt(line, t)));
            }
            values[place] = value;
            squares[place] = this.detail(place, noted).se ** 2 || 0;
        }
        return { values, squares };
    }

    /** Sum over all strikes in a window; NaN where none is known. */
    net(t: number): number {
        let sum = NaN;
        for (let place = 0; place < this.strikes.length; place++) sum = ofBoth(sum, this.detail(place, t).value);
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

/** The lesser of what is known. */
function younger(a: number, b: number): number {
    return b >= a || Number.isNaN(b) ? a : b;
}

/** Add a size times factors where that is known. A function of its own, so that it is soon compiled. */
function addKnown(values: Float32Array, size: number, factors: Float64Array, begin: number, end: number): void {
    for (let t = begin; t < end; t++) {
        const value = size * factors[t];
        const before = values[t];
        if (value === value) values[t] = before === before ? before + value : value;
    }
}

/** Means of groups of windows that lie, at least in part, in [from, to). */
function mean(row: StrikeRow, from: number, to: number): void {
    for (let group = Math.floor(from / COARSE); group * COARSE < to; group++) {
        let sum = 0;
        let count = 0;
        for (let t = group * COARSE; t < Math.min(to, (group + 1) * COARSE); t++) {
            const value = row.values[t];
            if (value === value) {
                sum += value;
                count++;
            }
        }
        row.coarse[group] = count ? sum / count : NaN;
    }
}
