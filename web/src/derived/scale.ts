/**
 * How large an exposure must be for the full colour: the 99.5 % quantile of |exposure| at strikes within 2 % of the price.
 *
 * The trailing scale looks at the two hours before, and never at what comes after: a colour once painted stays. The fixed scale
 * is one number for the whole day, so that days can be compared.
 */

import type { Exposure } from "./exposure.ts";

const QUANTILE = 0.995;
const WITHIN = 0.02;
const BLOCK = 60;
const BLOCKS_BACK = 24;
/** Share of a new block's quantile that enters the scale: without it the picture shows seams. */
const FRESH = 0.25;

const LOWEST = -30;
const PER_E = 12;
const BINS = 90 * PER_E;

/** Counts of ln|exposure|, to add and to take away. */
class Histogram {
    private readonly counts = new Int32Array(BINS);
    private total = 0;

    change(bins: readonly number[], by: 1 | -1): void {
        for (const bin of bins) this.counts[bin] += by;
        this.total += by * bins.length;
    }

    quantile(share: number): number {
        let above = Math.floor(this.total * (1 - share));
        for (let bin = BINS - 1; bin >= 0; bin--) {
            above -= this.counts[bin];
            if (above < 0) return Math.exp(LOWEST + (bin + 1) / PER_E);
        }
        return NaN;
    }
}

function binOf(value: number): number {
    return Math.max(0, Math.min(BINS - 1, Math.floor((Math.log(value) - LOWEST) * PER_E)));
}

export class Scale {
    /** Of each block of 5 minutes; NaN before anything is known. */
    readonly byBlock: number[] = [];
    fixed = NaN;
    private readonly blocks: number[][] = [];
    private readonly recent = new Histogram();
    private readonly whole = new Histogram();
    private done = 0;

    /** Take in windows up to `to`, by their sizes in [from, stop). A block counts when it is complete, the first at once. */
    extend(sizes: (from: number, stop: number) => number[], to: number, capacity: number): void {
        while (this.done < to) {
            const stop = Math.min(to, this.done + BLOCK);
            if (stop - this.done < BLOCK && this.blocks.length > 0 && to < capacity) break;
            this.add(sizes(this.done, stop).map(binOf));
            this.done = stop;
        }
        this.fixed = this.whole.quantile(QUANTILE);
    }

    private add(bins: number[]): void {
        this.blocks.push(bins);
        this.recent.change(bins, 1);
        this.whole.change(bins, 1);
        if (this.blocks.length > BLOCKS_BACK) this.recent.change(this.blocks[this.blocks.length - 1 - BLOCKS_BACK], -1);
        const now = this.recent.quantile(QUANTILE);
        const before = this.byBlock[this.byBlock.length - 1] ?? NaN;
        this.byBlock.push(Number.isNaN(before) || Number.isNaN(now) ? (Number.isNaN(now) ? before : now) : Math.exp(
            (1 - FRESH) * Math.log(before) + FRESH * Math.log(now),
        ));
    }

    /** The trailing scale of a window. */
    at(t: number): number {
        return this.byBlock[Math.min(Math.floor(t / BLOCK), this.byBlock.length - 1)] ?? NaN;
    }
}

/** Sizes of exposures at strikes within 2 % of the price, once a minute; those of a change are less `base`. */
export function sizesOf(exposure: Exposure, price: (t: number) => number, base?: Float64Array): (from: number, stop: number) => number[] {
    return (from, stop) => {
        const sizes: number[] = [];
        for (let t = from; t < stop; t += 12) {
            const centre = price(t);
            for (let place = 0; place < exposure.strikes.length; place++) {
                if (!(Math.abs(exposure.strikes[place] / centre - 1) <= WITHIN)) continue;
                const size = Math.abs(exposure.at(place, t) - (base ? base[place] : 0));
                if (size > 0) sizes.push(size);
            }
        }
        return sizes;
    };
}

/** The same of a profile over prices. */
export function sizesOfCurve(
    prices: readonly number[],
    curve: (t: number) => Float64Array | null,
    price: (t: number) => number,
): (from: number, stop: number) => number[] {
    return (from, stop) => {
        const sizes: number[] = [];
        for (let t = from; t < stop; t += 12) {
            const values = curve(t);
            const centre = price(t);
            for (let place = 0; values && place < prices.length; place++) {
                const size = Math.abs(values[place]);
                if (size > 0 && Math.abs(prices[place] / centre - 1) <= WITHIN) sizes.push(size);
            }
        }
        return sizes;
    };
}

/** Median distance of neighbouring strikes within 3 % of a price. */
export function spacingOf(strikes: ArrayLike<number>, price: number): number {
    const gaps: number[] = [];
    for (let place = 1; place < strikes.length; place++) {
        if (!(price > 0) || Math.abs(strikes[place] / price - 1) <= 0.03) gaps.push(strikes[place] - strikes[place - 1]);
    }
    gaps.sort((a, b) => a - b);
    return gaps.length ? gaps[gaps.length >> 1] : 1;
}
