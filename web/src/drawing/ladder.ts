/** The ladder: strikes around the price, which stands still at mid-height while strikes flow past it. */

import { changed, type Change } from "../derived/change.ts";
import { BAND_SHARE } from "./heat.ts";
import { fading, isUnsure } from "../derived/exposure.ts";
import { element, write } from "../page/dom.ts";
import { amount, price as priceText } from "../page/text.ts";
import type { Look } from "./theme.ts";
import { Waves, type WavesState } from "./waves.ts";

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
export function rungs(state: Pick<LadderState, "exposure" | "listed" | "moment">, price: number, change: Change | null): Rung[] {
    const { exposure, moment } = state;
    const listed = state.listed(moment);
    const above = listed.filter((place) => exposure.strikes[place] > price).slice(0, ROWS_EACH_WAY);
    const below = listed.filter((place) => exposure.strikes[place] <= price).slice(-ROWS_EACH_WAY);
    return [...below, ...above].reverse().map((place) => {
        const marks = exposure.marksAt(place, moment);
        return { strike: exposure.strikes[place], marks, ...changed(exposure.detail(place, moment), place, moment, change) };
    });
}

export interface LadderState extends WavesState {
    /** Positions of the strikes that are listed in a window. */
    listed: (t: number) => readonly number[];
}

/** Widths of the widest number and the widest strike, measured once for a font. */
interface Widths {
    font: string;
    number: number;
    strike: number;
}

export class Ladder {
    readonly waves: Waves;
    private readonly canvas: HTMLCanvasElement;
    private readonly ctx: CanvasRenderingContext2D;
    private readonly host: HTMLElement;
    private readonly wavesCanvas: HTMLCanvasElement;
    private readonly now: HTMLElement;
    private readonly label = element("span");
    private ratio = 1;
    private size = { width: 0, height: 0, wave: 0 };
    private widths: Widths = { font: "", number: 0, strike: 0 };
    private drawn = "";

    /** `canvas` has the rows, `waves` what is left of them, `now` the price over both. All fill the element that holds them. */
    constructor(canvas: HTMLCanvasElement, waves: HTMLCanvasElement, now: HTMLElement) {
        this.canvas = canvas;
        this.ctx = canvas.getContext("2d", { alpha: false })!;
        this.host = canvas.parentElement!;
        this.wavesCanvas = waves;
        this.waves = new Waves(waves);
        this.now = now;
        now.append(this.label);
    }

    resize(look: Look): void {
        this.drawn = "";
        this.ratio = devicePixelRatio || 1;
        const { clientWidth, clientHeight } = this.host;
        const width = Math.round(clientWidth * this.ratio);
        const height = Math.round(clientHeight * this.ratio);
        const wave = Math.round(Math.min(width * 0.36, WAVES_WIDTH * Math.max(1, Math.round(1.2 * this.ratio * (look.text / 14)))));
        this.size = { width: width - wave, height, wave };
        this.canvas.width = width - wave;
        this.canvas.height = height;
        this.canvas.style.width = `${(width - wave) / this.ratio}px`;
        this.wavesCanvas.style.width = `${wave / this.ratio}px`;
        this.now.style.width = this.wavesCanvas.style.width;
    }

    /** Draw, unless `key` says that nothing changed since. */
    draw(state: LadderState, look: Look, key: string): void {
        if (key === this.drawn) return;
        this.drawn = key;
        const { ctx } = this;
        const { width, height } = this.size;
        if (width <= 0 || !height) return;
        ctx.fillStyle = look.panel;
        ctx.fillRect(0, 0, width, height);
        const price = state.price(state.moment);
        const isKnown = price > 0;
        this.now.hidden = this.wavesCanvas.hidden = !isKnown;
        if (!isKnown) return;
        const perPoint = height / ((2 * ROWS_EACH_WAY + 0.6) * state.spacing);
        this.waves.draw(state, height, perPoint);
        write(this.label, price.toFixed(2));
        this.drawRows(state, perPoint, price, look);
    }

    private measured(font: string): Widths {
        if (this.widths.font !== font) {
            const { ctx } = this;
            ctx.font = font;
            this.widths = { font, number: ctx.measureText("−888.8 bn").width, strike: ctx.measureText("88888.8").width };
        }
        return this.widths;
    }

    private drawRows(state: LadderState, perPoint: number, now: number, look: Look): void {
        const { ctx } = this;
        const { width, height } = this.size;
        const text = look.text * this.ratio;
        const { change } = state.paint;
        const rows = rungs(state, now, change);
        const absent = change && state.moment < change.since ? "–" : "missing";
        const scale = state.paint.scale(state.moment) / state.paint.contrast;
        const known = rows.map((row) => row.value).filter((value) => value === value);
        const largest = Math.max(...known.map(Math.abs), 1e-300);
        const gap = text * 0.7;
        const { font, number, strike } = this.measured(`${text}px ${look.font}`);
        ctx.font = font;
        const barLeft = gap + strike + gap * 0.5;
        const barRight = width - number - gap * 1.2;
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
            ctx.fillText(priceText(row.strike), gap + strike, y);
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
        ctx.fillStyle = look.price;
        ctx.fillRect(0, middle - 0.7 * this.ratio, barRight, 1.4 * this.ratio);
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
}
