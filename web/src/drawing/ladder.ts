/** The ladder: strikes around the price, which stands still at mid-height while strikes flow past it. */

import { changed, type Change } from "../derived/change.ts";
import { BAND_SHARE, type Paint } from "./heat.ts";
import { fading, isUnsure, type Exposure } from "../derived/exposure.ts";
import { mixed, stepOf, STEPS } from "./palette.ts";
import { amount, price as priceText } from "../page/text.ts";
import type { Look } from "./theme.ts";

/** How far back the waves go. */
export const RECENT_MINUTES = 20;
/** Pixels of the waves at the smallest type: one for each window of 5 s. */
const WAVES_WIDTH = 240;
const ROWS_EACH_WAY = 5;

export interface Rung {
    strike: number;
    value: number;
    se: number;
    marks: number;
}

/** Listed strikes around a price, highest first: five above, five at or below. */
export function rungs(state: Pick<LadderState, "exposure" | "isListed" | "moment">, price: number, change: Change | null): Rung[] {
    const { exposure, moment } = state;
    const listed = [...exposure.strikes.keys()].filter((place) => state.isListed(place, moment));
    const above = listed.filter((place) => exposure.strikes[place] > price).slice(0, ROWS_EACH_WAY);
    const below = listed.filter((place) => exposure.strikes[place] <= price).slice(-ROWS_EACH_WAY);
    return [...below, ...above].reverse().map((place) => {
        const marks = exposure.marksAt(place, moment);
        return { strike: exposure.strikes[place], marks, ...changed(exposure.detail(place, moment), place, moment, change) };
    });
}

export interface LadderState {
    exposure: Exposure;
    moment: number;
    /** Windows in the waves. */
    recent: number;
    price: (t: number) => number;
    spacing: number;
    paint: Paint;
    /** Whether a strike, by its position, is listed in a window. */
    isListed: (place: number, t: number) => boolean;
    /** Whether windows are missing before a column. */
    hasGapBefore: (t: number) => boolean;
}

/** What the waves were painted from. */
interface Painted {
    moment: number;
    looks: unknown[];
}

export class Ladder {
    readonly canvas: HTMLCanvasElement;
    private readonly ctx: CanvasRenderingContext2D;
    private readonly waves = document.createElement("canvas");
    private image: ImageData | null = null;
    private pixels = new Uint32Array(0);
    private painted: Painted | null = null;
    private ratio = 1;
    private drawn = "";

    constructor(canvas: HTMLCanvasElement) {
        this.canvas = canvas;
        this.ctx = canvas.getContext("2d")!;
    }

    resize(): void {
        this.drawn = "";
        this.ratio = devicePixelRatio || 1;
        const { clientWidth, clientHeight } = this.canvas;
        this.canvas.width = Math.round(clientWidth * this.ratio);
        this.canvas.height = Math.round(clientHeight * this.ratio);
    }

    /** Draw, unless `key` says that nothing changed since. */
    draw(state: LadderState, look: Look, key: string): void {
        if (key === this.drawn) return;
        this.drawn = key;
        const { ctx, canvas, ratio } = this;
        const { width, height } = canvas;
        if (!width || !height) return;
        ctx.fillStyle = look.panel;
        ctx.fillRect(0, 0, width, height);
        const now = state.price(state.moment);
        if (!(now > 0)) return;
        const text = look.text * ratio;
        const wave = Math.round(Math.min(width * 0.36, WAVES_WIDTH * Math.max(1, Math.round(1.2 * ratio * (look.text / 14)))));
        const perPoint = height / ((2 * ROWS_EACH_WAY + 0.6) * state.spacing);
        this.drawWaves(state, wave, height, perPoint, look);
        this.drawRows(state, wave, width, height, perPoint, text, now, look);
    }

    /** Every window is a column, centred on its own price: those that were painted are shifted, and the new ones painted. */
    private drawWaves(state: LadderState, width: number, height: number, perPoint: number, look: Look): void {
        const { moment, recent } = state;
        const { image, pixels } = this.imageOf(recent, height);
        const passed = this.passed(state, perPoint);
        pixels.copyWithin(0, passed);
        for (let x = recent - passed; x < recent; x++) {
            for (let y = 0; y < height; y++) pixels[y * recent + x] = state.paint.palette.background;
        }
        // One scale for all of it, the moment's: so that the waves compare with the bars next to them.
        const scale = state.paint.contrast / state.paint.scale(moment);
        for (let back = 0; back < passed && back <= moment; back++) {
            this.paintColumn(state, moment - back, recent - 1 - back, scale, height, perPoint);
            if (state.hasGapBefore(moment - back)) break;
        }
        const { ctx } = this;
        this.waves.getContext("2d")!.putImageData(image, 0, 0);
        ctx.imageSmoothingEnabled = false;
        ctx.drawImage(this.waves, 0, 0, width, height);
        ctx.strokeStyle = look.line;
        ctx.lineWidth = this.ratio;
        ctx.beginPath();
        ctx.moveTo(width + 0.5, 0);
        ctx.lineTo(width + 0.5, height);
        ctx.stroke();
    }

    /** An image with a column for each window. */
    private imageOf(recent: number, height: number): { image: ImageData; pixels: Uint32Array } {
        if (!this.image || this.image.width !== recent || this.image.height !== height) {
            this.image = new ImageData(recent, height);
            this.pixels = new Uint32Array(this.image.data.buffer);
            this.waves.width = recent;
            this.waves.height = height;
            this.painted = null;
        }
        return { image: this.image, pixels: this.pixels };
    }

    /** Windows that came since the waves were painted; all of them where anything else has changed, or windows are missing between. */
    private passed(state: LadderState, perPoint: number): number {
        const { exposure, paint, moment, recent } = state;
        const { palette, contrast, change } = paint;
        const now: Painted = { moment, looks: [exposure, palette, contrast, change, paint.scale(moment), state.spacing, perPoint] };
        const before = this.painted;
        this.painted = now;
        if (!before || now.looks.some((one, i) => !Object.is(one, before.looks[i]))) return recent;
        if (moment < before.moment || moment - before.moment >= recent) return recent;
        for (let t = before.moment + 1; t <= moment; t++) if (state.hasGapBefore(t)) return recent;
        return moment - before.moment;
    }

    private paintColumn(state: LadderState, t: number, x: number, scale: number, height: number, perPoint: number): void {
        const { exposure } = state;
        const price = state.price(t);
        if (!(price > 0)) return;
        const half = (state.spacing * 0.9 * perPoint) / 2;
        const reach = height / 2 / perPoint + state.spacing;
        for (let place = exposure.nearest(price - reach); place < exposure.strikes.length; place++) {
            const away = exposure.strikes[place] - price;
            if (away > reach) break;
            if (!state.isListed(place, t)) continue;
            const middle = height / 2 - away * perPoint;
            this.fill(colourOf(exposure, place, t, scale, state.paint), middle - half, middle + half, x, state.recent, height);
        }
    }

    /** A band between two heights in a column; its edges are mixed with what is there, so that waves are smooth. */
    private fill(colour: number, top: number, bottom: number, x: number, width: number, height: number): void {
        const { pixels } = this;
        const last = Math.min(height - 1, Math.floor(bottom));
        for (let y = Math.max(0, Math.floor(top)); y <= last; y++) {
            const share = Math.min(y + 1, bottom) - Math.max(y, top);
            const at = y * width + x;
            pixels[at] = share >= 1 ? colour : mixed(pixels[at], colour, share);
        }
    }

    private drawRows(state: LadderState, left: number, width: number, height: number, perPoint: number, text: number, now: number, look: Look): void {
        const { ctx } = this;
        const { change } = state.paint;
        const rows = rungs(state, now, change);
        const absent = change && state.moment < change.since ? "–" : "missing";
        const scale = state.paint.scale(state.moment) / state.paint.contrast;
        const known = rows.map((row) => row.value).filter((value) => value === value);
        const largest = Math.max(...known.map(Math.abs), 1e-300);
        const gap = text * 0.7;
        ctx.font = `${text}px ${look.font}`;
        const numbers = ctx.measureText("−888.8 bn").width;
        const labels = ctx.measureText("88888.8").width;
        const barLeft = left + gap + labels + gap * 0.5;
        const barRight = width - numbers - gap * 1.2;
        // Room for both signs by what is there, in quarters: it seldom moves.
        const below = Math.max(0, ...known.map((value) => -value));
        const above = Math.max(0, ...known);
        const quarter = Math.max(1, Math.min(3, Math.round((4 * below) / (below + above || 1))));
        const zero = barLeft + ((barRight - barLeft) * quarter) / 4;
        const reach = Math.min(quarter / 4 / (below || 1e-300), (1 - quarter / 4) / (above || 1e-300)) * largest * (barRight - barLeft) * 0.98;
        const thickness = Math.max(2, Math.min(state.spacing * BAND_SHARE * 0.62 * perPoint, text * 2.2));
        ctx.fillStyle = look.line;
        ctx.fillRect(Math.round(zero), text * 0.5, Math.max(1, this.ratio), height - text);
        ctx.textBaseline = "middle";
        const middle = height / 2;
        for (const row of rows) {
            const y = middle - (row.strike - now) * perPoint;
            if (y < -thickness || y > height + thickness) continue;
            const isKnown = row.value === row.value;
            ctx.textAlign = "right";
            ctx.fillStyle = look.foreground;
            ctx.fillText(priceText(row.strike), left + gap + labels, y);
            ctx.textAlign = "right";
            ctx.fillStyle = isKnown ? (fading(row.marks) > 1 ? look.dim : look.foreground) : look.dim;
            ctx.fillText(isKnown ? amount(row.value) : absent, width - gap, y);
            if (!isKnown) continue;
            const length = (row.value / largest) * reach;
            ctx.fillStyle = state.paint.palette.hexOf(row.value / scale);
            ctx.fillRect(Math.min(zero, zero + length), y - thickness / 2, Math.max(1, Math.abs(length)), thickness);
            ctx.strokeStyle = look.dim;
            ctx.lineWidth = this.ratio;
            ctx.globalAlpha = 0.6;
            ctx.strokeRect(Math.min(zero, zero + length), y - thickness / 2, Math.max(1, Math.abs(length)), thickness);
            ctx.globalAlpha = 1;
            this.drawError(row, zero, length, reach / largest, y, barRight, look);
        }
        this.drawNow(now, left, barRight, middle, text, look);
    }

    /** One standard error to both sides of the bar's end, cut at the bars' room. */
    private drawError(row: Rung, zero: number, length: number, perUnit: number, y: number, right: number, look: Look): void {
        const error = row.se * perUnit;
        if (!(error > 1.5 * this.ratio)) return;
        const { ctx } = this;
        ctx.strokeStyle = isUnsure(row.value, row.se ** 2) ? look.dim : look.foreground;
        ctx.globalAlpha = 0.8;
        ctx.lineWidth = Math.max(1, this.ratio);
        ctx.beginPath();
        const cap = look.text * this.ratio * 0.22;
        ctx.moveTo(zero + length - error, y);
        ctx.lineTo(Math.min(right, zero + length + error), y);
        for (const end of [zero + length - error, zero + length + error]) {
            if (end > right) continue;
            ctx.moveTo(end, y - cap);
            ctx.lineTo(end, y + cap);
        }
        ctx.stroke();
        ctx.globalAlpha = 1;
    }

    private drawNow(now: number, left: number, right: number, y: number, text: number, look: Look): void {
        const { ctx } = this;
        ctx.strokeStyle = look.casing;
        ctx.lineWidth = 3 * this.ratio;
        ctx.beginPath();
        ctx.moveTo(0, y);
        ctx.lineTo(left, y);
        ctx.stroke();
        ctx.strokeStyle = look.price;
        ctx.lineWidth = 1.4 * this.ratio;
        ctx.beginPath();
        ctx.moveTo(0, y);
        ctx.lineTo(right, y);
        ctx.stroke();
        ctx.font = `600 ${text}px ${look.font}`;
        const label = now.toFixed(2);
        const room = ctx.measureText(label).width + text * 0.9;
        ctx.fillStyle = look.price;
        ctx.beginPath();
        // On the oldest end of the waves: strikes and the latest windows stay legible.
        ctx.roundRect(text * 0.25, y - text * 0.8, room, text * 1.6, text * 0.25);
        ctx.fill();
        ctx.fillStyle = look.casing;
        ctx.textAlign = "left";
        ctx.fillText(label, text * 0.7, y + text * 0.05);
    }
}

function colourOf(exposure: Exposure, place: number, t: number, scale: number, paint: Paint): number {
    const value = exposure.at(place, t) - (paint.change ? paint.change.base[place] : 0);
    if (value !== value) return paint.palette.missing;
    if (paint.change && t < paint.change.since) return paint.palette.background;
    const step = stepOf(value * scale) + STEPS;
    return paint.palette.faded[fading(exposure.marksAt(place, t))][step];
}
