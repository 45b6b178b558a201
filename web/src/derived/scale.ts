/**
 * How large an exposure must be for the full colour: the 99.5 % quantile of |exposure| at strikes within 2 % of the price.
 *
 * The trailing scale of a block of five minutes is what was known at the end of the block before, from the two hours before that.
 * So a colour once painted stays, and a day that grows has the colours of the finished day. Until a first block is over, the first
 * minute in which anything is known counts. The fixed scale is one number for the whole day, so that days can be compared.
 */

import type { Exposure } from "./exposure.ts";

const QUANTILE = 0.995;
const WITHIN = 0.02;
const BLOCK_MINUTES = 5;
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
    fixed = NaN;
    private readonly perMinute: number;
    private readonly block: number;
    /** Known at the end of each block; NaN before anything is known. */
    private readonly byBlock: number[] = [];
    private readonly blocks: number[][] = [];
    private readonly recent = new Histogram();
    private readonly whole = new Histogram();
    /** The first minute's window with an exposure, and its quantile. */
    private first = { t: Infinity, size: NaN };
    private done = 0;

    constructor(perMinute: number) {
        this.perMinute = perMinute;
        this.block = BLOCK_MINUTES * perMinute;
    }

    /** Take in windows up to `to`. `sizes` answers those of one window; once a minute it is asked. */
    extend(sizes: (t: number) => number[], to: number): void {
        const binsOf = (from: number, stop: number): number[] => {
            const bins: number[] = [];
            for (let t = from; t < stop; t += this.perMinute) {
                const found = sizes(t).map(binOf);
                if (found.length && t < this.first.t) this.first = { t, size: quantileOf(found) };
                for (const bin of found) bins.push(bin);
            }
            return bins;
        };
        for (; this.done + this.block <= to; this.done += this.block) this.add(binsOf(this.done, this.done + this.block));
        const rest = binsOf(this.done, to);
        this.whole.change(rest, 1);
        this.fixed = this.whole.quantile(QUANTILE);
        this.whole.change(rest, -1);
    }

    private add(bins: number[]): void {
        this.blocks.push(bins);
        this.recent.change(bins, 1);
        this.whole.change(bins, 1);
        if (this.blocks.length > BLOCKS_BACK) this.recent.change(this.blocks[this.blocks.length - 1 - BLOCKS_BACK], -1);
        const now = this.recent.quantile(QUANTILE);
        const before = this.byBlock[this.byBlock.length - 1] ?? NaN;
        if (Number.isNaN(before) || Number.isNaN(now)) this.byBlock.push(Number.isNaN(now) ? before : now);
        else this.byBlock.push(Math.exp((1 - FRESH) * Math.log(before) + FRESH * Math.log(now)));
    }

    /** The trailing scale of a window. */
    at(t: number): number {
        const known = this.byBlock[Math.floor(t / this.block) - 1] ?? NaN;
        return Number.isNaN(known) && t >= this.first.t ? this.first.size : known;
    }
}

function quantileOf(bins: readonly number[]): number {
    const one = new Histogram();
    one.change(bins, 1);
    return one.quantile(QUANTILE);
}

/** Sizes of exposures at strikes within 2 % of the price in a window. Those of a change are less `base`, from `since` on. */
export function sizesOf(exposure: Exposure, price: (t: number) => number, base?: Float64Array, since = 0): (t: number) => number[] {
    return (t) => {
        const sizes: number[] = [];
        const centre = price(t);
        const { strikes } = exposure;
        if (!(centre > 0) || t < since) return sizes;
        for (let place = exposure.nearest(centre * (1 - WITHIN)); place < strikes.length && strikes[place] <= centre * (1 + WITHIN); place++) {
            if (strikes[place] < centre * (1 - WITHIN)) continue;
            const size = Math.abs(exposure.at(place, t) - (base ? base[place] : 0));
            if (size > 0) sizes.push(size);
        }
        return sizes;
    };
}

/** The same of a profile over prices. */
export function sizesOfCurve(
    prices: readonly number[],
    curve: (t: number) => Float64Array | null,
    price: (t: number) => number,
): (t: number) => number[] {
    return (t) => {
        const sizes: number[] = [];
        const values = curve(t);
        const centre = price(t);
        for (let place = 0; values && place < prices.length; place++) {
            const size = Math.abs(values[place]);
            if (size > 0 && Math.abs(prices[place] / centre - 1) <= WITHIN) sizes.push(size);
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
