/**
 * Lines over the heat: price, walls, flip with its band; the ribbon of regimes and the vacuum beneath.
 *
 * They are painted into the same pixels as the heat, column by column: stroking paths of thousands of pieces took longer than all else.
 */

import type { Day } from "../data/day.ts";
import { after, type Frame, type Part } from "./heat.ts";
import { mixed, packedOf } from "./palette.ts";
import type { Regimes } from "../derived/regimes.ts";
import type { Look } from "./theme.ts";
import type { TimeAxis } from "../data/time.ts";

/** Columns [from, to) of windows behind each pixel column: entries 2x and 2x + 1. */
export type Stretches = Int32Array;

export function stretchesOf(frame: Frame, time: TimeAxis): Stretches {
    const stretches = new Int32Array(2 * frame.width);
    const step = (frame.stop - frame.start) / frame.width;
    for (let x = 0; x < frame.width; x++) {
        const at = frame.start + x * step;
        const [from, to] = time.columns(at, at + step);
        stretches[2 * x] = from;
        stretches[2 * x + 1] = to;
    }
    return stretches;
}

export interface Drawing {
    pixels: Uint32Array;
    frame: Frame;
    stretches: Stretches;
    /** Pixels of the device per unit of line width. */
    unit: number;
    look: Look;
    /** What is painted; the rest is there already. */
    part: Part;
}

/** A span of one pixel column, its ends mixed with what is there by the share that they cover. */
function span(drawing: Drawing, x: number, top: number, bottom: number, colour: number, opacity = 1): void {
    const { width, height } = drawing.frame;
    if (x < drawing.part.from || x >= drawing.part.to) return;
    const { pixels } = drawing;
    const last = Math.min(height - 1, Math.ceil(bottom) - 1);
    let at = Math.max(0, Math.floor(top)) * width + x;
    for (let y = Math.max(0, Math.floor(top)); y <= last; y++, at += width) {
        const isWhole = opacity === 1 && y >= top && y + 1 <= bottom;
        pixels[at] = isWhole ? colour : mixed(pixels[at], colour, opacity * Math.max(0, Math.min(y + 1, bottom) - Math.max(y, top)));
    }
}

function yOf(frame: Frame, price: number): number {
    return ((frame.high - price) / (frame.high - frame.low)) * frame.height;
}

/** Half of the price's line, and of its casing. [units] */
const PRICE = 0.8;
const CASING = 1.9;

/** Columns that the price's line or its casing takes to each side. */
function asideOf(half: number, unit: number): number {
    return Math.max(0, Math.round(half * unit - 0.5));
}

export function casingReach(unit: number): number {
    return asideOf(CASING, unit);
}

/** The price: its extremes within each pixel column, joined to the column before; it stops where no window is. */
export function drawPrice(drawing: Drawing, price: (t: number) => number): void {
    const { frame, stretches, unit, look, part } = drawing;
    // Columns whose casing reaches into the part, and the one before them.
    const reach = casingReach(unit);
    const begin = Math.max(0, part.from - reach - 1);
    const end = Math.min(frame.width, part.to + reach);
    const tops = new Float64Array(frame.width).fill(NaN);
    const bottoms = new Float64Array(frame.width);
    let before = NaN;
    for (let x = begin; x < end; x++) {
        let low = Infinity;
        let high = -Infinity;
        let last = NaN;
        for (let t = stretches[2 * x]; t < stretches[2 * x + 1]; t++) {
            const value = price(t);
            if (value !== value) continue;
            last = value;
            if (value < low) low = value;
            if (value > high) high = value;
        }
        if (last === last) {
            if (before < low) low = before;
            if (before > high) high = before;
            tops[x] = yOf(frame, high);
            bottoms[x] = yOf(frame, low);
        }
        before = last;
    }
    // The price as steps: a casing first, so that it is seen on every colour.
    for (const [css, half] of [[look.casing, CASING], [look.price, PRICE]] as const) {
        const colour = packedOf(css);
        const aside = asideOf(half, unit);
        for (let x = begin; x < end; x++) {
            if (tops[x] !== tops[x]) continue;
            for (let dx = -aside; dx <= aside; dx++) span(drawing, x + dx, tops[x] - half * unit, bottoms[x] + half * unit, colour);
        }
    }
}

function valueAt(drawing: Drawing, x: number, values: (t: number) => number): number {
    const to = drawing.stretches[2 * x + 1];
    return to > drawing.stretches[2 * x] ? values(to - 1) : NaN;
}

/** Horizontal pieces where a level stays, without lines from one to the next. */
export function drawWall(drawing: Drawing, values: (t: number) => number, css: string): void {
    const { frame, unit, look, part } = drawing;
    const casing = packedOf(look.casing);
    const colour = packedOf(css);
    for (let x = part.from; x < part.to; x++) {
        const value = valueAt(drawing, x, values);
        if (value !== value) continue;
        const y = yOf(frame, value);
        span(drawing, x, y - 1.7 * unit, y + 1.7 * unit, casing, 0.6);
        span(drawing, x, y - 0.8 * unit, y + 0.8 * unit, colour);
    }
}

/** A dashed line that follows a level, broken where it jumps by more than `jump` from one pixel column to the next. */
export function drawLevel(drawing: Drawing, values: (t: number) => number, css: string, half: number, dash: [number, number], jump: number): void {
    const { frame, unit, look, part } = drawing;
    const casing = packedOf(look.casing);
    const colour = packedOf(css);
    const [on, off] = dash;
    const begin = after(part.phase, (on + off) * unit);
    let before = NaN;
    for (let x = Math.max(0, part.from - 1); x < part.to; x++) {
        const value = valueAt(drawing, x, values);
        if (value === value && (x + begin) % ((on + off) * unit) < on * unit) {
            const isJoined = Math.abs(value - before) <= jump;
            const y = yOf(frame, value);
            const other = isJoined ? yOf(frame, before) : y;
            const top = Math.min(y, other);
            const bottom = Math.max(y, other);
            span(drawing, x, top - (half + 0.8) * unit, bottom + (half + 0.8) * unit, casing, 0.5);
            span(drawing, x, top - half * unit, bottom + half * unit, colour);
        }
        before = value;
    }
}

/** Height of the ribbon, of its bars to each side of its middle, and the least distance of ticks on it. [units] */
export const RIBBON = { height: 13, bar: 5, apart: 3 };

/** Regimes along time, in an image of the ribbon's height: above its middle where positive, below where negative; a tick at each change. */
export function drawRibbon(drawing: Drawing, day: Day, regimes: Regimes): void {
    const { frame, unit, look } = drawing;
    const positive = packedOf(look.palette.hexOf(0.55));
    const negative = packedOf(look.palette.hexOf(-0.55));
    const neutral = packedOf(look.dim);
    const middle = Math.round(frame.height / 2);
    const thin = Math.max(1, Math.round(0.7 * unit));
    const bar = Math.round(RIBBON.bar * unit);
    let known = -1;
    let word: string | null = null;
    for (let x = 0; x < frame.width; x++) {
        const to = drawing.stretches[2 * x + 1];
        const t = to > drawing.stretches[2 * x] ? to - 1 : -1;
        if (t !== known) word = t < 0 ? null : day.word("regime", regimes.row, t);
        known = t;
        if (word === "positive") span(drawing, x, middle - bar, middle, positive);
        else if (word === "negative") span(drawing, x, middle, middle + bar, negative);
        else if (word === "neutral") span(drawing, x, middle - thin, middle + thin, neutral);
    }
    const tick = packedOf(look.foreground);
    const wide = Math.max(1, Math.round(unit));
    let last = -Infinity;
    for (const { t } of regimes.changes) {
        const begin = day.endOf(day.k(t)) - day.windowS;
        const x = Math.round(((begin - frame.start) / (frame.stop - frame.start)) * frame.width);
        // Where a regime flickers around zero, ticks stay apart.
        if (x < 0 || x >= frame.width || x - last < RIBBON.apart * unit) continue;
        for (let i = 0; i < wide; i++) span(drawing, x + i, 0, frame.height, tick);
        last = x;
    }
}

/** Bars from zero: the mean of each pixel column. */
export function drawBars(drawing: Drawing, values: (t: number) => number, above: string, below: string): void {
    const { frame, stretches, unit } = drawing;
    const colours = [packedOf(above), packedOf(below)];
    const zero = yOf(frame, 0);
    for (let x = 0; x < frame.width; x++) {
        let sum = 0;
        let count = 0;
        for (let t = stretches[2 * x]; t < stretches[2 * x + 1]; t++) {
            const value = values(t);
            if (value === value) {
                sum += value;
                count++;
            }
        }
        if (!count) continue;
        const y = yOf(frame, sum / count);
        span(drawing, x, Math.min(y, zero), Math.max(y, zero), colours[y <= zero ? 0 : 1]);
    }
    const ruler = packedOf(drawing.look.line);
    for (let x = 0; x < frame.width; x++) span(drawing, x, zero - unit / 2, zero + unit / 2, ruler);
}
