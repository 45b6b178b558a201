/** Paints exposures into pixels: a band per strike, a pixel column per stretch of time. */

import type { Change } from "../derived/change.ts";
import { COARSE, fading, isUnsure, UNSURE, type Exposure, type StrikeRow } from "../derived/exposure.ts";
import { stepOf, STEPS, type Palette } from "./palette.ts";

/** What of the chart is seen, in pixels of the device. */
export interface Frame {
    width: number;
    height: number;
    /** UNIX s at the left and right edge. */
    start: number;
    stop: number;
    /** Prices at the lower and upper edge. */
    low: number;
    high: number;
}

export interface Paint {
    palette: Palette;
    /** Exposure of the full colour in a window. */
    scale: (t: number) => number;
    contrast: number;
    /** What is subtracted; null: nothing is. */
    change: Change | null;
    /** Pixels between two strokes of a hatch. */
    hatch: number;
}

/** Columns of pixels to paint, [from, to), and where patterns along time begin. */
export interface Part {
    from: number;
    to: number;
    phase: number;
}

export function wholeOf(frame: Pick<Frame, "width">): Part {
    return { from: 0, to: frame.width, phase: 0 };
}

/** A band's share of the distance to the next strike: gaps let bands read as strikes. */
export const BAND_SHARE = 2 / 3;

export class HeatPainter {
    pixels = new Uint32Array(0);
    private image: ImageData | null = null;

    /** An image of the frame's size, filled with the background in the columns of a part. */
    begin(frame: Pick<Frame, "width" | "height">, background: number, part = wholeOf(frame)): { image: ImageData; pixels: Uint32Array } {
        const { width, height } = frame;
        if (!this.image || this.image.width !== width || this.image.height !== height) {
            this.image = new ImageData(width, height);
            this.pixels = new Uint32Array(this.image.data.buffer);
        }
        if (part.to - part.from === width) this.pixels.fill(background);
        else for (let y = 0; y < height; y++) this.pixels.fill(background, y * width + part.from, y * width + part.to);
        return { image: this.image, pixels: this.pixels };
    }

    /** Move all pixels to the right, or to the left where it is negative; columns that come in hold anything. */
    shift(by: number): void {
        this.pixels.copyWithin(Math.max(0, by), Math.max(0, -by));
    }

    /** Bands of strikes. `spacing` is the distance of strikes near the price, `listedIn` the columns in which a strike is listed. */
    strikes(
        frame: Frame,
        exposure: Exposure,
        stretches: Int32Array,
        paint: Paint,
        spacing: number,
        listedIn: (place: number) => [number, number][],
        part = wholeOf(frame),
    ): ImageData {
        const { image, pixels } = this.begin(frame, paint.palette.background, part);
        const { width, height } = frame;
        const perPoint = height / (frame.high - frame.low);
        const thickness = Math.max(1, Math.round(spacing * BAND_SHARE * perPoint));
        const scales = new Float64Array(width);
        for (let x = part.from; x < part.to; x++) scales[x] = stretches[2 * x + 1] > stretches[2 * x] ? paint.contrast / paint.scale(stretches[2 * x + 1] - 1) : 0;
        const line = new Uint32Array(width);
        const between = new Uint32Array(width);
        for (let place = 0; place < exposure.strikes.length; place++) {
            const top = Math.round((frame.high - exposure.strikes[place]) * perPoint - thickness / 2);
            if (top + thickness <= 0 || top >= height) continue;
            const isHatched = this.line(exposure, place, stretches, scales, paint, listedIn(place), line, between, part);
            for (let y = Math.max(0, top); y < Math.min(height, top + thickness); y++) {
                if (isHatched) hatchedRow(pixels, y, width, line, between, paint.hatch, part);
                else pixels.set(line.subarray(part.from, part.to), y * width + part.from);
            }
        }
        return image;
    }

    /** Colours of a strike along time; answers whether any is hatched. */
    private line(
        exposure: Exposure,
        place: number,
        stretches: Int32Array,
        scales: Float64Array,
        paint: Paint,
        listed: [number, number][],
        line: Uint32Array,
        between: Uint32Array,
        part: Part,
    ): boolean {
        const { palette, change } = paint;
        const base = change ? change.base[place] : 0;
        const row = exposure.row(place);
        let isHatched = false;
        for (let x = part.from; x < part.to; x++) {
            const from = stretches[2 * x];
            const to = stretches[2 * x + 1];
            if (to <= from || !isWithin(listed, from, to) || (change && to <= change.since)) {
                line[x] = between[x] = palette.background;
                continue;
            }
            const value = meanOf(row, change ? Math.max(from, change.since) : from, to) - base;
            if (value !== value) {
                line[x] = between[x] = palette.missing;
                continue;
            }
            const step = stepOf(value * scales[x]) + STEPS;
            const group = Math.floor((to - 1) / exposure.marksEvery);
            const marks = row.marks[group];
            line[x] = palette.faded[fading(marks)][step];
            between[x] = line[x];
            // A change has the errors of both its moments, taken as independent.
            if (change ? isUnsure(value, row.squares[group] + change.squares[place]) : marks & UNSURE) {
                between[x] = palette.hatched[step];
                isHatched = true;
            }
        }
        return isHatched;
    }

    /** A smooth field: net exposure over a grid of prices, interpolated between them. `valuesAt` answers a curve of a window or null. */
    field(
        frame: Frame,
        prices: readonly number[],
        valuesAt: (t: number) => Float64Array | null,
        stretches: Int32Array,
        paint: Paint,
        part = wholeOf(frame),
    ): ImageData {
        const { image, pixels } = this.begin(frame, paint.palette.background, part);
        const { width, height } = frame;
        const { colours, missing } = paint.palette;
        const perPixel = (frame.high - frame.low) / height;
        const spacing = prices[1] - prices[0];
        const curves: (Float64Array | null)[] = [];
        const scales = new Float64Array(width);
        for (let x = part.from; x < part.to; x++) {
            const to = stretches[2 * x + 1];
            const isOpen = to > stretches[2 * x];
            curves[x] = isOpen ? valuesAt(to - 1) : null;
            scales[x] = isOpen ? paint.contrast / paint.scale(to - 1) : 0;
        }
        // Between two prices of the grid nothing changes fast: two or three rows of pixels share their colours.
        const rows = height > 1000 ? 3 : 2;
        for (let y = 0; y < height; y += rows) {
            const place = (frame.high - (y + rows / 2) * perPixel - prices[0]) / spacing;
            const low = Math.floor(place);
            if (low < 0 || low + 1 >= prices.length) continue;
            const share = place - low;
            const row = y * width;
            let before: Float64Array | null = null;
            for (let x = part.from; x < part.to; x++) {
                const curve = curves[x];
                if (curve === null) {
                    if (scales[x] !== 0) pixels[row + x] = missing;
                } else if (curve === before) {
                    pixels[row + x] = pixels[row + x - 1];
                } else {
                    const value = curve[low] + (curve[low + 1] - curve[low]) * share;
                    pixels[row + x] = value === value ? colours[stepOf(value * scales[x]) + STEPS] : missing;
                }
                before = curve;
            }
            for (let i = y + 1; i < Math.min(height, y + rows); i++) pixels.copyWithin(i * width + part.from, row + part.from, row + part.to);
        }
        return image;
    }
}

function isWithin(listed: [number, number][], from: number, to: number): boolean {
    for (let i = 0; i < listed.length; i++) if (from < listed[i][1] && to > listed[i][0]) return true;
    return false;
}

function hatchedRow(pixels: Uint32Array, y: number, width: number, line: Uint32Array, between: Uint32Array, hatch: number, part: Part): void {
    const begin = y + after(part.phase, 2 * hatch);
    for (let x = part.from; x < part.to; x++) pixels[y * width + x] = (x + begin) % (2 * hatch) < hatch ? line[x] : between[x];
}

/** What is left of a place after whole periods, of a place before zero too. */
export function after(place: number, period: number): number {
    const left = place % period;
    return left < 0 ? left + period : left;
}

/** Mean of a strike's exposure over columns [from, to), from means of groups where there are many; NaN where all are missing. */
export function meanOf(row: StrikeRow, from: number, to: number): number {
    if (to - from === 1) return row.values[from];
    const isWide = to - from >= 2 * COARSE;
    const values = isWide ? row.coarse : row.values;
    const first = isWide ? Math.floor(from / COARSE) : from;
    const last = isWide ? Math.floor(to / COARSE) : to;
    let sum = 0;
    let count = 0;
    for (let t = first; t < last; t++) {
        const value = values[t];
        if (value === value) {
            sum += value;
            count++;
        }
    }
    return count ? sum / count : NaN;
}
